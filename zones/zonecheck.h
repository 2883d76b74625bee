#ifndef MERIDIAN_ZONES_ZONECHECK_H
#define MERIDIAN_ZONES_ZONECHECK_H

#include "dns/base/diag.h"
#include "zones/builder.h"

/*
 * What a zone must be beyond the form of its records; every finding is told at
 * file:line of the record that makes it. One SOA, at the apex; NS at the apex;
 * nothing beside a CNAME (RFC 1034 3.6.2, 2181 10.1) save DNSSEC's own; one
 * CNAME or DNAME (RFC 6672 2.4) and nothing below a DNAME (2.3); one TTL in an
 * rrset (RFC 2181 5.2); only glue and DS at and below a cut; in-zone NS and MX
 * names that exist, are no CNAME and have addresses (missing glue).
 */
enum status zonecheck_run(const struct builder *builder, const struct diag *diag)
    __attribute__((warn_unused_result));

#endif
