#include "zones/policy_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/json.h"

/* A cache over a world without databases, and routes from their text. */
struct bench {
    struct report *report;
    struct diag diag;
    struct arena *arena;
    struct atlas *atlas;
    struct policy_cache *cache;
    struct json_doc *docs[8];
    unsigned doc_count;
};

static const struct region items[] = {
    { .name = "eu", .placed = true, .latitude = 50, .longitude = 8 },
    { .name = "us", .placed = true, .latitude = 39, .longitude = -77 },
};
static const struct region_list both = { items, 2 };
static const struct region moved_items[] = {
    { .name = "eu", .placed = true, .latitude = 50, .longitude = 8 },
    { .name = "us", .placed = true, .latitude = 40, .longitude = -77 },
};
static const struct region_list moved = { moved_items, 2 };

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){ .report = report_new(), .arena = arena_new() };
    bench->diag.report = bench->report;
    assert_int_equal(
        atlas_build(NULL, 0, (struct atlas_grain){ 24, 56 }, &bench->diag, &bench->atlas),
        STATUS_OK);
    bench->cache = policy_cache_new(bench->atlas);
    assert_non_null(bench->cache);
}

static void bench_release(struct bench *bench)
{
    for (unsigned i = 0; i < bench->doc_count; i++)
        json_free(bench->docs[i]);
    policy_cache_free(bench->cache);
    atlas_free(bench->atlas);
    arena_free(bench->arena);
    report_free(bench->report);
}

static const struct policy *acquire(struct bench *bench, const char *text,
                                    const struct region_list *regions)
{
    struct json_doc **doc = &bench->docs[bench->doc_count++];
    assert_int_equal(json_parse(text, strlen(text), &bench->diag, doc), STATUS_OK);
    const struct json_node root = json_root(*doc, &bench->diag);
    const struct route_context context = { .arena = bench->arena,
                                           .regions = regions,
                                           .grain = atlas_grain(bench->atlas) };
    const struct route *route;
    const struct policy *policy;
    assert_int_equal(route_parse(&root, &context, &route), STATUS_OK);
    assert_int_equal(policy_cache_acquire(bench->cache, route, regions, &bench->diag, &policy),
                     STATUS_OK);
    assert_non_null(policy);
    return policy;
}

static void equal_routes_over_equal_regions_are_one(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    const struct policy *nearest = acquire(&bench, "{\"nearest\":\"*\"}", &both);
    assert_ptr_equal(acquire(&bench, "{ \"nearest\" : \"*\" }", &both), nearest);
    assert_int_equal(policy_cache_count(bench.cache), 1);

    assert_ptr_not_equal(acquire(&bench, "{\"nearest\":\"*\"}", &moved), nearest);
    assert_ptr_not_equal(acquire(&bench, "{\"failover\":[\"us\",\"eu\"]}", &both), nearest);
    assert_int_equal(policy_cache_count(bench.cache), 3);
    bench_release(&bench); /* frees those that are in use, too */
}

static void goes_with_its_last_user(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    const struct policy *one = acquire(&bench, "\"eu\"", &both);
    const struct policy *other = acquire(&bench, "\"us\"", &both);
    assert_ptr_equal(acquire(&bench, "\"eu\"", &both), one);

    policy_cache_release(bench.cache, one);
    assert_int_equal(policy_cache_count(bench.cache), 2);
    policy_cache_release(bench.cache, one);
    assert_int_equal(policy_cache_count(bench.cache), 1);
    policy_cache_release(bench.cache, other);
    assert_int_equal(policy_cache_count(bench.cache), 0);

    /* And is made again for the next. */
    policy_cache_release(bench.cache, acquire(&bench, "\"eu\"", &both));
    assert_int_equal(policy_cache_count(bench.cache), 0);
    assert_ptr_equal(policy_cache_atlas(bench.cache), bench.atlas);
    bench_release(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_routes_over_equal_regions_are_one),
        cmocka_unit_test(goes_with_its_last_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
