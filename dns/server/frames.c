#include "dns/server/frames.h"

#include <stdlib.h>
#include <string.h>

void frames_release(struct frames *frames)
{
    free(frames->octets);
    *frames = (struct frames){ 0 };
}

static bool resize(struct frames *frames, size_t cap)
{
    uint8_t *octets = realloc(frames->octets, cap);
    if (octets == NULL)
        return false;
    frames->octets = octets;
    frames->cap = cap;
    return true;
}

uint8_t *frames_room(struct frames *frames, size_t *room)
{
    frames_settle(frames);
    if (frames->len == frames->cap) {
        const size_t wanted = frames->cap == 0 ? FRAMES_SMALL : frames->cap * 2;
        if (!resize(frames, wanted < FRAMES_MOST ? wanted : FRAMES_MOST))
            return NULL;
    }
    *room = frames->cap - frames->len;
    return *room > 0 ? frames->octets + frames->len : NULL;
}

void frames_received(struct frames *frames, size_t count)
{
    frames->len += count;
}

const uint8_t *frames_next(struct frames *frames, size_t *len)
{
    const size_t left = frames->len - frames->at;
    if (left < 2)
        return NULL;
    const uint8_t *at = frames->octets + frames->at;
    const size_t message_len = (size_t)at[0] << 8 | at[1];
    if (left - 2 < message_len)
        return NULL;
    frames->at += 2 + message_len;
    *len = message_len;
    return at + 2;
}

void frames_settle(struct frames *frames)
{
    const size_t left = frames->len - frames->at;
    if (frames->at > 0 && left > 0)
        memmove(frames->octets, frames->octets + frames->at, left);
    frames->at = 0;
    frames->len = left;
    /* A smaller buffer that cannot be had is no harm: the larger one stays. */
    if (frames->cap > FRAMES_SMALL && left < FRAMES_SMALL)
        (void)resize(frames, FRAMES_SMALL);
}

bool frames_partial(const struct frames *frames)
{
    return frames->len > frames->at;
}
