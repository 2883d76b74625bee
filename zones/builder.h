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

/* Where a record was written. `file` must outlive the builder. */
struct origin_mark { const char *file; unsigned line; };

struct builder_record {
    uint32_t ttl;
    uint16_t rdata_len;
    const uint8_t *rdata; /* wire form, names uncompressed */
    struct origin_mark mark;
};

struct builder_rrset {
    uint16_t type;
    uint32_t count;
    struct builder_record *records; /* in the order of the file */
};

struct builder_node {
    const uint8_t *owner;
    struct builder_node *parent;  /* NULL at the apex and above */
    struct builder_rrset *rrsets; /* sorted by type */
    uint32_t rrset_count;
    const struct service *service;
    struct origin_mark service_mark; /* where the map put it; file NULL when not steered */
};

struct builder *builder_new(const uint8_t *apex, struct arena *arena);
void builder_free(struct builder *builder);
const uint8_t *builder_apex(const struct builder *builder);

/*
 * Adds one record; rdata is copied. Owners outside the zone and exact
 * duplicates are told to `diag` by the caller's mark (a duplicate is a warning
 * and is dropped, RFC 2181 section 5).
 */
enum status builder_add(struct builder *builder, const struct diag *diag, const uint8_t *owner,
                        uint16_t type, uint32_t ttl, const uint8_t *rdata, uint16_t rdata_len)
    __attribute__((warn_unused_result));

/* Puts a service at an owner, which is made when it has no records. */
enum status builder_steer(struct builder *builder, const uint8_t *owner,
                          const struct service *service) __attribute__((warn_unused_result));

/* Nodes in order of arrival: 0 .. count-1; the apex is among them once it has a record. */
size_t builder_count(const struct builder *builder);
struct builder_node *builder_at(const struct builder *builder, size_t index);
struct builder_node *builder_find(const struct builder *builder, const uint8_t *owner);
struct builder_rrset *builder_rrset(const struct builder_node *node, uint16_t type);

/*
 * Freezes what was gathered into `arena` (the one given to builder_new()):
 * makes ENTs, marks cuts, wildcards and DNAMEs. Expects a checked zone.
 */
enum status builder_freeze(struct builder *builder, const char *name, struct zone **out)
    __attribute__((warn_unused_result));

#endif
