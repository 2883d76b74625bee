#ifndef MERIDIAN_ZONES_BUILDER_H
#define MERIDIAN_ZONES_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "zones/zone.h"

/*
 * The mutable zone: records go in as they are read, each with its place in the
 * files; checks look at the whole; freezing makes the zone. Thread: the loader.
 */
struct builder;

/* Where a record was written. `file` is the builder's copy and lives as long as the builder. */
struct origin_mark {
    const char *file;
    unsigned line;
};

struct builder_record {
    uint32_t ttl;
    uint16_t rdata_len;
    const uint8_t *rdata; /* wire form, names uncompressed */
    struct origin_mark mark;
};

struct builder_rrset {
    uint16_t type;
    uint32_t count;                 /* at least 1, at most BUILDER_RECORDS */
    struct builder_record *records; /* in the order of the file */
};

/* No message holds as many: the 65,536th record of an rrset is a mistake. */
enum { BUILDER_RECORDS = 65535 };

/*
 * One name. Every name between an owner and the apex has a node too, without
 * rrsets when nothing is written there (ENT, RFC 4592 section 2.2.2).
 */
struct builder_node {
    const uint8_t *owner;
    struct builder_node *parent;  /* the name without its first label; NULL at the apex */
    struct builder_rrset *rrsets; /* sorted by type */
    const struct service *service;
    uint32_t rrset_count;
    uint32_t hash;                /* name_hash(owner) */
    uint32_t index;               /* builder_at(builder, index) is this node */
    uint32_t parent_index;        /* its own at the apex */
};

/* NULL when memory is out. `apex` is copied; the frozen zone will live in `arena`. */
struct builder *builder_new(const uint8_t *apex, struct arena *arena);
void builder_free(struct builder *builder);
const uint8_t *builder_apex(const struct builder *builder);
struct arena *builder_arena(const struct builder *builder); /* of the frozen zone */

/*
 * Adds one record; owner and rdata are copied. `diag` is the record's place:
 * it becomes the mark, and there an owner outside the zone is told (a mistake)
 * or a duplicate (a warning; the record is dropped, RFC 2181 section 5 - but a
 * mistake when its TTL is another). Names inside rdata compare without regard
 * to case.
 */
enum status builder_add(struct builder *builder, const struct diag *diag, const uint8_t *owner,
                        uint16_t type, uint32_t ttl, const uint8_t *rdata, uint16_t rdata_len)
    __attribute__((warn_unused_result));

/*
 * Puts a service at an owner, which is made when it has no records. Tells
 * nobody: STATUS_MEANING when the owner is outside the zone.
 */
enum status builder_steer(struct builder *builder, const uint8_t *owner,
                          const struct service *service) __attribute__((warn_unused_result));

/*
 * Something was written and could not be read: a record of `type` (0: who knows
 * which) of `owner` (NULL: who knows whose).
 */
void builder_lose(struct builder *builder, const uint8_t *owner, uint16_t type);
/*
 * False when it is certain that no record of the type was written for the name.
 * What was lost without an owner counts for the apex alone: one inclusion gone
 * wrong shall not keep all else from being told.
 */
bool builder_may_lack(const struct builder *builder, const uint8_t *owner, uint16_t type);

/* Nodes: 0 .. count-1. The apex is the first, a parent always comes before its children. */
size_t builder_count(const struct builder *builder);
struct builder_node *builder_at(const struct builder *builder, size_t index);
/* NULL when absent. An ENT is found, too. */
struct builder_node *builder_find(const struct builder *builder, const uint8_t *owner);
struct builder_rrset *builder_rrset(const struct builder_node *node, uint16_t type);

/*
 * Freezes what was gathered into the arena given to builder_new(); marks cuts,
 * wildcards and DNAMEs. The zone depends on nothing of the builder. Expects a
 * checked zone; `loaded` is true, and soa is NULL where nobody checked. The
 * builder is used up by it, whatever comes of it: only builder_free() may follow.
 */
enum status builder_freeze(struct builder *builder, const char *name, struct zone **out)
    __attribute__((warn_unused_result));

/*
 * Steps of it: give back the tables that find names and duplicates; then nodes
 * from the first to the one with index `last`, each of which may stay a while.
 */
void builder_forget_names(struct builder *builder);
void builder_forget_nodes(struct builder *builder, size_t last);

#endif
