#ifndef MERIDIAN_SERVER_CONFIG_VALUE_H
#define MERIDIAN_SERVER_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/prefix.h"
#include "dns/proto/cookie.h"
#include "dns/server/bindaddr.h"
#include "geo/atlas.h"
#include "zones/serving.h"
#include "zones/snapshot.h"

/*
 * meridian.json (contract section 2), every key with its default. Frozen once
 * read; all it points to lives in its arena. Paths are ready to be opened:
 * relative ones have been joined to the folder of the file.
 */
struct config_tcp {
    uint64_t idle_ms;    /* between two queries of a connection */
    uint64_t message_ms; /* for one whole query, from its first octet */
    uint32_t clients;    /* connections in all */
    uint32_t per_prefix; /* connections of one /24 or /56 */
};

struct config_journal {
    bool on;
    uint64_t size; /* octets of one file */
    uint32_t keep; /* old files */
};

struct config {
    struct arena *arena;
    const char *file;

    const struct bindaddr *listen;
    size_t listen_count;
    unsigned workers; /* 0: one per processor */

    const char *zones_folder; /* NULL: the zones are named one by one */
    const struct zone_source *zones;
    size_t zone_count;

    const char *const *databases;
    size_t database_count;
    struct atlas_grain grain;
    bool ecs;

    /*
     * HTTP and the control socket have defaults that an operator may not even
     * know; when such a default cannot be had, the server goes on without it.
     */
    bool http_on, http_given;
    struct bindaddr http;
    const char *control; /* NULL: none */
    bool control_given;

    const char *state;    /* folder of what outlives the process */
    struct config_journal journal;
    const char *identity; /* NULL: not told */
    const char *user;     /* NULL: stay who we are */
    const struct prefix *explain;
    size_t explain_count;

    uint16_t edns_size; /* octets */
    bool minimal_responses;
    const char *version; /* NULL: not told */
    struct config_tcp tcp;
    struct cookie_secrets cookies; /* none while `cookies_on`: made by the process for itself */
    bool cookies_on, cookies_required;
    struct ratelimit_rules rate_limit;
    const uint8_t *report_channel; /* RFC 9567, a wire name; NULL: none */
};

#endif
