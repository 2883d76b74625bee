#ifndef MERIDIAN_TESTS_GEO_WORLD_FIXTURE_H
#define MERIDIAN_TESTS_GEO_WORLD_FIXTURE_H

#include "geo/policy.h"
#include "tests/geo/route_fixture.h"

/*
 * A world made by hand stands in for the databases: the part of geo/atlas.h
 * that a policy asks is defined here, so the real one is not linked. Hence:
 * one inclusion in a program.
 */
struct atlas {
    struct spans v4, v6;
};

static const struct place *const places[] = { &unknown, &stockholm, &madrid, &boston,
                                              &sweden_only };
enum { PLACES = sizeof places / sizeof *places };

struct atlas_grain atlas_grain(const struct atlas *atlas)
{
    (void)atlas;
    return grain;
}

size_t atlas_place_count(const struct atlas *atlas)
{
    (void)atlas;
    return PLACES;
}

const struct place *atlas_place(const struct atlas *atlas, uint32_t id)
{
    (void)atlas;
    return places[id];
}

const struct spans *atlas_spans(const struct atlas *atlas, unsigned family)
{
    return family == FAMILY_V4 ? &atlas->v4 : &atlas->v6;
}

const struct place *atlas_find(const struct atlas *atlas, const struct address *address,
                               struct prefix *network)
{
    const struct spans *spans = atlas_spans(atlas, address->family);
    const uint64_t key = address_key(address);

    *network = (struct prefix){ *address, spans_prefix_len(spans, key, 64) };
    address_mask(&network->address, network->len);
    return places[spans->value[spans_find(spans, key)]];
}

static inline void put(struct spans *spans, uint64_t start, uint32_t place)
{
    assert_int_equal(spans_append(spans, start, place), STATUS_OK);
}

static inline void atlas_init(struct atlas *atlas)
{
    spans_init(&atlas->v4);
    spans_init(&atlas->v6);
}

static inline void atlas_release(struct atlas *atlas)
{
    spans_release(&atlas->v4);
    spans_release(&atlas->v6);
}

/*
 * 10.0.0.0/8 and 2001:db8::/32 are Stockholm, the half above 10.128 Madrid,
 * 20.0.0.0/8 and 2001:db9::/32 Boston; nobody knows the rest.
 */
static inline void simple_world(struct atlas *atlas)
{
    atlas_init(atlas);
    put(&atlas->v4, 0, 0);
    put(&atlas->v4, 10ull << 56, 1);
    put(&atlas->v4, 10ull << 56 | 128ull << 48, 2);
    put(&atlas->v4, 11ull << 56, 0);
    put(&atlas->v4, 20ull << 56, 3);
    put(&atlas->v4, 21ull << 56, 0);
    put(&atlas->v6, 0, 0);
    put(&atlas->v6, 0x20010db800000000u, 1);
    put(&atlas->v6, 0x20010db900000000u, 3);
    put(&atlas->v6, 0x20010dba00000000u, 0);
}

static inline struct policy *build(const struct atlas *atlas, const struct reading *r)
{
    const struct diag diag = { .report = r->report, .file = "map.json" };
    struct policy *policy;

    if (policy_build(atlas, r->route, &regions, &diag, &policy) != STATUS_OK)
        fail_msg("%s", report_text(r->report, 0));
    return policy;
}

static inline struct policy_client client_of(const char *text, uint8_t source_len)
{
    struct policy_client client = { .source_len = source_len };
    assert_true(address_parse(text, &client.address));
    assert_true(address_parse("192.0.2.53", &client.resolver));
    return client;
}

static inline void initials(const struct ranking *ranking, char text[16])
{
    for (size_t i = 0; i < ranking->count; i++)
        text[i] = "hpcvP"[ranking->regions[i]];
    text[ranking->count] = '\0';
}

#endif
