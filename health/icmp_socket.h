#ifndef MERIDIAN_HEALTH_ICMP_SOCKET_H
#define MERIDIAN_HEALTH_ICMP_SOCKET_H

#include <stdbool.h>

#include "dns/base/prefix.h"

/*
 * Where echo requests leave: a ping socket, which needs no privilege where the
 * sysctl net.ipv4.ping_group_range (it rules both families) includes our
 * group; else a raw socket, which needs root or CAP_NET_RAW.
 */
struct icmp_socket {
    int fd;   /* non-blocking; -1: none */
    bool raw; /* sees every echo reply of the host; IPv4 comes with its header */
};

/* What to tell an operator when neither is allowed. */
extern const char icmp_socket_refusal[];

/*
 * Opens sockets of both families while we may, for whoever opens one later
 * with fewer privileges. Thread: main, while it is the only one.
 */
void icmp_socket_prepare(void);
void icmp_socket_forget(void);

/*
 * A socket of that family, to be closed by the caller: of those prepared, or a
 * fresh one. 0, or the errno of the last attempt. Thread: any.
 */
int icmp_socket_open(enum family family, struct icmp_socket *out);

/* Whether we may ask at all; a family that this host lacks is no question of privilege. */
bool icmp_socket_is_allowed(void);

#endif
