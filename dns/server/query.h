#ifndef MERIDIAN_SERVER_QUERY_H
#define MERIDIAN_SERVER_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "dns/server/client.h"
#include "dns/server/ratelimit.h"
#include "zones/lookup.h"
#include "zones/snapshot.h"

/* What counters want to know of one answer. */
struct query_note {
    uint16_t rcode; /* with the extended bits */
    bool malformed; /* FORMERR, or silence for a runt or a response */
    bool truncated;
    uint16_t opt_len;              /* octets of the OPT record that ends the response; 0: none */
    bool trusted;                  /* the address is proven: TCP or a good cookie */
    enum response_class kind;      /* the account that rate limiting charges */
    const struct zone *zone;       /* of the qname; NULL: none of ours */
    const struct service *service; /* that chose the answer; NULL: static */
    uint16_t region;               /* the first that answered; REGION_NONE */
};

/*
 * One question, octets to octets: no socket, no clock, no allocation, no lock.
 * Request and response are different buffers. Returns the length of the
 * response, 0 for silence. `note` is always written.
 */
size_t query_answer(const struct snapshot *snapshot, const struct client *client,
                    const uint8_t *request, size_t request_len, uint8_t *response,
                    size_t response_cap, struct query_note *note);

/*
 * Cuts a response of ours down to its header, question and OPT and sets TC, so
 * that an honest client asks again by TCP, or with the cookie it finds there,
 * and a forged one gets nothing worth sending. `opt_len` is the note's. In
 * place; returns the new length.
 */
size_t query_slip(uint8_t *response, size_t len, size_t opt_len);

#endif
