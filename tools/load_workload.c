#include "tools/load_workload.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/base/prefix.h"
#include "dns/proto/ecs.h"
#include "dns/proto/message.h"
#include "dns/proto/name.h"
#include "dns/proto/reader.h"
#include "dns/proto/rrtype.h"
#include "dns/proto/writer.h"

enum {
    WIRE_CAP = 320,   /* octets of a query: a name of 255, OPT and a client subnet */
    RDATA_MOST = 512, /* octets of one expected value */
    HEADER_LEN = 12,
    EDNS_SIZE = 1232,
    SUBNET_OCTETS = 3 /* of a random client subnet, an IPv4 /24 */
};

/* One line, taken apart. */
struct line {
    uint8_t name[NAME_MAX_LEN];
    uint16_t type;
    bool plain, random_subnet;
    struct prefix subnet; /* family 0: none */
    uint8_t rcode;
    int16_t answers;
    char *rdata; /* the values' text; NULL: none */
};

/* ---- the file's words ---- */

static const struct {
    const char *name;
    uint8_t rcode;
} rcodes[] = {
    { "NOERROR", RCODE_NOERROR },   { "FORMERR", RCODE_FORMERR }, { "SERVFAIL", RCODE_SERVFAIL },
    { "NXDOMAIN", RCODE_NXDOMAIN }, { "NOTIMP", RCODE_NOTIMP },   { "REFUSED", RCODE_REFUSED },
};

static bool read_rcode(const char *text, uint8_t *out)
{
    for (size_t i = 0; i < sizeof rcodes / sizeof *rcodes; i++) {
        if (strcasecmp(text, rcodes[i].name) == 0) {
            *out = rcodes[i].rcode;
            return true;
        }
    }
    return false;
}

static bool read_answers(const char *text, int16_t *out)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || value > 1000)
        return false;
    *out = (int16_t)value;
    return true;
}

static enum status read_option(const struct diag *diag, char *word, struct line *line)
{
    char *value = strchr(word, '=');
    bool good;

    if (strcmp(word, "plain") == 0) {
        line->plain = true;
        return STATUS_OK;
    }
    if (value == NULL)
        return diag_error(diag, STATUS_SYNTAX, "unknown word '%s'", word);
    *value++ = '\0';
    if (strcmp(word, "ecs") == 0) {
        line->random_subnet = strcmp(value, "random") == 0;
        good = line->random_subnet || prefix_parse(value, &line->subnet);
    } else if (strcmp(word, "rcode") == 0) {
        good = read_rcode(value, &line->rcode);
    } else if (strcmp(word, "answers") == 0) {
        good = read_answers(value, &line->answers);
    } else if (strcmp(word, "rdata") == 0) {
        line->rdata = value;
        good = true;
    } else {
        return diag_error(diag, STATUS_SYNTAX, "unknown word '%s='", word);
    }
    return good ? STATUS_OK
                : diag_error(diag, STATUS_SYNTAX, "%s='%s' is not understood", word, value);
}

static enum status read_line(const struct diag *diag, char *text, struct line *out)
{
    static const uint8_t root[] = { 0 };
    char *rest;
    const char *name = strtok_r(text, " \t\n", &rest);
    const char *type = strtok_r(NULL, " \t\n", &rest);
    const char *why = "there is none";
    enum status status = STATUS_OK;

    *out = (struct line){ .answers = -1 };
    if (!name_from_text(name, strlen(name), root, out->name, &why))
        return diag_error(diag, STATUS_SYNTAX, "name '%s': %s", name, why);
    if (type == NULL || !rrtype_from_text(type, strlen(type), &out->type))
        return diag_error(diag, STATUS_SYNTAX, "'%s' is not a type", type != NULL ? type : "");
    for (char *word; status == STATUS_OK && (word = strtok_r(NULL, " \t\n", &rest)) != NULL;)
        status = read_option(diag, word, out);
    return status;
}

/* ---- building ---- */

/* Room for `len` more octets; NULL when memory is out. */
static uint8_t *claim(struct workload *workload, size_t len)
{
    if (workload->len + len > workload->cap) {
        const size_t cap = 2 * (workload->len + len) + 4096;
        uint8_t *octets = realloc(workload->octets, cap);
        if (octets == NULL)
            return NULL;
        workload->octets = octets;
        workload->cap = cap;
    }
    workload->len += len;
    return workload->octets + workload->len - len;
}

static struct workload_query *claim_query(struct workload *workload)
{
    if (workload->count == workload->room) {
        const uint32_t room = workload->room == 0 ? 1024 : 2 * workload->room;
        struct workload_query *queries = realloc(workload->queries, room * sizeof *queries);
        if (queries == NULL)
            return NULL;
        workload->queries = queries;
        workload->room = room;
    }
    return &workload->queries[workload->count++];
}

static void write_subnet(struct writer *writer, const struct line *line,
                         struct workload_query *query)
{
    struct ecs ecs = { .family = FAMILY_V4, .source_prefix = 8 * SUBNET_OCTETS };
    uint8_t option[ECS_MAX_LEN];

    if (!line->random_subnet) {
        ecs.family = line->subnet.address.family;
        ecs.source_prefix = line->subnet.len;
        memcpy(ecs.address, line->subnet.address.octets, sizeof ecs.address);
    }
    const size_t len = ecs_write(&ecs, option);
    writer_u16(writer, (uint16_t)(4 + len));
    writer_u16(writer, EDNS_ECS);
    writer_u16(writer, (uint16_t)len);
    writer_octets(writer, option, len);
    if (line->random_subnet)
        query->subnet_at = (uint16_t)(writer->len - SUBNET_OCTETS);
}

static size_t write_wire(const struct line *line, struct workload_query *query,
                         uint8_t wire[WIRE_CAP])
{
    const bool has_subnet = line->random_subnet || line->subnet.address.family != FAMILY_NONE;
    struct writer writer;

    writer_init(&writer, wire, WIRE_CAP);
    writer_u16(&writer, 0); /* the id is written as it is sent */
    writer_u16(&writer, 0);
    writer_u16(&writer, 1);
    writer_u32(&writer, 0);
    writer_u16(&writer, line->plain ? 0 : 1);
    writer_name(&writer, line->name);
    writer_u16(&writer, line->type);
    writer_u16(&writer, RRCLASS_IN);
    query->question_len = (uint16_t)(writer.len - HEADER_LEN);
    if (line->plain)
        return writer.len;
    writer_u8(&writer, 0);
    writer_u16(&writer, RRTYPE_OPT);
    writer_u16(&writer, EDNS_SIZE);
    writer_u32(&writer, 0);
    if (has_subnet)
        write_subnet(&writer, line, query);
    else
        writer_u16(&writer, 0);
    return writer.len;
}

/* An address, or octets in hexadecimal; how many octets, 0 for neither. */
static size_t rdata_from_text(const char *text, uint8_t out[RDATA_MOST])
{
    struct address address;
    const size_t digits = strlen(text);

    if (address_parse(text, &address)) {
        const size_t len = family_bits(address.family) / 8U;
        memcpy(out, address.octets, len);
        return len;
    }
    if (digits % 2 != 0 || digits / 2 > RDATA_MOST ||
        strspn(text, "0123456789abcdefABCDEF") != digits)
        return 0;
    for (size_t i = 0; i < digits / 2; i++) {
        const char pair[] = { text[2 * i], text[2 * i + 1], '\0' };
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return digits / 2;
}

static enum status add_rdata(const struct diag *diag, struct workload *workload, char *values,
                             uint16_t *count)
{
    char *rest;

    for (const char *word = strtok_r(values, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        uint8_t rdata[RDATA_MOST];
        const size_t len = rdata_from_text(word, rdata);
        if (len == 0)
            return diag_error(diag, STATUS_SYNTAX, "rdata '%s' is no address and not hexadecimal",
                              word);
        uint8_t *room = claim(workload, 2 + len);
        if (room == NULL)
            return diag_error(diag, STATUS_MEMORY, "out of memory");
        room[0] = (uint8_t)(len >> 8);
        room[1] = (uint8_t)len;
        memcpy(room + 2, rdata, len);
        (*count)++;
    }
    return STATUS_OK;
}

static enum status add(const struct diag *diag, struct workload *workload, const struct line *line)
{
    uint8_t wire[WIRE_CAP];
    struct workload_query query = {
        .type = line->type,
        .answers = line->answers,
        .rcode = line->rcode,
        .wire_at = (uint32_t)workload->len,
    };
    query.wire_len = (uint16_t)write_wire(line, &query, wire);

    uint8_t *octets = claim(workload, query.wire_len);
    struct workload_query *room = claim_query(workload);
    if (octets == NULL || room == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    memcpy(octets, wire, query.wire_len);
    query.rdata_at = (uint32_t)workload->len;
    const enum status status = line->rdata == NULL
                                   ? STATUS_OK
                                   : add_rdata(diag, workload, line->rdata, &query.rdata_count);
    *room = query;
    return status;
}

enum status workload_read(const char *path, const struct diag *diag, struct workload *out)
{
    char text[4096];
    struct diag here = *diag;
    enum status result = STATUS_OK;
    FILE *file = fopen(path, "r");

    *out = (struct workload){ 0 };
    here.file = path;
    if (file == NULL)
        return diag_error(&here, STATUS_IO, "%s", strerror(errno));
    while (fgets(text, sizeof text, file) != NULL) {
        struct line line;
        here.line++;
        if (text[0] == '#' || text[strspn(text, " \t\n")] == '\0')
            continue;
        enum status status = read_line(&here, text, &line);
        if (status == STATUS_OK)
            status = add(&here, out, &line);
        if (status != STATUS_OK)
            result = status;
    }
    here.line = 0;
    if (result == STATUS_OK && out->count == 0)
        result = diag_error(&here, STATUS_MEANING, "holds no query");
    fclose(file);
    return result;
}

void workload_release(struct workload *workload)
{
    free(workload->queries);
    free(workload->octets);
    *workload = (struct workload){ 0 };
}

/* ---- judging ---- */

/* True when the record's data is one of the values that the query expects. */
static bool rdata_is_expected(const struct workload *workload, const struct workload_query *query,
                              const uint8_t *rdata, size_t len)
{
    const uint8_t *value = workload->octets + query->rdata_at;

    for (unsigned i = 0; i < query->rdata_count; i++) {
        const size_t value_len = octets_u16(value);
        if (value_len == len && memcmp(value + 2, rdata, len) == 0)
            return true;
        value += 2 + value_len;
    }
    return false;
}

/*
 * Every record of the type is one of those expected, and there are as many: a
 * server repeats none (RFC 2181 section 5).
 */
static enum workload_verdict judge_rdata(const struct workload *workload,
                                         const struct workload_query *query, struct reader *reader,
                                         unsigned answers)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < answers; i++) {
        name_skip(reader);
        const uint16_t type = reader_u16(reader);
        (void)reader_take(reader, 6); /* class, TTL */
        const size_t len = reader_u16(reader);
        const uint8_t *rdata = reader_take(reader, len);
        if (rdata == NULL)
            return VERDICT_MALFORMED;
        if (type != query->type)
            continue;
        if (!rdata_is_expected(workload, query, rdata, len))
            return VERDICT_RDATA;
        seen++;
    }
    return seen == query->rdata_count ? VERDICT_GOOD : VERDICT_RDATA;
}

enum workload_verdict workload_judge(const struct workload *workload, uint32_t index,
                                     const uint8_t *answer, size_t len)
{
    const struct workload_query *query = &workload->queries[index];
    const uint8_t *question = workload->octets + query->wire_at + HEADER_LEN;
    struct reader reader = reader_over(answer, len);

    (void)reader_u16(&reader);
    const uint16_t flags = reader_u16(&reader);
    const uint16_t questions = reader_u16(&reader);
    const uint16_t answers = reader_u16(&reader);
    (void)reader_u32(&reader);
    if (!reader_ok(&reader))
        return VERDICT_MALFORMED;
    const uint8_t *echoed = reader_take(&reader, query->question_len);
    if ((flags & FLAG_QR) == 0 || questions != 1 || echoed == NULL ||
        memcmp(echoed, question, query->question_len) != 0)
        return VERDICT_STRAY;
    if ((flags & 15) != query->rcode)
        return VERDICT_RCODE;
    if (query->answers >= 0 && answers != query->answers)
        return VERDICT_ANSWERS;
    if (query->rdata_count == 0)
        return VERDICT_GOOD;
    return judge_rdata(workload, query, &reader, answers);
}

const char *workload_verdict_text(enum workload_verdict verdict)
{
    static const char *const texts[VERDICT_COUNT] = {
        [VERDICT_GOOD] = "good",           [VERDICT_MALFORMED] = "malformed",
        [VERDICT_STRAY] = "stray",         [VERDICT_RCODE] = "wrong rcode",
        [VERDICT_ANSWERS] = "wrong count", [VERDICT_RDATA] = "wrong rdata",
    };
    return texts[verdict];
}
