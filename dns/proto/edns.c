#include "dns/proto/edns.h"

#include <string.h>

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"

enum {
    DNSSEC_OK = 0x8000,    /* in the lower half of the TTL field */
    OPTION_HEADER_LEN = 4, /* OPTION-CODE, OPTION-LENGTH */
    COOKIE_CLIENT_LEN = 8, /* RFC 7873 section 4: alone, or with 8 to 32 octets of the server's */
    COOKIE_WHOLE_MIN = 16,
    COOKIE_WHOLE_MAX = 40
};

static bool cookie_len_is_valid(size_t len)
{
    return len == COOKIE_CLIENT_LEN || (len >= COOKIE_WHOLE_MIN && len <= COOKIE_WHOLE_MAX);
}

/* One option. False when it is one of ours and broken. */
static bool option_parse(uint16_t code, const uint8_t *data, size_t len, struct edns *out)
{
    switch (code) {
    case EDNS_NSID:
        /* RFC 5001 section 2.1: the payload of a query has no meaning and is to be ignored. */
        out->wants_nsid = true;
        return true;
    case EDNS_ECS:
        if (out->has_ecs)
            return true;
        out->has_ecs = ecs_parse(data, len, &out->ecs);
        return out->has_ecs;
    case EDNS_COOKIE:
        /* RFC 7873 section 5.2.2: any other length is a FORMERR. */
        if (out->has_cookie)
            return true;
        if (!cookie_len_is_valid(len))
            return false;
        out->has_cookie = true;
        out->cookie = data;
        out->cookie_len = (uint8_t)len;
        return true;
    case EDNS_KEEPALIVE:
        /*
         * RFC 7828 section 3.2.1: a client sends it empty. A timeout of two
         * octets is the form of responses and means the same wish. Any other
         * length is passed over instead of refused: over UDP the option must
         * be ignored whatever it holds, and the transport is not known here.
         */
        if (len == 0 || len == 2)
            out->has_keepalive = true;
        return true;
    case EDNS_PADDING:
        out->has_padding = true;
        return true;
    case EDNS_ZONEVERSION:
        /* RFC 9660: empty in a query. */
        out->wants_zoneversion = true;
        return len == 0;
    default:
        return true; /* RFC 6891 section 6.1.2: unknown options are ignored. */
    }
}

/* All of them, so that what is sound can be answered even when another one is not. */
static bool options_parse(const uint8_t *option, size_t left, struct edns *out)
{
    bool sound = true;

    out->has_options = true;
    while (left > 0) {
        if (left < OPTION_HEADER_LEN)
            return false;
        const size_t len = octets_u16(option + 2);
        const uint8_t *data = option + OPTION_HEADER_LEN;
        left -= OPTION_HEADER_LEN;
        if (len > left)
            return false;
        if (!option_parse(octets_u16(option), data, len, out))
            sound = false;
        option = data + len;
        left -= len;
    }
    return sound;
}

void edns_parse(struct reader *reader, struct edns *out)
{
    *out = (struct edns){ .present = true };

    const uint8_t *fixed = reader_take(reader, 8);
    const uint16_t len = fixed != NULL ? octets_u16(fixed + 6) : 0;
    const uint8_t *options = reader_take(reader, len);
    if (!reader_ok(reader)) {
        out->malformed = true;
        out->udp_size = EDNS_MIN_SIZE;
        return;
    }

    /* RFC 6891 section 6.2.3: values lower than 512 are treated as 512. */
    const uint16_t udp_size = octets_u16(fixed);
    out->udp_size = udp_size < EDNS_MIN_SIZE ? EDNS_MIN_SIZE : udp_size;
    out->version = fixed[3];
    out->dnssec_ok = (octets_u16(fixed + 4) & DNSSEC_OK) != 0;
    if (out->version == EDNS_VERSION)
        out->malformed = len > 0 && !options_parse(options, len, out);
}

static size_t option_len(size_t data_len)
{
    return OPTION_HEADER_LEN + data_len;
}

static size_t ede_len(const struct edns_reply *reply)
{
    return 2 + (reply->ede_text != NULL ? strlen(reply->ede_text) : 0);
}

size_t edns_options_len(const struct edns_reply *reply)
{
    size_t len = 0;
    if (reply->says & EDNS_SAYS_ECS)
        len += option_len(ecs_len(reply->ecs));
    if (edns_is_brief(reply))
        return len;
    if (reply->says & EDNS_SAYS_NSID)
        len += option_len(strlen(reply->nsid));
    if (reply->says & EDNS_SAYS_COOKIE)
        len += option_len(reply->cookie_len);
    if (reply->says & EDNS_SAYS_KEEPALIVE)
        len += option_len(2);
    if (reply->says & EDNS_SAYS_EDE)
        len += option_len(ede_len(reply));
    if (reply->says & EDNS_SAYS_ZONEVERSION)
        len += option_len(reply->zoneversion_len);
    if (reply->says & EDNS_SAYS_REPORT_CHANNEL)
        len += option_len(name_len(reply->report_channel));
    return len;
}

static void option_header(struct writer *writer, enum edns_option code, size_t len)
{
    writer_u16(writer, (uint16_t)code);
    writer_u16(writer, (uint16_t)len);
}

static void option_write(struct writer *writer, enum edns_option code, const void *data, size_t len)
{
    option_header(writer, code, len);
    writer_octets(writer, data, len);
}

/* Returns the end of the option. */
static uint8_t *ecs_option_put(uint8_t *at, const struct edns_reply *reply)
{
    const size_t len = ecs_len(reply->ecs);

    at[0] = 0;
    at[1] = EDNS_ECS;
    at[2] = 0;
    at[3] = (uint8_t)len;
    ecs_write(reply->ecs, at + OPTION_HEADER_LEN);
    at[OPTION_HEADER_LEN + 3] = reply->ecs_scope;
    return at + OPTION_HEADER_LEN + len;
}

static void ede_option_write(struct writer *writer, const struct edns_reply *reply)
{
    option_header(writer, EDNS_EDE, ede_len(reply));
    writer_u16(writer, (uint16_t)reply->ede);
    writer_octets(writer, reply->ede_text, ede_len(reply) - 2);
}

/*
 * RFC 8467 section 4.1: the whole message becomes a multiple of the block, or
 * as long as it may be where the next multiple does not fit. Without room for
 * the option's header there is no padding.
 */
static void padding_write(struct writer *writer, size_t block)
{
    if (!writer_ok(writer) || writer->len + OPTION_HEADER_LEN > writer->cap)
        return;
    const size_t len = writer->len + OPTION_HEADER_LEN;
    const size_t wanted = (len + block - 1) / block * block;
    const size_t padded = wanted < writer->cap ? wanted : writer->cap;

    option_header(writer, EDNS_PADDING, padded - len);
    uint8_t *zeros = writer_claim(writer, padded - len);
    if (zeros != NULL)
        memset(zeros, 0, padded - len);
}

static void options_write(struct writer *writer, const struct edns_reply *reply)
{
    if (reply->says & EDNS_SAYS_ECS) {
        uint8_t *at = writer_claim(writer, option_len(ecs_len(reply->ecs)));
        if (at != NULL)
            ecs_option_put(at, reply);
    }
    if (reply->says & EDNS_SAYS_NSID)
        option_write(writer, EDNS_NSID, reply->nsid, strlen(reply->nsid));
    if (reply->says & EDNS_SAYS_COOKIE)
        option_write(writer, EDNS_COOKIE, reply->cookie, reply->cookie_len);
    if (reply->says & EDNS_SAYS_KEEPALIVE) {
        option_header(writer, EDNS_KEEPALIVE, 2);
        writer_u16(writer, reply->keepalive_100ms);
    }
    if (reply->says & EDNS_SAYS_EDE)
        ede_option_write(writer, reply);
    if (reply->says & EDNS_SAYS_ZONEVERSION)
        option_write(writer, EDNS_ZONEVERSION, reply->zoneversion, reply->zoneversion_len);
    if (reply->says & EDNS_SAYS_REPORT_CHANNEL)
        option_write(writer, EDNS_REPORT_CHANNEL, reply->report_channel,
                     name_len(reply->report_channel));
    if (reply->says & EDNS_SAYS_PADDING)
        padding_write(writer, reply->padding_block);
}

static void fixed_put(uint8_t octets[EDNS_FIXED_LEN], const struct edns_reply *reply)
{
    octets[0] = 0; /* the root */
    octets[1] = 0;
    octets[2] = RRTYPE_OPT;
    octets[3] = (uint8_t)(reply->udp_size >> 8);
    octets[4] = (uint8_t)reply->udp_size;
    octets[5] = reply->extended_rcode;
    octets[6] = EDNS_VERSION;
    octets[7] = reply->dnssec_ok ? DNSSEC_OK >> 8 : 0;
    octets[8] = 0;
    octets[9] = 0;
    octets[10] = 0;
}

uint8_t *edns_put_brief(uint8_t *octets, const struct edns_reply *reply)
{
    uint8_t *options = octets + EDNS_FIXED_LEN;

    fixed_put(octets, reply);
    if (reply->says == 0)
        return options;
    uint8_t *end = ecs_option_put(options, reply);
    octets[EDNS_FIXED_LEN - 1] = (uint8_t)(end - options);
    return end;
}

void edns_write(struct writer *writer, const struct edns_reply *reply)
{
    uint8_t *fixed = writer_claim(writer, EDNS_FIXED_LEN);
    if (fixed == NULL)
        return;
    fixed_put(fixed, reply);
    if (reply->says == 0)
        return;

    const size_t options_at = writer->len;
    options_write(writer, reply);
    if (writer_ok(writer))
        writer_patch_u16(writer, options_at - 2, (uint16_t)(writer->len - options_at));
}
