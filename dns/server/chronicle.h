#ifndef MERIDIAN_SERVER_CHRONICLE_H
#define MERIDIAN_SERVER_CHRONICLE_H

#include "dns/server/journal.h"
#include "dns/server/loader.h"
#include "dns/server/orders.h"
#include "dns/server/steward.h"
#include "health/prober_freeze.h"
#include "health/target_report.h"

/*
 * What the journal is told of the server's own events, in its words. None of
 * these waits for a disk; without a journal (NULL) they do nothing.
 */

/* event "target": the probes of one target have changed their verdict. Thread: the prober's. */
void chronicle_target(struct journal *journal, const struct target_report *report);

/*
 * event "region": "zone/service/region TYPE" is up, down, drained, forced or
 * held up now, but for a first verdict that is up; `by` and `why` are those of the order. Thread: as steward_changed().
 */
void chronicle_pool(struct journal *journal, struct orders *orders,
                    const struct steward_change *change);

/* event "freeze": the prober takes itself for cut off, or does no longer. Thread: the prober's. */
void chronicle_freeze(struct journal *journal, const struct prober_freeze *freeze);

/* event "reload": "good", "mistakes" or "refused", with the first mistake. Thread: any. */
void chronicle_load(struct journal *journal, struct loader *loader);

/* event "daemon": to "start" or "stop". */
void chronicle_daemon(struct journal *journal, const char *to, const char *why);

#endif
