#ifndef MERIDIAN_TESTS_SERVER_EXCHANGE_H
#define MERIDIAN_TESTS_SERVER_EXCHANGE_H

#include <stdbool.h>
#include <stdio.h>

#include "dns/proto/message.h"
#include "tests/zones/sketch.h"

/* Queries made and responses read by hand, so that our writer is not its own judge. */

struct request {
    uint8_t octets[1024];
    size_t len;
};

static inline void put_octets(struct request *request, const void *octets, size_t len)
{
    assert_true(request->len + len <= sizeof request->octets);
    memcpy(request->octets + request->len, octets, len);
    request->len += len;
}

static inline void put_u16(struct request *request, unsigned value)
{
    put_octets(request, (const uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

/* ID 0x1234 and RD; the question in class IN. */
static inline struct request request_for(const char *qname, uint16_t qtype)
{
    struct request request = { .len = 0 };
    const uint8_t *name = wire(qname);

    put_octets(&request, "\x12\x34\x01\0\0\1\0\0\0\0\0\0", 12);
    put_octets(&request, name, name_len(name));
    put_u16(&request, qtype);
    put_u16(&request, RRCLASS_IN);
    return request;
}

/* An OPT record of version 0 with `options` as they stand on the wire. */
static inline void add_opt(struct request *request, unsigned udp_size, const void *options,
                           size_t len)
{
    request->octets[11] = 1;
    put_octets(request, "\0\0\x29", 3);
    put_u16(request, udp_size);
    put_octets(request, "\0\0\0\0", 4);
    put_u16(request, (unsigned)len);
    if (len > 0)
        put_octets(request, options, len);
}

/* ECS for 203.0.113.0/24. */
static inline void add_ecs(struct request *request, unsigned udp_size)
{
    add_opt(request, udp_size, "\0\x08\0\x07\0\1\x18\0\xcb\0\x71", 11);
}

/* A response, read: what tests ask about. */
struct reading {
    unsigned rcode; /* extended bits included */
    unsigned flags;
    bool has_opt;
    bool has_ecs;
    uint8_t ecs[24];
    size_t ecs_len;
    int ede; /* -1: none */
    char nsid[64];
    char text[8192]; /* "answer | authority | additional", each "owner TYPE ttl, ..." */
};

/* Reads a name that may be compressed; returns where it ends. */
static inline size_t read_name(const uint8_t *message, size_t len, size_t at, uint8_t *out)
{
    size_t end = 0;
    size_t out_len = 0;

    for (unsigned jumps = 0; jumps < 128;) {
        assert_true(at < len);
        const uint8_t octet = message[at];
        if (octet >= 0xc0) {
            assert_true(at + 2 <= len);
            end = end == 0 ? at + 2 : end;
            assert_true((octets_u16(message + at) & 0x3fff) < at); /* backwards only */
            at = octets_u16(message + at) & 0x3fff;
            jumps++;
            continue;
        }
        assert_true(octet < 64 && at + 1 + octet <= len && out_len + 1 + octet <= NAME_MAX_LEN);
        memcpy(out + out_len, message + at, 1u + octet);
        out_len += 1u + octet;
        at += 1u + octet;
        if (octet == 0)
            return end == 0 ? at : end;
    }
    fail_msg("a name that never ends");
    return 0;
}

static inline void read_options(const uint8_t *at, size_t len, struct reading *out)
{
    while (len > 0) {
        assert_true(len >= 4);
        const unsigned code = octets_u16(at);
        const size_t size = octets_u16(at + 2);
        assert_true(size + 4 <= len);
        if (code == EDNS_ECS) {
            assert_true(size <= sizeof out->ecs);
            out->has_ecs = true;
            out->ecs_len = size;
            memcpy(out->ecs, at + 4, size);
        } else if (code == EDNS_EDE) {
            out->ede = (int)octets_u16(at + 4);
        } else if (code == EDNS_NSID) {
            snprintf(out->nsid, sizeof out->nsid, "%.*s", (int)size, (const char *)at + 4);
        }
        at += 4 + size;
        len -= 4 + size;
    }
}

static inline size_t read_record(const uint8_t *message, size_t len, size_t at, struct reading *out,
                                 bool first)
{
    uint8_t owner[NAME_MAX_LEN];
    char owner_text[NAME_TEXT];
    char type_text[RRTYPE_TEXT];

    at = read_name(message, len, at, owner);
    assert_true(at + 10 <= len);
    const unsigned type = octets_u16(message + at);
    const unsigned ttl =
        (unsigned)octets_u16(message + at + 4) << 16 | octets_u16(message + at + 6);
    const size_t rdata_len = octets_u16(message + at + 8);
    at += 10;
    assert_true(at + rdata_len <= len);
    if (type == RRTYPE_OPT) {
        assert_false(out->has_opt);
        out->has_opt = true;
        out->rcode |= ttl >> 24 << 4;
        read_options(message + at, rdata_len, out);
    } else {
        const size_t used = strlen(out->text);
        snprintf(out->text + used, sizeof out->text - used, "%s%s %s %u", first ? "" : ", ",
                 name_to_text(owner, owner_text), rrtype_to_text((uint16_t)type, type_text), ttl);
    }
    return at + rdata_len;
}

/* Reads it all; an octet too many or too few fails the test. */
static inline void read_response(const uint8_t *message, size_t len, struct reading *out)
{
    uint8_t qname[NAME_MAX_LEN];
    size_t at = 12;

    assert_true(len >= 12);
    *out = (struct reading){ .ede = -1 };
    out->flags = octets_u16(message + 2);
    out->rcode = out->flags & 15;
    if (octets_u16(message + 4) == 1)
        at = read_name(message, len, at, qname) + 4;
    for (unsigned section = 0; section < 3; section++) {
        const size_t begin = strlen(out->text);
        for (unsigned i = 0; i < octets_u16(message + 6 + 2 * section); i++)
            at = read_record(message, len, at, out, strlen(out->text) == begin);
        if (section < 2)
            strcat(out->text, " | ");
    }
    assert_int_equal(at, len);
}

#endif
