#include "geo/route.h"

#include <stdlib.h>
#include <string.h>

#include "dns/base/hash.h"

/*
 * { "weighted": { "cdn-a": 60, "cdn-b": 40 } } or
 * { "weighted": [ { "weight": 60, "to": R, "name": "..." }, ... ] }: a draw
 * (geo/ordering.h) in which the share of clients is the weight.
 *
 * A member is known to the draw by its "name", else by its region's name, else
 * by the canonical text of its nested route: never by its position, so adding
 * or removing others leaves its own clients alone. Who wants to edit a nested
 * route without moving its clients gives it a name.
 *
 * "per": "client" hashes the client's prefix: the block of max_scope, or
 * coarser with "prefix": { "v4": 20, "v6": 48 }. That length becomes the scope:
 * a longer one makes the shares even with few clients, a shorter one costs
 * resolvers fewer cache entries. "query" draws anew for each query, "resolver"
 * hashes the address that sent it.
 */
enum { WEIGHT_MOST = 1000000 };

struct member {
    const char *label; /* what `key` is the hash of */
    uint64_t key;
    uint32_t weight; /* 0..WEIGHT_MOST; 0: only when no other is left */
    bool named;
    const struct route *to;
};

struct weighted_route {
    struct route base;
    enum draw_per per;
    bool own_prefix; /* "prefix" was given */
    uint8_t v4_bits, v6_bits;
    uint64_t salt; /* weighted routes around this one: draws within draws are independent */
    size_t count;
    struct member *members; /* by key, so that the order of the file means nothing */
};

/* In the order of enum draw_per. */
static const char *const per_words[] = { "client", "query", "resolver", NULL };

static const struct weighted_route *as_weighted(const struct route *route)
{
    return (const struct weighted_route *)route;
}

/* ---- reading -------------------------------------------------------------- */

static enum status out_of_memory(const struct json_node *node)
{
    return json_error(node, STATUS_MEMORY, "out of memory");
}

static enum status parse_weight(const struct json_node *node, uint32_t *out)
{
    int64_t weight;
    const enum status status = json_get_integer(node, 0, WEIGHT_MOST, &weight);
    if (status == STATUS_OK)
        *out = (uint32_t)weight;
    return status;
}

/* A region's name, or the canonical text of a nested route; *out comes in as NULL. */
static enum status label_route(const struct json_node *node, const struct route_context *context,
                               const struct route *to, const char **out)
{
    const char *region = route_region_name(to, context->regions);
    char *text = NULL;
    size_t len = 0;

    if (region != NULL) {
        *out = region;
        return STATUS_OK;
    }
    FILE *stream = open_memstream(&text, &len);
    if (stream == NULL)
        return out_of_memory(node);
    route_write(to, context->regions, stream);
    const bool written = !ferror(stream);
    if (fclose(stream) == 0 && written)
        *out = arena_string(context->arena, text);
    free(text);
    return *out != NULL ? STATUS_OK : out_of_memory(node);
}

/* "cdn-a": 60 */
static enum status parse_pair(const struct json_node *pair, const struct route_context *context,
                              struct member *member)
{
    uint16_t region;
    const enum status found = route_find_region(pair, pair->key, context, &region);
    const enum status status = parse_weight(pair, &member->weight);
    if (found != STATUS_OK || status != STATUS_OK)
        return found != STATUS_OK ? found : status;

    member->label = context->regions->items[region].name;
    member->to = route_region_new(context->arena, region);
    return member->to != NULL ? STATUS_OK : out_of_memory(pair);
}

/* { "weight": 60, "to": R, "name": "..." } */
static enum status parse_entry(const struct json_node *entry, const struct route_context *context,
                               struct member *member)
{
    static const char *const keys[] = { "weight", "to", "name", NULL };
    struct json_node weight, to, name;
    enum status inner, status = json_expect_keys(entry, keys);

    if (json_kind(entry) != JSON_KIND_OBJECT)
        return status;
    inner = json_member(entry, "weight", &weight)
                ? parse_weight(&weight, &member->weight)
                : json_error(entry, STATUS_SYNTAX, "has no \"weight\"");
    status = inner != STATUS_OK ? inner : status;
    inner = json_member(entry, "to", &to) ? route_parse_inner(&to, context, &member->to)
                                          : json_error(entry, STATUS_SYNTAX, "has no \"to\"");
    status = inner != STATUS_OK ? inner : status;
    if (json_member(entry, "name", &name)) {
        inner = json_get_string(&name, &member->label);
        status = inner != STATUS_OK ? inner : status;
        member->named = true;
    }
    if (status != STATUS_OK)
        return status;

    if (!member->named)
        return label_route(entry, context, member->to, &member->label);
    member->label = arena_string(context->arena, member->label);
    return member->label != NULL ? STATUS_OK : out_of_memory(entry);
}

static int by_key(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

static enum status parse_members(const struct json_node *list, const struct route_context *context,
                                 struct weighted_route *self)
{
    struct route_context below = *context;
    enum status status = STATUS_OK;

    below.draws++;
    for (size_t i = 0; i < self->count; i++) {
        struct json_node item;
        struct member *member = &self->members[i];

        if (!json_child(list, i, &item))
            continue;
        const enum status its = json_kind(list) == JSON_KIND_OBJECT
                                    ? parse_pair(&item, &below, member)
                                    : parse_entry(&item, &below, member);
        if (its == STATUS_OK)
            member->key = hash_stable(member->label, strlen(member->label));
        status = its != STATUS_OK ? its : status;
    }
    if (status != STATUS_OK)
        return status;

    qsort(self->members, self->count, sizeof *self->members, by_key);
    for (size_t i = 1; i < self->count; i++)
        if (self->members[i].key == self->members[i - 1].key)
            status = json_error(list, STATUS_MEANING,
                                "two members are both %s to the draw; give one a \"name\"",
                                self->members[i].label);
    return status;
}

static enum status parse_per(const struct json_node *object, struct weighted_route *self)
{
    struct json_node node;
    const char *word;

    if (!json_member(object, "per", &node))
        return STATUS_OK;
    const enum status status = json_get_string(&node, &word);
    if (status != STATUS_OK)
        return status;
    for (unsigned i = 0; per_words[i] != NULL; i++) {
        if (strcmp(word, per_words[i]) == 0) {
            self->per = (enum draw_per)i;
            return STATUS_OK;
        }
    }
    return json_error(&node, STATUS_SYNTAX,
                      "expected \"client\", \"query\" or \"resolver\", not '%s'", word);
}

static enum status parse_bits(const struct json_node *prefix, const char *key, uint8_t grain,
                              uint8_t most, uint8_t *out)
{
    struct json_node node;
    int64_t bits;

    if (!json_member(prefix, key, &node))
        return STATUS_OK;
    const enum status status = json_get_integer(&node, 1, most, &bits);
    if (status != STATUS_OK)
        return status;
    if (bits > grain)
        return json_error(&node, STATUS_LIMIT, "/%d is longer than max_scope, /%u", (int)bits,
                          grain);
    *out = (uint8_t)bits;
    return STATUS_OK;
}

static enum status parse_prefix(const struct json_node *object, const struct route_context *context,
                                struct weighted_route *self)
{
    static const char *const keys[] = { "v4", "v6", NULL };
    struct json_node prefix;

    self->v4_bits = context->grain.v4;
    self->v6_bits = context->grain.v6;
    if (!json_member(object, "prefix", &prefix))
        return STATUS_OK;
    if (self->per != DRAW_PER_CLIENT)
        return json_error(&prefix, STATUS_MEANING, "counts only with \"per\": \"client\"");

    self->own_prefix = true;
    const enum status known = json_expect_keys(&prefix, keys);
    const enum status v4 = parse_bits(&prefix, "v4", context->grain.v4, 32, &self->v4_bits);
    const enum status v6 = parse_bits(&prefix, "v6", context->grain.v6, 64, &self->v6_bits);
    return known != STATUS_OK ? known : v4 != STATUS_OK ? v4 : v6;
}

static enum status weighted_parse(const struct json_node *object,
                                  const struct route_context *context, const struct route **out)
{
    static const char *const keys[] = { "weighted", "per", "prefix", NULL };
    struct json_node list = *object;
    const enum status known = json_expect_keys(object, keys);

    const bool given = json_member(object, "weighted", &list);
    const enum json_kind kind = json_kind(&list);
    const size_t count = json_count(&list);
    if (!given || (kind != JSON_KIND_OBJECT && kind != JSON_KIND_ARRAY) || count == 0)
        return json_error(&list, STATUS_SYNTAX,
                          "expected { \"region\": weight, ... } or a list of "
                          "{ \"weight\": ..., \"to\": ... }");
    if (count > REGION_LIMIT)
        return json_error(&list, STATUS_LIMIT, "has more than %d members", REGION_LIMIT);

    struct weighted_route *self = ARENA_NEW(context->arena, struct weighted_route);
    struct member *members = ARENA_ARRAY(context->arena, struct member, count);
    if (self == NULL || members == NULL)
        return out_of_memory(object);
    *self = (struct weighted_route){
        .base = { &route_weighted }, .salt = context->draws, .count = count, .members = members
    };

    const enum status per = parse_per(object, self);
    const enum status prefix = parse_prefix(object, context, self);
    const enum status inner = parse_members(&list, context, self);
    if (known != STATUS_OK || per != STATUS_OK || prefix != STATUS_OK || inner != STATUS_OK)
        return known != STATUS_OK    ? known
               : per != STATUS_OK    ? per
               : prefix != STATUS_OK ? prefix
                                     : inner;
    *out = &self->base;
    return STATUS_OK;
}

/* ---- ranking -------------------------------------------------------------- */

static bool is_weightless(const struct member *member)
{
    return member->weight == 0;
}

static size_t count_weightless(const struct weighted_route *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        count += is_weightless(&self->members[i]);
    return count;
}

/*
 * The members that have a weight, or those that have none, which share alike.
 * One alone needs no draw, and so leaves the scope as wide as it was.
 */
static void put_members(const struct weighted_route *self, const struct region_list *regions,
                        const struct route_subject *subject, bool weightless, size_t count,
                        struct ordering_draft *draft)
{
    size_t draw = 0;

    if (count > 1)
        draw = ordering_draw_begin(draft, self->per, self->salt, self->v4_bits, self->v6_bits);
    for (size_t i = 0; i < self->count; i++) {
        const struct member *member = &self->members[i];
        size_t begun = 0;

        if (is_weightless(member) != weightless)
            continue;
        if (count > 1)
            begun = ordering_member_begin(draft, member->key, weightless ? 1 : member->weight);
        route_rank(member->to, regions, subject, draft);
        if (count > 1)
            ordering_member_end(draft, begun);
    }
    if (count > 1)
        ordering_draw_end(draft, draw);
}

static void weighted_rank(const struct route *route, const struct region_list *regions,
                          const struct route_subject *subject, struct ordering_draft *draft)
{
    const struct weighted_route *self = as_weighted(route);
    const size_t weightless = count_weightless(self);

    put_members(self, regions, subject, false, self->count - weightless, draft);
    put_members(self, regions, subject, true, weightless, draft);
}

/* ---- the rest of the interface -------------------------------------------- */

static void weighted_children(const struct route *route,
                              void (*visit)(void *context, const struct route *child),
                              void *context)
{
    const struct weighted_route *self = as_weighted(route);
    for (size_t i = 0; i < self->count; i++)
        visit(context, self->members[i].to);
}

static void weighted_write(const struct route *route, const struct region_list *regions, FILE *out)
{
    const struct weighted_route *self = as_weighted(route);

    fputs("{\"weighted\":[", out);
    for (size_t i = 0; i < self->count; i++) {
        const struct member *member = &self->members[i];
        fprintf(out, "%s{\"weight\":%u,\"to\":", i > 0 ? "," : "", member->weight);
        route_write(member->to, regions, out);
        if (member->named) {
            fputs(",\"name\":", out);
            route_write_name(member->label, out);
        }
        fputc('}', out);
    }
    fprintf(out, "],\"per\":\"%s\"", per_words[self->per]);
    if (self->own_prefix)
        fprintf(out, ",\"prefix\":{\"v4\":%u,\"v6\":%u}", self->v4_bits, self->v6_bits);
    fputc('}', out);
}

/* The network whose hash decides. False when no part of the address does. */
static bool hashed_block(const struct weighted_route *self, const struct asker *asker,
                         struct prefix *out)
{
    if (self->per != DRAW_PER_CLIENT || asker->anonymous)
        return false;
    address_from_key(asker->family, asker->key, &out->address);
    out->len = draw_bits(asker, self->v4_bits, self->v6_bits);
    address_mask(&out->address, out->len);
    return true;
}

/* What is hashed, in words. */
static void tell_ticket(const struct weighted_route *self, const struct route_tale *tale)
{
    const struct asker *asker = tale->asker;
    char text[PREFIX_TEXT];
    struct prefix block;

    if (self->per == DRAW_PER_QUERY) {
        route_tell_line(tale, "weighted: drawn anew for each query");
    } else if (asker->anonymous) {
        route_tell_line(tale, "weighted: no address to hash, the same member for all");
    } else if (self->per == DRAW_PER_RESOLVER) {
        route_tell_line(tale, "weighted: by hash of the resolver's address");
    } else if (hashed_block(self, asker, &block)) {
        route_tell_line(tale, "weighted: by hash of %s", prefix_print(&block, text));
    }
}

/* A member's place in the draw: the weightless behind all others. */
struct drawn {
    uint64_t arrival;
    const struct member *member;
};

static bool is_earlier(const struct drawn *a, const struct drawn *b)
{
    if (is_weightless(a->member) != is_weightless(b->member))
        return is_weightless(b->member);
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival;
    return a->member->key < b->member->key;
}

static uint64_t ticket_of(const struct weighted_route *self, const struct route_tale *tale)
{
    return draw_ticket(tale->asker, self->per, self->salt, self->v4_bits, self->v6_bits);
}

static void draw_members(const struct weighted_route *self, uint64_t ticket,
                         struct drawn drawn[REGION_LIMIT])
{
    for (size_t i = 0; i < self->count; i++) {
        const struct member *member = &self->members[i];
        const uint32_t weight = is_weightless(member) ? 1 : member->weight;
        drawn[i] = (struct drawn){ draw_arrival(ticket, member->key, weight), member };
    }
}

/* Swaps the earliest to the front (qsort() may allocate, and a query may ask for the tale). */
static void bring_earliest(struct drawn *from, size_t count)
{
    struct drawn *earliest = from;
    for (size_t i = 1; i < count; i++)
        if (is_earlier(&from[i], earliest))
            earliest = &from[i];

    const struct drawn front = *from;
    *from = *earliest;
    *earliest = front;
}

static void weighted_tell(const struct route *route, const struct route_tale *tale)
{
    const struct weighted_route *self = as_weighted(route);
    struct drawn drawn[REGION_LIMIT];

    draw_members(self, ticket_of(self, tale), drawn);
    tell_ticket(self, tale);
    for (size_t i = 0; i < self->count; i++) {
        bring_earliest(&drawn[i], self->count - i);
        route_tell_line(tale, "weighted: %s, weight %u, arrives at %.6g", drawn[i].member->label,
                        drawn[i].member->weight, (double)drawn[i].arrival * 0x1p-58);
        if (drawn[i].member->to->kind != &route_region)
            route_tell(drawn[i].member->to, tale);
    }
}

static void put_member(const struct drawn *drawn, const struct route_tale *tale,
                       struct json_writer *writer)
{
    json_put_object(writer, NULL);
    json_put_string(writer, "name", drawn->member->label);
    route_put_hex(writer, "key", drawn->member->key);
    json_put_integer(writer, "weight", drawn->member->weight);
    route_put_hex(writer, "arrival", drawn->arrival);
    route_put(drawn->member->to, tale, "to", writer);
    json_end(writer);
}

static void weighted_put(const struct route *route, const struct route_tale *tale,
                         struct json_writer *writer)
{
    const struct weighted_route *self = as_weighted(route);
    const uint64_t ticket = ticket_of(self, tale);
    struct drawn drawn[REGION_LIMIT];
    struct prefix block;
    char text[PREFIX_TEXT];

    json_put_string(writer, "per", per_words[self->per]);
    if (hashed_block(self, tale->asker, &block))
        json_put_string(writer, "hashed", prefix_print(&block, text));
    json_put_integer(writer, "salt", (int64_t)self->salt);
    route_put_hex(writer, "ticket", ticket);
    draw_members(self, ticket, drawn);
    json_put_array(writer, "weighted");
    for (size_t i = 0; i < self->count; i++) {
        bring_earliest(&drawn[i], self->count - i);
        put_member(&drawn[i], tale, writer);
    }
    json_end(writer);
}

const struct route_kind route_weighted = {
    .key = "weighted",
    .parse = weighted_parse,
    .rank = weighted_rank,
    .children = weighted_children,
    .write = weighted_write,
    .tell = weighted_tell,
    .put = weighted_put,
};
