#ifndef MERIDIAN_BASE_DURATION_H
#define MERIDIAN_BASE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "250ms", "10s", "5m", "2h", "1d", fractions allowed ("1.5s"); a bare number is seconds. */
bool duration_parse(const char *text, uint64_t *ms);

/* "250ms", "2s", "1m30s", "3h20m": at most two units. Returns `out`. */
char *duration_print(uint64_t ms, char *out, size_t cap);

#endif
