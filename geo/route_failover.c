#include "geo/route.h"

/* { "failover": [R, R, ...] }: one after the other. */
struct failover_route {
    struct route base;
    size_t count;
    const struct route **items;
};

static const struct failover_route *as_failover(const struct route *route)
{
    return (const struct failover_route *)route;
}

/* Reads every entry, also behind a mistake. */
static enum status parse_items(const struct json_node *list, const struct route_context *context,
                               struct failover_route *self)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < self->count; i++) {
        struct json_node item;
        if (!json_child(list, i, &item))
            continue;
        const enum status its = route_parse_inner(&item, context, &self->items[i]);
        status = its != STATUS_OK ? its : status;
    }
    return status;
}

/* True when the earlier entries hold every region that this one may add. */
static bool adds_nothing(const struct route_cover *before, const struct route_cover *entry,
                         uint16_t count)
{
    for (uint16_t i = 0; i < count; i++)
        if (entry->perhaps[i] && !before->surely[i])
            return false;
    return true;
}

static void warn_useless(const struct json_node *list, const struct route_context *context,
                         const struct failover_route *self)
{
    struct route_cover before = { 0 };

    for (size_t i = 0; i < self->count; i++) {
        struct route_cover entry = { 0 };
        struct json_node item;

        route_cover(self->items[i], context->regions, &entry);
        if (i > 0 && adds_nothing(&before, &entry, context->regions->count) &&
            json_child(list, i, &item))
            json_warning(&item,
                         "never comes into play: the entries before it hold all its regions");
        route_cover(self->items[i], context->regions, &before);
    }
}

static enum status failover_parse(const struct json_node *object,
                                  const struct route_context *context, const struct route **out)
{
    static const char *const keys[] = { "failover", NULL };
    struct json_node list = *object;
    enum status status = json_expect_keys(object, keys);

    if (!json_member(object, "failover", &list) || json_kind(&list) != JSON_KIND_ARRAY ||
        json_count(&list) == 0)
        return json_error(&list, STATUS_SYNTAX, "expected a list of routes, the first one first");

    struct failover_route *self = ARENA_NEW(context->arena, struct failover_route);
    const size_t count = json_count(&list);
    const struct route **items = ARENA_ARRAY(context->arena, const struct route *, count);
    if (self == NULL || items == NULL)
        return json_error(object, STATUS_MEMORY, "out of memory");
    *self = (struct failover_route){ { &route_failover }, count, items };

    const enum status inner = parse_items(&list, context, self);
    status = inner != STATUS_OK ? inner : status;
    if (status != STATUS_OK)
        return status;
    warn_useless(&list, context, self);
    *out = &self->base;
    return STATUS_OK;
}

static void failover_rank(const struct route *route, const struct region_list *regions,
                          const struct route_subject *subject, struct ordering_draft *draft)
{
    const struct failover_route *self = as_failover(route);
    for (size_t i = 0; i < self->count; i++)
        route_rank(self->items[i], regions, subject, draft);
}

static void failover_children(const struct route *route,
                              void (*visit)(void *context, const struct route *child),
                              void *context)
{
    const struct failover_route *self = as_failover(route);
    for (size_t i = 0; i < self->count; i++)
        visit(context, self->items[i]);
}

static void failover_write(const struct route *route, const struct region_list *regions, FILE *out)
{
    const struct failover_route *self = as_failover(route);

    fputs("{\"failover\":[", out);
    for (size_t i = 0; i < self->count; i++) {
        if (i > 0)
            fputc(',', out);
        route_write(self->items[i], regions, out);
    }
    fputs("]}", out);
}

static void failover_tell(const struct route *route, const struct route_tale *tale)
{
    const struct failover_route *self = as_failover(route);

    route_tell_line(tale, "failover: one after the other");
    for (size_t i = 0; i < self->count; i++)
        route_tell(self->items[i], tale);
}

static void failover_put(const struct route *route, const struct route_tale *tale,
                         struct json_writer *writer)
{
    const struct failover_route *self = as_failover(route);

    json_put_array(writer, "failover");
    for (size_t i = 0; i < self->count; i++)
        route_put(self->items[i], tale, NULL, writer);
    json_end(writer);
}

const struct route_kind route_failover = {
    .key = "failover",
    .parse = failover_parse,
    .rank = failover_rank,
    .children = failover_children,
    .write = failover_write,
    .tell = failover_tell,
    .put = failover_put,
};
