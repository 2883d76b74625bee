#ifndef MERIDIAN_HEALTH_PROBER_H
#define MERIDIAN_HEALTH_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "health/board.h"
#include "health/target.h"

/*
 * The thread that asks every target on its schedule and writes the board.
 * First probes start at once (bounded in number); later ones are spread over
 * the interval. A refused connection is asked again without waiting.
 */
struct prober;

/* Starts the thread. The board must outlive it. */
enum status prober_open(struct board *board, struct prober **out)
    __attribute__((warn_unused_result));
/* Ends the thread and every probe in flight. */
void prober_close(struct prober *prober);

/*
 * From now on exactly these targets are watched; ones watched before keep
 * their state, new ones start unknown. The targets are copied. Blocks until
 * the prober has taken the list over: after that no id left out is written.
 * Thread: the loader.
 */
enum status prober_watch(struct prober *prober, const struct target *const *targets, size_t count)
    __attribute__((warn_unused_result));

/* Blocks until every watched target has had a first result, at most `most_ms`. True when so. */
bool prober_await_first_round(struct prober *prober, uint64_t most_ms);

/* What is known of one target, for status and metrics. */
struct target_report {
    uint32_t id;
    char label[160];
    enum health health;
    bool unsure;
    uint64_t since_wall_ms;     /* of the present health */
    uint64_t last_wall_ms;      /* of the last result; 0: none yet */
    bool last_good;
    uint32_t last_took_us;
    char last_reason[96];
    uint64_t good_count, bad_count;
};

/* False when the id is not watched. Thread: any; takes the prober's lock. */
bool prober_report(struct prober *prober, uint32_t id, struct target_report *out);

#endif
