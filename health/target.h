#ifndef MERIDIAN_HEALTH_TARGET_H
#define MERIDIAN_HEALTH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/base/prefix.h"
#include "health/probe_spec.h"

/*
 * One thing that is watched: an address asked by a probe. Everything that asks
 * the same address in the same way at the same pace shares the target, across
 * services, zones and generations, whatever its probe is called in the map.
 */
struct target {
    uint32_t id; /* its word on the board */
    struct address address;
    bool by_host; /* the address is that of `spec.host`, as the system resolves it */
    uint16_t port;
    struct probe_spec spec; /* its own copy: strings live with the target */
    char *key;              /* canonical text of all the above but the name: its identity */
    char *label;            /* for people: "http://192.0.2.10:8080/healthz" */
};

enum { TARGET_NONE = UINT32_MAX }; /* an endpoint nobody probes: always up */

/* A copy that shares nothing; NULL when memory is out. */
struct target *target_copy(const struct target *target);
void target_free(struct target *target);

/*
 * All targets by identity, counted by use. Ids are dense and reused once the
 * last user let go; the board's word of a reused id is reset when prober_watch()
 * first sees the new target. Thread: the loader alone.
 */
struct target_registry;

struct target_registry *target_registry_new(void); /* NULL when memory is out */
void target_registry_free(struct target_registry *registry);

/*
 * Finds or makes the target and counts one more user. An address of FAMILY_NONE
 * wants a `host`, here or in the spec, which is resolved for every probe; `file`
 * cannot. `port` 0 and `host` NULL
 * leave what the spec says (probe_spec_port() must not be 0, except for
 * PROBE_NONE). STATUS_LIMIT when the board is full, STATUS_MEMORY; neither is
 * told to anybody: the caller knows the place. Borrowed until its last release.
 */
enum status target_acquire(struct target_registry *registry, const struct probe_spec *spec,
                           const struct address *address, uint16_t port, const char *host,
                           const struct target **out) __attribute__((warn_unused_result));
/* Gives back one use; an id that is not in use is left alone. */
void target_release(struct target_registry *registry, uint32_t id);

/* Every target in use, in no order: 0 .. target_count()-1. */
size_t target_count(const struct target_registry *registry);
const struct target *target_at(const struct target_registry *registry, size_t index);

#endif
