#ifndef MERIDIAN_HEALTH_TARGET_H
#define MERIDIAN_HEALTH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "dns/base/prefix.h"

/* How a target is asked. */
enum probe_type { PROBE_NONE, PROBE_HTTP, PROBE_TCP };

enum { PROBE_STATUS_RANGES = 8, PROBE_HEADERS = 16 };

struct probe_status_range { uint16_t least, most; };

/* One entry of the map's `probes`: how to ask, how to judge. Times are milliseconds. */
struct probe_spec {
    const char *name; /* in the map */
    enum probe_type type;
    uint32_t interval_ms, timeout_ms;
    uint8_t fall, rise;
    uint8_t jitter; /* percent of the interval */
    uint16_t port;  /* 0: not given here; an endpoint may give its own */
    /* http */
    const char *path, *host, *method;
    const char *headers[PROBE_HEADERS]; /* "Name: value" */
    uint8_t header_count;
    struct probe_status_range status[PROBE_STATUS_RANGES];
    uint8_t status_count;
    const char *body; /* substring that must appear; NULL: any */
    /* tcp */
    const char *send, *expect; /* NULL: connecting is enough */
};

/* Reads one member of `probes`; strings are copied to the arena. Tells every mistake. */
enum status probe_spec_parse(const struct json_node *node, const char *name, struct arena *arena,
                             struct probe_spec **out) __attribute__((warn_unused_result));

/*
 * One thing that is watched: an address asked by a probe. Everything that uses
 * the same (probe, address, port, host) shares the target, across services,
 * zones and generations.
 */
struct target {
    uint32_t id;               /* its word on the board */
    struct address address;
    uint16_t port;
    struct probe_spec spec;    /* its own copy: strings live with the target */
    char *key;                 /* canonical text of all the above: its identity */
    char *label;               /* for people: "http://192.0.2.10:8080/healthz" */
};

enum { TARGET_NONE = UINT32_MAX }; /* an endpoint nobody probes: always up */

/*
 * All targets by identity, counted by use. Ids are dense and reused once the
 * last user let go. Thread: the loader alone.
 */
struct target_registry;

struct target_registry *target_registry_new(void);
void target_registry_free(struct target_registry *registry);

/* Finds or makes the target and counts one more user. STATUS_LIMIT when the board is full. */
enum status target_acquire(struct target_registry *registry, const struct probe_spec *spec,
                           const struct address *address, uint16_t port, const char *host,
                           const struct target **out) __attribute__((warn_unused_result));
void target_release(struct target_registry *registry, uint32_t id);

/* Every target in use, in no order: 0 .. target_count()-1. */
size_t target_count(const struct target_registry *registry);
const struct target *target_at(const struct target_registry *registry, size_t index);

#endif
