#ifndef MERIDIAN_GEO_DATABASE_H
#define MERIDIAN_GEO_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/spans.h"

/*
 * One MMDB file, read into memory, walked once and closed. The only module
 * that knows libmaxminddb.
 *
 * Both layouts are understood: nested (country.iso_code, location.latitude)
 * and flat (country_code, latitude). A field that a record lacks is unknown,
 * not zero; flat coordinates 0,0 are unknown.
 */
struct database_field_text { const char *octets; uint32_t len; };

/* One distinct record. Strings point into the database and live as long as it. Empty = unknown. */
struct database_record {
    struct database_field_text continent, country, city;
    struct database_field_text subdivision[3]; /* ISO code, or the name in flat files */
    bool subdivision_is_code;
    uint32_t asn; /* 0: unknown */
    bool has_location;
    double latitude, longitude; /* degrees */
    uint16_t accuracy_km;
};

/* A file's identity, for noticing a change. */
struct database_info {
    char type[64];        /* database_type of its metadata */
    uint64_t build_epoch; /* seconds since 1970 */
    uint32_t node_count;
    uint16_t ip_version;  /* 4 or 6 */
};

struct database;

/*
 * Reads `diag->file` into memory (so that a later truncation of the file
 * cannot kill us), checks its metadata, node count and sections.
 * Refuses what cannot be used, in words. Thread: the loader.
 */
enum status database_open(const struct diag *diag, struct database **out)
    __attribute__((warn_unused_result));
void database_close(struct database *database);
const struct database_info *database_info(const struct database *database);

/*
 * Walks the whole tree once, iteratively, and fills the partition of each
 * family that the file covers with record ids (0 = not in the file, else 1 +
 * the index for database_record()). Spans are no finer than `v4_bits` /
 * `v6_bits`: below that the first address decides. In an IPv6 file the IPv4
 * part is ::/96; alias networks (::ffff:0:0/96, 2002::/16, 64:ff9b::/96) are
 * left out of the IPv6 partition, for clients there are located by their IPv4
 * address. A cyclic tree or a pointer outside the file is refused.
 */
enum status database_walk(struct database *database, const struct diag *diag, uint8_t v4_bits,
                          uint8_t v6_bits, struct spans *v4, struct spans *v6)
    __attribute__((warn_unused_result));

/* Distinct records seen by the walk, and each of them decoded. */
uint32_t database_record_count(const struct database *database);
enum status database_record(const struct database *database, const struct diag *diag, uint32_t index,
                            struct database_record *out) __attribute__((warn_unused_result));

#endif
