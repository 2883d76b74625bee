/*
 * Sends back every datagram: the least that any server on this kernel can
 * cost. Sleeps in poll() and works in batches, as a name server would.
 *
 *     bench_echo PORT
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, ROUNDS = 16, DATAGRAM_CAP = 4096 };

static uint8_t datagrams[BATCH][DATAGRAM_CAP];
static struct sockaddr_storage peers[BATCH];
static struct iovec data[BATCH];
static struct mmsghdr batch[BATCH];

static int open_socket(uint16_t port)
{
    const struct sockaddr_in own = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0)
        return -1;
    return fd;
}

/* How many were sent back; 0 when none waits. */
static int turn(int fd)
{
    for (int i = 0; i < BATCH; i++) {
        data[i] = (struct iovec){ datagrams[i], DATAGRAM_CAP };
        batch[i].msg_hdr = (struct msghdr){
            .msg_name = &peers[i],
            .msg_namelen = sizeof peers[i],
            .msg_iov = &data[i],
            .msg_iovlen = 1,
        };
    }
    const int count = recvmmsg(fd, batch, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
        data[i].iov_len = batch[i].msg_len;
    return count > 0 ? sendmmsg(fd, batch, (unsigned)count, 0) : 0;
}

int main(int argc, char **argv)
{
    const unsigned long port = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

    if (port == 0 || port > UINT16_MAX) {
        fprintf(stderr, "usage: bench_echo PORT\n");
        return 2;
    }
    struct pollfd waiting = { .fd = open_socket((uint16_t)port), .events = POLLIN };
    if (waiting.fd < 0) {
        perror("bench_echo");
        return 1;
    }
    for (;;) {
        if (poll(&waiting, 1, -1) < 0)
            return 1;
        for (int i = 0; i < ROUNDS && turn(waiting.fd) > 0; i++)
            continue;
    }
}
