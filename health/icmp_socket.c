#include "health/icmp_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

const char icmp_socket_refusal[] =
    "ICMP is not allowed to this user: put its group into the sysctl net.ipv4.ping_group_range, "
    "or start as root or with CAP_NET_RAW";

enum { FAMILIES = 2 };

static const enum family families[FAMILIES] = { FAMILY_V4, FAMILY_V6 };

/* Kept for the life of the process; written before there are threads. */
static struct icmp_socket prepared[FAMILIES] = { { .fd = -1 }, { .fd = -1 } };

/* A raw socket is shown all ICMP of the host: we want echo replies alone. */
static void filter_set(int fd, enum family family)
{
    if (family == FAMILY_V6) {
        struct icmp6_filter filter;
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        (void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    } else {
        const struct icmp_filter filter = { .data = ~(1u << ICMP_ECHOREPLY) };
        (void)setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    }
}

static int socket_make(enum family family, struct icmp_socket *out)
{
    const int domain = family == FAMILY_V6 ? AF_INET6 : AF_INET;
    const int protocol = family == FAMILY_V6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP;
    const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

    *out = (struct icmp_socket){ .fd = socket(domain, SOCK_DGRAM | flags, protocol) };
    if (out->fd >= 0)
        return 0;
    const int error = errno;
    if (error != EACCES && error != EPERM && error != EPROTONOSUPPORT)
        return error;
    *out = (struct icmp_socket){ .fd = socket(domain, SOCK_RAW | flags, protocol), .raw = true };
    if (out->fd < 0)
        return errno;
    filter_set(out->fd, family);
    return 0;
}

void icmp_socket_prepare(void)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (prepared[i].fd < 0)
            (void)socket_make(families[i], &prepared[i]);
    }
}

void icmp_socket_forget(void)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (prepared[i].fd >= 0)
            close(prepared[i].fd);
        prepared[i].fd = -1;
    }
}

int icmp_socket_open(enum family family, struct icmp_socket *out)
{
    const struct icmp_socket *ready = &prepared[family == FAMILY_V6];
    if (ready->fd < 0)
        return socket_make(family, out);
    *out = (struct icmp_socket){ .fd = fcntl(ready->fd, F_DUPFD_CLOEXEC, 0), .raw = ready->raw };
    return out->fd < 0 ? errno : 0;
}

bool icmp_socket_is_allowed(void)
{
    bool allowed = false, forbidden = false;
    for (size_t i = 0; i < FAMILIES; i++) {
        struct icmp_socket probe;
        const int error = prepared[i].fd >= 0 ? 0 : socket_make(families[i], &probe);
        if (prepared[i].fd < 0 && error == 0)
            close(probe.fd);
        allowed = allowed || error == 0;
        forbidden = forbidden || error == EPERM || error == EACCES;
    }
    return allowed || !forbidden;
}
