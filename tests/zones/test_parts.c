#include "zones/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/proto/name.h"

static const struct {
    const char *what;
    struct zone_source one, other;
    bool same;
} pairs[] = {
    { "the same files", { "a", "a.zone", "a.map" }, { "a", "a.zone", "a.map" }, true },
    { "whatever the zone is called", { "a", "x", NULL }, { "b", "x", NULL }, true },
    { "another zone file", { "a", "x", "m" }, { "a", "y", "m" }, false },
    { "another map", { "a", "x", "m" }, { "a", "x", "n" }, false },
    { "a map and none", { "a", "x", "m" }, { "a", "x", NULL }, false },
    { "a map called - and none", { "a", "x", "-" }, { "a", "x", NULL }, false },
    { "names that run together", { "a", "x 1:y", NULL }, { "a", "x", "y" }, false },
};

static void sources_are_the_same_when_their_files_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *one = zone_identity(&pairs[i].one), *other = zone_identity(&pairs[i].other);
        assert_non_null(one);
        assert_non_null(other);
        if ((strcmp(one, other) == 0) != pairs[i].same)
            fail_msg("%s: '%s' and '%s'", pairs[i].what, one, other);
        free(one);
        free(other);
    }
}

static void atlases_differ_by_files_order_and_grain(void **state)
{
    (void)state;
    static const char *const ab[] = { "a", "b" }, *const ba[] = { "b", "a" };
    const struct sources sources[] = {
        { .databases = ab, .database_count = 2, .grain = { 24, 56 } },
        { .databases = ba, .database_count = 2, .grain = { 24, 56 } },
        { .databases = ab, .database_count = 1, .grain = { 24, 56 } },
        { .databases = ab, .database_count = 2, .grain = { 24, 48 } },
    };
    char *first = atlas_identity(&sources[0]), *again = atlas_identity(&sources[0]);
    assert_string_equal(first, again);
    free(again);
    for (size_t i = 1; i < sizeof sources / sizeof *sources; i++) {
        char *other = atlas_identity(&sources[i]);
        assert_string_not_equal(first, other);
        free(other);
    }
    free(first);
}

static void a_part_goes_with_its_last_holder(void **state)
{
    (void)state;
    const struct zone_world world = { .counters = intern_new() };
    struct zone_part *part = zone_part_unloaded((const uint8_t *)"\x03"
                                                                 "App",
                                                &world);
    assert_non_null(part);
    assert_ptr_equal(zone_part_hold(part), part);
    zone_part_drop(part);
    /* Still there: the sanitizer would see it, were it not. */
    assert_false(part->zone->loaded);
    assert_string_equal(part->zone->name, "App");
    assert_int_equal(part->zone->apex_labels, 1);
    assert_int_not_equal(part->zone->counter_id, 0);
    assert_int_equal(file_list_count(part->files), 0);
    zone_part_drop(part);
    zone_part_drop(NULL);
    intern_free(world.counters);
}

static void a_refused_zone_says_why_and_of_which_files(void **state)
{
    (void)state;
    const struct zone_world world = { .targets = target_registry_new(), .counters = intern_new() };
    const struct zone_source source = { "app", "/nonexistent/app.zone", NULL };
    struct report *report = report_new();
    struct zone_part *part;
    struct refusal *refusal;
    assert_int_not_equal(zone_part_load(&source,
                                        (const uint8_t *)"\x03"
                                                         "app",
                                        NULL, &world, report, &part, &refusal),
                         STATUS_OK);
    assert_null(part);
    assert_non_null(refusal);
    assert_int_equal(report_mistakes(refusal->report), 1);
    assert_string_equal(report_text(report, 0), report_text(refusal->report, 0));
    assert_string_equal(file_list_path(refusal->files, 0), "/nonexistent/app.zone");
    assert_ptr_equal(refusal_hold(refusal), refusal);
    refusal_drop(refusal);
    assert_int_equal(report_mistakes(refusal->report), 1);
    refusal_drop(refusal);
    report_free(report);
    target_registry_free(world.targets);
    intern_free(world.counters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_the_same_when_their_files_are),
        cmocka_unit_test(atlases_differ_by_files_order_and_grain),
        cmocka_unit_test(a_part_goes_with_its_last_holder),
        cmocka_unit_test(a_refused_zone_says_why_and_of_which_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
