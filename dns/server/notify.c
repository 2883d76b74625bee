#include "dns/server/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dns/base/clock.h"

static void send_text(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    if (path == NULL || (path[0] != '/' && path[0] != '@'))
        return;
    const size_t len = strlen(path);
    if (len < 2 || len >= sizeof name.sun_path)
        return;
    memcpy(name.sun_path, path, len);
    /* An abstract name begins with a NUL and has no other end than its length. */
    if (path[0] == '@')
        name.sun_path[0] = '\0';

    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    const socklen_t name_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (const struct sockaddr *)&name, name_len);
    close(fd);
}

void notify_ready(void)
{
    send_text("READY=1\nSTATUS=answering\n");
}

/* systemd compares the time with its own (Type=notify-reload), so it must be CLOCK_MONOTONIC. */
void notify_reloading(void)
{
    char text[80];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading\n",
             (unsigned long long)(clock_monotonic_ns() / 1000));
    send_text(text);
}

void notify_stopping(void)
{
    send_text("STOPPING=1\nSTATUS=stopping\n");
}
