#include "geo/place.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Expected values: quarter and half circles by definition, cities by the angle of 3-D vectors. */
#define QUARTER_KM (PLACE_EARTH_RADIUS_KM * M_PI / 2)

static const struct {
    const char *what;
    double from[2], to[2]; /* latitude, longitude */
    double km, tolerance_km;
} cases[] = {
    {"a point to itself",                     { 60.17, 24.94 }, { 60.17, 24.94 },  0,               1e-9},
    { "pole to pole",                         { 90, 0 },        { -90, 0 },        2 * QUARTER_KM,  1e-6},
    { "antipodes off the axes",               { 17.3, 40.1 },   { -17.3, -139.9 }, 2 * QUARTER_KM,  1e-3},
    { "a quarter of the equator",             { 0, 0 },         { 0, 90 },         QUARTER_KM,      1e-6},
    { "a degree across the date line",        { 0, 179.5 },     { 0, -179.5 },     QUARTER_KM / 90, 1e-6},
    { "at the pole the longitude is nothing", { 90, 12 },       { 90, -170 },      0,               1e-6},
    { "ten metres apart",                     { 50, 8 },        { 50.00009, 8 },   0.010007557,     1e-6},
    { "Helsinki to Singapore",                { 60.17, 24.94 }, { 1.35, 103.82 },  9264.621506,     1e-5},
    { "Falkenstein to Virginia",              { 50.48, 12.37 }, { 38.95, -77.45 }, 6770.647789,     1e-5},
};

static void measures_great_circles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double *from = cases[i].from, *to = cases[i].to;
        const double there = place_distance_km(from[0], from[1], to[0], to[1]);
        const double back = place_distance_km(to[0], to[1], from[0], from[1]);
        if (!(fabs(there - cases[i].km) <= cases[i].tolerance_km))
            fail_msg("%s: %.9f km, expected %.9f", cases[i].what, there, cases[i].km);
        if (there != back)
            fail_msg("%s: %.17g km there, %.17g back", cases[i].what, there, back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_great_circles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
