#ifndef MERIDIAN_HEALTH_GUARD_H
#define MERIDIAN_HEALTH_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Tells the death of a region from the prober's own (contract section 8). A
 * pure state machine over results and their times: no clock, no socket.
 *
 * A failure may take a target down when somebody has answered a question that
 * was asked since the first failure of its streak, or when no other region has
 * anything up: then one region died alone. Else the failure is held, and
 * targets of other regions are to be asked at once. Any success lets held
 * failures count. When all that were asked fail too, two regions have failed
 * together without a success from anywhere: all stands still until somebody
 * answers, and then the judges begin afresh.
 *
 *               falls, no success since         all asked have failed
 *     watching ------------------------> asking ---------------------> frozen
 *        ^                                 |                             |
 *        `------ any success: count -------+------ any success: afresh --'
 *
 * Only results that tell of our network belong here: not the word of a file,
 * and not a first result, which decides alone. A target of no region is not
 * guarded. Times are of one clock that never goes back. Thread: one at a time.
 */
struct guard;

/* A target is an endpoint of a region; of several where several use it. Regions are numbered from 0. */
struct guard_member {
    uint32_t target, region;
};

/* Whom to ask: so many of a region, so many in all until somebody answers. */
enum { GUARD_ASK_EACH = 2, GUARD_ASK_MOST = 32 };

enum guard_ruling {
    GUARD_COUNT, /* the result is for the judge */
    GUARD_HOLD,  /* keep it: it counts, or is forgotten, when the guard says so */
    GUARD_IGNORE /* it does not count */
};

/* What has become of others by one call. The lists are the guard's, until the next call. */
struct guard_turn {
    bool froze, thawed;
    const uint32_t *settled; /* their held failures count now; when it froze they are forgotten */
    size_t settled_count;
    const uint32_t *asks; /* to be asked now */
    size_t ask_count;
};

struct guard *guard_new(void); /* NULL when memory is out */
void guard_free(struct guard *guard);

/* Who is watched, made aside so that taking it over cannot fail. NULL when memory is out. */
struct guard_table;
struct guard_table *guard_table_new(const struct guard_member *members, size_t count);
void guard_table_free(struct guard_table *table);

/* The target is watched no more; its id may be given to another. */
void guard_forget(struct guard *guard, uint32_t id);
/*
 * Takes the table over; targets that are in the old one too keep their state.
 * What was held of one that is not in this table is held no more: guard_holds().
 */
void guard_adopt(struct guard *guard, struct guard_table *table, struct guard_turn *turn);

/* What became of a target, by a result that counted. One whose held failure counts is taken for down. */
void guard_health(struct guard *guard, uint32_t id, bool up);

/*
 * A good result, before it is judged; its probe set out at `asked_at`: an answer
 * that was under way already when others began to fail proves nothing to them.
 * A failure of this target that was held is forgotten.
 */
void guard_good(struct guard *guard, uint32_t id, uint64_t asked_at, struct guard_turn *turn);

/*
 * A failure, before it is judged: `falls` when it would take the target down,
 * `asked` when it is the answer to what the guard wanted to be asked.
 */
enum guard_ruling guard_bad(struct guard *guard, uint32_t id, bool falls, bool asked, uint64_t now,
                            struct guard_turn *turn) __attribute__((warn_unused_result));

bool guard_is_frozen(const struct guard *guard);
/* A failure of the target is held. */
bool guard_holds(const struct guard *guard, uint32_t id);

#endif
