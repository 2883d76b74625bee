#include "geo/policy.h"

#include "dns/base/hash.h"
#include "tests/geo/world_fixture.h"

/* ---- single clients ---------------------------------------------------------- */

#define NEAREST "{\"nearest\":[\"helsinki\",\"paris-1\",\"virginia\"]}"
#define NETS                                                                         \
    "{\"geo\":[{\"in\":[\"net:10.64.0.0/10\"],\"to\":\"cdn\",\"fence\":true},"       \
    "{\"in\":[\"net:10.64.7.0/24\",\"net:192.168.0.0/16\",\"net:2001:db8:5::/48\"]," \
    "\"to\":\"virginia\",\"fence\":true},"                                           \
    "{\"to\":{\"nearest\":[\"helsinki\",\"paris-1\"]},\"fence\":true}]}"
#define PER_QUERY    "{\"weighted\":{\"cdn\":1,\"virginia\":1},\"per\":\"query\"}"
#define PER_RESOLVER "{\"weighted\":{\"cdn\":1,\"virginia\":1},\"per\":\"resolver\"}"
#define WEIGHTED     "{\"weighted\":{\"cdn\":1,\"virginia\":1}}"
#define COARSE       "{\"weighted\":{\"cdn\":1,\"virginia\":1},\"prefix\":{\"v4\":4,\"v6\":20}}"
#define SPLIT                                                                  \
    "{\"geo\":[{\"in\":[\"country:US\"],\"to\":" PER_QUERY ",\"fence\":true}," \
    "{\"to\":\"helsinki\",\"fence\":true}]}"

static void ranks_and_scopes_of_single_clients(void **state)
{
    (void)state;
    static const struct {
        const char *what, *route, *client;
        uint8_t source_len;
        const char *expected; /* NULL: any */
        uint8_t scope;
    } cases[] = {
        { "nearest", NEAREST, "10.1.2.3", 24, "hpv", 9 },
        { "the other half", NEAREST, "10.200.0.0", 24, "phv", 9 },
        { "a /32 source", NEAREST, "10.1.2.3", 32, "hpv", 9 },
        { "a source shorter than the block", NEAREST, "10.0.0.0", 8, "hpv", 9 },
        { "nobody knows: its block, not 0", NEAREST, "11.0.0.1", 24, "hpv", 8 },
        { "IPv6, nobody knows", NEAREST, "fe80::1", 56, "hpv", 1 },
        { "IPv6", NEAREST, "2001:db9::1", 56, "vph", 32 },
        { "no address to be used", NEAREST, "0.0.0.0", 0, "hpv", 0 },
        { "no address to be used, IPv6", NEAREST, "::", 0, "hpv", 0 },
        { "v4-mapped", NEAREST, "::ffff:20.1.2.3", 128, "vph", 96 + 8 },
        { "NAT64", NEAREST, "64:ff9b::20.1.2.3", 128, "vph", 96 + 8 },
        { "6to4", NEAREST, "2002:1401:203::1", 48, "vph", 16 + 8 },
        { "Teredo, inverted", NEAREST, "2001::ebfe:fdfc", 128, "vph", 96 + 8 },
        { "beside Teredo", NEAREST, "2001:1::", 56, "hpv", 32 },
        { "beside 6to4", NEAREST, "2003::", 56, "hpv", 16 },
        { "loopback, beside the v4-mapped", NEAREST, "::1", 128, "hpv", 81 },
        { "a region alone is for everybody", "\"cdn\"", "10.1.2.3", 24, "c", 0 },
        { "for everybody, IPv6", "\"cdn\"", "2001:db8::1", 56, "c", 0 },
        { "for everybody, 6to4", "\"cdn\"", "2002:a01:203::1", 56, "c", 0 },
        { "a net", NETS, "10.65.0.0", 24, "c", 16 },
        { "a longer net inside", NETS, "10.64.7.9", 24, "v", 24 },
        { "beside it", NETS, "10.64.6.9", 24, "c", 24 },
        { "outside the nets", NETS, "10.1.2.3", 24, "hp", 10 },
        { "a net for private addresses", NETS, "192.168.3.4", 24, "v", 16 },
        { "an IPv6 net", NETS, "2001:db8:5:6::", 56, "v", 48 },
        { "no address, so no net", NETS, "10.65.0.0", 0, "hp", 0 },
        { "a draw looks at the /24", WEIGHTED, "10.1.2.3", 24, NULL, 24 },
        { "a draw looks at the /56", WEIGHTED, "2a00:1:2:3::", 56, NULL, 56 },
        { "a draw for a 6to4 client", WEIGHTED, "2002:a01:203::1", 56, NULL, 16 + 24 },
        { "a coarser draw", COARSE, "10.1.2.3", 24, NULL, 4 },
        { "a coarser draw, IPv6", COARSE, "2a00:1:2:3::", 56, NULL, 20 },
        { "a coarser draw beside Teredo", COARSE, "2001:1::", 56, NULL, 32 },
        { "a draw without an address", WEIGHTED, "0.0.0.0", 0, NULL, 0 },
        { "for each query: 0", PER_QUERY, "10.1.2.3", 24, NULL, 0 },
        { "for each query, IPv6: 0", PER_QUERY, "2001:db8::", 56, NULL, 0 },
        { "for each query, v4-mapped: 0", PER_QUERY, "::ffff:10.1.2.3", 128, NULL, 0 },
        { "for each resolver: 0", PER_RESOLVER, "10.1.2.3", 24, NULL, 0 },
        { "for each query behind a rule: the rule's block", SPLIT, "20.1.2.3", 24, NULL, 8 },
        { "beside that rule", SPLIT, "10.1.2.3", 24, "h", 4 },
    };
    struct atlas atlas;

    simple_world(&atlas);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        struct policy *policy = build(&atlas, &r);
        const struct policy_client client = client_of(cases[i].client, cases[i].source_len);
        struct ranking ranking;
        char text[16];

        policy_rank(policy, &client, &ranking);
        uint8_t first_scope;
        const uint16_t first = policy_first(policy, &client, &first_scope);
        const bool drawn = strstr(cases[i].route, "weighted") != NULL;
        if (first == REGION_NONE ? !drawn && ranking.count > 0
                                 : first != ranking.regions[0] || first_scope != ranking.first_scope)
            fail_msg("%s: first by itself is %u, scope %u", cases[i].what, first, first_scope);
        initials(&ranking, text);
        if (cases[i].expected != NULL && strcmp(text, cases[i].expected) != 0)
            fail_msg("%s: %s, not %s", cases[i].what, text, cases[i].expected);
        if (ranking.scope != cases[i].scope)
            fail_msg("%s: scope %u, not %u", cases[i].what, ranking.scope, cases[i].scope);
        policy_free(policy);
        reading_release(&r);
    }
    atlas_release(&atlas);
}

static void what_a_draw_hashes_decides_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *what, *route;
        bool by_client, by_query, by_resolver;
    } cases[] = {
        { "per client", WEIGHTED, true, false, false },
        { "per query", PER_QUERY, false, true, false },
        { "per resolver", PER_RESOLVER, false, false, true },
    };
    struct atlas atlas;

    simple_world(&atlas);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        struct policy *policy = build(&atlas, &r);
        unsigned first[3][2] = { { 0 } };

        for (unsigned n = 0; n < 400; n++) {
            for (unsigned varied = 0; varied < 3; varied++) {
                struct policy_client client = client_of("10.1.2.0", 24);
                struct ranking ranking;
                client.address.octets[varied == 0 ? 2 : 3] = (uint8_t)n;
                client.address.octets[1] = varied == 0 ? (uint8_t)(n >> 8) : 1;
                client.random = varied == 1 ? hash_mix(n + 1) : 5;
                client.resolver.octets[3] = varied == 2 ? (uint8_t)n : 5;
                client.resolver.octets[2] = varied == 2 ? (uint8_t)(n >> 8) : 5;
                policy_rank(policy, &client, &ranking);
                first[varied][ranking.regions[0] == 3]++;
            }
        }
        const bool expected[3] = { cases[i].by_client, cases[i].by_query, cases[i].by_resolver };
        for (unsigned varied = 0; varied < 3; varied++) {
            const bool both = first[varied][0] > 0 && first[varied][1] > 0;
            if (both != expected[varied] ||
                (both && (first[varied][0] < 150 || first[varied][1] < 150)))
                fail_msg("%s, %u varied: %u and %u", cases[i].what, varied, first[varied][0],
                         first[varied][1]);
        }
        policy_free(policy);
        reading_release(&r);
    }
    atlas_release(&atlas);
}

/* Source prefix 0 gets one member for per-client and per-resolver draws, whoever asks. */
static void the_anonymous_get_the_same_member(void **state)
{
    (void)state;
    static const char *const routes[] = { WEIGHTED, PER_RESOLVER,
                                          "{\"nearest\":[\"paris-1\",\"paris-2\"]}" };
    struct atlas atlas;

    simple_world(&atlas);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct reading r = good_reading(routes[i]);
        struct policy *policy = build(&atlas, &r);
        uint16_t first = REGION_NONE;

        for (unsigned n = 0; n < 64; n++) {
            struct policy_client client = client_of(n % 2 ? "0.0.0.0" : "::", 0);
            struct ranking ranking;
            client.resolver.octets[3] = (uint8_t)n;
            policy_rank(policy, &client, &ranking);
            assert_true(first == REGION_NONE || first == ranking.regions[0]);
            assert_int_equal(ranking.scope, 0);
            first = ranking.regions[0];
        }
        policy_free(policy);
        reading_release(&r);
    }
    atlas_release(&atlas);
}

/* ---- the rest -------------------------------------------------------------------- */

static void neighbours_with_one_ordering_share_a_block(void **state)
{
    (void)state;
    static const struct {
        const char *what, *route;
        size_t v4, v6;
    } cases[] = {
        { "one region for all", "\"cdn\"", 1, 1 },
        { "a draw for all", WEIGHTED, 1, 1 },
        { "all countries alike",
          "{\"geo\":[{\"in\":[\"country:DK\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}", 1, 1 },
        /* 0/1 with 20/8 inside: 7 blocks around it, and 128/1. */
        { "one country against all others",
          "{\"geo\":[{\"in\":[\"country:US\"],\"to\":\"virginia\"},{\"to\":\"cdn\"}]}", 9, 33 },
    };
    struct atlas atlas;

    simple_world(&atlas);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        struct policy *policy = build(&atlas, &r);
        if (policy_block_count(policy, FAMILY_V4) != cases[i].v4 ||
            policy_block_count(policy, FAMILY_V6) != cases[i].v6)
            fail_msg("%s: %zu and %zu blocks", cases[i].what, policy_block_count(policy, FAMILY_V4),
                     policy_block_count(policy, FAMILY_V6));
        assert_in_range(policy_footprint(policy), 1, 100000);
        policy_free(policy);
        reading_release(&r);
    }
    atlas_release(&atlas);
}

static void fingerprints_tell_regions_apart(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct region changed; /* stands for the first region */
        bool equal;
    } cases[] = {
        { "nothing changed",
          { .name = "helsinki", .placed = true, .latitude = 60.17, .longitude = 24.94 },
          true },
        { "another name",
          { .name = "turku", .placed = true, .latitude = 60.17, .longitude = 24.94 },
          false },
        { "moved by a hair",
          { .name = "helsinki", .placed = true, .latitude = 60.17, .longitude = 24.940000001 },
          false },
        { "a bias",
          { .name = "helsinki", .placed = true, .latitude = 60.17, .longitude = 24.94, .bias = 1 },
          false },
        { "no place", { .name = "helsinki", .latitude = 60.17, .longitude = 24.94 }, false },
    };
    struct reading r = good_reading("{\"nearest\":\"*\"}");
    char *base = policy_fingerprint(r.route, &regions);

    assert_non_null(base);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct region changed[5];
        memcpy(changed, items, sizeof changed);
        changed[0] = cases[i].changed;
        char *other = policy_fingerprint(r.route, &(struct region_list){ changed, 5 });
        assert_non_null(other);
        if ((strcmp(base, other) == 0) != cases[i].equal)
            fail_msg("%s", cases[i].what);
        free(other);
    }
    free(base);
    reading_release(&r);
}

static void gather(void *context, const char *text)
{
    strcat(strcat((char *)context, text), "\n");
}

static void explains_where_a_client_stands(void **state)
{
    (void)state;
    static const struct {
        const char *client;
        uint8_t source_len;
        const char *told[4];
    } cases[] = {
        { "10.1.2.3",
          24,
          { "place: 10.0.0.0/9 is EU SE SE-AB Stockholm", "AS64501",
            "block: 10.0.0.0/10 is ranked alike", "nearest: 2 by distance, helsinki first" } },
        { "10.64.7.1",
          24,
          { "net:10.64.7.0/24", "geo: net:10.64.7.0/24 matches", "region virginia" } },
        { "2002:1401:203::1",
          48,
          { "IPv4 address inside, 20.1.2.3", "Boston", "no rule matches" } },
        { "11.0.0.0", 24, { "place: nobody knows 11.0.0.0/8", "location is not known" } },
        { "0.0.0.0", 0, { "is not to be used", "location is not known" } },
    };
    struct atlas atlas;
    struct reading r = good_reading(NETS);

    simple_world(&atlas);
    struct policy *policy = build(&atlas, &r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct policy_client client = client_of(cases[i].client, cases[i].source_len);
        char text[4096] = "";
        const struct route_sink sink = { gather, text };
        const char *at = text;

        policy_explain(policy, r.route, &regions, &atlas, &client, &sink);
        for (size_t t = 0; t < 4 && cases[i].told[t] != NULL; t++) {
            at = strstr(at, cases[i].told[t]);
            if (at == NULL)
                fail_msg("%s: '%s' is missing in:\n%s", cases[i].client, cases[i].told[t], text);
        }
    }
    policy_free(policy);
    reading_release(&r);
    atlas_release(&atlas);
}

/* Fifteen draws of 400 members inside each other: more than a query may sort. */
static void refuses_a_route_that_a_query_could_not_run(void **state)
{
    (void)state;
    enum { DEPTH = 15, WIDTH = 400 };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct policy *policy;
    struct atlas atlas;

    assert_non_null(out);
    for (int d = 0; d < DEPTH; d++) {
        fputs("{\"weighted\":[", out);
        for (int w = 0; w < WIDTH; w++)
            fprintf(out, "{\"weight\":1,\"name\":\"%d\",\"to\":\"cdn\"},", w);
        fputs("{\"weight\":1,\"to\":", out);
    }
    fputs("\"virginia\"", out);
    for (int d = 0; d < DEPTH; d++)
        fputs("}]}", out);
    assert_int_equal(fclose(out), 0);

    struct reading r = good_reading(text);
    const struct diag diag = { .report = r.report, .file = "map.json" };
    simple_world(&atlas);
    assert_int_equal(policy_build(&atlas, r.route, &regions, &diag, &policy), STATUS_LIMIT);
    assert_null(policy);
    assert_int_equal(report_mistakes(r.report), 1);
    assert_non_null(strstr(report_text(r.report, 0), "too many members"));
    atlas_release(&atlas);
    reading_release(&r);
    free(text);
}

static void puts_where_a_client_stands(void **state)
{
    (void)state;
    static const struct {
        const char *client;
        uint8_t source_len;
        const char *put;
    } cases[] = {
        { "10.64.7.1", 24,
          "{\"net\": \"10.64.7.0/24\", \"ranked_alike\": \"10.64.7.0/24\", \"decision\": {\"geo\": "
          "{\"matched\": \"net:10.64.7.0/24\", \"entry\": 1, \"fence\": true, \"to\": {\"region\": "
          "\"virginia\"}, \"others\": false}}}" },
        { "2002:a40:701::", 48,
          "{\"located_as\": \"10.64.7.1\", \"net\": \"10.64.7.0/24\", \"ranked_alike\": "
          "\"10.64.7.0/24\", \"decision\": {\"geo\": {\"matched\": \"net:10.64.7.0/24\", "
          "\"entry\": 1, "
          "\"fence\": true, \"to\": {\"region\": \"virginia\"}, \"others\": false}}}" },
        { "11.0.0.0", 24,
          "{\"ranked_alike\": \"11.0.0.0/8\", \"decision\": {\"geo\": {\"matched\": null, "
          "\"default\": "
          "{\"located\": false, \"nearest\": [{\"region\": \"helsinki\"}, {\"region\": "
          "\"paris-1\"}]}, \"others\": false}}}" },
        { "10.64.7.1", 0,
          "{\"decision\": {\"geo\": {\"matched\": null, \"default\": {\"located\": false, "
          "\"nearest\": [{\"region\": \"helsinki\"}, {\"region\": \"paris-1\"}]}, \"others\": "
          "false}}}" },
    };
    struct atlas atlas;
    struct reading r = good_reading(NETS);

    simple_world(&atlas);
    struct policy *policy = build(&atlas, &r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct policy_client client = client_of(cases[i].client, cases[i].source_len);
        struct json_writer *writer = json_writer_new();

        assert_non_null(writer);
        json_put_object(writer, NULL);
        policy_put(policy, r.route, &regions, &atlas, &client, writer);
        json_end(writer);
        char *text = json_writer_finish(writer, 0);
        assert_non_null(text);
        if (strcmp(text, cases[i].put) != 0)
            fail_msg("%s/%u: %s", cases[i].client, cases[i].source_len, text);
        free(text);
    }
    policy_free(policy);
    reading_release(&r);
    atlas_release(&atlas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_and_scopes_of_single_clients),
        cmocka_unit_test(what_a_draw_hashes_decides_and_nothing_else),
        cmocka_unit_test(the_anonymous_get_the_same_member),
        cmocka_unit_test(neighbours_with_one_ordering_share_a_block),
        cmocka_unit_test(fingerprints_tell_regions_apart),
        cmocka_unit_test(explains_where_a_client_stands),
        cmocka_unit_test(refuses_a_route_that_a_query_could_not_run),
        cmocka_unit_test(puts_where_a_client_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
