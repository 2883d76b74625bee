#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/proto/message.h"
#include "dns/proto/rrtype.h"
#include "dns/server/query.h"
#include "tests/fuzz/memfile.h"
#include "tests/fuzz/response.h"
#include "zones/builder.h"
#include "zones/zonecheck.h"
#include "zones/zonefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t apex[] = "\4rich\7example";

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_zonefile: %s\n", what);
    abort();
}

/*
 * An input may include nothing but our second file: what else lies on this
 * machine would make it another input tomorrow, and /dev has files without end.
 */
static bool stays_inside(const char *text, size_t len)
{
    static const char word[] = "$include", rest[] = " 201";
    const size_t word_len = sizeof word - 1, rest_len = sizeof rest - 1;

    for (size_t i = 0; i + word_len <= len; i++) {
        if (strncasecmp(text + i, word, word_len) != 0)
            continue;
        const size_t after = i + word_len + rest_len;
        if (after > len || memcmp(text + i + word_len, rest, rest_len) != 0 ||
            (after < len && !isspace((unsigned char)text[after])))
            return false;
    }
    return true;
}

/* A $GENERATE of millions is slow by right; the fuzzer is to look elsewhere. */
static bool stays_small(const char *text, size_t len)
{
    static const char word[] = "$generate";
    unsigned count = 0;

    for (size_t i = 0; i + sizeof word - 1 <= len; i++) {
        if (strncasecmp(text + i, word, sizeof word - 1) != 0)
            continue;
        unsigned digits = 0;
        size_t at = i + sizeof word - 1;
        while (at < len && isblank((unsigned char)text[at]))
            at++;
        for (; at < len && !isspace((unsigned char)text[at]); at++) {
            digits = isdigit((unsigned char)text[at]) ? digits + 1 : 0;
            if (digits > 3)
                return false;
        }
        if (++count > 40)
            return false;
    }
    return true;
}

/* Asks for one rrset by TCP: the whole of it must come, well written. */
static void check_rrset(const struct snapshot *snapshot, const struct node *node,
                        const struct rrset *rrset)
{
    static uint8_t octets[65535];
    const struct client client = { .source = { .family = FAMILY_V4, .octets = { 192, 0, 2, 1 } },
                                   .stream = true };
    uint8_t request[12 + NAME_MAX_LEN + 4] = { [5] = 1 };
    const size_t owner_len = name_len(node->owner);
    struct query_note note;
    struct response response;

    memcpy(request + 12, node->owner, owner_len);
    request[12 + owner_len] = (uint8_t)(rrset->type >> 8);
    request[13 + owner_len] = (uint8_t)rrset->type;
    request[15 + owner_len] = RRCLASS_IN;
    const size_t len =
        query_answer(snapshot, &client, request, 16 + owner_len, octets, sizeof octets, &note);
    demand(len > 0, "silence");
    const char *fault = response_fault(octets, len, &response);
    demand(fault == NULL, fault);
    const bool hidden = node->cut != NULL || node->dname != NULL;
    if (response.rcode == RCODE_NOERROR && !hidden && !note.truncated)
        demand(response.counts[1] >= rrset->count, "records are missing from the answer");
}

static void check_zone(const struct zone *zone, struct arena *arena)
{
    struct zonedb *zones;
    demand(zone->soa != NULL && zone->ns != NULL, "a zone without SOA or NS was taken");
    demand(zonedb_build(&zone, 1, arena, &zones) == STATUS_OK, "zonedb_build");
    const struct snapshot snapshot = { .zones = zones,
                                       .serving = { .edns_size = 1232, .ecs = true } };
    for (uint32_t i = 0; i < zone->node_count; i++) {
        const struct node *node = &zone->nodes[i];
        demand(zone_node(zone, node->owner) == node, "a name is not found");
        for (uint16_t r = 0; r < node->rrset_count; r++)
            check_rrset(&snapshot, node, &node->rrsets[r]);
    }
}

/* Any text as the file of rich.example.: refused in words, or a zone that answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!stays_inside((const char *)data, size) || !stays_small((const char *)data, size))
        return 0;
    struct report *report = report_new();
    struct file_list *files = file_list_new();
    struct arena *arena = arena_new();
    demand(report != NULL && files != NULL && arena != NULL, "memory");
    struct builder *builder = builder_new(apex, arena);
    const struct diag place = { .report = report, .file = MEMFILE_FIRST_PATH };
    struct zone *zone;

    demand(builder != NULL, "memory");
    memfile_split(data, size);
    enum status status = zonefile_read(MEMFILE_FIRST_PATH, builder, report, files);
    demand((status == STATUS_OK) == (report_mistakes(report) == 0), "status against report");
    /* As the server does: what could be read is checked whatever could not. */
    const enum status checked = zonecheck_run(builder, &place);
    if (status == STATUS_OK)
        status = checked;
    demand((status == STATUS_OK) == (report_mistakes(report) == 0), "status against report");
    if (status == STATUS_OK) {
        demand(builder_freeze(builder, "rich.example", &zone) == STATUS_OK, "freeze");
        check_zone(zone, arena);
    }
    builder_free(builder);
    arena_free(arena);
    file_list_free(files);
    report_free(report);
    return 0;
}
