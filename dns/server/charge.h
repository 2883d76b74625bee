#ifndef MERIDIAN_SERVER_CHARGE_H
#define MERIDIAN_SERVER_CHARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/service.h"
#include "zones/snapshot.h"

/* The pools of one type of a service: limits are counted among them. */
struct crowd {
    const char *zone;
    const struct service *service;
    uint16_t type;
};

/* The pool of a region; NULL when it lacks the type. */
const struct pool *crowd_pool(const struct crowd *crowd, uint16_t region);

/*
 * All crowds of a generation, and by target whose health it has a say in:
 * crowds[users[i]] for i from first[target] to first[target + 1] - 1. One
 * crowd's uses of a target stand together. Borrows from the generation.
 */
struct charge {
    struct crowd *crowds;
    size_t crowd_count;
    uint32_t *first; /* target_cap + 1 of them */
    size_t target_cap;
    uint32_t *users;
    uint32_t pool_cap; /* one more than the highest id of a pool */
};

/* Of no generation (NULL) it is empty. False when memory is out: then it is empty, too. */
bool charge_build(const struct snapshot *snapshot, struct charge *out);
void charge_release(struct charge *charge);

#endif
