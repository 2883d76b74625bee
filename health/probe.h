#ifndef MERIDIAN_HEALTH_PROBE_H
#define MERIDIAN_HEALTH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "health/target.h"

struct ev_loop;

enum { PROBE_REASON = 96 };

/* How one probe ended. */
struct probe_result {
    bool good;
    bool refused;      /* the connection was refused: worth asking again at once */
    bool inconclusive; /* something of our own was missing (descriptors, memory): nothing is
                          known of the target, and the result must not count */
    bool silent;       /* who was asked knows nothing of the target: a verdict that stands
                          is kept, but the first result of all decides as ever */
    uint32_t took_us;  /* from start to end */
    uint64_t certificate_ends_s; /* https: when the first of its certificates expires, in seconds
                          since 1970; 0: none was seen */
    char reason[PROBE_REASON];   /* for people: "HTTP 503", "timed out after 1s" */
};

/* How a probe tells why it failed. The result is bad from then on. */
void probe_fail(struct probe_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same from errno: knows refusal, and what is our own lack. */
void probe_fail_errno(struct probe_result *result, int error);
void probe_fail_timeout(struct probe_result *result, uint32_t timeout_ms);

/* Microseconds since a clock_monotonic_ns(), for `took_us`. */
uint32_t probe_took_us(uint64_t started_ns);
/* The target's address and port for a socket; gives the length. */
socklen_t probe_sockaddr(const struct target *target, struct sockaddr_storage *out);

typedef void probe_done(void *context, const struct probe_result *result);

/*
 * One kind of probe over one loop, and one probe in flight: each kind puts its
 * own state around these. A probe in flight ends exactly once, by its `done`
 * callback, unless it is cancelled. Thread: the prober's.
 */
struct probe_engine {
    struct ev_loop *loop;
};

struct probe {
    const struct target *target; /* must outlive the probe */
    probe_done *done;
    void *context;
};

/* Engines by type; each knows its own library. */
struct probe_kind {
    const char *name;
    /* Shared state of this kind on this loop; NULL when memory or the library fails. */
    struct probe_engine *(*open)(struct ev_loop *loop);
    /* No probe may be in flight. */
    void (*close)(struct probe_engine *engine);
    /*
     * Starts asking; `done(context, ...)` is called later from the loop, never
     * from within start. NULL when it could not even start (out of memory, of
     * descriptors): the caller counts that and tries again next time.
     * The probe is gone when `done` is called.
     */
    struct probe *(*start)(struct probe_engine *engine, const struct target *target,
                           probe_done *done, void *context);
    void (*cancel)(struct probe *probe);
};

/* http and https. SSL_CERT_FILE in the environment replaces the system's trusted certificates. */
extern const struct probe_kind probe_kind_http;
extern const struct probe_kind probe_kind_tcp;
/* Over one ping or raw socket for each family; see icmp_socket.h. */
extern const struct probe_kind probe_kind_icmp;
/* Over UDP, a socket with a random port for each probe. */
extern const struct probe_kind probe_kind_dns;
/* At most PROBE_EXEC_MOST commands at a time; others wait, and their timeout with them. */
extern const struct probe_kind probe_kind_exec;
extern const struct probe_kind probe_kind_file;

enum { PROBE_EXEC_MOST = 32 };

#endif
