#include "health/sketch.h"

#include <string.h>

void sketch_clear(struct sketch *sketch)
{
    memset(sketch, 0, sizeof *sketch);
}

unsigned sketch_bucket(uint32_t took_us)
{
    if (took_us < SKETCH_CUTS)
        return took_us;
    const unsigned octave = 31u - (unsigned)__builtin_clz(took_us) - 4; /* from 16 us */
    if (octave >= SKETCH_OCTAVES)
        return SKETCH_BUCKETS - 1;
    const unsigned cut = took_us >> octave; /* 16..31 */
    return SKETCH_CUTS + octave * SKETCH_CUTS + (cut - SKETCH_CUTS);
}

uint32_t sketch_middle(unsigned bucket)
{
    if (bucket < SKETCH_CUTS)
        return bucket;
    const unsigned octave = (bucket - SKETCH_CUTS) / SKETCH_CUTS;
    const uint32_t cut = SKETCH_CUTS + (bucket - SKETCH_CUTS) % SKETCH_CUTS;
    return (cut << octave) + ((1u << octave) >> 1);
}

void sketch_add(struct sketch *sketch, uint32_t took_us)
{
    uint16_t *count = &sketch->counts[sketch_bucket(took_us)];
    if (*count < UINT16_MAX)
        (*count)++;
}

static uint64_t bucket_count(const struct sketch *sketches, size_t count, unsigned bucket)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += sketches[i].counts[bucket];
    return sum;
}

uint32_t sketch_quantile(const struct sketch *sketches, size_t count, unsigned permille)
{
    uint64_t total = 0, sum = 0;
    for (unsigned bucket = 0; bucket < SKETCH_BUCKETS; bucket++)
        total += bucket_count(sketches, count, bucket);
    if (total == 0)
        return 0;

    const uint64_t rank = (total * permille + 999) / 1000;
    for (unsigned bucket = 0; bucket < SKETCH_BUCKETS; bucket++) {
        sum += bucket_count(sketches, count, bucket);
        if (sum >= rank && sum > 0)
            return sketch_middle(bucket);
    }
    return sketch_middle(SKETCH_BUCKETS - 1);
}
