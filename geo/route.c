#include "geo/route.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The policies that an object can name. Another one: write its file, add its row here. */
static const struct route_kind *const kinds[] = {
    &route_nearest,
    &route_failover,
    &route_weighted,
    &route_geo,
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* ---- reading -------------------------------------------------------------- */

/* The object names no policy: its keys are told as unknown, with what they may have meant. */
static enum status tell_no_policy(const struct json_node *node)
{
    const char *known[KIND_COUNT + 1] = { NULL };

    for (size_t i = 0; i < KIND_COUNT; i++)
        known[i] = kinds[i]->key;
    const enum status status = json_expect_keys(node, known);
    if (status != STATUS_OK)
        return status;
    return json_error(node, STATUS_SYNTAX,
                      "names no policy; expected nearest, failover, weighted or geo");
}

enum status route_parse(const struct json_node *node, const struct route_context *context,
                        const struct route **out)
{
    const struct route_kind *kind = NULL;

    *out = NULL;
    if (context->depth >= ROUTE_DEPTH_LIMIT)
        return json_error(node, STATUS_LIMIT, "routes are nested deeper than %d",
                          ROUTE_DEPTH_LIMIT);
    if (json_kind(node) == JSON_KIND_STRING)
        return route_region.parse(node, context, out);
    if (json_kind(node) != JSON_KIND_OBJECT)
        return json_error(node, STATUS_SYNTAX,
                          "expected a region's name or a policy such as { \"nearest\": \"*\" }");

    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct json_node member;
        if (!json_member(node, kinds[i]->key, &member))
            continue;
        if (kind != NULL)
            return json_error(node, STATUS_MEANING,
                              "is both \"%s\" and \"%s\"; nest one in the other", kind->key,
                              kinds[i]->key);
        kind = kinds[i];
    }
    return kind != NULL ? kind->parse(node, context, out) : tell_no_policy(node);
}

enum status route_parse_inner(const struct json_node *node, const struct route_context *context,
                              const struct route **out)
{
    struct route_context below = *context;
    below.depth++;
    return route_parse(node, &below, out);
}

enum status route_find_region(const struct json_node *node, const char *name,
                              const struct route_context *context, uint16_t *out)
{
    const char *names[REGION_LIMIT + 1];
    uint16_t count = 0;
    const uint16_t found = region_find(context->regions, name);

    if (found != REGION_NONE) {
        *out = found;
        return STATUS_OK;
    }
    for (; count < context->regions->count && count < REGION_LIMIT; count++)
        names[count] = context->regions->items[count].name;
    names[count] = NULL;

    const char *meant = json_suggest(name, names);
    if (meant != NULL)
        return json_error(node, STATUS_MEANING,
                          "region '%s' is not among the service's endpoints; did you mean '%s'?",
                          name, meant);
    return json_error(node, STATUS_MEANING, "region '%s' is not among the service's endpoints",
                      name);
}

/* ---- ranking -------------------------------------------------------------- */

void route_rank(const struct route *route, const struct region_list *regions,
                const struct route_subject *subject, struct ordering_draft *draft)
{
    route->kind->rank(route, regions, subject, draft);
}

/* ---- walks over the tree -------------------------------------------------- */

static void visit_places(void *context, const struct route *route)
{
    bool *by_place = context;

    *by_place = *by_place || route->kind->by_place;
    if (!*by_place && route->kind->children != NULL)
        route->kind->children(route, visit_places, by_place);
}

bool route_looks_at_place(const struct route *route)
{
    bool by_place = false;
    visit_places(&by_place, route);
    return by_place;
}

static void visit_marks(void *context, const struct route *route)
{
    bool *used = context;

    if (route->kind->mark != NULL)
        route->kind->mark(route, used);
    if (route->kind->children != NULL)
        route->kind->children(route, visit_marks, used);
}

void route_mark_regions(const struct route *route, const struct region_list *regions, bool *used)
{
    (void)regions;
    visit_marks(used, route);
}

struct cover_walk {
    const struct region_list *regions;
    struct route_cover *out;
};

static void visit_cover(void *context, const struct route *route)
{
    const struct cover_walk *walk = context;
    route_cover(route, walk->regions, walk->out);
}

void route_cover(const struct route *route, const struct region_list *regions,
                 struct route_cover *out)
{
    bool named[REGION_LIMIT] = { false };

    if (route->kind->cover != NULL) {
        route->kind->cover(route, regions, out);
        return;
    }
    if (route->kind->mark != NULL)
        route->kind->mark(route, named);
    for (uint16_t i = 0; i < regions->count; i++) {
        out->surely[i] = out->surely[i] || named[i];
        out->perhaps[i] = out->perhaps[i] || named[i];
    }
    if (route->kind->children != NULL)
        route->kind->children(route, visit_cover, &(struct cover_walk){ regions, out });
}

/* Calls back with each `net:` selector of a tree. */
struct net_walk {
    void (*visit)(void *context, const struct prefix *net);
    void *context;
};

static void visit_nets(void *context, const struct route *route)
{
    const struct net_walk *walk = context;

    if (route->kind->nets != NULL)
        route->kind->nets(route, walk->visit, walk->context);
    if (route->kind->children != NULL)
        route->kind->children(route, visit_nets, context);
}

struct net_search {
    const struct address *address;
    const struct prefix *longest;
};

static void match_net(void *context, const struct prefix *net)
{
    struct net_search *search = context;

    if (search->longest != NULL && search->longest->len >= net->len)
        return;
    if (prefix_contains(net, search->address))
        search->longest = net;
}

const struct prefix *route_find_net(const struct route *route, const struct address *address)
{
    struct net_search search = { .address = address };
    visit_nets(&(struct net_walk){ match_net, &search }, route);
    return search.longest;
}

struct net_array {
    struct prefix *items;
    size_t count, cap;
    bool failed;
};

static void collect_net(void *context, const struct prefix *net)
{
    struct net_array *array = context;

    if (array->count == array->cap) {
        const size_t cap = array->cap == 0 ? 16 : array->cap * 2;
        struct prefix *items = realloc(array->items, cap * sizeof *items);
        if (items == NULL) {
            array->failed = true;
            return;
        }
        array->items = items;
        array->cap = cap;
    }
    array->items[array->count++] = *net;
}

/* By family, then key, then length: a network stands before those inside it. */
static int net_order(const void *a, const void *b)
{
    const struct prefix *x = a, *y = b;
    const uint64_t x_key = address_key(&x->address), y_key = address_key(&y->address);

    if (x->address.family != y->address.family)
        return x->address.family < y->address.family ? -1 : 1;
    if (x_key != y_key)
        return x_key < y_key ? -1 : 1;
    return x->len - y->len;
}

enum status route_nets(const struct route *route, struct prefix **out, size_t *count)
{
    struct net_array array = { 0 };
    size_t kept = 0;

    *out = NULL;
    *count = 0;
    visit_nets(&(struct net_walk){ collect_net, &array }, route);
    if (array.failed) {
        free(array.items);
        return STATUS_MEMORY;
    }
    if (array.count > 0)
        qsort(array.items, array.count, sizeof *array.items, net_order);
    for (size_t i = 0; i < array.count; i++)
        if (kept == 0 || net_order(&array.items[kept - 1], &array.items[i]) != 0)
            array.items[kept++] = array.items[i];
    *out = array.items;
    *count = kept;
    return STATUS_OK;
}

/* ---- telling -------------------------------------------------------------- */

void route_write(const struct route *route, const struct region_list *regions, FILE *out)
{
    route->kind->write(route, regions, out);
}

void route_write_name(const char *name, FILE *out)
{
    fputc('"', out);
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            fputc('\\', out);
        fputc(*name, out);
    }
    fputc('"', out);
}

void route_tell_line(const struct route_tale *tale, const char *format, ...)
{
    char text[512]; /* a longer line is cut: names may be long */
    const int indent = (int)tale->depth * 2;
    va_list arguments;

    memset(text, ' ', (size_t)indent);
    va_start(arguments, format);
    vsnprintf(text + indent, sizeof text - (size_t)indent, format, arguments);
    va_end(arguments);
    tale->sink->line(tale->sink->context, text);
}

void route_tell(const struct route *route, const struct route_tale *tale)
{
    struct route_tale below = *tale;
    below.depth++;
    route->kind->tell(route, &below);
}

void route_put(const struct route *route, const struct route_tale *tale, const char *key,
               struct json_writer *writer)
{
    json_put_object(writer, key);
    route->kind->put(route, tale, writer);
    json_end(writer);
}

void route_put_hex(struct json_writer *writer, const char *key, uint64_t number)
{
    char text[19];
    snprintf(text, sizeof text, "0x%016" PRIx64, number);
    json_put_string(writer, key, text);
}
