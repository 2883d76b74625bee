#include "dns/server/query.h"

#include "dns/base/hash.h"
#include "geo/witness.h"
#include "tests/dns/server/exchange.h"
#include "tests/dns/server/scene.h"

/* Geography is the test's: Helsinki first, true for a /20. policy.c has a twin of its own. */
void policy_rank(const struct policy *policy, const struct policy_client *client,
                 struct ranking *out)
{
    (void)policy;
    *out = (struct ranking){ .count = 3,
                             .scope = client->source_len == 0 ? 0 : 20,
                             .first_scope = client->source_len == 0 ? 0 : 20,
                             .regions = { HELSINKI, FRANKFURT, VIRGINIA } };
}

uint16_t policy_first(const struct policy *policy, const struct policy_client *client,
                      uint8_t *scope)
{
    (void)policy;
    *scope = client->source_len == 0 ? 0 : 20;
    return HELSINKI;
}

void policy_explain(const struct policy *policy, const struct route *route,
                    const struct region_list *regions, const struct atlas *atlas,
                    const struct policy_client *client, const struct route_sink *sink)
{
    (void)policy, (void)route, (void)regions, (void)atlas, (void)client;
    sink->line(sink->context, "as the test says");
}

const struct place *atlas_find(const struct atlas *atlas, const struct address *address,
                               struct prefix *network)
{
    static const struct place nowhere;

    (void)atlas;
    *network = (struct prefix){ .address = *address, .len = 24 };
    return &nowhere;
}

/* explain_json() stands beside explain_txt(); no test here asks it. */
void policy_put(const struct policy *policy, const struct route *route,
                const struct region_list *regions, const struct atlas *atlas,
                const struct policy_client *client, struct json_writer *writer)
{
    (void)policy, (void)route, (void)regions, (void)atlas, (void)client, (void)writer;
    fail_msg("nobody asked for JSON");
}

void witness_put(const struct atlas *atlas, const struct address *address,
                 struct json_writer *writer)
{
    (void)atlas, (void)address, (void)writer;
}

struct atlas_grain atlas_grain(const struct atlas *atlas)
{
    (void)atlas;
    return (struct atlas_grain){ .v4 = 24, .v6 = 56 };
}

const struct place *atlas_place(const struct atlas *atlas, uint32_t index)
{
    static const struct place nowhere;

    (void)atlas, (void)index;
    return &nowhere;
}

static const struct sketch_record records[] = {
    { "plain.example.", RRTYPE_A, "192.0.2.80" },
    { "plain.example.", RRTYPE_TXT, "plain" },
    { "www.example.", RRTYPE_MX, "plain.example." },
    { "to.example.", RRTYPE_CNAME, "www.example." },
    { "d.example.", RRTYPE_DNAME, "example." },
    { "cut.example.", RRTYPE_NS, "ns.cut.example." },
    { "ns.cut.example.", RRTYPE_A, "192.0.2.53" },
    { "_explain.plain.example.", RRTYPE_TXT, "an ordinary name" },
};

static int setup(void **state)
{
    scene_setup(state);
    struct scene *scene = *state;
    struct builder *builder = sketch_begin(scene->arena, "example.", records, COUNT(records));

    assert_int_equal(builder_steer(builder, wire("www.example."), &scene->service), STATUS_OK);
    const struct zone *zones[] = { sketch_freeze(builder),
                                   sketch_broken_zone(scene->arena, "wreck.") };
    struct zonedb *db;
    assert_int_equal(zonedb_build(zones, COUNT(zones), scene->arena, &db), STATUS_OK);
    scene->snapshot.zones = db;
    scene->snapshot.serving.version = "meridian test";
    scene->snapshot.serving.identity = "hel-1";
    return 0;
}

struct asked {
    struct reading reading;
    struct query_note note;
    uint8_t octets[65535];
    size_t len;
};

/* Asks from 198.51.100.7; a silence leaves `reading` empty. */
static struct asked *ask(const struct scene *scene, const struct request *request, bool stream)
{
    static struct asked asked;
    const struct client client = { .source = scene_address("198.51.100.7"), .stream = stream };

    asked.reading = (struct reading){ .ede = -1 };
    asked.len = query_answer(&scene->snapshot, &client, request->octets, request->len, asked.octets,
                             sizeof asked.octets, &asked.note);
    if (asked.len > 0)
        read_response(asked.octets, asked.len, &asked.reading);
    return &asked;
}

static void answers_each_outcome(void **state)
{
    static const struct {
        const char *what;
        const char *qname;
        uint16_t qtype;
        unsigned rcode;
        bool authoritative;
        int ede;
        const char *text;
    } cases[] = {
        { "plain data", "plain.example.", RRTYPE_A, RCODE_NOERROR, true, -1,
          "plain.example. A 3600 |  | " },
        { "steered", "www.example.", RRTYPE_A, RCODE_NOERROR, true, -1,
          "www.example. A 30, www.example. A 30 |  | " },
        { "steered, the other family", "www.example.", RRTYPE_AAAA, RCODE_NOERROR, true, -1,
          "www.example. AAAA 30 |  | " },
        { "a type that the service lacks", "www.example.", RRTYPE_MX, RCODE_NOERROR, true, -1,
          "www.example. MX 3600 |  | " },
        { "no data at a steered name", "www.example.", RRTYPE_TXT, RCODE_NOERROR, true, -1,
          " | example. SOA 300 | " },
        { "an alias to a steered name", "to.example.", RRTYPE_AAAA, RCODE_NOERROR, true, -1,
          "to.example. CNAME 3600, www.example. AAAA 30 |  | " },
        { "a missing name", "missing.example.", RRTYPE_A, RCODE_NXDOMAIN, true, -1,
          " | example. SOA 300 | " },
        { "a referral", "x.cut.example.", RRTYPE_A, RCODE_NOERROR, false, -1,
          " | cut.example. NS 3600 | ns.cut.example. A 3600" },
        { "none of ours", "www.foreign.test.", RRTYPE_A, RCODE_REFUSED, false,
          EDE_NOT_AUTHORITATIVE, " |  | " },
        { "a zone that did not load", "www.wreck.", RRTYPE_A, RCODE_SERVFAIL, false, EDE_NOT_READY,
          " |  | " },
        { "a transfer", "example.", RRTYPE_AXFR, RCODE_REFUSED, false, EDE_PROHIBITED, " |  | " },
        { "MAILB", "example.", RRTYPE_MAILB, RCODE_NOERROR, true, -1, " | example. SOA 300 | " },
        { "OPT as a question", "example.", RRTYPE_OPT, RCODE_NOERROR, true, -1,
          " | example. SOA 300 | " },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = request_for(cases[i].qname, cases[i].qtype);
        add_opt(&request, 1232, NULL, 0);
        const struct asked *asked = ask(*state, &request, false);
        const struct reading *reading = &asked->reading;
        if (reading->rcode != cases[i].rcode || reading->ede != cases[i].ede)
            fail_msg("%s: rcode %u, EDE %d", cases[i].what, reading->rcode, reading->ede);
        if (((reading->flags & FLAG_AA) != 0) != cases[i].authoritative)
            fail_msg("%s: AA is wrong", cases[i].what);
        if (strcmp(reading->text, cases[i].text) != 0)
            fail_msg("%s: '%s', expected '%s'", cases[i].what, reading->text, cases[i].text);
        assert_int_equal(asked->note.rcode, cases[i].rcode);
        assert_int_equal(reading->flags & (FLAG_QR | FLAG_RD | FLAG_RA | FLAG_AD | FLAG_TC),
                         FLAG_QR | FLAG_RD);
    }
}

static void answers_the_form_before_the_name(void **state)
{
    static const struct {
        const char *what;
        size_t at; /* one octet of "plain.example. A" with an OPT is changed */
        uint8_t to;
        size_t len; /* 0: the whole query */
        int rcode;  /* -1: silence */
    } cases[] = {
        { "untouched", 0, 0x12, 0, RCODE_NOERROR },
        { "a runt", 0, 0x12, 11, -1 },
        { "a header alone", 0, 0x12, 12, RCODE_FORMERR },
        { "a response", 2, 0x81, 0, -1 },
        { "opcode STATUS", 2, 0x10, 0, RCODE_NOTIMP },
        { "opcode NOTIFY", 2, 0x20, 0, RCODE_NOTAUTH },
        { "opcode UPDATE", 2, 0x28, 0, RCODE_NOTIMP },
        { "two questions", 5, 2, 0, RCODE_FORMERR },
        { "no question", 5, 0, 0, RCODE_FORMERR },
        { "cut short", 0, 0x12, 20, RCODE_FORMERR },
        { "class HS", 30, 4, 0, RCODE_REFUSED },
        { "EDNS version 1", 37, 1, 0, RCODE_BADVERS },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = request_for("plain.example.", RRTYPE_A);
        add_opt(&request, 1232, NULL, 0);
        request.octets[cases[i].at] = cases[i].to;
        if (cases[i].len > 0)
            request.len = cases[i].len;
        const struct asked *asked = ask(*state, &request, false);
        const int rcode = asked->len > 0 ? (int)asked->reading.rcode : -1;
        if (rcode != cases[i].rcode)
            fail_msg("%s: rcode %d, expected %d", cases[i].what, rcode, cases[i].rcode);
        if (asked->note.malformed != (rcode == -1 || rcode == RCODE_FORMERR))
            fail_msg("%s: counted wrongly", cases[i].what);
        if (asked->len > 0)
            assert_memory_equal(asked->octets, request.octets, 2);
    }
}

/* RFC 7871: what was sent comes back, with a scope only where it steered. */
static void gives_the_subnet_back(void **state)
{
    static const struct {
        const char *what;
        const char *qname;
        uint16_t qtype;
        uint8_t scope;
    } cases[] = {
        { "steered", "www.example.", RRTYPE_A, 20 },
        { "static", "plain.example.", RRTYPE_A, 0 },
        { "no data at a steered name", "www.example.", RRTYPE_TXT, 0 },
        { "a missing name", "missing.example.", RRTYPE_A, 0 },
        { "a referral", "x.cut.example.", RRTYPE_A, 0 },
        { "a refusal", "www.foreign.test.", RRTYPE_A, 0 },
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = request_for(cases[i].qname, cases[i].qtype);
        const uint8_t expected[] = { 0, 1, 24, cases[i].scope, 203, 0, 113 };
        add_ecs(&request, 1232);
        const struct reading *reading = &ask(scene, &request, false)->reading;
        assert_true(reading->has_ecs);
        if (reading->ecs_len != sizeof expected ||
            memcmp(reading->ecs, expected, sizeof expected) != 0)
            fail_msg("%s: scope %u", cases[i].what, reading->ecs[3]);
    }

    struct request request = request_for("www.example.", RRTYPE_A);
    add_ecs(&request, 1232);
    scene->snapshot.serving.ecs = false;
    assert_false(ask(scene, &request, false)->reading.has_ecs);
    scene->snapshot.serving.ecs = true;
    request.octets[request.len - 1] = 0xff; /* still a /24 */
    request.octets[request.len - 5] = 20;   /* now a /20 with bits behind it */
    const struct asked *asked = ask(scene, &request, false);
    assert_int_equal(asked->reading.rcode, RCODE_FORMERR);
    assert_false(asked->reading.has_ecs);
}

/* RFC 7871 section 7.2.1 */
static void tells_only_the_alias_to_who_sent_a_subnet(void **state)
{
    struct request request = request_for("to.example.", RRTYPE_A);
    add_ecs(&request, 1232);
    const struct reading *reading = &ask(*state, &request, false)->reading;
    assert_string_equal(reading->text, "to.example. CNAME 3600 |  | ");
    assert_int_equal(reading->ecs[3], 0);

    request = request_for("www.d.example.", RRTYPE_A);
    add_ecs(&request, 1232);
    reading = &ask(*state, &request, false)->reading;
    assert_string_equal(reading->text, "d.example. DNAME 3600, www.d.example. CNAME 3600 |  | ");
}

/* RFC 7873 section 5.4 */
static void tells_a_cookie_without_a_question(void **state)
{
    static const char opt[] = "\0\0\x29\4\xd0\0\0\0\0\0\x0c\0\x0a\0\x08" "cookies!";
    struct scene *scene = *state;
    struct request request = { .len = 0 };

    put_octets(&request, "\x12\x34\0\0\0\0\0\0\0\0\0\1", 12);
    put_octets(&request, opt, sizeof opt - 1);
    assert_int_equal(ask(scene, &request, false)->reading.rcode, RCODE_FORMERR); /* none here */

    scene->snapshot.serving.cookies = (struct cookie_secrets){ .count = 1, .secret = { { 7 } } };
    const struct asked *asked = ask(scene, &request, false);
    assert_int_equal(asked->reading.rcode, RCODE_NOERROR);
    assert_int_equal(asked->len, 12 + 11 + 4 + COOKIE_LEN);

    request.len -= 12; /* the cookie learnt, whole and then spoilt */
    put_octets(&request, "\0\x0a\0\x18", 4);
    request.octets[22] = 4 + COOKIE_LEN;
    put_octets(&request, asked->octets + asked->len - COOKIE_LEN, COOKIE_LEN);
    assert_int_equal(ask(scene, &request, false)->reading.rcode, RCODE_NOERROR);
    request.octets[request.len - 1] ^= 1;
    assert_int_equal(ask(scene, &request, false)->reading.rcode, RCODE_BADCOOKIE);
}

/* RFC 8945 section 5.2.1 */
static void knows_no_key(void **state)
{
    static const char tsig[] = "\3key\0\0\xfa\0\xff\0\0\0\0\0\x13\1h\0"
                               "\0\0\0\0\0\1\1\x2c\0\0\x12\x34\0\0\0\0";
    struct request request = request_for("plain.example.", RRTYPE_A);
    request.octets[11] = 1;
    put_octets(&request, tsig, sizeof tsig - 1);
    const struct asked *asked = ask(*state, &request, false);
    assert_int_equal(asked->reading.rcode, RCODE_NOTAUTH);
    assert_string_equal(asked->reading.text, " |  | key. TSIG 0");
    assert_int_equal(asked->octets[asked->len - 3], 17);
}

/* RFC 1035 section 6.2 */
static void claims_no_authority_over_all_classes(void **state)
{
    struct request request = request_for("plain.example.", RRTYPE_A);
    request.octets[request.len - 1] = RRCLASS_ANY;
    const struct reading *reading = &ask(*state, &request, false)->reading;
    assert_string_equal(reading->text, "plain.example. A 3600 |  | ");
    assert_int_equal(reading->flags & FLAG_AA, 0);
}

static void does_not_steer_before_health_is_known(void **state)
{
    struct scene *scene = *state;
    struct request request = request_for("to.example.", RRTYPE_A);

    add_opt(&request, 1232, NULL, 0);
    scene_health(scene, "?uu", "?uu");
    const struct asked *asked = ask(scene, &request, false);
    assert_int_equal(asked->reading.rcode, RCODE_SERVFAIL);
    assert_int_equal(asked->reading.ede, EDE_NOT_READY);
    assert_string_equal(asked->reading.text, " |  | ");

    request = request_for("plain.example.", RRTYPE_A);
    assert_int_equal(ask(scene, &request, false)->reading.rcode, RCODE_NOERROR);
    scene_health(scene, "uuu", "uuu");
    request = request_for("to.example.", RRTYPE_A);
    assert_int_equal(ask(scene, &request, false)->reading.rcode, RCODE_NOERROR);
}

static void keeps_within_what_the_asker_takes(void **state)
{
    enum { LONG_TEXTS = 20 };
    static const struct {
        const char *what;
        bool edns;
        unsigned udp_size;
        bool stream;
        bool whole; /* 20 records of some 80 octets */
        size_t most;
    } cases[] = {
        { "without EDNS", false, 0, false, false, 512 },
        { "with room for it, but over ours", true, 4096, false, false, 1232 },
        { "with less than ours", true, 600, false, false, 600 },
        { "with a nonsense size", true, 100, false, false, 512 },
        { "by TCP", false, 0, true, true, 65535 },
    };
    struct scene *scene = *state;
    struct sketch_record texts[LONG_TEXTS];
    char words[LONG_TEXTS][80];

    for (unsigned i = 0; i < LONG_TEXTS; i++) {
        snprintf(words[i], sizeof words[i], "%070u", i);
        texts[i] = (struct sketch_record){ "big.large.", RRTYPE_TXT, words[i] };
    }
    const struct zone *zone = sketch_zone(scene->arena, "large.", texts, LONG_TEXTS);
    struct zonedb *db;
    assert_int_equal(zonedb_build(&zone, 1, scene->arena, &db), STATUS_OK);
    scene->snapshot.zones = db;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = request_for("big.large.", RRTYPE_TXT);
        if (cases[i].edns)
            add_opt(&request, cases[i].udp_size, NULL, 0);
        const struct asked *asked = ask(scene, &request, cases[i].stream);
        const bool truncated = (asked->reading.flags & FLAG_TC) != 0;
        if (truncated == cases[i].whole || asked->note.truncated != truncated)
            fail_msg("%s: TC %d", cases[i].what, truncated);
        if (asked->len > cases[i].most)
            fail_msg("%s: %zu octets", cases[i].what, asked->len);
        assert_int_equal(asked->reading.has_opt, cases[i].edns);
    }
}

static void says_who_it_is(void **state)
{
    static const struct {
        const char *qname;
        bool told;
    } cases[] = {
        { "version.bind.", true }, { "VERSION.BIND.", true },  { "version.server.", true },
        { "id.server.", true },    { "hostname.bind.", true }, { "authors.bind.", false },
    };
    struct scene *scene = *state;

    for (unsigned silent = 0; silent < 2; silent++) {
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct request request = request_for(cases[i].qname, RRTYPE_TXT);
            request.octets[request.len - 1] = RRCLASS_CH;
            const struct asked *asked = ask(scene, &request, false);
            const bool told = asked->reading.rcode == RCODE_NOERROR;
            if (told != (cases[i].told && silent == 0))
                fail_msg("%s: rcode %u", cases[i].qname, asked->reading.rcode);
            if (told)
                assert_non_null(strstr(asked->reading.text, " TXT 0 |"));
        }
        struct request request = request_for("plain.example.", RRTYPE_A);
        add_opt(&request, 1232, "\0\3\0\0", 4);
        assert_string_equal(ask(scene, &request, false)->reading.nsid, silent == 0 ? "hel-1" : "");
        scene->snapshot.serving.version = NULL;
        scene->snapshot.serving.identity = NULL;
    }
}

static void explains_to_those_on_the_list(void **state)
{
    struct scene *scene = *state;
    struct request steered = request_for("_EXPLAIN.www.example.", RRTYPE_TXT);
    struct request ordinary = request_for("_explain.plain.example.", RRTYPE_TXT);
    struct prefix list;

    const struct reading *reading = &ask(scene, &steered, true)->reading;
    assert_int_equal(reading->rcode, RCODE_NXDOMAIN);
    reading = &ask(scene, &ordinary, true)->reading;
    assert_non_null(strstr(reading->text, "_explain.plain.example. TXT 3600"));

    assert_true(prefix_parse("198.51.100.0/24", &list));
    scene->snapshot.serving.explain = &list;
    scene->snapshot.serving.explain_count = 1;
    reading = &ask(scene, &steered, true)->reading;
    assert_int_equal(reading->rcode, RCODE_NOERROR);
    assert_non_null(strstr(reading->text, "_EXPLAIN.www.example. TXT 0"));
    reading = &ask(scene, &ordinary, true)->reading;
    assert_null(strstr(reading->text, "TXT 3600"));
}

static void notes_what_counters_want(void **state)
{
    struct scene *scene = *state;
    struct request request = request_for("to.example.", RRTYPE_A);

    const struct asked *asked = ask(scene, &request, false);
    assert_string_equal(asked->note.zone->name, "example");
    assert_ptr_equal(asked->note.service, &scene->service);
    assert_int_equal(asked->note.region, HELSINKI);

    scene_health(scene, "duu", "uuu");
    assert_int_equal(ask(scene, &request, false)->note.region, FRANKFURT);

    request = request_for("plain.example.", RRTYPE_A);
    asked = ask(scene, &request, false);
    assert_null(asked->note.service);
    assert_int_equal(asked->note.region, REGION_NONE);

    request = request_for("foreign.", RRTYPE_A);
    assert_null(ask(scene, &request, false)->note.zone);
}

/* The operator of a zone wants to see above all what it could not answer. */
static void notes_the_zone_of_what_fails(void **state)
{
    struct scene *scene = *state;
    struct request request = request_for("to.example.", RRTYPE_A);

    scene_health(scene, "?uu", "?uu");
    const struct asked *asked = ask(scene, &request, false);
    assert_int_equal(asked->note.rcode, RCODE_SERVFAIL);
    assert_string_equal(asked->note.zone->name, "example");
    assert_null(asked->note.service);

    request = request_for("www.wreck.", RRTYPE_A);
    asked = ask(scene, &request, false);
    assert_int_equal(asked->note.rcode, RCODE_SERVFAIL);
    assert_true(name_equal(asked->note.zone->apex, (const uint8_t *)"\5wreck"));
}

/* A response that is limited keeps its question and OPT and asks for TCP. */
static void slips_to_a_truncated_question(void **state)
{
    struct request request = request_for("plain.example.", RRTYPE_A);
    struct reading reading;

    add_opt(&request, 1232, NULL, 0);
    struct asked *asked = ask(*state, &request, false);
    const size_t len = query_slip(asked->octets, asked->len, asked->note.opt_len);
    read_response(asked->octets, len, &reading);
    assert_int_equal(len, 12 + 15 + 4 + 11);
    assert_true(reading.has_opt);
    assert_string_equal(reading.text, " |  | ");
    assert_int_equal(reading.flags & (FLAG_TC | FLAG_AA), FLAG_TC);
}

/* Every octet changed in turn, and noise: the answer is readable, or there is none. */
static void survives_whatever_comes(void **state)
{
    static const struct {
        const char *qname;
        uint16_t qtype;
    } seeds[] = { { "www.example.", RRTYPE_A },
                  { "_explain.www.example.", RRTYPE_TXT },
                  { "x.d.example.", RRTYPE_ANY } };
    struct scene *scene = *state;
    struct prefix everybody = { .address = { .family = FAMILY_V4 } };
    unsigned answered = 0;

    scene->snapshot.serving.explain = &everybody;
    scene->snapshot.serving.explain_count = 1;
    for (uint64_t round = 0; round < 60000; round++) {
        const uint64_t random = hash_mix(round);
        struct request request =
            request_for(seeds[round % COUNT(seeds)].qname, seeds[round % COUNT(seeds)].qtype);
        add_ecs(&request, 1232);
        for (unsigned i = 0; i <= random % 3; i++) {
            const uint64_t more = hash_mix(random + i + 1);
            request.octets[(more >> 8) % request.len] = (uint8_t)more;
        }
        if (random % 7 == 0)
            request.len = (random >> 20) % request.len;
        answered += ask(scene, &request, (random & 1) != 0)->len > 0;
    }
    assert_in_range(answered, 30000, 59999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_each_outcome, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(answers_the_form_before_the_name, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(gives_the_subnet_back, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(tells_only_the_alias_to_who_sent_a_subnet, setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(tells_a_cookie_without_a_question, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(knows_no_key, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(claims_no_authority_over_all_classes, setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(does_not_steer_before_health_is_known, setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(keeps_within_what_the_asker_takes, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(says_who_it_is, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(explains_to_those_on_the_list, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(notes_what_counters_want, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(notes_the_zone_of_what_fails, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(slips_to_a_truncated_question, setup, scene_teardown),
        cmocka_unit_test_setup_teardown(survives_whatever_comes, setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
