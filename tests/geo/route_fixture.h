#ifndef MERIDIAN_TESTS_GEO_ROUTE_FIXTURE_H
#define MERIDIAN_TESTS_GEO_ROUTE_FIXTURE_H

/* What the twins of the routes share: a few regions and places, routes read from text and ranked. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/route.h"

/* Five regions; cdn has no place, and paris-2 stands where paris-1 does. */
static const struct region items[] = {
    { .name = "helsinki", .placed = true, .latitude = 60.17, .longitude = 24.94 },
    { .name = "paris-1", .placed = true, .latitude = 48.86, .longitude = 2.35 },
    { .name = "cdn" },
    { .name = "virginia", .placed = true, .latitude = 38.95, .longitude = -77.45 },
    { .name = "paris-2", .placed = true, .latitude = 48.86, .longitude = 2.35 },
};
static const struct region_list regions = { items, 5 };
static const struct atlas_grain grain = { 24, 56 };

static const struct place stockholm = {
    .continent = "EU",
    .country = "SE",
    .subdivision = { "SE-AB", "", "" },
    .city = "Stockholm",
    .asn = 64501,
    .fix = PLACE_EXACT,
    .latitude = 59.33,
    .longitude = 18.07,
};
static const struct place madrid = {
    .continent = "EU",
    .country = "ES",
    .subdivision = { "", "", "" },
    .city = "Madrid",
    .asn = 64502,
    .fix = PLACE_EXACT,
    .latitude = 40.42,
    .longitude = -3.70,
};
static const struct place boston = {
    .continent = "NA",
    .country = "US",
    .subdivision = { "US-MA", "US-MA-SUFFOLK", "" },
    .city = "Boston",
    .fix = PLACE_EXACT,
    .latitude = 42.36,
    .longitude = -71.06,
};
static const struct place sweden_only = {
    /* a country code whose centre nobody knows */
    .continent = "EU", .country = "SE",      .subdivision = { "", "", "" },
    .city = "",        .fix = PLACE_NOWHERE,
};
static const struct place unknown = {
    .continent = "",
    .country = "",
    .subdivision = { "", "", "" },
    .city = "",
    .fix = PLACE_NOWHERE,
};

/* A route read from a text, with what it needs to live. */
struct reading {
    struct arena *arena;
    struct report *report;
    struct json_doc *doc;
    const struct route *route;
    enum status status;
};

static inline struct reading reading_of(const char *text)
{
    struct reading r = { .arena = arena_new(), .report = report_new() };
    const struct diag diag = { .report = r.report, .file = "map.json" };
    char *json;

    assert_non_null(r.arena);
    assert_non_null(r.report);
    assert_true(asprintf(&json, "{\"route\":%s}", text) > 0);
    if (json_parse(json, strlen(json), &diag, &r.doc) != STATUS_OK)
        fail_msg("%s: %s", text, report_text(r.report, 0));
    free(json);

    const struct json_node root = json_root(r.doc, &diag);
    const struct route_context context = { .arena = r.arena, .regions = &regions, .grain = grain };
    struct json_node node;
    assert_true(json_member(&root, "route", &node));
    r.status = route_parse(&node, &context, &r.route);
    assert_int_equal(r.status == STATUS_OK, r.route != NULL);
    assert_int_equal(r.status == STATUS_OK, report_mistakes(r.report) == 0);
    return r;
}

static inline struct reading good_reading(const char *text)
{
    struct reading r = reading_of(text);
    if (r.status != STATUS_OK)
        fail_msg("%s: %s", text, report_text(r.report, 0));
    return r;
}

static inline void reading_release(struct reading *r)
{
    json_free(r->doc);
    report_free(r->report);
    arena_free(r->arena);
}

/* The ranking as initials: h p c v P (paris-2). */
static inline const char *rank(const struct route *route, const struct place *place,
                               const char *net, const struct asker *asker, char text[16])
{
    static const char initials[] = "hpcvP";
    struct ordering_set *set = ordering_set_new();
    struct ordering_draft draft;
    struct prefix prefix;
    struct route_subject subject = { .place = place };
    uint16_t out[REGION_LIMIT];
    uint32_t id;
    uint8_t scope = 0;

    if (net != NULL) {
        assert_true(prefix_parse(net, &prefix));
        subject.net = &prefix;
    }
    assert_non_null(set);
    ordering_draft_init(&draft);
    route_rank(route, &regions, &subject, &draft);
    assert_int_equal(ordering_intern(set, &draft, &id), STATUS_OK);
    const size_t count = ordering_run(set, id, asker, out, REGION_LIMIT, &scope);
    for (size_t i = 0; i < count; i++)
        text[i] = initials[out[i]];
    text[count] = '\0';
    ordering_draft_release(&draft);
    ordering_set_free(set);
    return text;
}

static const struct asker anyone = { .family = FAMILY_V4, .key = 0xc000020000000000u };

/* A case; `either` is what a tie or draw may give as well. */
struct ranking_case {
    const char *what, *route;
    const struct place *place;
    const char *net;
    const char *expected, *either;
};

static inline void check_rankings(const struct ranking_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct reading r = good_reading(cases[i].route);
        char text[16];

        rank(r.route, cases[i].place, cases[i].net, &anyone, text);
        if (strcmp(text, cases[i].expected) != 0 &&
            (cases[i].either == NULL || strcmp(text, cases[i].either) != 0))
            fail_msg("%s: %s, not %s", cases[i].what, text, cases[i].expected);
        reading_release(&r);
    }
}

/* ---- what the policies put for programs ---- */

/* The decision in one line; the caller frees it. */
static inline char *put_text(const struct route *route, const struct place *place, const char *net,
                             const struct asker *asker)
{
    struct json_writer *writer = json_writer_new();
    struct prefix prefix;
    struct route_subject subject = { .place = place };

    if (net != NULL) {
        assert_true(prefix_parse(net, &prefix));
        subject.net = &prefix;
    }
    assert_non_null(writer);
    const struct route_tale tale = { &regions, &subject, asker, NULL, 0 };
    json_put_object(writer, NULL);
    route_put(route, &tale, "decision", writer);
    json_end(writer);
    char *text = json_writer_finish(writer, 0);
    assert_non_null(text);
    return text;
}

/* The order that a decision without `others` amounts to: its regions as they stand there. */
static inline const char *put_order(const char *decision, char text[16])
{
    static const char initials[] = "hpcvP", key[] = "\"region\": \"";
    size_t count = 0;

    for (const char *at = decision; (at = strstr(at, key)) != NULL;) {
        at += strlen(key);
        for (uint16_t i = 0; i < regions.count; i++) {
            const size_t len = strlen(regions.items[i].name);
            if (strncmp(at, regions.items[i].name, len) == 0 && at[len] == '"' &&
                memchr(text, initials[i], count) == NULL)
                text[count++] = initials[i];
        }
    }
    text[count] = '\0';
    return text;
}

/* A case of what is put, to the letter; and it must be the order that ranking gives. */
struct put_case {
    const char *what, *route;
    const struct place *place;
    const char *net;
    const char *decision;
};

static inline void check_puts(const struct put_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct reading r = good_reading(cases[i].route);
        char order[16], ranked[16];
        char *text = put_text(r.route, cases[i].place, cases[i].net, &anyone);

        if (strcmp(text, cases[i].decision) != 0)
            fail_msg("%s: %s", cases[i].what, text);
        if (strstr(text, "\"others\": true") == NULL)
            assert_string_equal(put_order(text, order),
                                rank(r.route, cases[i].place, cases[i].net, &anyone, ranked));
        free(text);
        reading_release(&r);
    }
}

/* For many clients: what is told is the order in which ranking puts the regions. */
static inline void check_put_orders(const char *route, const struct place *place)
{
    struct reading r = good_reading(route);

    for (uint64_t n = 0; n < 500; n++) {
        const struct asker asker = {
            .family = FAMILY_V4, .key = n << 40, .random = n * 7, .resolver_key = n * 11
        };
        char order[16], ranked[16];
        char *text = put_text(r.route, place, NULL, &asker);

        put_order(text, order);
        if (strcmp(order, rank(r.route, place, NULL, &asker, ranked)) != 0)
            fail_msg("%s, client %u: %s, but %s", route, (unsigned)n, ranked, text);
        free(text);
    }
    reading_release(&r);
}

#endif
