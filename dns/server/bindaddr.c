#include "dns/server/bindaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool port_parse(const char *text, uint16_t *port)
{
    unsigned value = 0;
    if (text[0] == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned)(*text - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return value != 0;
}

/* The address part of `text`, `len` octets of it. */
static bool host_parse(const char *text, size_t len, struct address *out)
{
    char host[ADDRESS_TEXT];
    if (len >= sizeof host)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    return address_parse(host, out);
}

bool bindaddr_parse(const char *text, uint16_t port, struct bindaddr *out)
{
    struct bindaddr at = { .port = port };
    const char *rest = text + strlen(text);

    if (text[0] == '[') {
        const char *close = strchr(text, ']');
        if (close == NULL || !host_parse(text + 1, (size_t)(close - text - 1), &at.address) ||
            at.address.family != FAMILY_V6)
            return false;
        rest = close + 1;
    } else {
        /* More than one colon is an IPv6 address without brackets, and so without a port. */
        const char *colon = strchr(text, ':');
        if (colon != NULL && strchr(colon + 1, ':') == NULL)
            rest = colon;
        if (!host_parse(text, (size_t)(rest - text), &at.address))
            return false;
    }

    if (*rest == ':' && !port_parse(rest + 1, &at.port))
        return false;
    if ((*rest != ':' && *rest != '\0') || at.port == 0)
        return false;
    *out = at;
    return true;
}

char *bindaddr_print(const struct bindaddr *at, char out[BINDADDR_TEXT])
{
    char host[ADDRESS_TEXT];
    snprintf(out, BINDADDR_TEXT, at->address.family == FAMILY_V6 ? "[%s]:%u" : "%s:%u",
             address_print(&at->address, host), at->port);
    return out;
}

bool bindaddr_equal(const struct bindaddr *a, const struct bindaddr *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

bool bindaddr_is_wildcard(const struct bindaddr *at)
{
    static const uint8_t zeros[sizeof at->address.octets];
    return memcmp(at->address.octets, zeros, sizeof zeros) == 0;
}

socklen_t bindaddr_to_sockaddr(const struct bindaddr *at, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (at->address.family == FAMILY_V6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(at->port);
        memcpy(&v6->sin6_addr, at->address.octets, sizeof v6->sin6_addr);
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at->port);
    memcpy(&v4->sin_addr, at->address.octets, sizeof v4->sin_addr);
    return sizeof *v4;
}
