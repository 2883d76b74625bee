#include "geo/route.h"

/* "helsinki-1": this region and no other. */
struct region_route {
    struct route base;
    uint16_t region;
};

static const struct region_route *as_region(const struct route *route)
{
    return (const struct region_route *)route;
}

const struct route *route_region_new(struct arena *arena, uint16_t region)
{
    struct region_route *self = ARENA_NEW(arena, struct region_route);
    if (self == NULL)
        return NULL;
    *self = (struct region_route){ { &route_region }, region };
    return &self->base;
}

const char *route_region_name(const struct route *route, const struct region_list *regions)
{
    return route->kind == &route_region ? regions->items[as_region(route)->region].name : NULL;
}

static enum status region_parse(const struct json_node *node, const struct route_context *context,
                                const struct route **out)
{
    const char *name;
    uint16_t region;

    enum status status = json_get_string(node, &name);
    if (status == STATUS_OK)
        status = route_find_region(node, name, context, &region);
    if (status != STATUS_OK)
        return status;

    *out = route_region_new(context->arena, region);
    return *out != NULL ? STATUS_OK : json_error(node, STATUS_MEMORY, "out of memory");
}

static void region_rank(const struct route *route, const struct region_list *regions,
                        const struct route_subject *subject, struct ordering_draft *draft)
{
    (void)regions;
    (void)subject;
    ordering_put_region(draft, as_region(route)->region);
}

static void region_mark(const struct route *route, bool *used)
{
    used[as_region(route)->region] = true;
}

static void region_write(const struct route *route, const struct region_list *regions, FILE *out)
{
    route_write_name(regions->items[as_region(route)->region].name, out);
}

static void region_tell(const struct route *route, const struct route_tale *tale)
{
    route_tell_line(tale, "region %s", tale->regions->items[as_region(route)->region].name);
}

static void region_put(const struct route *route, const struct route_tale *tale,
                       struct json_writer *writer)
{
    json_put_string(writer, "region", tale->regions->items[as_region(route)->region].name);
}

const struct route_kind route_region = {
    .parse = region_parse,
    .rank = region_rank,
    .mark = region_mark,
    .write = region_write,
    .tell = region_tell,
    .put = region_put,
};
