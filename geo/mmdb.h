#ifndef MERIDIAN_GEO_MMDB_H
#define MERIDIAN_GEO_MMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Values of an MMDB data section (MaxMind DB file format 2.0, "Data Field
 * Format"), which are octets from outside: every read is checked, and after a
 * read that fails the section stays failed, so that a decoder reads what it
 * wants and asks once.
 *
 * libmaxminddb opens our files but does not decode them: 1.7 skips a nested
 * value by recursion, so a few million nested arrays end the process, and it
 * goes through a map once for each field sought.
 */
struct mmdb_section {
    const uint8_t *octets; /* borrowed */
    size_t len;
    size_t
        steps_left; /* values that may still be looked at: bounds the time a hostile file takes */
    bool failed;
};

enum mmdb_type {
    MMDB_NONE, /* absent, or the section has failed */
    MMDB_TEXT,
    MMDB_MAP,
    MMDB_ARRAY,
    MMDB_INTEGER, /* any of the unsigned types, and booleans */
    MMDB_REAL,    /* double, float and int32 */
    MMDB_OTHER    /* octets, 128-bit numbers: of no use to us */
};

struct mmdb_value {
    enum mmdb_type type;
    uint32_t size;  /* octets of a text, pairs of a map, items of an array */
    size_t content; /* where the text or the first child stands */
    uint64_t integer;
    double real;
};

/*
 * Reads the value at *at, through a pointer if one stands there, and moves *at
 * behind all of it. MMDB_NONE on damage.
 */
struct mmdb_value mmdb_read(struct mmdb_section *section, size_t *at);

bool mmdb_text_is(const struct mmdb_section *section, const struct mmdb_value *text,
                  const char *expected);

/* The member of a map; MMDB_NONE when `map` is none or has no such key. */
struct mmdb_value mmdb_member(struct mmdb_section *section, const struct mmdb_value *map,
                              const char *key);

enum { MMDB_DEPTH_LIMIT = 16 };

/*
 * Follows every pointer of the value at `at`: false when something is damaged,
 * nested deeper than MMDB_DEPTH_LIMIT, or when the steps do not suffice.
 */
bool mmdb_check(struct mmdb_section *section, size_t at);

#endif
