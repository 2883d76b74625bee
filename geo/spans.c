#include "geo/spans.h"

#include <assert.h>
#include <stdlib.h>

enum { SPANS_CAP_FIRST = 64 };

void spans_init(struct spans *spans)
{
    *spans = (struct spans){ 0 };
}

void spans_release(struct spans *spans)
{
    free(spans->start);
    free(spans->value);
    spans_init(spans);
}

/* On failure one array may be larger than `cap` says, which harms nobody. */
static bool spans_resize(struct spans *spans, size_t cap)
{
    uint64_t *start = reallocarray(spans->start, cap, sizeof *start);
    if (start == NULL)
        return false;
    spans->start = start;
    uint32_t *value = reallocarray(spans->value, cap, sizeof *value);
    if (value == NULL)
        return false;
    spans->value = value;
    spans->cap = cap;
    return true;
}

enum status spans_append(struct spans *spans, uint64_t start, uint32_t value)
{
    assert(spans->count == 0 ? start == 0 : start >= spans->start[spans->count - 1]);

    /* Only one span can begin at a key: the last word said about it counts. */
    size_t count = spans->count;
    if (count != 0 && spans->start[count - 1] == start)
        count--;
    if (count != 0 && spans->value[count - 1] == value) {
        spans->count = count;
        return STATUS_OK;
    }

    if (count == spans->cap &&
        !spans_resize(spans, spans->cap == 0 ? SPANS_CAP_FIRST : spans->cap * 2))
        return STATUS_MEMORY;
    spans->start[count] = start;
    spans->value[count] = value;
    spans->count = count + 1;
    return STATUS_OK;
}

size_t spans_find(const struct spans *spans, uint64_t key)
{
    /* The span sought is in [low, low + len); start[low] is never above the key. */
    size_t low = 0;
    for (size_t len = spans->count; len > 1;) {
        const size_t half = len / 2;
        if (spans->start[low + half] <= key)
            low += half;
        len -= half;
    }
    return low;
}

void spans_trim(struct spans *spans)
{
    if (spans->count != 0 && spans->count < spans->cap)
        (void)spans_resize(spans, spans->count); /* without memory the slack stays */
}

/* How many leading bits two different keys share. */
static uint8_t common_bits(uint64_t a, uint64_t b)
{
    return (uint8_t)__builtin_clzll(a ^ b);
}

uint8_t spans_prefix_len(const struct spans *spans, uint64_t key, uint8_t most)
{
    /* The block must part from the last key before the span and the first one after it. */
    const size_t index = spans_find(spans, key);
    uint8_t len = 0;
    if (index > 0)
        len = (uint8_t)(common_bits(key, spans->start[index] - 1) + 1);
    if (index + 1 < spans->count) {
        const uint8_t after = (uint8_t)(common_bits(key, spans->start[index + 1]) + 1);
        len = after > len ? after : len;
    }
    return len < most ? len : most;
}
