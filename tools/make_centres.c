/*
 * make_centres CITY.mmdb COUNTRY.mmdb COUNTRIES.json ZONE.tab >geo/centres_table.inc
 *
 * Writes the table of geo/centres.c: where each country stands when a database
 * says nothing but its code.
 *
 *   CITY.mmdb       places with coordinates, IPv4: DB-IP City Lite
 *   COUNTRY.mmdb    the country database we ship: each code in it needs a row
 *   COUNTRIES.json  {"FI": {"continent": "EU", ...}}: the package countries-list
 *   ZONE.tab        tzdata's list of places by country
 *
 * A country stands at the mean of its networks as vectors on the unit sphere,
 * weighted by addresses. Databases also hold mistakes: single networks on the
 * wrong continent, and whole blocks at a default place. So the mean is taken a
 * second time without what lies farther than OUTLIER_FACTOR mean distances
 * from the first. A country with less than FEW_ADDRESSES there stands at the
 * mean of its places in ZONE.tab. To standard error goes how far each centre
 * is from the nearest of those places, farthest first: look at it.
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "geo/database.h"
#include "geo/place.h"
#include "geo/spans.h"

enum { LETTERS = 26, CODES = LETTERS * LETTERS, FEW_ADDRESSES = 1024, REPORTED = 25 };
#define OUTLIER_FACTOR 4.0

/* A sum of unit vectors. */
struct mean {
    double x, y, z;
    double weight;
};

struct zone {
    int code;
    double latitude, longitude;
};

struct country {
    bool wanted; /* it occurs in one of the databases */
    bool by_zones;
    char continent[3];
    double latitude, longitude;
    struct mean networks, near, zones;
    double distance_sum; /* of the networks from their first mean, weighted */
    double zone_km;      /* from the centre to the nearest place of ZONE.tab; NAN: none there */
};

struct work {
    struct country countries[CODES];
    struct zone *zones;
    size_t zone_count;
    uint64_t city_epoch;
};

/*
 * Codes that ISO 3166-3 lists as withdrawn but registries still use, and where
 * most of the country's addresses went.
 */
static const struct {
    const char *former, *now;
} withdrawn[] = {
    { "AN", "CW" }, /* Netherlands Antilles, 2010 */
};

/*
 * Countries in two continents, where the list and the makers of databases
 * (GeoNames, and GeoIP2 after it) name different ones: a selector must mean the
 * same with every database.
 */
static const struct {
    const char *code, *continent;
} as_databases_say[] = {
    { "RU", "EU" },
};

static int code_index(const char *code, size_t len)
{
    if (len != 2 || !isalpha((unsigned char)code[0]) || !isalpha((unsigned char)code[1]))
        return -1;
    return (toupper((unsigned char)code[0]) - 'A') * LETTERS + toupper((unsigned char)code[1]) -
           'A';
}

/* ---- means on the sphere --------------------------------------------------- */

static void mean_add(struct mean *mean, double latitude, double longitude, double weight)
{
    const double phi = latitude * M_PI / 180, lambda = longitude * M_PI / 180;
    mean->x += weight * cos(phi) * cos(lambda);
    mean->y += weight * cos(phi) * sin(lambda);
    mean->z += weight * sin(phi);
    mean->weight += weight;
}

static void mean_point(const struct mean *mean, double *latitude, double *longitude)
{
    *latitude = atan2(mean->z, hypot(mean->x, mean->y)) * 180 / M_PI;
    *longitude = atan2(mean->y, mean->x) * 180 / M_PI;
}

/* ---- the databases --------------------------------------------------------- */

enum pass { PASS_MEAN, PASS_DISTANCE, PASS_NEAR };

static void country_take(struct country *country, enum pass pass, const struct record *record,
                         double weight)
{
    country->wanted = true;
    if (!record->has_location)
        return;
    if (pass == PASS_MEAN) {
        mean_add(&country->networks, record->latitude, record->longitude, weight);
        return;
    }
    const double km = place_distance_km(country->latitude, country->longitude, record->latitude,
                                        record->longitude);
    if (pass == PASS_DISTANCE)
        country->distance_sum += weight * km;
    else if (km <= OUTLIER_FACTOR * country->distance_sum / country->networks.weight)
        mean_add(&country->near, record->latitude, record->longitude, weight);
}

/* Every IPv4 network of the file, its addresses counted. */
static enum status take_networks(struct work *work, enum pass pass, const struct diag *diag,
                                 struct database *database, const struct spans *v4)
{
    for (size_t i = 0; i < v4->count; i++) {
        struct record record;
        if (v4->value[i] == 0)
            continue;
        const enum status status = database_record(database, diag, v4->value[i] - 1, &record);
        if (status != STATUS_OK)
            return status;
        const int code = code_index(record.country.octets, record.country.len);
        const uint64_t end = i + 1 < v4->count ? v4->start[i + 1] - 1 : UINT64_MAX;
        const uint64_t addresses = (end >> 32) - (v4->start[i] >> 32) + 1;
        if (code >= 0)
            country_take(&work->countries[code], pass, &record, (double)addresses);
    }
    return STATUS_OK;
}

static void points_from(struct work *work, bool near)
{
    for (size_t i = 0; i < CODES; i++) {
        struct country *country = &work->countries[i];
        const struct mean *mean = near ? &country->near : &country->networks;
        if (mean->weight > 0)
            mean_point(mean, &country->latitude, &country->longitude);
    }
}

static enum status read_pass(struct work *work, enum pass pass, const struct diag *diag)
{
    struct database *database;
    struct spans v4, v6;
    enum status status = database_open(diag, &database);
    if (status != STATUS_OK)
        return status;
    status = database_walk(database, diag, 32, 64, &v4, &v6);
    if (status == STATUS_OK) {
        work->city_epoch = database_info(database)->build_epoch;
        status = take_networks(work, pass, diag, database, &v4);
        spans_release(&v4);
        spans_release(&v6);
    }
    database_close(database);
    return status;
}

static enum status read_city_database(struct work *work, const struct diag *diag)
{
    for (enum pass pass = PASS_MEAN; pass <= PASS_NEAR; pass++) {
        const enum status status = read_pass(work, pass, diag);
        if (status != STATUS_OK)
            return status;
        if (pass != PASS_DISTANCE)
            points_from(work, pass == PASS_NEAR);
    }
    return STATUS_OK;
}

/* Only its codes, of both families. */
static enum status read_country_database(struct work *work, const struct diag *diag)
{
    struct database *database;
    struct spans v4, v6;
    enum status status = database_open(diag, &database);
    if (status != STATUS_OK)
        return status;
    status = database_walk(database, diag, 32, 64, &v4, &v6);
    if (status == STATUS_OK) {
        spans_release(&v4);
        spans_release(&v6);
    }
    for (uint32_t i = 0; status == STATUS_OK && i < database_record_count(database); i++) {
        struct record record;
        status = database_record(database, diag, i, &record);
        const int code =
            status == STATUS_OK ? code_index(record.country.octets, record.country.len) : -1;
        if (code >= 0)
            work->countries[code].wanted = true;
    }
    database_close(database);
    return status;
}

/* ---- the lists ------------------------------------------------------------- */

static enum status read_continents(struct work *work, const struct diag *diag)
{
    struct json_doc *doc;
    enum status status = json_load(diag, &doc);
    if (status != STATUS_OK)
        return status;

    const struct json_node root = json_root(doc, diag);
    for (size_t i = 0; i < json_count(&root); i++) {
        struct json_node entry, continent;
        const char *text;
        if (!json_child(&root, i, &entry) || !json_member(&entry, "continent", &continent))
            continue;
        const int code = code_index(entry.key, strlen(entry.key));
        status = json_get_string(&continent, &text);
        if (status != STATUS_OK)
            break;
        if (code >= 0)
            snprintf(work->countries[code].continent, sizeof work->countries[code].continent, "%s",
                     text);
    }
    json_free(doc);
    for (size_t i = 0; i < sizeof as_databases_say / sizeof *as_databases_say; i++) {
        const int code = code_index(as_databases_say[i].code, 2);
        memcpy(work->countries[code].continent, as_databases_say[i].continent, 3);
    }
    return status;
}

/* One half of an ISO 6709 position: "+6010", "-0883", "+0245813" (degrees, minutes, seconds). */
static double angle_from(const char *text, size_t len, size_t degree_digits)
{
    char digits[9] = "";
    if (len < degree_digits + 3 || len > sizeof digits)
        return NAN;
    memcpy(digits, text + 1, len - 1);
    const size_t minute_digits = 2;
    const long seconds = len > degree_digits + 3 ? strtol(digits + degree_digits + 2, NULL, 10) : 0;
    digits[degree_digits + minute_digits] = '\0';
    const long minutes = strtol(digits + degree_digits, NULL, 10);
    digits[degree_digits] = '\0';
    const long degrees = strtol(digits, NULL, 10);
    const double angle = (double)degrees + (double)minutes / 60 + (double)seconds / 3600;
    return text[0] == '-' ? -angle : angle;
}

static enum status read_zone_line(struct work *work, const struct diag *diag, const char *line)
{
    char code_text[3], position[32];
    if (line[0] == '#' || line[0] == '\n')
        return STATUS_OK;
    if (sscanf(line, "%2s %31s", code_text, position) != 2)
        return diag_error(diag, STATUS_SYNTAX, "not a line of a zone.tab");

    const size_t latitude_len = 1 + strcspn(position + 1, "+-");
    const int code = code_index(code_text, strlen(code_text));
    const double latitude = angle_from(position, latitude_len, 2);
    const double longitude =
        angle_from(position + latitude_len, strlen(position + latitude_len), 3);
    if (code < 0 || isnan(latitude) || isnan(longitude))
        return diag_error(diag, STATUS_SYNTAX, "no country and position: '%s'", position);

    struct zone *zones = reallocarray(work->zones, work->zone_count + 1, sizeof *zones);
    if (zones == NULL)
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    work->zones = zones;
    zones[work->zone_count++] = (struct zone){ code, latitude, longitude };
    mean_add(&work->countries[code].zones, latitude, longitude, 1);
    return STATUS_OK;
}

static enum status read_zones(struct work *work, const struct diag *diag)
{
    FILE *file = fopen(diag->file, "r");
    if (file == NULL)
        return diag_error(diag, STATUS_IO, "cannot be opened");

    enum status status = STATUS_OK;
    struct diag here = *diag;
    char *line = NULL;
    size_t cap = 0;
    while (status == STATUS_OK && getline(&line, &cap, file) >= 0) {
        here.line++;
        status = read_zone_line(work, &here, line);
    }
    free(line);
    fclose(file);
    return status;
}

/* ---- deciding and writing -------------------------------------------------- */

static void place_country(struct country *country)
{
    country->by_zones = country->near.weight < FEW_ADDRESSES && country->zones.weight > 0;
    if (country->by_zones)
        mean_point(&country->zones, &country->latitude, &country->longitude);
}

static void measure_country(struct work *work, int code)
{
    struct country *country = &work->countries[code];
    country->zone_km = NAN;
    for (size_t i = 0; i < work->zone_count; i++) {
        const struct zone *zone = &work->zones[i];
        if (zone->code == code)
            country->zone_km =
                fmin(country->zone_km, place_distance_km(country->latitude, country->longitude,
                                                         zone->latitude, zone->longitude));
    }
}

static bool country_is_placed(const struct country *country)
{
    return country->wanted && country->continent[0] != '\0' &&
           (country->by_zones || country->near.weight > 0);
}

static void decide(struct work *work)
{
    for (int code = 0; code < CODES; code++) {
        place_country(&work->countries[code]);
        measure_country(work, code);
    }
    for (size_t i = 0; i < sizeof withdrawn / sizeof *withdrawn; i++) {
        struct country *former = &work->countries[code_index(withdrawn[i].former, 2)];
        const struct country *now = &work->countries[code_index(withdrawn[i].now, 2)];
        if (former->wanted && !country_is_placed(former))
            *former = *now;
    }
}

static void write_head(const struct work *work)
{
    char city_date[16];
    const time_t built = (time_t)work->city_epoch;
    struct tm when;
    gmtime_r(&built, &when);
    strftime(city_date, sizeof city_date, "%Y-%m-%d", &when);

    printf("/*\n"
           " * Generated by tools/make_centres.c, which says how: not for editing.\n"
           " *\n"
           " * Centres: the mean of each country's IPv4 networks, weighted by addresses, from\n"
           " *     DB-IP City Lite of %s, CC BY 4.0, https://db-ip.com; for those marked\n"
           " *     (*) it knows too few, and they stand at the mean of their places in\n"
           " *     zone.tab of tzdata, which is in the public domain.\n"
           " * Continents: countries-list by Annexare Studio, MIT License.\n"
           " */\n"
           "/* clang-format off */\n",
           city_date);
}

static void write_row(const struct country *country, int code)
{
    printf("{ \"%c%c\", \"%s\", %.2fF, %.2fF },%s\n", 'A' + code / LETTERS, 'A' + code % LETTERS,
           country->continent, country->latitude, country->longitude,
           country->by_zones ? " /* (*) */" : "");
}

/* False when a country that occurs has no row. */
static bool write_table(const struct work *work)
{
    bool complete = true;
    write_head(work);
    for (int code = 0; code < CODES; code++) {
        const struct country *country = &work->countries[code];
        if (country_is_placed(country)) {
            write_row(country, code);
        } else if (country->wanted) {
            fprintf(stderr, "%c%c occurs, but nothing says where it is\n", 'A' + code / LETTERS,
                    'A' + code % LETTERS);
            complete = false;
        }
    }
    printf("/* clang-format on */\n");
    return complete;
}

static void report_deviations(struct work *work)
{
    for (int n = 0; n < REPORTED; n++) {
        int farthest = -1;
        for (int code = 0; code < CODES; code++)
            if (country_is_placed(&work->countries[code]) &&
                !isnan(work->countries[code].zone_km) &&
                (farthest < 0 || work->countries[code].zone_km > work->countries[farthest].zone_km))
                farthest = code;
        if (farthest < 0)
            return;
        struct country *country = &work->countries[farthest];
        fprintf(stderr, "%c%c at %.2f %.2f: %.0f km from its nearest place in zone.tab\n",
                'A' + farthest / LETTERS, 'A' + farthest % LETTERS, country->latitude,
                country->longitude, country->zone_km);
        country->zone_km = NAN;
    }
}

/* ---- the program ----------------------------------------------------------- */

static enum status read_all(struct work *work, struct report *report, char **files)
{
    enum status (*const readers[])(struct work *, const struct diag *) = {
        read_city_database, read_country_database, read_continents, read_zones
    };
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        const struct diag diag = { .report = report, .file = files[i] };
        const enum status status = readers[i](work, &diag);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: make_centres CITY.mmdb COUNTRY.mmdb COUNTRIES.json ZONE.tab\n");
        return 2;
    }
    bool good = false;
    struct report *report = report_new();
    struct work *work = calloc(1, sizeof *work);
    if (report != NULL && work != NULL && read_all(work, report, argv + 1) == STATUS_OK) {
        decide(work);
        good = write_table(work);
        report_deviations(work);
    }
    for (size_t i = 0; report != NULL && i < report_count(report); i++)
        fprintf(stderr, "%s\n", report_text(report, i));
    if (work != NULL)
        free(work->zones);
    free(work);
    report_free(report);
    return good ? 0 : 1;
}
