#ifndef MERIDIAN_ZONES_MEMBERSHIP_H
#define MERIDIAN_ZONES_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/base/intern.h"
#include "health/guard.h"
#include "zones/snapshot.h"

/*
 * Which regions use which targets, over all zones and services: two regions
 * are one when their names are the same. Thread: the loader.
 */
struct membership {
    struct guard_member *members;
    size_t count, cap;
};

/*
 * Adds every endpoint of a generation that has a target. Regions are numbered
 * by `names`, which keeps a name's number for the next time. False when memory
 * is out; what was added so far stays.
 */
bool membership_add(struct membership *membership, const struct snapshot *snapshot,
                    struct intern *names) __attribute__((warn_unused_result));
void membership_release(struct membership *membership);

#endif
