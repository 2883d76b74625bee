#ifndef MERIDIAN_HEALTH_PROBER_H
#define MERIDIAN_HEALTH_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "health/board.h"
#include "health/guard.h"
#include "health/prober_freeze.h"
#include "health/target.h"
#include "health/target_report.h"

/*
 * The thread that asks every target on its schedule and writes the board.
 * First probes start as soon as there is time, bounded in number (half of the
 * descriptors the process may have, at most PROBER_FLIGHTS; more wait in line:
 * lanes.h); later ones are spread over the interval. A refused connection is
 * asked again after 5 ms, until the verdict stands. A timeout longer than the
 * interval lets probes of one target overlap, at most 16 of them; their results
 * count in the order of arrival. What fails for want of something of our own
 * (descriptors, memory) does not count. Where the probe wants it, a sentinel
 * stands by a target that is up (an eighth of the descriptors, at most
 * PROBER_SENTINELS), and its alarm asks for a probe within 2 ms.
 */
struct prober;

enum { PROBER_FLIGHTS = 2048, PROBER_SENTINELS = 8192 };

/* Starts the thread. The board must outlive it. Why it failed is logged. */
enum status prober_open(struct board *board, struct prober **out)
    __attribute__((warn_unused_result));
/* Ends the thread and every probe in flight; the board keeps what was last known. */
void prober_close(struct prober *prober);

/*
 * From now on exactly these targets are watched; ones watched before (the same
 * id and the same key) keep their state, new ones start unknown: their word on
 * the board is reset before this returns. PROBE_NONE is up without being asked.
 * The members say which regions use which of them: when several regions fail
 * together and no target of any answers, the prober takes itself for cut off,
 * and every state stays as it is until one does (health/guard.h).
 * The targets are copied. Blocks until the prober has taken the list over: after
 * that no id left out is written. On STATUS_MEMORY the old list stands.
 * Thread: the loader.
 */
enum status prober_watch(struct prober *prober, const struct target *const *targets, size_t count,
                         const struct guard_member *members, size_t member_count)
    __attribute__((warn_unused_result));

/* Blocks until every watched target has had a first result, at most `most_ms`. True when so. */
bool prober_await_first_round(struct prober *prober, uint64_t most_ms);

/* False when the id is not watched. Thread: any; takes the prober's lock. */
bool prober_report(struct prober *prober, uint32_t id, struct target_report *out);

/* Thread: any; takes the prober's lock. */
void prober_freeze(struct prober *prober, struct prober_freeze *out);

/*
 * Called when the prober freezes and when that ends. Set before the first
 * prober_watch(). Thread: the prober's, holding no lock; must not call prober_watch().
 */
typedef void prober_froze(void *context, const struct prober_freeze *freeze);
void prober_on_freeze(struct prober *prober, prober_froze *froze, void *context);

/*
 * Called after every change of a target's health, the first verdict included,
 * when the board already says so. Set before the first prober_watch().
 * Thread: the prober's, holding no lock; must not call prober_watch().
 */
typedef void prober_changed(void *context, const struct target_report *report);
void prober_on_change(struct prober *prober, prober_changed *changed, void *context);

/*
 * Called after every change of a target's word on the board, be it that only
 * its next results may turn the verdict; before prober_changed. Otherwise as that.
 */
typedef void prober_touched(void *context, uint32_t id);
void prober_on_touch(struct prober *prober, prober_touched *touched, void *context);

#endif
