#include "geo/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/courtesy.h"
#include "geo/overlay.h"

/*
 * The same partition twice: cut where orderings differ, and cut only where
 * their first regions do. While a client's first region answers, the health of
 * all others does not matter to it, and the second, wider block is the truth.
 */
struct blocks {
    struct table *order; /* values are ids of orderings */
    struct table *first; /* values tell first choices apart */
};

struct policy {
    struct ordering_set *orderings;
    struct blocks v4, v6;
    uint32_t unknown;   /* the ordering of place 0: for clients that do not want to be located */
    bool uniform;       /* every address of both families has this one ordering */
    bool first_uniform; /* ... has this one first region */
};

/* ---- building -------------------------------------------------------------- */

/* What building keeps in mind; the memos are indexed by place. */
struct compiler {
    const struct atlas *atlas;
    const struct route *route;
    const struct region_list *regions;
    struct ordering_set *orderings;
    struct ordering_draft draft;
    struct prefix *nets;
    size_t net_count;
    uint32_t *outside; /* 1 + the ordering of a place outside all nets; 0: not ranked yet */
    uint32_t *inside;  /* the ordering of a place inside net inside_net[place] - 1 */
    uint32_t *inside_net;
};

/* Ranks for a place, outside all nets (NULL) or inside one. */
static enum status rank_place(struct compiler *c, uint32_t place, const struct prefix *net,
                              uint32_t *ordering)
{
    const struct route_subject subject = { .place = atlas_place(c->atlas, place), .net = net };

    ordering_draft_clear(&c->draft);
    route_rank(c->route, c->regions, &subject, &c->draft);
    return ordering_intern(c->orderings, &c->draft, ordering);
}

/* The same, remembered: databases name one place in thousands of networks. */
static enum status ordering_of(struct compiler *c, uint32_t place, uint32_t net, uint32_t *ordering)
{
    enum status status = STATUS_OK;

    if (net == OVERLAY_NONE) {
        if (c->outside[place] == 0) {
            status = rank_place(c, place, NULL, ordering);
            c->outside[place] = status == STATUS_OK ? *ordering + 1 : 0;
        }
        *ordering = c->outside[place] - 1;
        return status;
    }
    if (c->inside_net[place] != net + 1) {
        status = rank_place(c, place, &c->nets[net], &c->inside[place]);
        c->inside_net[place] = status == STATUS_OK ? net + 1 : 0;
    }
    *ordering = c->inside[place];
    return status;
}

/* What is being cut: the partitions that become a struct blocks. */
struct cuts {
    struct spans order, first;
};

static void cuts_init(struct cuts *cuts)
{
    spans_init(&cuts->order);
    spans_init(&cuts->first);
}

static void cuts_release(struct cuts *cuts)
{
    spans_release(&cuts->order);
    spans_release(&cuts->first);
}

/* Where a draw decides who comes first, the whole ordering stands for the choice. */
static uint32_t first_choice(const struct ordering_set *orderings, uint32_t ordering)
{
    const uint16_t region = ordering_first(orderings, ordering);

    return region != REGION_NONE ? region : REGION_LIMIT + ordering;
}

/* Neighbours that are alike share a block. */
static enum status put_block(struct compiler *c, struct cuts *cuts, uint64_t start,
                             uint32_t ordering)
{
    const enum status status = spans_append(&cuts->order, start, ordering);

    if (status != STATUS_OK)
        return status;
    return spans_append(&cuts->first, start, first_choice(c->orderings, ordering));
}

/* Walks the atlas's partition and that of the nets side by side. */
static enum status compile_spans(struct compiler *c, unsigned family, const struct overlay *nets,
                                 struct cuts *cuts)
{
    const struct spans *places = atlas_spans(c->atlas, family);
    size_t place = 0, net = 0;

    for (uint64_t start = 0;;) {
        uint32_t ordering;
        courtesy_spent(50);
        enum status status = ordering_of(c, places->value[place], nets->items[net].net, &ordering);
        if (status == STATUS_OK)
            status = put_block(c, cuts, start, ordering);
        if (status != STATUS_OK)
            return status;

        const bool place_ends = place + 1 == places->count, net_ends = net + 1 == nets->count;
        if (place_ends && net_ends)
            return STATUS_OK;
        if (place_ends)
            start = nets->items[net + 1].start;
        else if (net_ends || places->start[place + 1] < nets->items[net + 1].start)
            start = places->start[place + 1];
        else
            start = nets->items[net + 1].start;
        place += !place_ends && places->start[place + 1] == start;
        net += !net_ends && nets->items[net + 1].start == start;
    }
}

/* The table of one family. A route that looks at no place is one block, whatever the atlas says. */
static enum status compile_family(struct compiler *c, unsigned family, struct blocks *out)
{
    struct overlay nets = { NULL, 0 };
    struct cuts cuts;
    enum status status;

    cuts_init(&cuts);
    if (!route_looks_at_place(c->route)) {
        uint32_t ordering;
        status = ordering_of(c, 0, OVERLAY_NONE, &ordering);
        if (status == STATUS_OK)
            status = put_block(c, &cuts, 0, ordering);
    } else if (overlay_build(c->nets, c->net_count, family, &nets) == STATUS_OK) {
        status = compile_spans(c, family, &nets, &cuts);
    } else {
        status = STATUS_MEMORY;
    }
    if (status == STATUS_OK)
        status = table_build(&cuts.order, &out->order);
    if (status == STATUS_OK)
        status = table_build(&cuts.first, &out->first);
    cuts_release(&cuts);
    overlay_release(&nets);
    return status;
}

static bool is_uniform(const struct table *v4, const struct table *v6)
{
    return table_leaf_count(v4) == 1 && table_leaf_count(v6) == 1 &&
           table_find(v4, 0).value == table_find(v6, 0).value;
}

static enum status compile(struct compiler *c, struct policy *policy)
{
    const size_t places = atlas_place_count(c->atlas);

    c->outside = calloc(places, sizeof *c->outside);
    c->inside = calloc(places, sizeof *c->inside);
    c->inside_net = calloc(places, sizeof *c->inside_net);
    policy->orderings = c->orderings = ordering_set_new();
    if (c->outside == NULL || c->inside == NULL || c->inside_net == NULL || c->orderings == NULL)
        return STATUS_MEMORY;

    enum status status = route_nets(c->route, &c->nets, &c->net_count);
    if (status == STATUS_OK)
        status = ordering_of(c, 0, OVERLAY_NONE, &policy->unknown);
    if (status == STATUS_OK)
        status = compile_family(c, FAMILY_V4, &policy->v4);
    if (status == STATUS_OK)
        status = compile_family(c, FAMILY_V6, &policy->v6);
    if (status == STATUS_OK) {
        ordering_set_freeze(policy->orderings);
        policy->uniform = is_uniform(policy->v4.order, policy->v6.order);
        policy->first_uniform = is_uniform(policy->v4.first, policy->v6.first);
    }
    return status;
}

enum status policy_build(const struct atlas *atlas, const struct route *route,
                         const struct region_list *regions, const struct diag *diag,
                         struct policy **out)
{
    struct compiler c = { .atlas = atlas, .route = route, .regions = regions };
    enum status status = STATUS_MEMORY;

    *out = NULL;
    ordering_draft_init(&c.draft);
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy != NULL)
        status = compile(&c, policy);

    free(c.outside);
    free(c.inside);
    free(c.inside_net);
    free(c.nets);
    ordering_draft_release(&c.draft);
    if (status == STATUS_OK) {
        *out = policy;
        return STATUS_OK;
    }
    policy_free(policy);
    if (status == STATUS_LIMIT)
        return diag_error(diag, status,
                          "the route has too many members in nested draws, or more "
                          "than %d different orders",
                          TABLE_VALUE_LIMIT);
    return diag_error(diag, status, "out of memory while compiling a route");
}

static void blocks_release(struct blocks *blocks)
{
    table_free(blocks->order);
    table_free(blocks->first);
}

void policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    ordering_set_free(policy->orderings);
    blocks_release(&policy->v4);
    blocks_release(&policy->v6);
    free(policy);
}

char *policy_fingerprint(const struct route *route, const struct region_list *regions)
{
    char *text = NULL;
    size_t len = 0;

    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    route_write(route, regions, out);
    for (uint16_t i = 0; i < regions->count; i++) {
        const struct region *region = &regions->items[i];
        fputc('\n', out);
        route_write_name(region->name, out);
        if (region->placed) /* in hexadecimal, which is exact */
            fprintf(out, " %a %a %d", region->latitude, region->longitude, region->bias);
    }
    const bool written = !ferror(out);
    if (fclose(out) == 0 && written)
        return text;
    free(text);
    return NULL;
}

/* ---- answering ------------------------------------------------------------ */

static const struct blocks *blocks_of(const struct policy *policy, const struct asker *asker)
{
    return asker->family == FAMILY_V4 ? &policy->v4 : &policy->v6;
}

static struct table_leaf leaf_of(const struct policy *policy, const struct asker *asker)
{
    if (asker->anonymous)
        return (struct table_leaf){ .value = policy->unknown };
    return table_find(blocks_of(policy, asker)->order, asker->key);
}

/* The scope of the first region alone; `scope` is that of the whole ranking. */
static uint8_t first_scope_of(const struct policy *policy, const struct standing *at,
                              uint32_t ordering, uint8_t scope)
{
    if (at->asker.anonymous || ordering_first(policy->orderings, ordering) == REGION_NONE)
        return scope;
    const struct table_leaf leaf = table_find(blocks_of(policy, &at->asker)->first, at->asker.key);
    /* The same for everybody: then no part of the address was needed. */
    return policy->first_uniform ? 0 : standing_scope(at, leaf.prefix_len);
}

void policy_rank(const struct policy *policy, const struct policy_client *client,
                 struct ranking *out)
{
    const struct standing at = standing_of(client);
    const struct table_leaf leaf = leaf_of(policy, &at.asker);
    uint8_t scope = leaf.prefix_len;

    out->count = (uint16_t)ordering_run(policy->orderings, leaf.value, &at.asker, out->regions,
                                        REGION_LIMIT, &scope);
    /* A draw that asks nothing of the address leaves alone what led to it: a rule has its block. */
    const bool for_all = at.asker.anonymous || (scope == 0 && policy->uniform);
    out->scope = for_all ? 0 : standing_scope(&at, scope);
    out->first_scope = first_scope_of(policy, &at, leaf.value, out->scope);
}

uint16_t policy_first(const struct policy *policy, const struct policy_client *client,
                      uint8_t *scope)
{
    struct standing at = { .asker.anonymous = client->source_len == 0 };
    struct table_leaf leaf;

    /* Most clients are these, and need no more of standing_of(). */
    if (client->address.family == FAMILY_V4 && !at.asker.anonymous) {
        leaf = table_find(policy->v4.first, address_key(&client->address));
    } else {
        at = standing_of(client);
        leaf = at.asker.anonymous
                   ? (struct table_leaf){ .value = first_choice(policy->orderings, policy->unknown) }
                   : table_find(blocks_of(policy, &at.asker)->first, at.asker.key);
    }
    const bool for_all = at.asker.anonymous || policy->first_uniform;
    *scope = for_all ? 0 : standing_scope(&at, leaf.prefix_len);
    return leaf.value < REGION_LIMIT ? (uint16_t)leaf.value : REGION_NONE;
}

const struct ordering_set *policy_orderings(const struct policy *policy)
{
    return policy->orderings;
}

const struct table *policy_table(const struct policy *policy, unsigned family)
{
    return family == FAMILY_V4 ? policy->v4.order : policy->v6.order;
}

size_t policy_block_count(const struct policy *policy, unsigned family)
{
    return table_leaf_count(policy_table(policy, family));
}

size_t policy_first_count(const struct policy *policy, unsigned family)
{
    return table_leaf_count(family == FAMILY_V4 ? policy->v4.first : policy->v6.first);
}

static size_t blocks_footprint(const struct blocks *blocks)
{
    return table_footprint(blocks->order) + table_footprint(blocks->first);
}

size_t policy_footprint(const struct policy *policy)
{
    return sizeof *policy + ordering_footprint(policy->orderings) +
           blocks_footprint(&policy->v4) + blocks_footprint(&policy->v6);
}

/* ---- explaining ----------------------------------------------------------- */

static void tell_place(const struct route_tale *tale, const struct prefix *network)
{
    static const char *const fixes[] = { "location not known", "at the centre of the country",
                                         "as the database says" };
    const struct place *place = tale->subject->place;
    char text[PREFIX_TEXT];

    if (place->continent[0] == '\0' && place->country[0] == '\0' && place->asn == 0 &&
        place->fix == PLACE_NOWHERE) {
        route_tell_line(tale, "place: nobody knows %s", prefix_print(network, text));
        return;
    }
    route_tell_line(tale, "place: %s is%s%s%s%s%s%s%s%s", prefix_print(network, text),
                    place->continent[0] ? " " : "", place->continent, place->country[0] ? " " : "",
                    place->country, place->subdivision[0][0] ? " " : "", place->subdivision[0],
                    place->city[0] ? " " : "", place->city);
    if (place->asn != 0)
        route_tell_line(tale, "place: announced by AS%u", place->asn);
    if (place->fix == PLACE_NOWHERE)
        route_tell_line(tale, "place: %s", fixes[place->fix]);
    else
        route_tell_line(tale, "place: %.4f, %.4f, %s", place->latitude, place->longitude,
                        fixes[place->fix]);
}

/* What ranking looked at, found once more with the words for it. */
struct inquest {
    struct standing at;
    struct route_subject subject;
    struct prefix network; /* what the atlas knows as one */
    struct prefix block;   /* what is ranked alike */
    bool embedded;         /* located by an IPv4 address inside its own */
    struct address inner;
};

static void inquest_make(const struct policy *policy, const struct route *route,
                         const struct atlas *atlas, const struct policy_client *client,
                         struct inquest *out)
{
    *out = (struct inquest){ .at = standing_of(client),
                             .subject = { .place = atlas_place(atlas, 0) } };
    const struct asker *asker = &out->at.asker;
    if (asker->anonymous)
        return;

    /* Where the world is cut no finer, the first address of the block decides for all. */
    struct address address;
    address_from_key(asker->family, asker->key, &address);
    out->subject.place = atlas_find(atlas, &address, &out->network);
    out->subject.net = route_find_net(route, &address);
    out->embedded = address_embedded_v4(&client->address, &out->inner, &(uint8_t){ 0 });
    out->block = (struct prefix){ address, leaf_of(policy, asker).prefix_len };
    address_mask(&out->block.address, out->block.len);
}

void policy_explain(const struct policy *policy, const struct route *route,
                    const struct region_list *regions, const struct atlas *atlas,
                    const struct policy_client *client, const struct route_sink *sink)
{
    struct inquest inquest;
    inquest_make(policy, route, atlas, client, &inquest);
    const struct route_tale tale = { regions, &inquest.subject, &inquest.at.asker, sink, 0 };
    char text[PREFIX_TEXT];

    if (inquest.at.asker.anonymous) {
        route_tell_line(&tale, "place: the client's address is not to be used");
    } else {
        if (inquest.embedded)
            route_tell_line(&tale, "place: located by the IPv4 address inside, %s",
                            address_print(&inquest.inner, text));
        tell_place(&tale, &inquest.network);
        if (inquest.subject.net != NULL)
            route_tell_line(&tale, "net: the longest rule around it is net:%s",
                            prefix_print(inquest.subject.net, text));
        route_tell_line(&tale, "block: %s is ranked alike", prefix_print(&inquest.block, text));
    }
    route->kind->tell(route, &tale);
}

void policy_put(const struct policy *policy, const struct route *route,
                const struct region_list *regions, const struct atlas *atlas,
                const struct policy_client *client, struct json_writer *writer)
{
    struct inquest inquest;
    inquest_make(policy, route, atlas, client, &inquest);
    const struct route_tale tale = { regions, &inquest.subject, &inquest.at.asker, NULL, 0 };
    char text[PREFIX_TEXT];

    if (inquest.embedded)
        json_put_string(writer, "located_as", address_print(&inquest.inner, text));
    if (inquest.subject.net != NULL)
        json_put_string(writer, "net", prefix_print(inquest.subject.net, text));
    if (!inquest.at.asker.anonymous)
        json_put_string(writer, "ranked_alike", prefix_print(&inquest.block, text));
    route_put(route, &tale, "decision", writer);
}
