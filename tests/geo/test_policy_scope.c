#include "geo/policy.h"

#include "dns/base/hash.h"
#include "tests/geo/world_fixture.h"

static uint64_t next_random(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u;
    return hash_mix(*seed);
}

static int by_key(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Cuts on the grain, crowded around a few prefixes so that blocks of all lengths occur. */
static void random_spans(struct spans *spans, const uint64_t *around, size_t around_count,
                         unsigned bits, uint64_t *seed)
{
    enum { CUTS = 24 };
    uint64_t starts[CUTS];

    for (size_t i = 0; i < CUTS; i++) {
        const unsigned kept = (unsigned)(next_random(seed) % (bits + 1));
        const uint64_t low = kept == 0 ? UINT64_MAX : kept == 64 ? 0 : UINT64_MAX >> kept;
        const uint64_t base = around[next_random(seed) % around_count];
        starts[i] = ((base & ~low) | (next_random(seed) & low)) & UINT64_MAX << (64 - bits);
    }
    qsort(starts, CUTS, sizeof *starts, by_key);
    put(spans, 0, 0);
    for (size_t i = 0; i < CUTS; i++)
        put(spans, starts[i], (uint32_t)(next_random(seed) % PLACES));
}

static void random_world(struct atlas *atlas, uint64_t *seed)
{
    static const uint64_t v4[] = { 10ull << 56, 0xc000020000000000u };
    static const uint64_t v6[] = { 0x20010db800000000u, 0x2001000000000000u, 0x2002000000000000u,
                                   0x0064ff9b00000000u, 0 };

    atlas_init(atlas);
    random_spans(&atlas->v4, v4, 2, grain.v4, seed);
    random_spans(&atlas->v6, v6, 5, grain.v6, seed);
}

static const char *const names[] = { "helsinki", "paris-1", "cdn", "virginia", "paris-2" };
static const char *const selectors[] = {
    "net:10.0.0.0/8",    "net:10.0.0.0/24", "net:10.128.0.0/9",  "net:192.0.2.0/24",
    "net:192.0.0.0/16",  "net:0.0.0.0/0",   "net:2001:db8::/32", "net:2001:db8:8000::/33",
    "net:2001::/16",     "net:2000::/3",    "net:2001:db8::/56", "net:::/8",
    "country:SE",        "continent:EU",    "asn:64502",         "city:US/Boston",
    "subdivision:US-MA", "continent:NA",
};
enum { SELECTORS = sizeof selectors / sizeof *selectors };

static void random_route(FILE *out, unsigned depth, uint64_t *seed)
{
    const char *name = names[next_random(seed) % 5];

    switch (depth == 0 ? next_random(seed) % 2 : next_random(seed) % 6) {
    case 0:
        fprintf(out, "\"%s\"", name);
        break;
    case 1:
        fputs("{\"nearest\":\"*\"}", out);
        break;
    case 2:
        fputs("{\"failover\":[", out);
        random_route(out, depth - 1, seed);
        fputc(',', out);
        random_route(out, depth - 1, seed);
        fputs("]}", out);
        break;
    case 3:
        fputs("{\"weighted\":[", out);
        for (int i = 0; i < 3; i++) {
            fprintf(out, "%s{\"name\":\"%d\",\"weight\":%u,\"to\":", i > 0 ? "," : "", i,
                    (unsigned)(next_random(seed) % 4));
            random_route(out, depth - 1, seed);
            fputc('}', out);
        }
        fprintf(out, "],\"prefix\":{\"v4\":%u,\"v6\":%u}}", (unsigned)(next_random(seed) % 24) + 1,
                (unsigned)(next_random(seed) % 56) + 1);
        break;
    default: {
        const size_t rules = next_random(seed) % 5 + 1;
        size_t at = next_random(seed) % SELECTORS;
        fputs("{\"geo\":[", out);
        for (size_t i = 0; i < rules; i++, at = (at + 5) % SELECTORS) {
            fprintf(out, "{\"in\":[\"%s\"],\"fence\":%s,\"to\":", selectors[at],
                    next_random(seed) % 2 ? "true" : "false");
            random_route(out, depth - 1, seed);
            fputs("},", out);
        }
        fputs("{\"to\":", out);
        random_route(out, depth - 1, seed);
        fputs("}]}", out);
    }
    }
}

static struct reading random_reading(uint64_t *seed)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    random_route(out, 3, seed);
    assert_int_equal(fclose(out), 0);
    struct reading r = good_reading(text);
    free(text);
    return r;
}

/* Clients at and beside every border of a world, in every way an IPv4 address can be worn. */
enum { POINTS = 2048 };
struct points {
    struct policy_client clients[POINTS];
    struct ranking rankings[POINTS];
    size_t count;
};

static void add_point(struct points *points, const struct address *address)
{
    assert_true(points->count < POINTS);
    struct policy_client *client = &points->clients[points->count++];
    *client =
        (struct policy_client){ .address = *address, .source_len = family_bits(address->family) };
}

static void add_v4_point(struct points *points, const struct address *v4)
{
    static const struct {
        uint8_t octets[12];
        size_t at;
        uint8_t flip;
    } forms[] = {
        { { [10] = 0xff, [11] = 0xff }, 12, 0 },
        { { 0x00, 0x64, 0xff, 0x9b }, 12, 0 },
        { { 0x20, 0x02 }, 2, 0 },
        { { 0x20, 0x01, 0x00, 0x00 }, 12, 0xff },
    };
    add_point(points, v4);
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        struct address worn = { .family = FAMILY_V6 };
        memcpy(worn.octets, forms[f].octets, sizeof forms[f].octets);
        for (size_t i = 0; i < 4; i++)
            worn.octets[forms[f].at + i] = v4->octets[i] ^ forms[f].flip;
        add_point(points, &worn);
    }
}

static void add_borders(struct points *points, const struct spans *spans, unsigned family)
{
    for (size_t i = 0; i < spans->count; i++) {
        struct address address;
        address_from_key(family, spans->start[i], &address);
        family == FAMILY_V4 ? add_v4_point(points, &address) : add_point(points, &address);
        address_from_key(family, spans->start[i] - 1, &address);
        family == FAMILY_V4 ? add_v4_point(points, &address) : add_point(points, &address);
    }
}

static void add_all(struct points *points, const struct atlas *atlas)
{
    static const char *const texts[] = {
        "::",
        "::1",
        "::fffe:ffff:ffff",
        "::1:0:0:0",
        "64:ff9b::1:0:0",
        "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
        "64:ff9c::",
        "2001:1::",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2003::",
        "2001:ffff:ffff:ffff::",
        "8000::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };
    points->count = 0;
    add_borders(points, &atlas->v4, FAMILY_V4);
    add_borders(points, &atlas->v6, FAMILY_V6);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct address address;
        assert_true(address_parse(texts[i], &address));
        add_point(points, &address);
    }
    for (size_t i = 0; i < SELECTORS; i++) {
        struct prefix net;
        if (strncmp(selectors[i], "net:", 4) != 0)
            continue;
        assert_true(prefix_parse(selectors[i] + 4, &net));
        add_point(points, &net.address);
        for (unsigned bit = net.len; bit < family_bits(net.address.family); bit++)
            net.address.octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        add_point(points, &net.address);
    }
}

/* The ranking by the shortest way: no partition, no table, no merging. */
static size_t rank_directly(const struct atlas *atlas, const struct route *route,
                            const struct address *client, uint16_t out[REGION_LIMIT])
{
    struct ordering_set *set = ordering_set_new();
    struct ordering_draft draft;
    struct address address = *client, inner;
    struct prefix network;
    uint8_t offset, scope = 0;
    uint32_t id;

    if (address_embedded_v4(client, &inner, &offset))
        address = inner;
    const struct route_subject subject = { .place = atlas_find(atlas, &address, &network),
                                           .net = route_find_net(route, &address) };
    const struct asker asker = { .family = address.family, .key = address_key(&address) };
    assert_non_null(set);
    ordering_draft_init(&draft);
    route_rank(route, &regions, &subject, &draft);
    assert_int_equal(ordering_intern(set, &draft, &id), STATUS_OK);
    const size_t count = ordering_run(set, id, &asker, out, REGION_LIMIT, &scope);
    ordering_draft_release(&draft);
    ordering_set_free(set);
    return count;
}

static bool same_ranking(const struct ranking *a, const struct ranking *b)
{
    return a->count == b->count &&
           memcmp(a->regions, b->regions, a->count * sizeof *a->regions) == 0;
}

static bool same_first(const struct ranking *a, const struct ranking *b)
{
    return (a->count == 0) == (b->count == 0) &&
           (a->count == 0 || a->regions[0] == b->regions[0]);
}

static void differ(const struct points *points, size_t i, size_t j, const char *how)
{
    char a[ADDRESS_TEXT], b[ADDRESS_TEXT];

    fail_msg("%s/%u/%u and %s/%u/%u %s", address_print(&points->clients[i].address, a),
             points->rankings[i].scope, points->rankings[i].first_scope,
             address_print(&points->clients[j].address, b), points->rankings[j].scope,
             points->rankings[j].first_scope, how);
}

static bool block_holds(const struct address *of, uint8_t len, const struct address *address)
{
    struct prefix block = { *of, len };

    address_mask(&block.address, len);
    return address->family == of->family && prefix_contains(&block, address);
}

/*
 * Every point inside the block of another has its ranking and its scope, and
 * every point inside its wider block has its first region.
 */
static void check_homogeneity(const struct points *points)
{
    for (size_t i = 0; i < points->count; i++) {
        const struct address *of = &points->clients[i].address;
        const struct ranking *mine = &points->rankings[i];
        assert_true(mine->first_scope <= mine->scope);
        for (size_t j = 0; j < points->count; j++) {
            const struct ranking *other = &points->rankings[j];
            if (block_holds(of, mine->scope, &points->clients[j].address) &&
                (!same_ranking(mine, other) || mine->scope != other->scope))
                differ(points, i, j, "are ranked differently");
            if (block_holds(of, mine->first_scope, &points->clients[j].address) &&
                !same_first(mine, other))
                differ(points, i, j, "have different first regions");
        }
    }
}

static void every_address_of_a_scope_is_ranked_alike(void **state)
{
    (void)state;
    struct points *points = malloc(sizeof *points);

    assert_non_null(points);
    for (uint64_t round = 0; round < 120; round++) {
        uint64_t seed = round;
        struct atlas atlas;
        random_world(&atlas, &seed);
        struct reading r = random_reading(&seed);
        struct policy *policy = build(&atlas, &r);

        add_all(points, &atlas);
        for (size_t i = 0; i < points->count; i++) {
            uint16_t expected[REGION_LIMIT];
            char text[ADDRESS_TEXT];
            struct ranking *ranking = &points->rankings[i];

            policy_rank(policy, &points->clients[i], ranking);
            uint8_t first_scope;
            const uint16_t first = policy_first(policy, &points->clients[i], &first_scope);
            if (first != REGION_NONE &&
                (first != ranking->regions[0] || first_scope != ranking->first_scope))
                fail_msg("round %d: %s has another first region by itself", (int)round,
                         address_print(&points->clients[i].address, text));
            const size_t count =
                rank_directly(&atlas, r.route, &points->clients[i].address, expected);
            if (count != ranking->count ||
                memcmp(expected, ranking->regions, count * sizeof *expected) != 0)
                fail_msg("round %d: %s is not ranked as by the direct way", (int)round,
                         address_print(&points->clients[i].address, text));
        }
        check_homogeneity(points);
        policy_free(policy);
        reading_release(&r);
        atlas_release(&atlas);
    }
    free(points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_of_a_scope_is_ranked_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
