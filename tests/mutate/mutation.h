#ifndef MERIDIAN_TESTS_MUTATE_MUTATION_H
#define MERIDIAN_TESTS_MUTATE_MUTATION_H

#include <stddef.h>
#include <stdint.h>

/* A text that is being spoilt; octets of any value, NUL as well. */
struct text {
    char *octets;
    size_t len;
    size_t cap;
};

/*
 * Spoils `text`, whose `cap` must leave room to grow, in one to four ways of
 * those that a slip of the hand, a cut transfer or a broken generator has:
 * octets, tokens, lines, numbers, quotes, parentheses, escapes. The same
 * number spoils the same text in the same way, on every machine.
 */
void mutate(struct text *text, uint64_t number);

#endif
