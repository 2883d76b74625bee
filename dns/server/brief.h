#ifndef MERIDIAN_SERVER_BRIEF_H
#define MERIDIAN_SERVER_BRIEF_H

#include <stddef.h>
#include <stdint.h>

#include "dns/server/answer.h"

/*
 * The usual answer by the short way: one rrset at the name asked, the SOA of a
 * negative answer, or nothing but an rcode; no more, and all of it fits. What
 * names point to was found at load (zones/rrset.h), so the answer is the
 * question with a few runs of octets behind it. It says what answer_write()
 * would say, which writes all the rest.
 *
 * Returns the length of the response; 0 when the answer is not of that kind,
 * and then nothing of use is written.
 */
size_t brief_write(const struct message *query, const struct answer *answer,
                   const struct snapshot *snapshot, uint8_t *response, size_t limit,
                   struct written *written);

#endif
