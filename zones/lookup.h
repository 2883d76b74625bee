#ifndef MERIDIAN_ZONES_LOOKUP_H
#define MERIDIAN_ZONES_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/proto/name.h"
#include "zones/service.h"
#include "zones/zone.h"
#include "zones/zonedb.h"

/* What can come out of a look-up: the algorithm of RFC 1034 section 4.3.2 as amended. */
enum outcome {
    OUTCOME_FOREIGN,    /* no zone of ours: REFUSED */
    OUTCOME_UNLOADED,   /* ours, but its files could not be loaded: SERVFAIL */
    OUTCOME_ANSWER,     /* the last hop holds records of the type asked */
    OUTCOME_NODATA,     /* the name exists, the type does not */
    OUTCOME_NXDOMAIN,   /* the name does not exist */
    OUTCOME_DELEGATION, /* below a zone cut: a referral */
    OUTCOME_ALIAS,      /* the chain leaves our zones, loops, is too long, or ends in a steered CNAME */
    OUTCOME_YXDOMAIN    /* a DNAME would make a name too long (RFC 6672 section 2.2) */
};

enum { FINDING_HOPS = 16, FINDING_SYNTHESES = 8 };

/*
 * One rrset of the answer section, in order. A steered hop names the service
 * and type instead of records: who is asked decides what they are; `rrset` is
 * then the zone file's last resort or NULL.
 */
struct hop {
    const uint8_t *owner;         /* as to be written: the qname, a CNAME's target, a DNAME's owner */
    const struct rrset *rrset;
    const struct service *service; /* NULL: plain data */
    uint16_t type;
};

/* Filled by lookup_find(). Everything points into the zones, the query or this struct. */
struct finding {
    enum outcome outcome;
    const struct zone *zone;      /* where the search ended: its SOA or cut goes to authority */
    const struct zone *first_zone; /* the zone of the qname, for counters; NULL when FOREIGN */
    const struct node *node;      /* where it ended: ANSWER, NODATA; the cut of a DELEGATION */
    uint8_t hop_count;
    struct hop hops[FINDING_HOPS];
    uint8_t synthesis_count;      /* CNAMEs made from DNAMEs */
    struct rrset synthesized[FINDING_SYNTHESES];
    uint8_t target[FINDING_SYNTHESES][2 + NAME_MAX_LEN]; /* their rdata, length first */
    struct name_key key;          /* of the last alias's target; written only behind one */
};

/*
 * Follows `qname` through our zones: wildcards (RFC 4592), ENTs, CNAME chains
 * (also from zone to zone of ours), DNAME (RFC 6672), zone cuts, DS on the
 * parent's side. ANY gives one rrset (RFC 8482). The name that `qname`
 * is the key of must live as long as the finding. Thread: any; no allocation.
 */
void lookup_find(const struct zonedb *zones, const struct name_key *qname, uint16_t qtype,
                 struct finding *finding);

/*
 * Where the addresses of a name are, for the additional section: its node when
 * the name is in a zone of ours and holds data there. Below a cut that is glue,
 * given only when the zone is `glue_zone` (NULL: never). NULL otherwise.
 * Wildcards are not expanded: an additional record is a courtesy.
 */
const struct node *lookup_additional(const struct zonedb *zones, const uint8_t *name,
                                     const struct zone *glue_zone);

#endif
