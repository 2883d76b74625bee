#ifndef MERIDIAN_SERVER_QUOTA_H
#define MERIDIAN_SERVER_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/prefix.h"

/*
 * How many TCP connections there are, in all and from each client prefix
 * (/24, /56). Workers share it, because an operator's limit is one number and
 * the kernel spreads connections unevenly; its lock is taken once when a
 * connection comes and once when it goes, never for a query. Memory is given
 * at the start and does not grow. Thread: any.
 */
struct quota;

struct quota *quota_new(uint32_t clients, uint32_t per_prefix); /* NULL when memory is out */
void quota_free(struct quota *quota);

/* Counts one more connection; false when that would be one too many. */
bool quota_take(struct quota *quota, const struct address *client);
/* Gives back what quota_take() granted. */
void quota_give(struct quota *quota, const struct address *client);

/* Connections at this moment. */
uint32_t quota_count(struct quota *quota);

#endif
