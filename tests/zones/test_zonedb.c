#include "zones/zonedb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 10000 };

/* A zone of which only the apex matters here. */
static const struct zone *zone_named(struct arena *arena, const char *text)
{
    uint8_t wire[NAME_MAX_LEN];
    assert_true(name_from_text(text, strlen(text), NULL, wire, NULL));
    struct zone *zone = ARENA_NEW(arena, struct zone);
    assert_non_null(zone);
    zone->name = arena_string(arena, text);
    zone->apex = arena_copy(arena, wire, name_len(wire), 1);
    assert_non_null(zone->apex);
    return zone;
}

static const struct zonedb *db_of(struct arena *arena, const char *const *names, size_t count)
{
    const struct zone *zones[8];
    assert_true(count <= sizeof zones / sizeof *zones);
    for (size_t i = 0; i < count; i++)
        zones[i] = zone_named(arena, names[i]);
    struct zonedb *db;
    assert_int_equal(zonedb_build(zones, count, arena, &db), STATUS_OK);
    return db;
}

static const char *found_name(const struct zonedb *db, const char *text, unsigned from,
                              unsigned *suffix)
{
    uint8_t wire[NAME_MAX_LEN];
    assert_true(name_from_text(text, strlen(text), NULL, wire, NULL));
    struct name_key key;
    name_key_init(&key, wire);
    const struct zone *zone = zonedb_find(db, &key, from, suffix);
    return zone != NULL ? zone->name : NULL;
}

static const struct {
    const char *what;
    const char *qname;
    unsigned from;
    const char *zone; /* NULL: none of ours */
    unsigned suffix;
} cases[] = {
    { "the apex itself", "app.example.", 0, "app.example.", 0 },
    { "below the apex", "a.b.app.example.", 0, "app.example.", 2 },
    { "a subzone beside its parent", "x.sub.app.example.", 0, "sub.app.example.", 1 },
    { "letters of any case", "WWW.App.EXAMPLE.", 0, "app.example.", 1 },
    { "DS at an apex is asked above it", "sub.app.example.", 1, "app.example.", 1 },
    { "above the topmost zone there is none", "app.example.", 1, NULL, 0 },
    { "a parent that is not ours", "example.", 0, NULL, 0 },
    { "same last label, other zone", "www.example.", 0, NULL, 0 },
    { "an ending that is no label boundary", "xapp.example.", 0, NULL, 0 },
    { "the root", ".", 0, NULL, 0 },
    { "from beyond the root", ".", 1, NULL, 0 },
    { "far deeper than any zone", "a.b.c.d.e.f.g.h.other.test.", 0, "other.test.", 8 },
};

static void finds_the_longest_apex(void **state)
{
    (void)state;
    static const char *const names[] = { "app.example.", "sub.app.example.", "other.test." };
    struct arena *arena = arena_new();
    const struct zonedb *db = db_of(arena, names, 3);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned suffix = 99;
        const char *found = found_name(db, cases[i].qname, cases[i].from, &suffix);
        if ((found == NULL) != (cases[i].zone == NULL) ||
            (found != NULL && strcmp(found, cases[i].zone) != 0))
            fail_msg("%s: found %s", cases[i].what, found != NULL ? found : "nothing");
        if (found != NULL && suffix != cases[i].suffix)
            fail_msg("%s: suffix %u", cases[i].what, suffix);
    }
    arena_free(arena);
}

static void the_root_zone_takes_everything_else(void **state)
{
    (void)state;
    static const char *const names[] = { ".", "app.example." };
    struct arena *arena = arena_new();
    const struct zonedb *db = db_of(arena, names, 2);

    unsigned suffix;
    assert_string_equal(found_name(db, "www.test.", 0, &suffix), ".");
    assert_int_equal(suffix, 2);
    assert_string_equal(found_name(db, ".", 0, &suffix), ".");
    assert_string_equal(found_name(db, "www.app.example.", 0, &suffix), "app.example.");
    assert_string_equal(found_name(db, "app.example.", 1, &suffix), ".");
    arena_free(arena);
}

static void an_empty_table_knows_nothing(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zonedb *db = db_of(arena, NULL, 0);
    unsigned suffix;
    assert_null(found_name(db, "www.app.example.", 0, &suffix));
    assert_null(zonedb_get(db, (const uint8_t *)""));
    arena_free(arena);
}

static void refuses_an_apex_twice(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zone *zones[] = { zone_named(arena, "app.example."),
                                   zone_named(arena, "APP.example.") };
    struct zonedb *db = (struct zonedb *)arena;
    assert_int_equal(zonedb_build(zones, 2, arena, &db), STATUS_MEANING);
    assert_null(db);
    arena_free(arena);
}

static void holds_ten_thousand_zones(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zone **zones = ARENA_ARRAY(arena, const struct zone *, MANY);
    assert_non_null(zones);
    for (unsigned i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "zone-%u.test.", i);
        zones[i] = zone_named(arena, name);
    }
    struct zonedb *db;
    assert_int_equal(zonedb_build(zones, MANY, arena, &db), STATUS_OK);
    assert_int_equal(db->count, MANY);
    for (unsigned i = 0; i < MANY; i++)
        assert_ptr_equal(zonedb_get(db, zones[i]->apex), zones[i]);
    assert_int_equal(zonedb_position(db, zones[MANY - 1]->apex), MANY - 1);
    assert_true(zonedb_position(db, (const uint8_t *)"\x04"
                                                     "none") == ZONEDB_NONE);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_longest_apex),
        cmocka_unit_test(the_root_zone_takes_everything_else),
        cmocka_unit_test(an_empty_table_knows_nothing),
        cmocka_unit_test(refuses_an_apex_twice),
        cmocka_unit_test(holds_ten_thousand_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
