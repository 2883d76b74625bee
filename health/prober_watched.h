#ifndef MERIDIAN_HEALTH_PROBER_WATCHED_H
#define MERIDIAN_HEALTH_PROBER_WATCHED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "health/board.h"
#include "health/guard.h"
#include "health/lanes.h"
#include "health/probe.h"
#include "health/prober_freeze.h"
#include "health/sentinel.h"
#include "health/target.h"
#include "health/target_report.h"

struct ev_loop;

/*
 * One target as the prober's thread knows it: when to ask, what is in flight,
 * how it is judged. Every probe finishes in one place here.
 */
struct watched;

enum { WATCHED_OVERLAP = 16, WATCHED_AGAIN_MS = 5, WATCHED_KINDS = 6 };

/* What all targets of one prober share. Thread: the prober's, unless it says otherwise. */
struct watch {
    struct board *board;
    struct ev_loop *loop;
    struct probe_engine *engines[WATCHED_KINDS];
    struct lanes *lanes; /* for a free place among the flights */
    struct sentinel_places places;
    struct resolver *resolver; /* NULL: no name was to be resolved yet */
    struct ev_async *resolved;
    uint64_t tickets; /* given so far */
    uint64_t random;
    /* After a change of health, holding no lock; NULL: nobody asks. */
    void (*changed)(void *context, const struct target_report *report);
    void *changed_context;
    /* After a change of a target's word on the board, holding no lock; NULL: nobody asks. */
    void (*touched)(void *context, uint32_t id);
    void *touched_context;
    struct guard *guard;
    struct watched *const *by_id; /* those in use, with gaps; the prober's */
    size_t by_id_cap;
    uint64_t reminded_ms; /* when the log was last told that all is frozen */
    void (*froze)(void *context, const struct prober_freeze *freeze); /* NULL: nobody asks */
    void *froze_context;

    pthread_mutex_t lock; /* of every report, and of what follows */
    struct prober_freeze freeze;
    pthread_cond_t news;  /* the first round is complete; on the monotonic clock */
    size_t unknown_count; /* targets without a first result */
};

/* The loop and the engines; false, and logged, when one cannot be had. Close it either way. */
bool watch_open(struct watch *watch, struct board *board);
/* Nothing may be in flight. */
void watch_close(struct watch *watch);
/*
 * These are in use from now on: `by_id` stays the caller's, the table becomes
 * the guard's. Those that left are stopped already, those that came not yet started.
 */
void watch_use(struct watch *watch, struct watched *const *by_id, size_t cap,
               struct guard_table *table);

/* A copy of the target, not yet asked; NULL when memory is out. Thread: any. */
struct watched *watched_new(struct watch *watch, const struct target *target);
/* Only when it was never started, or is stopped. */
void watched_free(struct watched *watched);

/* Asks at once, and regularly from then on. PROBE_NONE is never asked: it is up. */
void watched_start(struct watched *watched);
/* Stops everything that could still write the target's word. */
void watched_stop(struct watched *watched);

bool watched_is_started(const struct watched *watched);
bool watched_is_without_result(const struct watched *watched);
/* The same question to the same target. */
bool watched_is_same(const struct watched *a, const struct watched *b);
enum health watched_health(const struct watched *watched);

/* Thread: any that holds the lock. */
const struct target_report *watched_report(const struct watched *watched);

#endif
