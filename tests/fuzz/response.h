#ifndef MERIDIAN_TESTS_FUZZ_RESPONSE_H
#define MERIDIAN_TESTS_FUZZ_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads a response with code of its own, so that our reader and writer are not
 * their own judges.
 */
struct response {
    uint16_t id;
    uint16_t flags;
    uint16_t rcode;      /* with the bits of the OPT record */
    uint16_t counts[4];  /* question, answer, authority, additional */
    size_t question_len; /* octets of the question section */
    bool has_opt;
    const uint8_t *ecs; /* the option's data inside the response; NULL: none */
    uint16_t ecs_len;
};

/*
 * NULL for a sound message: counts that match the sections, nothing behind
 * them, names and their pointers valid and leading backwards, compressed only
 * where RFC 3597 section 4 allows it, one OPT at most, no record twice. Else a
 * static sentence that says what is wrong. *out is filled as far as it was read.
 */
const char *response_fault(const uint8_t *octets, size_t len, struct response *out);

#endif
