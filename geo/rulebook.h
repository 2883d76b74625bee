#ifndef MERIDIAN_GEO_RULEBOOK_H
#define MERIDIAN_GEO_RULEBOOK_H

#include <stddef.h>

#include "dns/base/prefix.h"
#include "geo/route.h"
#include "geo/selector.h"

/*
 * The selectors of one `geo` policy, each with the entry that it leads to,
 * sorted: the most specific one that matches is found without regard to where
 * it stands in the map. Thread: built by the loader, then any reader.
 */
struct rule {
    struct selector selector;
    size_t branch; /* the entry of the list */
    size_t place;  /* in the entry's "in" */
};

struct rulebook {
    struct rule *rules; /* by selector_compare(), so nets come first */
    size_t count;
};

/* Sorts; of two equal selectors the one that stands first in the map comes first. */
void rulebook_sort(struct rulebook *book);

/* How many of the rules are nets: they are the first. */
size_t rulebook_net_count(const struct rulebook *book);

/* The rule of just this selector; NULL: none. */
const struct rule *rulebook_find(const struct rulebook *book, const struct selector *wanted);

/* The longest `net:` rule that holds all of `net`; NULL: none. */
const struct rule *rulebook_find_net(const struct rulebook *book, const struct prefix *net);

/* The most specific rule for the subject; NULL: none matches. */
const struct rule *rulebook_match(const struct rulebook *book, const struct route_subject *subject);

#endif
