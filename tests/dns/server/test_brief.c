#include "dns/server/brief.h"

#include "dns/base/hash.h"
#include "tests/dns/server/exchange.h"

/*
 * The short way says what the long way says: random zones, random questions,
 * both answers spelled out and compared octet by octet.
 */
enum { ROUNDS = 300, OWNERS = 40, QUESTIONS = 60, SPELLED = 16384 };

struct world {
    uint64_t seed;
    struct arena *arena;
    struct snapshot snapshot;
    struct finding finding;
    uint8_t whole[65535];
    size_t brief_octets, whole_octets; /* of answers that both gave */
    unsigned briefs[OUTCOME_YXDOMAIN + 1];
};

static unsigned pick(struct world *world, unsigned limit)
{
    world->seed = hash_mix(world->seed + 1);
    return (unsigned)(world->seed >> 20) % limit;
}

/* Few labels, so that names have much in common, in any case. */
static const char *random_text(struct world *world, const char *apex, char out[256])
{
    static const char *const labels[] = { "a", "B", "ns1", "mail", "*", "long-label-of-many-octets" };
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = pick(world, 4); i > 0; i--)
        used += (size_t)sprintf(out + used, "%s.", labels[pick(world, COUNT(labels))]);
    if (pick(world, 4) == 0)
        apex = pick(world, 2) == 0 ? "elsewhere.test." : ".";
    if (used == 0 || strcmp(apex, ".") != 0)
        strcpy(out + used, apex);
    return out;
}

static const struct zone *random_zone(struct world *world, const char *apex)
{
    static const uint16_t types[] = { RRTYPE_A,   RRTYPE_AAAA, RRTYPE_CNAME, RRTYPE_MX,
                                      RRTYPE_MX,  RRTYPE_TXT,  RRTYPE_PTR,   RRTYPE_NS,
                                      RRTYPE_HTTPS };
    struct report *report = report_new();
    const struct diag diag = { .file = "random", .report = report };
    struct builder *builder = sketch_begin(world->arena, apex, NULL, 0);
    char owner[256], name[256];
    uint8_t rdata[1024];

    for (unsigned i = 0; i < OWNERS; i++) {
        const uint16_t type = types[pick(world, COUNT(types))];
        const char *text = random_text(world, apex, name);
        struct sketch_record record = { .type = type == RRTYPE_PTR ? RRTYPE_CNAME : type,
                                        .rdata = text };
        if (type == RRTYPE_A)
            record.rdata = "192.0.2.1";
        if (type == RRTYPE_AAAA)
            record.rdata = "2001:db8::1";
        const uint16_t len = sketch_rdata(&record, rdata);
        const uint8_t *at = wire(random_text(world, apex, owner));
        /* Names elsewhere, what stands beside a CNAME and doubles are refused: so be it. */
        if (name_is_under(at, wire(apex)))
            (void)!builder_add(builder, &diag, at, type, SKETCH_TTL, rdata, len);
    }
    report_free(report);
    return sketch_freeze(builder);
}

static size_t spell_name(const uint8_t *message, size_t len, size_t *at, uint8_t *out)
{
    uint8_t name[NAME_MAX_LEN];
    *at = read_name(message, len, *at, name);
    const size_t name_octets = name_len(name);
    name_lower(name, out); /* a pointer shows another case */
    return name_octets;
}

static size_t spell_record(const uint8_t *message, size_t len, size_t *at, uint8_t *out)
{
    size_t used = spell_name(message, len, at, out);
    const uint16_t type = octets_u16(message + *at);
    const size_t end = *at + 10 + octets_u16(message + *at + 8);

    assert_true(end <= len);
    memcpy(out + used, message + *at, 8);
    used += 8;
    *at += 10;
    unsigned names = type == RRTYPE_SOA ? 2 : 0;
    if (type == RRTYPE_MX) {
        memcpy(out + used, message + *at, 2);
        used += 2;
        *at += 2;
    }
    if (type == RRTYPE_MX || type == RRTYPE_CNAME || type == RRTYPE_PTR || type == RRTYPE_NS)
        names = 1;
    while (names-- > 0)
        used += spell_name(message, len, at, out + used);
    assert_true(*at <= end);
    memcpy(out + used, message + *at, end - *at);
    used += end - *at;
    *at = end;
    return used;
}

/* The message without pointers. */
static size_t spell(const uint8_t *message, size_t len, uint8_t out[SPELLED])
{
    uint8_t qname[NAME_MAX_LEN];
    size_t at = read_name(message, len, 12, qname) + 4;
    const size_t head = at;
    size_t used = head;
    const unsigned records =
        (unsigned)(octets_u16(message + 6) + octets_u16(message + 8) + octets_u16(message + 10));

    memcpy(out, message, head);
    for (unsigned i = 0; i < records; i++) {
        assert_true(used < SPELLED - 2048);
        used += spell_record(message, len, &at, out + used);
    }
    assert_int_equal(at, len);
    return used;
}

static void compare(struct world *world, const struct message *query, const struct answer *answer,
                    size_t limit, const char *qname)
{
    static uint8_t ours[SPELLED], theirs[SPELLED];
    struct written brief, whole;
    uint8_t *response = malloc(limit); /* the sanitizer sees one octet of overrun */

    assert_non_null(response);
    const size_t len =
        brief_write(query, answer, &world->snapshot, response, limit, &brief);
    assert_true(len <= limit);
    if (len > 0) {
        const size_t whole_len =
            answer_write(query, answer, &world->snapshot, world->whole, sizeof world->whole, &whole);
        const size_t a = spell(response, len, ours);
        const size_t b = spell(world->whole, whole_len, theirs);
        if (a != b || memcmp(ours, theirs, a) != 0)
            fail_msg("%s type %u: the short answer differs", qname, query->qtype);
        assert_int_equal(brief.truncated, whole.truncated);
        assert_int_equal(brief.opt_len, whole.opt_len);
        world->brief_octets += len;
        world->whole_octets += whole_len;
        world->briefs[world->finding.outcome]++;
    }
    free(response);
}

static void ask(struct world *world, const char *apex)
{
    static const uint16_t types[] = { RRTYPE_A,   RRTYPE_AAAA, RRTYPE_CNAME, RRTYPE_MX,
                                      RRTYPE_TXT, RRTYPE_SOA,  RRTYPE_NS,    RRTYPE_ANY,
                                      RRTYPE_PTR, RRTYPE_HTTPS };
    char qname[256];
    struct message query;
    const char *text = random_text(world, apex, qname);
    struct request request = request_for(text, types[pick(world, COUNT(types))]);

    if (pick(world, 3) > 0)
        add_ecs(&request, 1232);
    assert_true(message_parse(request.octets, request.len, &query));
    lookup_find(world->snapshot.zones, &query.key, query.qtype, &world->finding);
    const bool found = world->finding.outcome != OUTCOME_FOREIGN;
    const struct answer answer = {
        .rcode = found ? RCODE_NOERROR : RCODE_REFUSED,
        .authoritative = found,
        .finding = found ? &world->finding : NULL,
        .hop_count = found ? world->finding.hop_count : 0,
        .edns = { .udp_size = 1232,
                  .says = query.edns.has_ecs ? EDNS_SAYS_ECS : 0,
                  .ecs = &query.edns.ecs },
    };
    compare(world, &query, &answer, pick(world, 2) == 0 ? 1232 : pick(world, 300), text);
}

static void says_what_the_long_way_says(void **state)
{
    static const char *const apexes[] = { "example.", "sub.Example.", "." };
    struct world *world = *state;

    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *apex = apexes[round % COUNT(apexes)];
        world->arena = arena_new();
        const struct zone *zone = random_zone(world, apex);
        struct zonedb *zones;
        assert_int_equal(zonedb_build(&zone, 1, world->arena, &zones), STATUS_OK);
        world->snapshot = (struct snapshot){ .generation = 1,
                                             .zones = zones,
                                             .serving = { .minimal_responses = round % 5 != 0 } };
        for (unsigned i = 0; i < QUESTIONS; i++)
            ask(world, apex);
        arena_free(world->arena);
    }
    /* It was the way taken, and it is not bought by longer messages. */
    assert_true(world->briefs[OUTCOME_ANSWER] > ROUNDS);
    assert_true(world->briefs[OUTCOME_NODATA] > ROUNDS);
    assert_true(world->briefs[OUTCOME_NXDOMAIN] > ROUNDS);
    assert_true(world->briefs[OUTCOME_FOREIGN] > ROUNDS);
    assert_true(world->brief_octets < world->whole_octets + world->whole_octets / 100);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->seed = 20261121;
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_the_long_way_says, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
