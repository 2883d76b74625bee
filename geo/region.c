#include "geo/region.h"

#include <string.h>

#include "geo/place.h"

uint16_t region_find(const struct region_list *regions, const char *name)
{
    for (uint16_t i = 0; i < regions->count; i++)
        if (strcmp(regions->items[i].name, name) == 0)
            return i;
    return REGION_NONE;
}

double region_biased_km(const struct region *region, double latitude, double longitude)
{
    const double km = place_distance_km(region->latitude, region->longitude, latitude, longitude);

    if (region->bias > 0)
        return km * (1.0 - region->bias / 100.0);
    if (region->bias < 0)
        return km / (1.0 + region->bias / 100.0);
    return km;
}
