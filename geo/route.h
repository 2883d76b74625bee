#ifndef MERIDIAN_GEO_ROUTE_H
#define MERIDIAN_GEO_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "dns/base/json_writer.h"
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
struct reach; /* geo/reach.h */

/* What a policy ranks for: a place and, where `net:` rules matter, a network. */
struct route_subject {
    const struct place *place; /* never NULL; place 0 of an atlas is the unknown client */
    /*
     * The longest `net:` selector of the whole tree around the client, or NULL.
     * Networks around one client form a chain, so each policy finds its own
     * longest one as the longest that contains this.
     */
    const struct prefix *net;
};

/* What a policy file may use while it reads its part of the map. */
struct route_context {
    struct arena *arena;               /* routes live here */
    const struct region_list *regions; /* the service's */
    struct atlas_grain grain;
    unsigned depth; /* policies above this one, for the limit */
    unsigned draws; /* weighted policies above this one, for salts */
    const struct reach *reach; /* the geo entries above this one; NULL: everybody comes here */
};

/* Which regions the orderings of a route hold, over all clients: a mark for each region. */
struct route_cover {
    bool surely[REGION_LIMIT];  /* every ordering */
    bool perhaps[REGION_LIMIT]; /* some ordering: never less than `surely` */
};

/* Where an explanation goes; `text` is one step, valid during the call. */
struct route_sink {
    void (*line)(void *context, const char *text);
    void *context;
};

/* Whom an explanation is about. */
struct route_tale {
    const struct region_list *regions;
    const struct route_subject *subject;
    const struct asker *asker;
    const struct route_sink *sink;
    unsigned depth;
};

enum { ROUTE_DEPTH_LIMIT = 16 };

struct route_kind {
    const char *key; /* "nearest": the member of the JSON object that names the policy */
    bool by_place;   /* its ordering depends on where the client is */
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
    /* Marks the regions that the node itself names, children apart. NULL: none. */
    void (*mark)(const struct route *route, bool *used);
    /*
     * Adds the regions of its orderings to *out. NULL: those that it names and those
     * of its children, whoever asks.
     */
    void (*cover)(const struct route *route, const struct region_list *regions,
                  struct route_cover *out);
    /* Writes the canonical text: equal texts rank equally for equal regions. */
    void (*write)(const struct route *route, const struct region_list *regions, FILE *out);
    /* Tells how it ranks, then what it chose below it; no allocation. */
    void (*tell)(const struct route *route, const struct route_tale *tale);
    /*
     * The same for programs, with all the numbers: members of the object that is
     * open in `writer`, those of children in objects of their own.
     */
    void (*put)(const struct route *route, const struct route_tale *tale,
                struct json_writer *writer);
};

/* Every policy struct begins with this. */
struct route {
    const struct route_kind *kind;
};

/*
 * A region's name, or an object with one policy in it. Every mistake is told at its
 * path; *out is NULL when there was one.
 */
enum status route_parse(const struct json_node *node, const struct route_context *context,
                        const struct route **out) __attribute__((warn_unused_result));

/* The same for a route inside a policy: one deeper. */
enum status route_parse_inner(const struct json_node *node, const struct route_context *context,
                              const struct route **out) __attribute__((warn_unused_result));

/* A region of the service by its name; `node` is where an unknown one is told. */
enum status route_find_region(const struct json_node *node, const char *name,
                              const struct route_context *context, uint16_t *out)
    __attribute__((warn_unused_result));

/* The route to one region; NULL when memory is out. */
const struct route *route_region_new(struct arena *arena, uint16_t region);
/* The name of the region that a route consists of; NULL when it is a policy. */
const char *route_region_name(const struct route *route, const struct region_list *regions);

/* Ranks; then, after it, nothing: a route that ends has said all it wants. */
void route_rank(const struct route *route, const struct region_list *regions,
                const struct route_subject *subject, struct ordering_draft *draft);

/* Every region that the tree can name, as a set bit per region. For "region used by no route". */
void route_mark_regions(const struct route *route, const struct region_list *regions, bool *used);

/* Adds to *out, which the caller clears, what the orderings of the route hold. */
void route_cover(const struct route *route, const struct region_list *regions,
                 struct route_cover *out);

/* True when the ordering depends on the client's place or network. */
bool route_looks_at_place(const struct route *route);

/* The canonical text; ferror(out) when it could not be written. */
void route_write(const struct route *route, const struct region_list *regions, FILE *out);
/* A name inside a canonical text: quoted. */
void route_write_name(const char *name, FILE *out);

/* Tells one line, and tells about a route one level below the tale's. */
void route_tell_line(const struct route_tale *tale, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void route_tell(const struct route *route, const struct route_tale *tale);

/* Puts an object with what `route` decided; `key` as for json_put_object(). */
void route_put(const struct route *route, const struct route_tale *tale, const char *key,
               struct json_writer *writer);
/* A number of 64 bits, as "0x0123456789abcdef": a JSON number may not hold it. */
void route_put_hex(struct json_writer *writer, const char *key, uint64_t number);

/* The longest `net:` selector of the tree that holds the address, or NULL. */
const struct prefix *route_find_net(const struct route *route, const struct address *address);

/* Every `net:` selector of the tree, each once, sorted by prefix_key order. *out is malloc'ed. */
enum status route_nets(const struct route *route, struct prefix **out, size_t *count)
    __attribute__((warn_unused_result));

extern const struct route_kind route_region;   /* "helsinki-1" */
extern const struct route_kind route_nearest;  /* { "nearest": ... } */
extern const struct route_kind route_failover; /* { "failover": [...] } */
extern const struct route_kind route_weighted; /* { "weighted": ... } */
extern const struct route_kind route_geo;      /* { "geo": [...] } */

#endif
