#ifndef MERIDIAN_GEO_ROUTE_H
#define MERIDIAN_GEO_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "dns/base/prefix.h"
#include "geo/atlas.h"
#include "geo/ordering.h"
#include "geo/place.h"
#include "geo/region.h"

/*
 * A route turns a client into an ordering of regions (contract section 3).
 * It is a tree of policies; each kind of policy is one file, geo/route_KIND.c,
 * that fills one row of this interface. To add one: write the file, name its
 * row in the table of route.c.
 */
struct route;

/* What a policy ranks for: a place and, where `net:` rules matter, a network. */
struct route_subject {
    const struct place *place;    /* never NULL; place 0 of an atlas is the unknown client */
    const struct prefix *net;     /* the longest `net:` selector of the tree around it, or NULL */
    bool known;                   /* false: nobody knows this client */
};

/* What a policy file may use while it reads its part of the map. */
struct route_context {
    struct arena *arena;               /* routes live here */
    const struct region_list *regions; /* the service's */
    struct atlas_grain grain;
    unsigned depth;                    /* nesting, for salts and the limit */
};

enum { ROUTE_DEPTH_LIMIT = 16 };

struct route_kind {
    const char *key; /* "nearest": the member of the JSON object that names the policy */
    /* Reads the policy from its object; tells every mistake. */
    enum status (*parse)(const struct json_node *object, const struct route_context *context,
                         const struct route **out);
    /* Appends this policy's ordering for the subject. */
    void (*rank)(const struct route *route, const struct region_list *regions,
                 const struct route_subject *subject, struct ordering_draft *draft);
    /* Calls `visit` for each child, so that walks over the tree need no knowledge of kinds. NULL: none. */
    void (*children)(const struct route *route,
                     void (*visit)(void *context, const struct route *child), void *context);
    /* Appends each `net:` selector of this node. NULL: none. */
    void (*nets)(const struct route *route, void (*visit)(void *context, const struct prefix *net),
                 void *context);
};

/* Every policy struct begins with this. */
struct route {
    const struct route_kind *kind;
};

/* A region's name, or an object with one policy in it. */
enum status route_parse(const struct json_node *node, const struct route_context *context,
                        const struct route **out) __attribute__((warn_unused_result));

/* Ranks; then, after it, nothing: a route that ends has said all it wants. */
void route_rank(const struct route *route, const struct region_list *regions,
                const struct route_subject *subject, struct ordering_draft *draft);

/* Every region that the tree can name, as a set bit per region. For "region used by no route". */
void route_mark_regions(const struct route *route, const struct region_list *regions, bool *used);

/* Every `net:` selector of the tree, each once. *out is malloc'ed. */
enum status route_nets(const struct route *route, struct prefix **out, size_t *count)
    __attribute__((warn_unused_result));

extern const struct route_kind route_region;   /* "helsinki-1" */
extern const struct route_kind route_nearest;  /* { "nearest": ... } */
extern const struct route_kind route_failover; /* { "failover": [...] } */
extern const struct route_kind route_weighted; /* { "weighted": ... } */
extern const struct route_kind route_geo;      /* { "geo": [...] } */

#endif
