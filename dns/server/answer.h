#ifndef MERIDIAN_SERVER_ANSWER_H
#define MERIDIAN_SERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/proto/edns.h"
#include "dns/proto/message.h"
#include "dns/server/choice.h"
#include "zones/lookup.h"
#include "zones/snapshot.h"

/* Everything that was decided about one answer, before a single octet of it is written. */
struct answer {
    enum rcode rcode;
    bool authoritative;
    const struct finding *finding; /* NULL: header, question and OPT alone */
    const struct choice *choice;   /* for the steered hop; NULL when there is none */
    uint8_t hop_count;             /* how many of the finding's hops are told */
    const struct rrset *extra; /* one rrset at the qname, for answers that no zone holds; NULL */
    uint16_t extra_class;
    struct edns_reply edns; /* used when the query had EDNS */
    bool badkey;            /* the query's TSIG is answered: its key is unknown */
};

/* What became of it. */
struct written {
    bool truncated;
    uint16_t opt_len; /* octets of the OPT record that ends the response; 0: another or none does */
};

/*
 * The second word of the response's header, TC not yet decided. Of the query's
 * bits RD alone comes back: RFC 4035 section 3.1.6 wants CD and AD clear.
 */
static inline uint16_t answer_flags(const struct message *query, const struct answer *answer)
{
    return (uint16_t)(FLAG_QR | (unsigned)query->opcode << 11 | ((unsigned)answer->rcode & 15u) |
                      (answer->authoritative ? FLAG_AA : 0u) |
                      (query->recursion_desired ? FLAG_RD : 0u));
}

/*
 * Writes the response in one pass, at most `limit` octets of `response`.
 * Whole rrsets only; TC is set when something that the asker needs did not
 * fit: the answer, the SOA of a negative answer, the NS of a referral and the
 * addresses of its servers inside the zone that is referred to (RFC 9471).
 * Returns its length, 0 when not even the header and question fit.
 */
size_t answer_write(const struct message *query, const struct answer *answer,
                    const struct snapshot *snapshot, uint8_t *response, size_t limit,
                    struct written *written);

#endif
