#ifndef MERIDIAN_HEALTH_PROBE_H
#define MERIDIAN_HEALTH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/target.h"

struct ev_loop;

/* How one probe ended. */
struct probe_result {
    bool good;
    bool refused;      /* the connection was refused: worth asking again at once */
    uint32_t took_us;  /* from start to end */
    char reason[96];   /* for people: "HTTP 503", "timed out after 1s", "connection refused" */
};

/*
 * One kind of probe over one loop. A probe in flight ends exactly once, by its
 * `done` callback, unless it is cancelled. Thread: the prober's.
 */
struct probe_engine;
struct probe;

typedef void probe_done(void *context, const struct probe_result *result);

/* Engines by type; each knows its own library. */
struct probe_kind {
    const char *name;
    /* Shared state of this kind on this loop; NULL when memory or the library fails. */
    struct probe_engine *(*open)(struct ev_loop *loop);
    void (*close)(struct probe_engine *engine);
    /*
     * Starts asking; `done(context, ...)` is called later from the loop, never
     * from within start. NULL when it could not even start (out of memory, of
     * descriptors): the caller counts that and tries again next time.
     */
    struct probe *(*start)(struct probe_engine *engine, const struct target *target,
                           probe_done *done, void *context);
    void (*cancel)(struct probe *probe);
};

extern const struct probe_kind probe_kind_http;
extern const struct probe_kind probe_kind_tcp;

#endif
