#ifndef MERIDIAN_ZONES_SERVING_H
#define MERIDIAN_ZONES_SERVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/prefix.h"
#include "dns/proto/cookie.h"

/* How many responses a client prefix gets (dns/server/ratelimit.h says how it is counted). */
struct ratelimit_rules {
    bool on;
    uint32_t answers;  /* per second and client prefix; also for NODATA, each by itself */
    uint32_t nxdomain; /* per second, client prefix and zone */
    uint32_t errors;
    uint8_t slip;      /* each slip-th refused one goes out truncated; 0: none, 1: all */
    const struct prefix *allow; /* never limited */
    size_t allow_count;
};

/*
 * How answers are shaped: what of meridian.json a query sees. A generation
 * holds its own deep copy: strings, prefixes and the name are copied by
 * snapshot_build().
 */
struct serving {
    uint16_t edns_size;           /* largest UDP answer, octets */
    bool minimal_responses;
    bool ecs;                     /* steer by EDNS client subnet */
    const char *identity;         /* NSID, id.server; NULL: none */
    const char *version;          /* version.bind; NULL: not told */
    const struct prefix *explain; /* who may ask _explain. */
    size_t explain_count;
    struct cookie_secrets cookies;
    bool cookies_required;        /* UDP clients that know cookies must show a good one */
    struct ratelimit_rules rate_limit;
    const uint8_t *report_channel; /* RFC 9567 agent domain, a wire name; NULL: none */
    uint16_t tcp_idle_100ms;      /* what edns-tcp-keepalive tells, in units of 100 ms */
};

#endif
