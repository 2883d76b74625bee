#ifndef MERIDIAN_PROTO_EDNS_H
#define MERIDIAN_PROTO_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/proto/ecs.h"
#include "dns/proto/reader.h"
#include "dns/proto/writer.h"

enum edns_option {
    EDNS_NSID = 3,            /* RFC 5001 */
    EDNS_ECS = 8,             /* RFC 7871 */
    EDNS_COOKIE = 10,         /* RFC 7873 */
    EDNS_KEEPALIVE = 11,      /* RFC 7828 */
    EDNS_PADDING = 12,        /* RFC 7830 */
    EDNS_EDE = 15,            /* RFC 8914 */
    EDNS_REPORT_CHANNEL = 18, /* RFC 9567 */
    EDNS_ZONEVERSION = 19     /* RFC 9660 */
};

enum { EDNS_VERSION = 0, EDNS_MIN_SIZE = 512 };

/* RFC 8914 section 4. */
enum ede {
    EDE_OTHER = 0,
    EDE_NOT_READY = 14,
    EDE_PROHIBITED = 18,
    EDE_NOT_AUTHORITATIVE = 20,
    EDE_NOT_SUPPORTED = 21,
    EDE_INVALID_DATA = 24
};

/* What the OPT record of a query said (RFC 6891). Zero means: there was none. */
struct edns {
    bool present;
    bool malformed; /* the option list, or an option we understand, is broken: FORMERR */
    uint8_t version;
    bool dnssec_ok;    /* the DO bit, to be echoed */
    uint16_t udp_size; /* at least 512 */
    bool has_options;   /* there may be something below */
    bool has_ecs;
    bool wants_nsid;
    bool wants_zoneversion;
    bool has_keepalive; /* to be ignored over UDP (RFC 7828 section 3.2.2) */
    bool has_padding;
    bool has_cookie;
    uint8_t cookie_len;    /* 8, or 16..40 */
    const uint8_t *cookie; /* borrowed from the request */
    struct ecs ecs;
};

/*
 * Reads an OPT record after its owner and type: CLASS, TTL, RDLENGTH, options.
 * Unknown options are passed over; the first of a repeated option counts. The
 * options of a version over 0 are not looked at. Fails the reader when the
 * record is cut off.
 */
void edns_parse(struct reader *reader, struct edns *out);

/* The options that a reply may have, in the order in which they are written. */
enum edns_says {
    EDNS_SAYS_ECS = 1 << 0,
    EDNS_SAYS_NSID = 1 << 1,
    EDNS_SAYS_COOKIE = 1 << 2,
    EDNS_SAYS_KEEPALIVE = 1 << 3,
    EDNS_SAYS_EDE = 1 << 4,
    EDNS_SAYS_ZONEVERSION = 1 << 5,
    EDNS_SAYS_REPORT_CHANNEL = 1 << 6,
    EDNS_SAYS_PADDING = 1 << 7
};

/* What our OPT record will say. What stands behind `says` is looked at only where it says so. */
struct edns_reply {
    uint16_t udp_size;
    uint8_t extended_rcode; /* the upper eight bits */
    bool dnssec_ok;
    uint8_t says;           /* enum edns_says, or-ed */
    uint8_t cookie_len;
    uint8_t zoneversion_len;
    uint16_t keepalive_100ms;
    uint16_t padding_block; /* RFC 8467: pad the message to a multiple of this */
    uint8_t ecs_scope;      /* bits */
    const struct ecs *ecs;  /* of the query; our scope stands beside it */
    const char *nsid;
    enum ede ede;
    const char *ede_text;   /* NULL: none; a static sentence */
    const uint8_t *cookie;
    const uint8_t *zoneversion;    /* the option's data */
    const uint8_t *report_channel; /* a wire name */
};

enum { EDNS_FIXED_LEN = 11 }; /* root owner, TYPE, CLASS, TTL, RDLENGTH */

/* Octets that edns_write() will need, padding apart. */
size_t edns_options_len(const struct edns_reply *reply);
static inline size_t edns_reply_len(const struct edns_reply *reply)
{
    return EDNS_FIXED_LEN + (reply->says != 0 ? edns_options_len(reply) : 0);
}

/*
 * The OPT record, owner included, as the last thing before a TSIG: padding
 * counts what was written before. Like any record it may be written in part
 * when it does not fit; the writer has failed then and wants a rollback.
 */
void edns_write(struct writer *writer, const struct edns_reply *reply);
/* True when a reply says no more than where the client is. */
static inline bool edns_is_brief(const struct edns_reply *reply)
{
    return (reply->says & ~EDNS_SAYS_ECS) == 0;
}

/*
 * The record of such a reply at `octets`, where the caller has made sure of
 * edns_reply_len() octets of room. Returns its end.
 */
uint8_t *edns_put_brief(uint8_t *octets, const struct edns_reply *reply);

#endif
