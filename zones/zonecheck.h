#ifndef MERIDIAN_ZONES_ZONECHECK_H
#define MERIDIAN_ZONES_ZONECHECK_H

#include "dns/base/diag.h"
#include "zones/builder.h"

/*
 * What a zone must be beyond the form of its records; every finding is told at
 * file:line of the record that makes it, and what is missing at `diag`.
 *
 * Mistakes: no SOA or no NS at the apex, a second SOA or one elsewhere; anything
 * beside a CNAME save DNSSEC's own (RFC 1034 section 3.6.2), two CNAMEs or two
 * DNAMEs at a name (RFC 2181 10.1, RFC 6672 2.4); names below a DNAME (2.3);
 * different TTLs in an rrset (RFC 2181 5.2); DS at the apex or without NS; a
 * name server in the zone that is a CNAME (RFC 2181 10.3) or has no address,
 * which at and below its own delegation is missing glue.
 *
 * Warnings: an rrset that no message has room for; what a delegation hides; a wildcard that delegates (RFC 4592 4.2);
 * MX and SRV that lead to names of the zone without an address; missing glue
 * under another delegation. A steered name counts as having addresses.
 *
 * What is missing is told when that is certain: not where a record that may be
 * it was written but could not be read (builder_may_lack).
 */
enum status zonecheck_run(const struct builder *builder, const struct diag *diag)
    __attribute__((warn_unused_result));

#endif
