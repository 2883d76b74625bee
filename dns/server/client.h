#ifndef MERIDIAN_SERVER_CLIENT_H
#define MERIDIAN_SERVER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/prefix.h"

/* Who asks, and how: all that a query may know of the world outside its octets. */
struct client {
    struct address source; /* of the packet; a v4-mapped one is given as IPv4 */
    bool stream;           /* TCP: no size limit but the message's own */
    bool encrypted;        /* nobody on the way can read along: padding is of use */
    uint32_t sequence;     /* raised by the worker from query to query: turns the rotation */
    uint64_t random;       /* fresh for each query; seeded, not secret */
    uint32_t now_s;        /* when it came, in seconds since 1970: cookies age by it */
};

#endif
