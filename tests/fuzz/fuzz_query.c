#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/proto/message.h"
#include "dns/server/load.h"
#include "dns/server/query.h"
#include "tests/fuzz/response.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The whole answer to any datagram, over the zones in rich/. In front of the
 * datagram stand four octets: who asks, how (the bits below), and which of the
 * targets are not up.
 */
enum {
    HEAD = 4,
    BY_STREAM = 1,
    NOT_MINIMAL = 2,
    COOKIES_REQUIRED = 4,
    SMALL_ANSWERS = 8, /* edns_size 512 */
    UNPROBED = 16,     /* targets are unknown instead of down */
    NO_ECS = 32,
    LITTLE_ROOM = 64 /* a buffer that hardly holds the question */
};
enum { NOW = 1700000000 };

static struct snapshot *rich;
static struct board *board;
static struct snapshot_builder *builder; /* for good: what it knows belongs to `rich` */
static uint32_t watched;                 /* targets in use: 0 .. watched-1 */

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_query: %s\n", what);
    abort();
}

static void check_loaded(const struct report *report)
{
    for (size_t i = 0; i < rich->zones->count; i++) {
        const struct zone *zone = rich->zones->zones[i];
        if (zone->loaded == (strcmp(zone->name, "broken.example") != 0))
            continue;
        for (size_t m = 0; m < report_count(report); m++)
            fprintf(stderr, "%s\n", report_text(report, m));
        demand(false, zone->name);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct load_secrets secrets;
    struct report *report = report_new();
    struct load load;

    (void)argc, (void)argv;
    board = board_new();
    builder = snapshot_builder_new(board);
    demand(builder != NULL && report != NULL, "no memory");
    /* The broken zone is a mistake, so the status says nothing. */
    if (load_run("tests/fuzz/rich/meridian.json", builder, &secrets, NULL, report, &load) ==
        STATUS_OK)
        demand(false, "the broken zone was taken");
    demand(load.snapshot != NULL && load.config_good, "tests/fuzz/rich cannot be loaded");
    rich = load.snapshot;
    check_loaded(report);
    watched = (uint32_t)target_count(snapshot_builder_targets(builder));
    load_release(&load);
    report_free(report);
    return 0;
}

static struct address source_of(uint8_t octet)
{
    static const char *const sources[] = {
        "192.0.2.1",         "198.51.100.7", "10.0.0.1",       "81.2.69.142",
        "216.160.83.57",     "2001:db8::1",  "2001:218::1",    "::1",
        "2002:5102:458e::1", "1.128.0.1",    "2001:db8:77::1",
    };
    struct address address;
    demand(address_parse(sources[octet % (sizeof sources / sizeof *sources)], &address), "source");
    return address;
}

static void set_board(uint8_t flags, unsigned mask)
{
    for (uint32_t id = 0; id < watched; id++) {
        const bool up = (mask >> id % 16 & 1) == 0;
        board_set(board, id,
                  up                        ? HEALTH_UP
                  : (flags & UNPROBED) != 0 ? HEALTH_UNKNOWN
                                            : HEALTH_DOWN,
                  false);
    }
}

static void count_pools(const struct snapshot *snapshot)
{
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++)
            pool_board_count(snapshot_builder_pools(builder), services[i], board);
    }
}

static size_t limit_of(const struct message *query, uint8_t flags, size_t cap)
{
    size_t limit = 65535;
    if ((flags & BY_STREAM) == 0) {
        const size_t ours = (flags & SMALL_ANSWERS) != 0 ? 512 : 1232;
        limit = !query->edns.present          ? 512
                : query->edns.udp_size < ours ? query->edns.udp_size
                                              : ours;
    }
    return limit < cap ? limit : cap;
}

/*
 * max_scope; of an IPv6 address that stands for an IPv4 one the latter's, and
 * next to the networks of those (::ffff:0:0/96, 64:ff9b::/96) what keeps off them.
 */
static unsigned most_scope(const struct ecs *ecs)
{
    static const uint8_t nat64[7] = { 0x00, 0x64, 0xff, 0x9b }, mapped[7] = { 0 };
    struct address address = { .family = (uint8_t)ecs->family };
    struct address inner;
    uint8_t offset;

    if (ecs->family != FAMILY_V6)
        return 24;
    memcpy(address.octets, ecs->address, sizeof ecs->address);
    if (address_embedded_v4(&address, &inner, &offset))
        return offset + 24u;
    return memcmp(ecs->address, nat64, 7) == 0 || memcmp(ecs->address, mapped, 7) == 0 ? 96 : 56;
}

static void check_ecs(const struct message *query, uint8_t flags, const struct response *response)
{
    const bool wanted = query->edns.has_ecs && (flags & NO_ECS) == 0;
    demand((response->ecs != NULL) == wanted, "ECS is echoed exactly when it was sent");
    if (!wanted)
        return;
    uint8_t sent[ECS_MAX_LEN];
    demand(ecs_write(&query->edns.ecs, sent) == response->ecs_len,
           "ECS came back longer or shorter");
    demand(memcmp(sent, response->ecs, 3) == 0 &&
               memcmp(sent + 4, response->ecs + 4, response->ecs_len - 4u) == 0,
           "ECS came back changed");
    const uint8_t scope = response->ecs[3];
    demand(scope <= most_scope(&query->edns.ecs), "a scope over max_scope");
    /* A truncated answer may have lost the records that the scope is about. */
    demand(scope == 0 || (query->edns.ecs.source_prefix > 0 &&
                          (response->counts[1] > 0 || (response->flags & FLAG_TC) != 0)),
           "a scope on an answer that was not steered");
}

static void check_response(const uint8_t *request, const struct message *query, uint8_t flags,
                           const uint8_t *octets, size_t len)
{
    struct response response;
    const char *fault = response_fault(octets, len, &response);
    demand(fault == NULL, fault);

    demand(response.id == query->id && (response.flags & FLAG_QR) != 0, "id and QR");
    demand((response.flags >> 11 & 15) == query->opcode, "the opcode is echoed");
    demand(((response.flags & FLAG_RD) != 0) == query->recursion_desired, "RD is echoed");
    demand((response.flags & (FLAG_RA | FLAG_AD | 0x40)) == 0, "RA, AD and Z are never set");
    demand(response.counts[0] == (query->has_question ? 1 : 0), "the question is echoed");
    if (query->has_question)
        demand(response.question_len == query->qname_len + 4u &&
                   memcmp(octets + MESSAGE_HEADER_LEN, request + MESSAGE_HEADER_LEN,
                          response.question_len) == 0,
               "the question is echoed as it came");
    demand(response.has_opt == query->edns.present, "OPT exactly when there was one");
    demand(query->rcode == RCODE_NOERROR || response.rcode == query->rcode,
           "the rcode of the form");
    check_ecs(query, flags, &response);
}

static void check_slip(uint8_t *octets, size_t len, size_t opt_len)
{
    struct response response;
    const size_t cut = query_slip(octets, len, opt_len);
    const char *fault = response_fault(octets, cut, &response);
    demand(fault == NULL, fault);
    demand(cut <= len && (response.flags & FLAG_TC) != 0 &&
               response.counts[1] + response.counts[2] == 0 &&
               response.counts[3] == (opt_len > 0 ? 1 : 0),
           "a slip is header, question, OPT and TC");
}

static void check_note(const struct query_note *note, const uint8_t *octets, size_t len)
{
    if (len == 0)
        return;
    demand(note->truncated == ((octets[2] & 2) != 0), "the note tells truncation");
    demand((note->rcode & 15) == (octets[3] & 15), "the note tells the rcode");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[65535], second[65535];
    struct query_note note, again;
    struct message query;

    if (size < HEAD)
        return 0;
    const uint8_t flags = data[1];
    const uint8_t *request = data + HEAD;
    const struct client client = { .source = source_of(data[0]),
                                   .stream = (flags & BY_STREAM) != 0,
                                   .sequence = data[0],
                                   .random = data[2] * 0x9e3779b97f4a7c15u,
                                   .now_s = NOW };
    struct snapshot view = *rich;
    view.serving.minimal_responses = (flags & NOT_MINIMAL) == 0;
    view.serving.cookies_required = (flags & COOKIES_REQUIRED) != 0;
    view.serving.ecs = (flags & NO_ECS) == 0;
    view.serving.edns_size = (flags & SMALL_ANSWERS) != 0 ? 512 : 1232;
    set_board(flags, data[2] | (unsigned)data[3] << 8);
    count_pools(&view);

    const size_t cap = (flags & LITTLE_ROOM) != 0 ? 100u + data[3] : sizeof first;
    memset(first, 0x00, 2048);
    memset(second, 0xff, 2048);
    const size_t len = query_answer(&view, &client, request, size - HEAD, first, cap, &note);
    const size_t same = query_answer(&view, &client, request, size - HEAD, second, cap, &again);
    demand(len == same && memcmp(first, second, len) == 0, "an equal question, another answer");

    check_note(&note, first, len);
    if (!message_parse(request, size - HEAD, &query)) {
        demand(len == 0, "an answer where silence is due");
        return 0;
    }
    demand(len > 0 || (flags & LITTLE_ROOM) != 0, "silence where an answer is due");
    demand(len <= limit_of(&query, flags, cap), "the answer is too long");
    if (len > 0) {
        check_response(request, &query, flags, first, len);
        check_slip(first, len, note.opt_len);
    }
    return 0;
}
