#ifndef MERIDIAN_HEALTH_ICMP_ECHO_H
#define MERIDIAN_HEALTH_ICMP_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/prefix.h"

/*
 * Echo requests and replies as octets (RFC 792, RFC 4443 section 4): no socket.
 * The token travels in the data: nobody who has not seen the request can
 * answer it, whatever becomes of the identifier on the way.
 */
struct icmp_echo {
    uint16_t id, sequence;
    uint64_t token;
};

enum { ICMP_ECHO_LEN = 8 + 32 };

/* The request; its IPv4 checksum is ours to compute, that of IPv6 the kernel's. */
void icmp_echo_write(const struct icmp_echo *echo, enum family family, uint8_t out[ICMP_ECHO_LEN]);

/*
 * A reply as it was received; `has_ip_header` is how a raw IPv4 socket gives
 * it. False when it is something else or cut off.
 */
bool icmp_echo_read(const uint8_t *octets, size_t len, enum family family, bool has_ip_header,
                    struct icmp_echo *out);

#endif
