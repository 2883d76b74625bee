#ifndef MERIDIAN_SERVER_FRAMES_H
#define MERIDIAN_SERVER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The octets of a TCP connection cut into messages, each behind its length in
 * two octets (RFC 1035 section 4.2.2). All zeros is an empty one. It holds
 * FRAMES_SMALL octets while messages are small, grows as a larger one arrives
 * (not as it is announced) up to FRAMES_MOST, and shrinks when that is done.
 *
 *   octets   [ taken | whole message | part of one |      room      ]
 *            0       at                            len              cap
 */
struct frames {
    uint8_t *octets;
    size_t at, len, cap;
};

enum { FRAMES_SMALL = 1024, FRAMES_MOST = 2 + 65535 };

void frames_release(struct frames *frames);

/* Where the next octets go, and how many fit (at least one). NULL when memory is out. */
uint8_t *frames_room(struct frames *frames, size_t *room);
void frames_received(struct frames *frames, size_t count);

/* The next whole message, without its length; NULL when none is complete. Valid until settled. */
const uint8_t *frames_next(struct frames *frames, size_t *len);

/* Makes room behind what was taken; call it when frames_next() has no more. */
void frames_settle(struct frames *frames);

/* A message has begun and is not complete. */
bool frames_partial(const struct frames *frames);

#endif
