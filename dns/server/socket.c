#include "dns/server/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, BUFFER = 4 << 20 /* octets asked for; the kernel gives what it may */ };

static enum status tell(const struct bindaddr *at, int type, const struct diag *diag, int reason)
{
    char text[BINDADDR_TEXT];
    const char *transport = type == SOCK_DGRAM ? "UDP" : "TCP";
    bindaddr_print(at, text);
    if (reason == EADDRINUSE)
        return diag_error(diag, STATUS_IO, "%s (%s) is in use by another process", text, transport);
    return diag_error(diag, STATUS_IO, "%s (%s) cannot be opened: %s", text, transport,
                      strerror(reason));
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Options that decide who may share the port. TCP ports in TIME_WAIT must not stop a restart. */
static bool set_sharing(int fd, const struct bindaddr *at, int type, bool shared)
{
    if (at->address.family == FAMILY_V6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
        return false;
    if (type == SOCK_STREAM && !set(fd, SOL_SOCKET, SO_REUSEADDR, 1))
        return false;
    return !shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

static int open_bound(const struct bindaddr *at, int type, bool shared)
{
    struct sockaddr_storage name;
    const socklen_t len = bindaddr_to_sockaddr(at, &name);
    const int fd = socket(name.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (!set_sharing(fd, at, type, shared) || bind(fd, (const struct sockaddr *)&name, len) != 0) {
        const int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

static enum status probe(const struct bindaddr *at, int type, const struct diag *diag)
{
    const int fd = open_bound(at, type, false);
    if (fd < 0)
        return tell(at, type, diag, errno);
    close(fd);
    return STATUS_OK;
}

enum status socket_probe(const struct bindaddr *at, const struct diag *diag)
{
    const enum status udp = probe(at, SOCK_DGRAM, diag);
    const enum status tcp = probe(at, SOCK_STREAM, diag);
    return udp != STATUS_OK ? udp : tcp;
}

/*
 * RFC 9715: no path MTU is believed, so forged ICMP cannot make us send
 * fragments, and DF is never set, so nothing is lost on a narrow path. Answers
 * stay whole by their size (edns_size).
 */
static bool set_udp(int fd, const struct bindaddr *at)
{
    const bool v6 = at->address.family == FAMILY_V6;

    /* More room for bursts is welcome and never a reason to fail. */
    set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
    set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER);
    if (v6 ? !set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT)
           : !set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT))
        return false;
    /* The answer must leave from the address that was asked. */
    if (!bindaddr_is_wildcard(at))
        return true;
    return v6 ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : set(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

enum status socket_open_udp(const struct bindaddr *at, const struct diag *diag, int *out)
{
    const int fd = open_bound(at, SOCK_DGRAM, true);
    if (fd < 0 || !set_udp(fd, at)) {
        const int reason = errno;
        if (fd >= 0)
            close(fd);
        return tell(at, SOCK_DGRAM, diag, reason);
    }
    *out = fd;
    return STATUS_OK;
}

static enum status open_stream(const struct bindaddr *at, bool shared, const struct diag *diag,
                               int *out)
{
    const int fd = open_bound(at, SOCK_STREAM, shared);
    if (fd < 0 || listen(fd, BACKLOG) != 0) {
        const int reason = errno;
        if (fd >= 0)
            close(fd);
        return tell(at, SOCK_STREAM, diag, reason);
    }
    *out = fd;
    return STATUS_OK;
}

enum status socket_open_tcp(const struct bindaddr *at, const struct diag *diag, int *out)
{
    const enum status status = open_stream(at, true, diag, out);
    if (status == STATUS_OK) {
        /* Connections inherit it: each answer leaves when it is written. */
        set(*out, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    return status;
}

enum status socket_open_private(const struct bindaddr *at, const struct diag *diag, int *out)
{
    return open_stream(at, false, diag, out);
}

/* ---- the socket file ---- */

/* Somebody accepts connections on the path. */
static bool is_answered(const struct sockaddr_un *name)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true;
    /* EAGAIN: a listener with a full queue. */
    const bool answered = connect(fd, (const struct sockaddr *)name, sizeof *name) == 0 ||
                          errno == EAGAIN || errno == EINPROGRESS;
    close(fd);
    return answered;
}

/* Takes a stale socket file away. Anything else in its place stays and is told. */
static enum status clear_path(const struct sockaddr_un *name, const struct diag *diag)
{
    struct stat there;
    const char *path = name->sun_path;
    if (lstat(path, &there) != 0)
        return STATUS_OK;
    if (!S_ISSOCK(there.st_mode))
        return diag_error(diag, STATUS_IO, "'%s' is there already and is no socket", path);
    if (is_answered(name))
        return diag_error(diag, STATUS_IO, "another process answers on '%s'", path);
    if (unlink(path) != 0)
        return diag_error(diag, STATUS_IO, "the stale socket '%s' cannot be removed: %s", path,
                          strerror(errno));
    return STATUS_OK;
}

static enum status tell_unix(const char *path, const struct diag *diag, int fd)
{
    const int reason = errno;
    if (fd >= 0)
        close(fd);
    return diag_error(diag, STATUS_IO, "the socket '%s' cannot be opened: %s", path,
                      strerror(reason));
}

enum status socket_open_unix(const char *path, const struct diag *diag, int *out)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof name.sun_path)
        return diag_error(diag, STATUS_LIMIT, "'%s' is too long for the path of a socket", path);
    memcpy(name.sun_path, path, strlen(path));
    const enum status status = clear_path(&name, diag);
    if (status != STATUS_OK)
        return status;

    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return tell_unix(path, diag, fd);
    /* Closed to everybody between bind() and chmod(). */
    const mode_t mask = umask(0177);
    const int bound = bind(fd, (const struct sockaddr *)&name, sizeof name);
    umask(mask);
    if (bound != 0 || chmod(path, 0660) != 0 || listen(fd, 64) != 0)
        return tell_unix(path, diag, fd);
    *out = fd;
    return STATUS_OK;
}
