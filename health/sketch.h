#ifndef MERIDIAN_HEALTH_SKETCH_H
#define MERIDIAN_HEALTH_SKETCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * How long many things took, in fixed memory: a log-linear histogram (as HDR
 * Histogram has it). Below 32 us a bucket is one microsecond; above, each
 * octave is cut into 16 equal buckets. A quantile is told as the middle of its
 * bucket, so it is at most SKETCH_ERROR_PERCENT off the exact one. 68 seconds
 * and more share the last bucket; probes end after 60.
 */
enum {
    SKETCH_CUTS = 16,
    SKETCH_OCTAVES = 22, /* 2^4 us to 2^26 us */
    SKETCH_BUCKETS = SKETCH_CUTS + SKETCH_OCTAVES * SKETCH_CUTS,
    SKETCH_ERROR_PERCENT = 4
};

struct sketch {
    uint16_t counts[SKETCH_BUCKETS]; /* one that is full stays so */
};

void sketch_clear(struct sketch *sketch);
void sketch_add(struct sketch *sketch, uint32_t took_us);

/* Where a time is counted, and the time that a bucket stands for. */
unsigned sketch_bucket(uint32_t took_us);
uint32_t sketch_middle(unsigned bucket);

/*
 * The nearest-rank quantile of all that `count` sketches hold together: the
 * smallest time that `permille` thousandths of them do not exceed. 0 when they
 * are empty.
 */
uint32_t sketch_quantile(const struct sketch *sketches, size_t count, unsigned permille);

#endif
