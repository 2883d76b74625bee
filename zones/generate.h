#ifndef MERIDIAN_ZONES_GENERATE_H
#define MERIDIAN_ZONES_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The patterns of $GENERATE, in BIND's syntax: "$" stands for the number,
 * "${offset,width,base}" for it with an offset, padded with zeros, in base d
 * (decimal), o, x, X, or as reversed nibbles n, N; "$$" is a plain "$".
 */
struct generate_range {
    uint32_t first;
    uint32_t last; /* at least `first` */
    uint32_t step; /* at least 1 */
};

enum { GENERATE_MOST = 65536, GENERATE_TEXT = 4096 };

/* "1-127" or "0-254/2"; at most GENERATE_MOST steps. */
bool generate_range_scan(const char *text, size_t len, struct generate_range *range);

/*
 * Puts the number into the pattern. `out` becomes a string. False with a
 * static sentence in *why when the pattern is wrong or the result too long.
 */
bool generate_expand(const char *pattern, size_t len, uint32_t number, char out[GENERATE_TEXT],
                     const char **why);

#endif
