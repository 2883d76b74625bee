#ifndef MERIDIAN_SERVER_BINDADDR_H
#define MERIDIAN_SERVER_BINDADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "dns/base/prefix.h"

/* Where a socket listens: an address of ours and a port. */
struct bindaddr {
    struct address address;
    uint16_t port;
};

enum { BINDADDR_TEXT = ADDRESS_TEXT + 8 }; /* room for the text and its NUL */

/*
 * "192.0.2.1:53", "[2001:db8::1]:53"; an address alone has `port`, which may be
 * 0 when the text must name one. False when it is neither, or the port is 0.
 */
bool bindaddr_parse(const char *text, uint16_t port, struct bindaddr *out);
char *bindaddr_print(const struct bindaddr *at, char out[BINDADDR_TEXT]);

bool bindaddr_equal(const struct bindaddr *a, const struct bindaddr *b);
/* 0.0.0.0 or [::]: every address of the machine. */
bool bindaddr_is_wildcard(const struct bindaddr *at);

/* Fills *out for bind(); returns its length. */
socklen_t bindaddr_to_sockaddr(const struct bindaddr *at, struct sockaddr_storage *out);

#endif
