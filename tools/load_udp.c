#include "tools/load_udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/base/clock.h"

enum {
    BATCH = 64,
    ANSWER_CAP = 4096,
    ANSWERS_BUFFER = 4 << 20 /* octets that a socket may hold for us while we are away */
};

struct udp_load {
    int *sockets;
    unsigned socket_count;
    unsigned turn; /* the socket that sends next */
    struct mmsghdr out[BATCH], in[BATCH];
    struct iovec out_data[BATCH], in_data[BATCH];
    uint8_t queries[BATCH][LOAD_QUERY_CAP];
    uint8_t answers[BATCH][ANSWER_CAP];
};

static int open_socket(const struct load_plan *plan)
{
    const int size = ANSWERS_BUFFER;
    const int fd = socket(plan->server.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(fd, (const struct sockaddr *)&plan->server, plan->server_len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void udp_load_free(struct udp_load *udp)
{
    for (unsigned i = 0; udp != NULL && i < udp->socket_count; i++)
        close(udp->sockets[i]);
    if (udp != NULL)
        free(udp->sockets);
    free(udp);
}

static struct udp_load *udp_load_new(const struct load_plan *plan)
{
    struct udp_load *udp = calloc(1, sizeof *udp);

    if (udp == NULL || (udp->sockets = calloc(plan->sockets, sizeof *udp->sockets)) == NULL) {
        udp_load_free(udp);
        return NULL;
    }
    for (unsigned i = 0; i < BATCH; i++) {
        udp->in_data[i] = (struct iovec){ udp->answers[i], ANSWER_CAP };
        udp->in[i].msg_hdr = (struct msghdr){ .msg_iov = &udp->in_data[i], .msg_iovlen = 1 };
        udp->out[i].msg_hdr = (struct msghdr){ .msg_iov = &udp->out_data[i], .msg_iovlen = 1 };
    }
    for (; udp->socket_count < plan->sockets; udp->socket_count++) {
        const int fd = open_socket(plan);
        if (fd < 0) {
            udp_load_free(udp);
            return NULL;
        }
        udp->sockets[udp->socket_count] = fd;
    }
    return udp;
}

/*
 * A refused batch (nobody listens, or the queue of the device is full) is lost
 * and found so by its timeout.
 */
static void ask(struct load_run *run, struct udp_load *udp, uint64_t now_ns)
{
    const unsigned due = load_due(run, now_ns);
    const unsigned count = due < BATCH ? due : BATCH;

    if (count == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        udp->out_data[i] =
            (struct iovec){ udp->queries[i], load_next(run, now_ns, udp->queries[i]) };
    (void)sendmmsg(udp->sockets[udp->turn], udp->out, count, 0);
    udp->turn = (udp->turn + 1) % udp->socket_count;
}

static void hear(struct load_run *run, struct udp_load *udp, int fd)
{
    const int count = recvmmsg(fd, udp->in, BATCH, MSG_DONTWAIT, NULL);
    const uint64_t now_ns = count > 0 ? clock_monotonic_ns() : 0;

    for (int i = 0; i < count; i++)
        (void)load_answer(run, now_ns, udp->answers[i], udp->in[i].msg_len);
}

bool load_udp(struct load_run *run)
{
    struct udp_load *udp = udp_load_new(run->plan);

    if (udp == NULL) {
        fprintf(stderr, "bench_load: no socket: %s\n", strerror(errno));
        return false;
    }
    while (!load_over(run)) {
        const uint64_t now_ns = clock_monotonic_ns();
        load_tick(run, now_ns);
        ask(run, udp, now_ns);
        for (unsigned i = 0; i < udp->socket_count; i++)
            hear(run, udp, udp->sockets[i]);
    }
    udp_load_free(udp);
    return true;
}
