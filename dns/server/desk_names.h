#ifndef MERIDIAN_SERVER_DESK_NAMES_H
#define MERIDIAN_SERVER_DESK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/server/orders.h"
#include "zones/snapshot.h"

/*
 * What an operator may name: the regions, tags and services of a generation.
 */

/* Calls `visit` for every region of every service that the subject (NULL: any) is about. */
typedef void desk_visit(void *context, const char *zone, const struct service *service,
                        uint16_t region);
void desk_names_each(const struct snapshot *snapshot, const struct order_subject *subject,
                     desk_visit *visit, void *context);

/*
 * True when the subject is about anything at all. False says in `why` what is
 * unknown, and what may have been meant.
 */
enum { DESK_WHY = 3 * ORDER_NAME + 128 };
bool desk_names_check(const struct snapshot *snapshot, const struct order_subject *subject,
                      char why[DESK_WHY]);

#endif
