#include "geo/route.h"

#include <stdio.h>
#include <string.h>

#include "dns/base/hash.h"

/*
 * { "nearest": "*" } or a list: by great-circle distance from the client, with
 * bias. Who has no location comes last; a client without one gets the order of
 * the endpoints. Regions that are equally far to the last bit (two of one
 * site) share the clients between them by a draw, so that neither the order
 * of the file nor chance decides.
 */
struct nearest_route {
    struct route base;
    bool all;                 /* "*" */
    struct atlas_grain grain; /* what a draw among equals hashes */
    uint16_t count;
    uint16_t *regions; /* ascending, which is the order of the endpoints */
};

/* Tells draws among equals from weighted ones, whose salts are small. */
#define TIE_SALT UINT64_C(0x746965) /* "tie" */

static const struct nearest_route *as_nearest(const struct route *route)
{
    return (const struct nearest_route *)route;
}

/* ---- reading -------------------------------------------------------------- */

static enum status parse_list(const struct json_node *list, const struct route_context *context,
                              bool *listed)
{
    enum status status = STATUS_OK;

    if (json_count(list) == 0)
        return json_error(list, STATUS_SYNTAX, "expected \"*\" or a list of regions");
    for (size_t i = 0; i < json_count(list); i++) {
        struct json_node item;
        const char *name;
        uint16_t region;

        if (!json_child(list, i, &item))
            continue;
        enum status its = json_get_string(&item, &name);
        if (its == STATUS_OK)
            its = route_find_region(&item, name, context, &region);
        if (its == STATUS_OK && listed[region])
            its = json_error(&item, STATUS_MEANING, "region '%s' is listed twice", name);
        if (its == STATUS_OK) {
            listed[region] = true;
            if (!context->regions->items[region].placed)
                json_warning(&item, "region '%s' has no location, so it comes last", name);
        } else {
            status = its;
        }
    }
    return status;
}

static enum status parse_star(const struct json_node *node, const struct route_context *context,
                              bool *listed)
{
    const char *star;
    bool placed = false;

    const enum status status = json_get_string(node, &star);
    if (status != STATUS_OK)
        return status;
    if (strcmp(star, "*") != 0)
        return json_error(node, STATUS_SYNTAX, "expected \"*\" or a list of regions, not '%s'",
                          star);
    for (uint16_t i = 0; i < context->regions->count; i++) {
        listed[i] = true;
        placed = placed || context->regions->items[i].placed;
    }
    if (!placed)
        json_warning(node, "no region of the service has a location: all clients get the order of "
                           "the endpoints");
    return STATUS_OK;
}

static enum status nearest_parse(const struct json_node *object,
                                 const struct route_context *context, const struct route **out)
{
    static const char *const keys[] = { "nearest", NULL };
    bool listed[REGION_LIMIT] = { false };
    struct json_node value;
    enum status status = json_expect_keys(object, keys);

    if (!json_member(object, "nearest", &value))
        return json_error(object, STATUS_SYNTAX, "has no \"nearest\"");
    const bool is_list = json_kind(&value) == JSON_KIND_ARRAY;
    const enum status inner =
        is_list ? parse_list(&value, context, listed) : parse_star(&value, context, listed);
    status = inner != STATUS_OK ? inner : status;
    if (status != STATUS_OK)
        return status;

    struct nearest_route *self = ARENA_NEW(context->arena, struct nearest_route);
    uint16_t *regions = ARENA_ARRAY(context->arena, uint16_t, context->regions->count);
    if (self == NULL || regions == NULL)
        return json_error(object, STATUS_MEMORY, "out of memory");
    *self = (struct nearest_route){
        .base = { &route_nearest }, .all = !is_list, .grain = context->grain, .regions = regions
    };
    for (uint16_t i = 0; i < context->regions->count; i++)
        if (listed[i])
            regions[self->count++] = i;
    *out = &self->base;
    return STATUS_OK;
}

/* ---- ranking -------------------------------------------------------------- */

/* A region that has a location, and how far it is, with bias. */
struct distance {
    double km;
    uint16_t region;
    uint64_t arrival; /* in the draw among those equally far; told, but not used by ranking */
};

static bool is_nearer(const struct distance *a, const struct distance *b)
{
    return a->km != b->km ? a->km < b->km : a->region < b->region;
}

/* Shellsort with Ciura's gaps: in place, for qsort() may allocate and a query may ask for the tale. */
static void sort_distances(struct distance *items, size_t count)
{
    static const size_t gaps[] = { 701, 301, 132, 57, 23, 10, 4, 1 };

    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        const size_t gap = gaps[g];
        for (size_t i = gap; i < count; i++) {
            const struct distance moved = items[i];
            size_t at = i;
            for (; at >= gap && is_nearer(&moved, &items[at - gap]); at -= gap)
                items[at] = items[at - gap];
            items[at] = moved;
        }
    }
}

/* Fills `out` with the placed regions, nearest first; their count back. */
static size_t measure(const struct nearest_route *self, const struct region_list *regions,
                      const struct place *place, struct distance out[REGION_LIMIT])
{
    size_t count = 0;

    for (uint16_t i = 0; i < self->count; i++) {
        const struct region *region = &regions->items[self->regions[i]];
        if (region->placed)
            out[count++] =
                (struct distance){ region_biased_km(region, place->latitude, place->longitude),
                                   self->regions[i], 0 };
    }
    sort_distances(out, count);
    return count;
}

/* How many regions from the first on are equally far. */
static size_t tie_length(const struct distance *from, size_t count)
{
    size_t length = 1;
    while (length < count && from[length].km == from[0].km)
        length++;
    return length;
}

static uint64_t tie_key(const struct region *region)
{
    return hash_stable(region->name, strlen(region->name));
}

static void put_tie(const struct nearest_route *self, const struct region_list *regions,
                    const struct distance *tied, size_t count, struct ordering_draft *draft)
{
    const size_t draw =
        ordering_draw_begin(draft, DRAW_PER_CLIENT, TIE_SALT, self->grain.v4, self->grain.v6);
    for (size_t i = 0; i < count; i++) {
        const size_t member =
            ordering_member_begin(draft, tie_key(&regions->items[tied[i].region]), 1);
        ordering_put_region(draft, tied[i].region);
        ordering_member_end(draft, member);
    }
    ordering_draw_end(draft, draw);
}

static void put_unmeasured(const struct nearest_route *self, const struct region_list *regions,
                           bool placed_too, struct ordering_draft *draft)
{
    for (uint16_t i = 0; i < self->count; i++)
        if (placed_too || !regions->items[self->regions[i]].placed)
            ordering_put_region(draft, self->regions[i]);
}

static void nearest_rank(const struct route *route, const struct region_list *regions,
                         const struct route_subject *subject, struct ordering_draft *draft)
{
    const struct nearest_route *self = as_nearest(route);
    struct distance found[REGION_LIMIT];

    if (subject->place->fix == PLACE_NOWHERE) {
        put_unmeasured(self, regions, true, draft);
        return;
    }
    const size_t count = measure(self, regions, subject->place, found);
    for (size_t i = 0; i < count;) {
        const size_t tied = tie_length(&found[i], count - i);
        if (tied > 1)
            put_tie(self, regions, &found[i], tied, draft);
        else
            ordering_put_region(draft, found[i].region);
        i += tied;
    }
    put_unmeasured(self, regions, false, draft);
}

/* ---- the rest of the interface -------------------------------------------- */

static void nearest_mark(const struct route *route, bool *used)
{
    const struct nearest_route *self = as_nearest(route);
    for (uint16_t i = 0; i < self->count; i++)
        used[self->regions[i]] = true;
}

static void nearest_write(const struct route *route, const struct region_list *regions, FILE *out)
{
    const struct nearest_route *self = as_nearest(route);

    if (self->all) {
        fputs("{\"nearest\":\"*\"}", out);
        return;
    }
    fputs("{\"nearest\":[", out);
    for (uint16_t i = 0; i < self->count; i++) {
        if (i > 0)
            fputc(',', out);
        route_write_name(regions->items[self->regions[i]].name, out);
    }
    fputs("]}", out);
}

/* The earlier one, and of those that arrive together the one with the lower key, as in a draw. */
static bool is_drawn_before(const struct region_list *regions, const struct distance *a,
                            const struct distance *b)
{
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival;
    return tie_key(&regions->items[a->region]) < tie_key(&regions->items[b->region]);
}

/* Puts those equally far into the order drawn, as running the program does. */
static void draw_tie(const struct route_tale *tale, uint64_t ticket, struct distance *tied,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        tied[i].arrival = draw_arrival(ticket, tie_key(&tale->regions->items[tied[i].region]), 1);
    for (size_t i = 1; i < count; i++) {
        const struct distance moved = tied[i];
        size_t at = i;
        for (; at > 0 && is_drawn_before(tale->regions, &moved, &tied[at - 1]); at--)
            tied[at] = tied[at - 1];
        tied[at] = moved;
    }
}

/* Measures, and draws where that does not decide. */
static size_t measure_drawn(const struct nearest_route *self, const struct route_tale *tale,
                            struct distance out[REGION_LIMIT])
{
    const uint64_t ticket =
        draw_ticket(tale->asker, DRAW_PER_CLIENT, TIE_SALT, self->grain.v4, self->grain.v6);
    const size_t count = measure(self, tale->regions, tale->subject->place, out);

    for (size_t i = 0; i < count;) {
        const size_t tied = tie_length(&out[i], count - i);
        if (tied > 1)
            draw_tie(tale, ticket, &out[i], tied);
        i += tied;
    }
    return count;
}

/* "nearest: paris-1, paris-2 are equally far: the client's prefix decides" */
static void tell_tie(const struct route_tale *tale, const struct distance *tied, size_t count)
{
    char names[200];
    size_t len = 0;

    for (size_t i = 0; i < count && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "",
                                tale->regions->items[tied[i].region].name);
    route_tell_line(tale, "nearest: %s are equally far: the client's prefix decides", names);
}

/* The distances themselves stand with the candidates, each once. */
static void tell_measured(const struct nearest_route *self, const struct route_tale *tale)
{
    struct distance found[REGION_LIMIT];
    const size_t count = measure_drawn(self, tale, found);

    if (count > 0)
        route_tell_line(tale, "nearest: %zu by distance, %s first", count,
                        tale->regions->items[found[0].region].name);
    for (size_t i = 0; i < count; i++) {
        const struct region *region = &tale->regions->items[found[i].region];
        if (region->bias != 0)
            route_tell_line(tale, "nearest: %s counts as %.0f km by bias %d", region->name,
                            found[i].km, region->bias);
    }
    for (size_t i = 0, tied; i < count; i += tied) {
        tied = tie_length(&found[i], count - i);
        if (tied > 1)
            tell_tie(tale, &found[i], tied);
    }
    for (uint16_t i = 0; i < self->count; i++)
        if (!tale->regions->items[self->regions[i]].placed)
            route_tell_line(tale, "nearest: %s has no location, so it comes last",
                            tale->regions->items[self->regions[i]].name);
}

static void nearest_tell(const struct route *route, const struct route_tale *tale)
{
    const struct nearest_route *self = as_nearest(route);

    if (tale->subject->place->fix != PLACE_NOWHERE)
        tell_measured(self, tale);
    else
        route_tell_line(tale,
                        "nearest: the client's location is not known, so the order of the "
                        "endpoints counts: %u, %s first",
                        self->count, tale->regions->items[self->regions[0]].name);
}

/*
 * What it came by; kilometres before bias stand with the candidates. The arrival
 * is there only where a draw decides, among those that are equally near.
 */
static void put_distance(const struct route_tale *tale, const struct distance *at, bool tied,
                         struct json_writer *writer)
{
    json_put_object(writer, NULL);
    json_put_string(writer, "region", tale->regions->items[at->region].name);
    json_put_real(writer, "counts_as_km", at->km);
    if (tied)
        route_put_hex(writer, "arrival", at->arrival);
    json_end(writer);
}

static void nearest_put(const struct route *route, const struct route_tale *tale,
                        struct json_writer *writer)
{
    const struct nearest_route *self = as_nearest(route);
    const bool located = tale->subject->place->fix != PLACE_NOWHERE;
    struct distance found[REGION_LIMIT];

    json_put_bool(writer, "located", located);
    json_put_array(writer, "nearest");
    const size_t count = located ? measure_drawn(self, tale, found) : 0;
    for (size_t i = 0; i < count;) {
        const size_t tied = tie_length(&found[i], count - i);
        for (size_t end = i + tied; i < end; i++)
            put_distance(tale, &found[i], tied > 1, writer);
    }
    for (uint16_t i = 0; i < self->count; i++) {
        const struct region *region = &tale->regions->items[self->regions[i]];
        if (located && region->placed)
            continue;
        json_put_object(writer, NULL);
        json_put_string(writer, "region", region->name);
        json_end(writer);
    }
    json_end(writer);
}

const struct route_kind route_nearest = {
    .key = "nearest",
    .by_place = true,
    .parse = nearest_parse,
    .rank = nearest_rank,
    .mark = nearest_mark,
    .write = nearest_write,
    .tell = nearest_tell,
    .put = nearest_put,
};
