#include "geo/place.h"

#include <math.h>

static double radians(double degrees)
{
    return degrees * (M_PI / 180.0);
}

double place_distance_km(double latitude_a, double longitude_a, double latitude_b,
                         double longitude_b)
{
    const double phi_a = radians(latitude_a);
    const double phi_b = radians(latitude_b);
    const double half_north = sin((phi_b - phi_a) / 2);
    const double half_east = sin(radians(longitude_b - longitude_a) / 2);
    const double haversine =
        half_north * half_north + cos(phi_a) * cos(phi_b) * half_east * half_east;

    /* Between antipodes rounding may reach just above 1, where asin() ends. */
    return 2 * PLACE_EARTH_RADIUS_KM * asin(sqrt(fmin(haversine, 1.0)));
}
