#include "geo/reach.h"

#include <string.h>
#include <strings.h>

/* ---- within one policy ---------------------------------------------------- */

static uint64_t net_first(const struct prefix *net)
{
    return address_key(&net->address);
}

/* max_scope ends at bit 64, so the upper half of an address holds all of a net. */
static uint64_t net_last(const struct prefix *net)
{
    return net->len >= 64 ? net_first(net) : net_first(net) | UINT64_MAX >> net->len;
}

/*
 * True when the nets from `at` on, sorted and all of them inside `net` until one
 * is not, leave no address of it over. In that order whoever begins later than
 * all before it have ended leaves a gap.
 */
static bool nets_cover(const struct rulebook *book, size_t at, const struct prefix *net)
{
    uint64_t next = net_first(net);

    for (; at < book->count && book->rules[at].selector.kind == SELECTOR_NET; at++) {
        const struct prefix *inner = &book->rules[at].selector.net;
        if (!prefix_contains(net, &inner->address) || net_first(inner) > next)
            return false;
        if (net_last(inner) >= net_last(net))
            return true;
        if (net_last(inner) >= next)
            next = net_last(inner) + 1;
    }
    return false;
}

/* Every address of a family is in a net of the book. */
static bool nets_cover_family(const struct rulebook *book, uint8_t family)
{
    const struct prefix all = { .address.family = family };
    const size_t nets = rulebook_net_count(book);
    size_t at = 0;

    while (at < nets && book->rules[at].selector.net.address.family != family)
        at++;
    return nets_cover(book, at, &all);
}

/* ---- within the entries around -------------------------------------------- */

/* The country that a client has whom the selector selects; NULL: any. */
static const char *country_of(const struct selector *selector)
{
    if (selector->kind == SELECTOR_CITY)
        return selector->country;
    return selector->kind == SELECTOR_COUNTRY ? selector->text : NULL;
}

/*
 * True when no client is selected by both. A place has one AS number, city,
 * country and continent; a subdivision may come from another database than the
 * country, and what continent a country is in is for the databases to say.
 */
static bool are_apart(const struct selector *a, const struct selector *b)
{
    const char *a_country = country_of(a), *b_country = country_of(b);

    if (a->kind == SELECTOR_NET && b->kind == SELECTOR_NET)
        return !prefix_contains(&a->net, &b->net.address) &&
               !prefix_contains(&b->net, &a->net.address);
    if (a->kind == b->kind && a->kind != SELECTOR_SUBDIVISION)
        return selector_compare(a, b) != 0;
    return a_country != NULL && b_country != NULL && strcasecmp(a_country, b_country) != 0;
}

/* True when a client whom `first` selects may still be led by `other`, being more specific. */
static bool goes_before(const struct selector *other, const struct selector *first)
{
    if (other->kind == SELECTOR_NET && first->kind == SELECTOR_NET)
        return other->net.len > first->net.len;
    /* Of several subdivisions of a place the finest counts, and names do not tell which that is. */
    return other->kind < first->kind ||
           (other->kind == first->kind && first->kind == SELECTOR_SUBDIVISION);
}

/* Whether somebody who is in `wanted` may come to us through the entry `at`. */
static struct reach_finding judge_within(const struct reach *at, const struct selector *wanted)
{
    const struct rule *first = wanted->kind == SELECTOR_NET
                                   ? rulebook_find_net(at->book, &wanted->net)
                                   : rulebook_find(at->book, wanted);
    bool meet = false;

    if (first != NULL && first->branch == at->branch)
        return (struct reach_finding){ REACH_OPEN, 0 };
    for (size_t i = 0; i < at->book->count; i++) {
        const struct rule *rule = &at->book->rules[i];
        if (rule->branch != at->branch || are_apart(&rule->selector, wanted))
            continue;
        meet = true;
        if (first == NULL || goes_before(&rule->selector, &first->selector))
            return (struct reach_finding){ REACH_OPEN, 0 };
    }
    if (meet)
        return (struct reach_finding){ REACH_TAKEN, first->branch };
    return (struct reach_finding){ REACH_APART, at->branch };
}

/* ---- both ------------------------------------------------------------------ */

struct reach_finding reach_judge(const struct rulebook *book, size_t index,
                                 const struct reach *within)
{
    const struct selector *selector = &book->rules[index].selector;
    struct reach_finding finding = { REACH_OPEN, 0 };

    if (selector->kind == SELECTOR_NET && nets_cover(book, index + 1, &selector->net))
        finding.verdict = REACH_COVERED;
    else if (selector->kind != SELECTOR_NET && nets_cover_family(book, FAMILY_V4) &&
             nets_cover_family(book, FAMILY_V6))
        finding.verdict = REACH_EMPTIED;
    for (; finding.verdict == REACH_OPEN && within != NULL; within = within->outer)
        finding = judge_within(within, selector);
    return finding;
}
