#ifndef MERIDIAN_BASE_CLOCK_H
#define MERIDIAN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Time is an argument wherever a decision depends on it; only the outermost
 * loops call these. Thread: any.
 */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_ns(void);
uint64_t clock_wall_ms(void); /* milliseconds since 1970, UTC */

enum { CLOCK_TEXT = 32 };

/* "2026-11-21T06:30:00.123Z" */
char *clock_print(uint64_t wall_ms, char out[CLOCK_TEXT]);

/* The reverse. False for any other text, and for a time before 1970; *wall_ms is left alone. */
bool clock_scan(const char *text, uint64_t *wall_ms);

#endif
