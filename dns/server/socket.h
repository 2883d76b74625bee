#ifndef MERIDIAN_SERVER_SOCKET_H
#define MERIDIAN_SERVER_SOCKET_H

#include <stddef.h>

#include "dns/base/diag.h"
#include "dns/server/bindaddr.h"

/*
 * Sockets that listen. All are non-blocking and close-on-exec; IPv6 ones take
 * IPv6 only. Mistakes are told to `diag`, naming the address. Thread: main,
 * before privileges are dropped.
 */

/*
 * Tells when another process already has the UDP or TCP port. Needed because
 * SO_REUSEPORT would share it silently with an older process of the same user.
 */
enum status socket_probe(const struct bindaddr *at, const struct diag *diag)
    __attribute__((warn_unused_result));

/*
 * One of several sockets on the same address (SO_REUSEPORT): each worker has
 * its own and the kernel spreads the clients.
 */
enum status socket_open_udp(const struct bindaddr *at, const struct diag *diag, int *out)
    __attribute__((warn_unused_result));
enum status socket_open_tcp(const struct bindaddr *at, const struct diag *diag, int *out)
    __attribute__((warn_unused_result));

/* A TCP socket that is not shared. */
enum status socket_open_private(const struct bindaddr *at, const struct diag *diag, int *out)
    __attribute__((warn_unused_result));

/* A socket file, mode 0660, in the place of one that nobody answers on any more. */
enum status socket_open_unix(const char *path, const struct diag *diag, int *out)
    __attribute__((warn_unused_result));

#endif
