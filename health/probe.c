#include "health/probe.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/base/clock.h"
#include "dns/base/duration.h"

void probe_fail(struct probe_result *result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(result->reason, sizeof result->reason, format, arguments) < 0)
        result->reason[0] = '\0';
    va_end(arguments);
    result->good = false;

    /* A reason may quote what a target sent; it goes to logs and terminals. */
    for (char *c = result->reason; *c != '\0'; c++) {
        if (!isprint((unsigned char)*c))
            *c = '?';
    }
}

/*
 * Not EADDRNOTAVAIL, though it can mean that no local port is left: it is also
 * what a host without IPv6 says of ::1, for ever.
 */
static bool is_our_lack(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

void probe_fail_errno(struct probe_result *result, int error)
{
    char text[PROBE_REASON];
    const char *words = strerror_r(error, text, sizeof text);
    probe_fail(result, "%c%s", tolower((unsigned char)words[0]), words[0] != '\0' ? words + 1 : "");
    result->refused = error == ECONNREFUSED;
    result->inconclusive = is_our_lack(error);
}

void probe_fail_timeout(struct probe_result *result, uint32_t timeout_ms)
{
    char text[32];
    probe_fail(result, "timed out after %s", duration_print(timeout_ms, text, sizeof text));
}

uint32_t probe_took_us(uint64_t started_ns)
{
    const uint64_t took_us = (clock_monotonic_ns() - started_ns) / 1000;
    return took_us < UINT32_MAX ? (uint32_t)took_us : UINT32_MAX;
}

socklen_t probe_sockaddr(const struct target *target, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){ 0 };
    if (target->address.family == FAMILY_V6) {
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(target->port) };
        memcpy(&v6.sin6_addr, target->address.octets, sizeof v6.sin6_addr);
        memcpy(out, &v6, sizeof v6);
        return sizeof v6;
    }
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(target->port) };
    memcpy(&v4.sin_addr, target->address.octets, sizeof v4.sin_addr);
    memcpy(out, &v4, sizeof v4);
    return sizeof v4;
}
