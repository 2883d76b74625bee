#include "health/icmp_echo.h"

#include <string.h>

#include "dns/proto/reader.h"

enum {
    V4_REQUEST = 8,
    V4_REPLY = 0,
    V6_REQUEST = 128,
    V6_REPLY = 129,
    CHECKSUM_AT = 2,
    IP_HEADER_LEAST = 20,
    IP_PROTOCOL_ICMP = 1,
};

/* RFC 1071; the length is even. */
static uint16_t checksum(const uint8_t *octets, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += octets_u16(octets + i);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_u16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void icmp_echo_write(const struct icmp_echo *echo, enum family family, uint8_t out[ICMP_ECHO_LEN])
{
    memset(out, 0, ICMP_ECHO_LEN);
    out[0] = family == FAMILY_V6 ? V6_REQUEST : V4_REQUEST;
    put_u16(out + 4, echo->id);
    put_u16(out + 6, echo->sequence);
    for (unsigned i = 0; i < 8; i++)
        out[8 + i] = (uint8_t)(echo->token >> (56 - 8 * i));
    memcpy(out + 16, "meridian", 8);
    if (family == FAMILY_V4)
        put_u16(out + CHECKSUM_AT, checksum(out, ICMP_ECHO_LEN));
}

static void skip_ip_header(struct reader *reader)
{
    const uint8_t *header = reader_take(reader, IP_HEADER_LEAST);
    if (header == NULL)
        return;
    const size_t len = (header[0] & 0x0fu) * 4u;
    if (header[0] >> 4 != 4 || len < IP_HEADER_LEAST || header[9] != IP_PROTOCOL_ICMP)
        reader_fail(reader);
    else
        reader_take(reader, len - IP_HEADER_LEAST);
}

bool icmp_echo_read(const uint8_t *octets, size_t len, enum family family, bool has_ip_header,
                    struct icmp_echo *out)
{
    struct reader reader = reader_over(octets, len);
    if (has_ip_header)
        skip_ip_header(&reader);
    const uint8_t type = reader_u8(&reader);
    const uint8_t code = reader_u8(&reader);
    reader_u16(&reader); /* the kernel has looked at the checksum */
    struct icmp_echo echo = { .id = reader_u16(&reader) };
    echo.sequence = reader_u16(&reader);
    echo.token = (uint64_t)reader_u32(&reader) << 32;
    echo.token |= reader_u32(&reader);
    if (!reader_ok(&reader) || code != 0 || type != (family == FAMILY_V6 ? V6_REPLY : V4_REPLY))
        return false;
    *out = echo;
    return true;
}
