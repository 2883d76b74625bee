#include "dns/server/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "zones/snapshot.h"

enum {
    BATCH = 64,
    ROUNDS = 16,        /* batches of one socket before the others get their turn */
    REQUEST_CAP = 4096, /* octets; what is longer is answered as the malformed query it must be */
    RESPONSE_CAP = 4096 /* the most that edns_size may be */
};

/* Room for one IP_PKTINFO or IPV6_PKTINFO, with the alignment that control data needs. */
union control {
    struct cmsghdr align;
    uint8_t octets[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/*
 * Slot i of every array belongs to datagram i of the batch. `out` is filled
 * densely: answer k may stand for a datagram with a higher number, because
 * silence leaves no gap.
 */
struct udp_batch {
    struct mmsghdr in[BATCH];
    struct mmsghdr out[BATCH];
    struct iovec in_data[BATCH];
    struct iovec out_data[BATCH];
    struct sockaddr_storage peers[BATCH];
    union control controls[BATCH];
    uint8_t requests[BATCH][REQUEST_CAP];
    uint8_t responses[BATCH][RESPONSE_CAP];
};

struct udp_batch *udp_batch_new(void)
{
    struct udp_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    for (unsigned i = 0; i < BATCH; i++) {
        batch->in_data[i] = (struct iovec){ batch->requests[i], REQUEST_CAP };
        batch->in[i].msg_hdr.msg_iov = &batch->in_data[i];
        batch->in[i].msg_hdr.msg_iovlen = 1;
        batch->in[i].msg_hdr.msg_name = &batch->peers[i];
        batch->out[i].msg_hdr.msg_iov = &batch->out_data[i];
        batch->out[i].msg_hdr.msg_iovlen = 1;
    }
    return batch;
}

void udp_batch_free(struct udp_batch *batch)
{
    free(batch);
}

/* How many came; 0 when none waits. */
static unsigned receive(struct udp_batch *batch, int fd, bool pktinfo)
{
    for (unsigned i = 0; i < BATCH; i++) {
        struct msghdr *header = &batch->in[i].msg_hdr;
        header->msg_namelen = sizeof batch->peers[i];
        header->msg_control = pktinfo ? &batch->controls[i] : NULL;
        header->msg_controllen = pktinfo ? sizeof batch->controls[i] : 0;
    }
    const int count = recvmmsg(fd, batch->in, BATCH, MSG_DONTWAIT, NULL);
    /* Whatever went wrong, level-triggered polling will say so again when there is something. */
    return count > 0 ? (unsigned)count : 0;
}

/*
 * Turns "came to this address" into "leave from this address". An interface
 * index is kept only where the address means nothing without it: a fixed one
 * would override the routing table, and the answer to a packet that came in by
 * another way would leave on the wrong link.
 */
static void control_turn(struct msghdr *header)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    if (control == NULL)
        return;
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(control), sizeof info);
        info.ipi_ifindex = 0;
        memcpy(CMSG_DATA(control), &info, sizeof info);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(control), sizeof info);
        if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            info.ipi6_ifindex = 0;
        memcpy(CMSG_DATA(control), &info, sizeof info);
    }
}

/* Puts the answer to datagram `from` in place `to` of what is to be sent. */
static void queue(struct udp_batch *batch, unsigned from, unsigned to, size_t len)
{
    struct msghdr *in = &batch->in[from].msg_hdr;
    struct msghdr *out = &batch->out[to].msg_hdr;

    batch->out_data[to] = (struct iovec){ batch->responses[from], len };
    out->msg_name = in->msg_name;
    out->msg_namelen = in->msg_namelen;
    control_turn(in);
    out->msg_control = in->msg_controllen > 0 ? in->msg_control : NULL;
    out->msg_controllen = in->msg_controllen;
}

/* Answers `count` datagrams; returns how many answers there are to send. */
static unsigned answer(struct udp_batch *batch, unsigned count, struct answerer *answerer)
{
    unsigned answers = 0;
    answerer_clock(answerer);
    const struct snapshot *snapshot = snapshot_enter();
    for (unsigned i = 0; snapshot != NULL && i < count; i++) {
        struct address source;
        if (!address_from_sockaddr((const struct sockaddr *)&batch->peers[i], &source))
            continue;
        const size_t len =
            answerer_datagram(answerer, snapshot, &source, batch->requests[i], batch->in[i].msg_len,
                              batch->responses[i], RESPONSE_CAP);
        if (len > 0)
            queue(batch, i, answers++, len);
    }
    snapshot_leave();
    return answers;
}

/*
 * sendmmsg() stops at the first answer that fails and tells why only when it
 * is the first of a call. That one is dropped and the rest goes on, except
 * when the socket is full: then all of them are, as a full wire would do.
 */
static void transmit(struct udp_batch *batch, int fd, unsigned count, struct tally *tally)
{
    for (unsigned at = 0; at < count;) {
        const int sent = sendmmsg(fd, batch->out + at, count - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            at += (unsigned)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            counter_add(&tally->dropped, count - at);
            return;
        } else if (errno != EINTR) {
            counter_add(&tally->dropped, 1);
            at++;
        }
    }
}

void udp_serve(struct udp_batch *batch, int fd, bool pktinfo, struct answerer *answerer)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        const unsigned count = receive(batch, fd, pktinfo);
        if (count == 0)
            return;
        transmit(batch, fd, answer(batch, count, answerer), answerer->tally);
        if (count < BATCH)
            return;
    }
}
