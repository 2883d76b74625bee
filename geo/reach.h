#ifndef MERIDIAN_GEO_REACH_H
#define MERIDIAN_GEO_REACH_H

#include "geo/rulebook.h"

/*
 * Whom a `geo` policy is asked for at all, and which of its rules can therefore
 * never match. Only what the selectors prove by themselves, whatever databases
 * say: a rule that nothing is told of may still be one that matches nobody.
 * Thread: the loader.
 */

/* One entry of a geo policy around ours, whose selectors must have matched: a chain outwards. */
struct reach {
    const struct reach *outer; /* NULL: everybody comes so far */
    const struct rulebook *book;
    size_t branch;
};

enum reach_verdict {
    REACH_OPEN,    /* it may match */
    REACH_COVERED, /* longer networks of the same policy hold all of this one */
    REACH_EMPTIED, /* networks of the same policy hold every address there is */
    REACH_APART,   /* nobody whom the entry around it is for is in it */
    REACH_TAKEN    /* another entry of the policy around it takes them first */
};

struct reach_finding {
    enum reach_verdict verdict;
    size_t entry; /* APART: of the policy around it, the one we are in; TAKEN: the one that takes */
};

/* Judges the rule at `index` of a sorted book that is asked for those of `within` (may be NULL). */
struct reach_finding reach_judge(const struct rulebook *book, size_t index,
                                 const struct reach *within);

#endif
