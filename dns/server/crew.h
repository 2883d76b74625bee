#ifndef MERIDIAN_SERVER_CREW_H
#define MERIDIAN_SERVER_CREW_H

#include <stddef.h>

#include "dns/base/diag.h"
#include "dns/server/config.h"
#include "dns/server/quota.h"
#include "dns/server/tally.h"

/*
 * All workers together, with what they share: the limit on connections and the
 * limit on responses. Thread: main.
 */
struct crew;

/*
 * Opens every socket of every worker and makes the workers; nothing answers
 * yet. Tells every address that cannot be had, in one run.
 */
enum status crew_open(const struct config *config, struct report *report, struct crew **out)
    __attribute__((warn_unused_result));

/* The workers begin to answer. */
enum status crew_start(struct crew *crew) __attribute__((warn_unused_result));

/* Ends them: what is in flight is finished first, see worker_stop(). NULL is fine. */
void crew_close(struct crew *crew);

/* Valid until crew_close(). */
const struct tally *const *crew_tallies(const struct crew *crew, size_t *count);
struct quota *crew_quota(const struct crew *crew);

#endif
