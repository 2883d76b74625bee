#include "geo/rulebook.h"

#include <stdlib.h>

/* By selector; equal ones in the order of the map. */
static int rule_order(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    const int order = selector_compare(&x->selector, &y->selector);

    if (order != 0)
        return order;
    if (x->branch != y->branch)
        return x->branch < y->branch ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void rulebook_sort(struct rulebook *book)
{
    if (book->count > 0)
        qsort(book->rules, book->count, sizeof *book->rules, rule_order);
}

size_t rulebook_net_count(const struct rulebook *book)
{
    size_t count = 0;
    while (count < book->count && book->rules[count].selector.kind == SELECTOR_NET)
        count++;
    return count;
}

static int selector_order(const void *key, const void *element)
{
    const struct rule *rule = element;
    return selector_compare(key, &rule->selector);
}

const struct rule *rulebook_find(const struct rulebook *book, const struct selector *wanted)
{
    if (book->count == 0)
        return NULL;
    return bsearch(wanted, book->rules, book->count, sizeof *book->rules, selector_order);
}

const struct rule *rulebook_find_net(const struct rulebook *book, const struct prefix *net)
{
    struct selector wanted = { .kind = SELECTOR_NET, .text = "", .net = *net };

    for (unsigned len = net->len + 1u; len-- > 0;) {
        wanted.net.len = (uint8_t)len;
        address_mask(&wanted.net.address, wanted.net.len);
        const struct rule *rule = rulebook_find(book, &wanted);
        if (rule != NULL)
            return rule;
    }
    return NULL;
}

/* The nets around a client form a chain: ours is found around the longest one of the tree. */
const struct rule *rulebook_match(const struct rulebook *book, const struct route_subject *subject)
{
    struct selector wanted[SELECTOR_PLACE_MOST];
    const struct rule *rule = subject->net != NULL ? rulebook_find_net(book, subject->net) : NULL;
    const size_t count = rule != NULL ? 0 : selector_of_place(subject->place, wanted);

    for (size_t i = 0; rule == NULL && i < count; i++)
        rule = rulebook_find(book, &wanted[i]);
    return rule;
}
