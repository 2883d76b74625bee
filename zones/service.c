#include "zones/service.h"

#include <stddef.h>

bool service_offers(const struct service *service, uint16_t type)
{
    for (unsigned i = 0; i < service->type_count && service->types[i] <= type; i++) {
        if (service->types[i] == type)
            return true;
    }
    return false;
}

/* A region offers two or three types: a walk is shorter than a search. */
const struct pool *service_pool(const struct service *service, uint16_t region, uint16_t type)
{
    if (region >= service->region_count)
        return NULL;
    const struct service_region *at = &service->regions[region];
    for (unsigned i = 0; i < at->pool_count && at->pools[i].type <= type; i++) {
        if (at->pools[i].type == type)
            return &at->pools[i];
    }
    return NULL;
}
