#ifndef MERIDIAN_HEALTH_PROBE_SPEC_H
#define MERIDIAN_HEALTH_PROBE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "health/gate.h"

/* How a target is asked. */
enum probe_type {
    PROBE_NONE,
    PROBE_HTTP,
    PROBE_HTTPS,
    PROBE_TCP,
    PROBE_ICMP,
    PROBE_DNS,
    PROBE_EXEC,
    PROBE_FILE
};

enum { PROBE_STATUS_RANGES = 8, PROBE_HEADERS = 16, PROBE_WORDS = 16, PROBE_GATES = 8 };

/* What holds while a `file` does not say anything usable of a target. */
enum probe_silence { SILENCE_KEEP, SILENCE_UP, SILENCE_DOWN };

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
    bool damping;   /* a target that flaps must prove itself for longer */
    bool watch;     /* http, https and tcp: a sentinel stands by the target */
    uint16_t port;  /* 0: not given here; see probe_spec_port() */
    struct gate_rules gates[PROBE_GATES];
    uint8_t gate_count;
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
    /* dns */
    const char *qname; /* presentation form, absolute */
    uint16_t qtype;
    bool recursion;     /* ask with RD set */
    uint16_t rcodes;    /* a bit for each that is expected */
    bool has_answer;    /* an answer must hold a record of that type */
    const char *answer; /* and this rdata (see dns_rdata_read()); NULL: any */
    /* exec */
    const char *command[PROBE_WORDS]; /* a program and its arguments */
    uint8_t command_count;
    /* file */
    const char *file;
    uint32_t max_age_ms; /* 0: a file never grows too old */
    enum probe_silence silence;
    /* exec and file: the region of the endpoint; set by whoever acquires a target. NULL: none */
    const char *region;
};

/*
 * Reads one member of `probes`; strings are copied to the arena. Tells every
 * mistake; *out is set on STATUS_OK only.
 */
enum status probe_spec_parse(const struct json_node *node, const char *name, struct arena *arena,
                             struct probe_spec **out) __attribute__((warn_unused_result));

/*
 * The port to ask: the endpoint's own (0: it gives none), else the probe's,
 * else 80 for http, 443 for https and 53 for dns. 0 when none is known, which
 * is a mistake of the map for those that need one. Always 0 for PROBE_NONE and
 * PROBE_ICMP.
 */
uint16_t probe_spec_port(const struct probe_spec *spec, uint16_t endpoint_port);
bool probe_spec_needs_port(const struct probe_spec *spec);

/* Whether `host` of an endpoint, and its region, are part of the question. */
bool probe_spec_uses_host(const struct probe_spec *spec);
bool probe_spec_uses_region(const struct probe_spec *spec);

/* "http", "tcp", ... as the map writes it. */
const char *probe_type_name(enum probe_type type);

/* Letters, digits, '-', '_' and dots, at most 253 octets: what `host` may be. */
bool probe_host_is_valid(const char *host);

#endif
