#ifndef MERIDIAN_GEO_DATABASE_H
#define MERIDIAN_GEO_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/base/prefix.h"
#include "geo/record.h"
#include "geo/spans.h"

/*
 * One MMDB file, read into memory, walked once and closed. The only module
 * that knows libmaxminddb.
 */
struct database;

/* A file's identity, for noticing a change. */
struct database_info {
    char type[64];        /* database_type of its metadata */
    uint64_t build_epoch; /* seconds since 1970 */
    uint32_t node_count;
    uint16_t ip_version; /* 4 or 6 */
};

/*
 * Copies `diag->file` into memory (so that a file truncated in place later
 * cannot kill us), checks its metadata, node count and sections. Refuses what
 * cannot be used, in words. Thread: the loader.
 */
enum status database_open(const struct diag *diag, struct database **out)
    __attribute__((warn_unused_result));
void database_close(struct database *database);
const struct database_info *database_info(const struct database *database);

/*
 * Walks the whole tree once, iteratively, and fills the partition of each
 * family with record ids (0 = not in the file, else 1 + the index for
 * database_record()). Spans are no finer than `v4_bits` (1..32) and `v6_bits`
 * (1..64): below that the first address decides. In an IPv6 file the IPv4 part
 * is ::/96. That part and the networks whose clients are located by an IPv4
 * address inside their own (::ffff:0:0/96, 64:ff9b::/96, 2001::/32, 2002::/16:
 * files repeat the IPv4 part there) are 0 in the IPv6 partition, unless one
 * record holds for them and for more.
 *
 * A cyclic tree or a record outside the data section is refused. `v4` and `v6`
 * need not be initialised; on failure they are empty. Thread: the loader.
 */
enum status database_walk(struct database *database, const struct diag *diag, uint8_t v4_bits,
                          uint8_t v6_bits, struct spans *v4, struct spans *v6)
    __attribute__((warn_unused_result));

/*
 * The distinct records that the walk met, in the order of the file, and each of
 * them decoded. Texts point into the database and live as long as it.
 */
uint32_t database_record_count(const struct database *database);
enum status database_record(struct database *database, const struct diag *diag, uint32_t index,
                            struct record *out) __attribute__((warn_unused_result));

/*
 * What the file says of one address, without a walk: for explain. *found is
 * false when it says nothing; *prefix_len is that of its network, in the
 * address's own family. An IPv4 file knows no IPv6 address, and the IPv4 part of
 * an IPv6 file is none of theirs.
 */
enum status database_look_up(struct database *database, const struct diag *diag,
                             const struct address *address, struct record *out, bool *found,
                             uint8_t *prefix_len) __attribute__((warn_unused_result));

#endif
