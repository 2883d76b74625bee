#ifndef MERIDIAN_HEALTH_PROBE_SPEC_H
#define MERIDIAN_HEALTH_PROBE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"

/* How a target is asked. */
enum probe_type { PROBE_NONE, PROBE_HTTP, PROBE_HTTPS, PROBE_TCP };

enum { PROBE_STATUS_RANGES = 8, PROBE_HEADERS = 16 };

struct probe_status_range {
    uint16_t least, most;
};

/* A value that JSON can say in one word. */
struct probe_scalar {
    enum json_kind kind; /* string, number, bool or null */
    const char *text;
    double number;
    bool truth;
};

/*
 * One entry of the map's `probes`: how to ask, how to judge. Times are
 * milliseconds. Strings belong to whoever holds the entry: the arena it was
 * parsed into, or the target that has a copy.
 */
struct probe_spec {
    const char *name; /* in the map */
    enum probe_type type;
    uint32_t interval_ms, timeout_ms;
    uint8_t fall, rise;
    uint8_t jitter; /* percent of the interval */
    uint16_t port;  /* 0: not given here; see probe_spec_port() */
    /* http and https */
    const char *path, *method;
    const char *host;                   /* Host header and SNI; NULL: the address */
    const char *headers[PROBE_HEADERS]; /* "Name: value" */
    uint8_t header_count;
    struct probe_status_range status[PROBE_STATUS_RANGES]; /* 200-299 when the map says nothing */
    uint8_t status_count;
    const char *body;         /* substring that must appear; NULL: any */
    const char *json_pointer; /* RFC 6901; NULL: the body need not be JSON */
    struct probe_scalar json_value;
    bool verify; /* https: the certificate must be valid for the host */
    /* tcp */
    const char *send, *expect; /* NULL: connecting is enough */
};

/*
 * Reads one member of `probes`; strings are copied to the arena. Tells every
 * mistake; *out is set on STATUS_OK only.
 */
enum status probe_spec_parse(const struct json_node *node, const char *name, struct arena *arena,
                             struct probe_spec **out) __attribute__((warn_unused_result));

/*
 * The port to ask: the endpoint's own (0: it gives none), else the probe's,
 * else 80 for http and 443 for https. 0 when none is known: a mistake of the
 * map that the caller tells. Always 0 for PROBE_NONE.
 */
uint16_t probe_spec_port(const struct probe_spec *spec, uint16_t endpoint_port);

/* "http", "tcp", ... as the map writes it. */
const char *probe_type_name(enum probe_type type);

/* Letters, digits, '-', '_' and dots, at most 253 octets: what `host` may be. */
bool probe_host_is_valid(const char *host);

#endif
