#include "geo/centres.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by code. */
static const struct centre centres[] = {
#include "geo/centres_table.inc"
};

static int centre_compare(const void *code, const void *row)
{
    return strncmp(code, ((const struct centre *)row)->country, 2);
}

const struct centre *centre_find(const char *country)
{
    return bsearch(country, centres, sizeof centres / sizeof *centres, sizeof *centres,
                   centre_compare);
}
