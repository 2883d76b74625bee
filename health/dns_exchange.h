#ifndef MERIDIAN_HEALTH_DNS_EXCHANGE_H
#define MERIDIAN_HEALTH_DNS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/probe.h"
#include "health/probe_spec.h"

/* The question of a dns probe and what to make of the answer: octets to octets, no socket. */

enum { DNS_QUESTION_MOST = 512, DNS_REPLY_MOST = 4096, DNS_RDATA_MOST = 256 };

/* Writes the query with that id, in at most DNS_QUESTION_MOST octets; gives its length. */
size_t dns_question_write(const struct probe_spec *spec, uint16_t id, uint8_t *out);

/*
 * Whether the octets are an answer to that very question: id, question
 * (RFC 5452 section 9.1) and the bit that marks a response. What is not is
 * passed over: somebody else may have sent it.
 */
bool dns_reply_is_ours(const struct probe_spec *spec, uint16_t id, const uint8_t *octets,
                       size_t len);

/* Holds a reply that is ours against what the probe expects. Fills `good` or the reason. */
void dns_reply_judge(const struct probe_spec *spec, const uint8_t *octets, size_t len,
                     struct probe_result *result);

/*
 * Rdata that an answer is to hold, from its text, as it stands uncompressed on
 * the wire: addresses, a name (CNAME, NS, PTR, DNAME; "." at the end may be
 * left out), a TXT of one string, and any other type as "\# LEN HEX" (RFC
 * 3597 section 5). 0 octets written: the text is none of these.
 */
size_t dns_rdata_read(uint16_t type, const char *text, uint8_t out[DNS_RDATA_MOST]);

#endif
