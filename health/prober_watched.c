#include "health/prober_watched.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "dns/base/hash.h"
#include "dns/base/log.h"
#include "health/judge.h"
#include "health/resolver.h"
#include "health/schedule.h"
#include "health/sentinel.h"

/* A target without any result whose probe could not even start is tried again after this. */
enum { START_AGAIN_MS = 1000 };

/* What a process that dies may need to close its other descriptors, after the sentinel's. */
enum { ALARM_MS = 2 };

enum kind { KIND_HTTP, KIND_TCP, KIND_ICMP, KIND_DNS, KIND_EXEC, KIND_FILE };

static const struct probe_kind *const kinds[WATCHED_KINDS] = {
    [KIND_HTTP] = &probe_kind_http, [KIND_TCP] = &probe_kind_tcp,   [KIND_ICMP] = &probe_kind_icmp,
    [KIND_DNS] = &probe_kind_dns,   [KIND_EXEC] = &probe_kind_exec, [KIND_FILE] = &probe_kind_file,
};

static const enum kind kind_of[] = {
    [PROBE_HTTP] = KIND_HTTP, [PROBE_HTTPS] = KIND_HTTP, [PROBE_TCP] = KIND_TCP,
    [PROBE_ICMP] = KIND_ICMP, [PROBE_DNS] = KIND_DNS,    [PROBE_EXEC] = KIND_EXEC,
    [PROBE_FILE] = KIND_FILE,
};

/* One probe on its way. */
struct flight {
    struct watched *watched;
    struct probe *probe;
    bool asked; /* its answer is what the guard waits for */
    uint64_t started_ns;
    LIST_ENTRY(flight) beside;
};

/* All but `report` is the prober's thread alone. */
struct watched {
    struct watch *watch;
    struct target *target;
    struct schedule schedule;
    struct judge judge;
    struct ev_timer regular, again;
    uint64_t ticket;                    /* of the question for its host; 0: none is on its way */
    uint64_t resolving_ms, resolved_ms; /* since when it is, and when it last was; 0: never */
    struct sentinel *sentinel;          /* NULL: none is wanted, or memory was out */
    bool started;
    LIST_HEAD(, flight) flights;
    unsigned flight_count;
    struct lane_seat seat;
    bool is_asked; /* by the guard, and no probe is on its way for that */
    bool holds;    /* a failure that the guard has not let count yet */
    struct probe_result held;
    struct target_report report; /* written by the thread under the lock */
};

/* ---- asking ---- */

static void timer_start(struct ev_loop *loop, struct ev_timer *timer, uint64_t wait_ms)
{
    ev_timer_stop(loop, timer);
    ev_timer_set(timer, (double)wait_ms / 1000, 0);
    ev_timer_start(loop, timer);
}

static bool is_unknown(const struct watched *watched)
{
    return watched->judge.health == HEALTH_UNKNOWN;
}

/* A file's word tells nothing of our network. */
static bool is_guarded(const struct watched *watched)
{
    return watched->target->spec.type != PROBE_FILE;
}

static void on_result(void *context, const struct probe_result *result);
static void host_wait_too_long(struct watched *watched);

/* In the resolver's thread. */
static void on_resolver(void *context)
{
    struct watch *watch = context;
    ev_async_send(watch->loop, watch->resolved);
}

static void launch(struct watched *watched)
{
    struct watch *watch = watched->watch;
    const enum kind kind = kind_of[watched->target->spec.type];
    struct flight *flight = calloc(1, sizeof *flight);
    if (flight != NULL) {
        flight->watched = watched;
        flight->started_ns = clock_monotonic_ns();
        flight->probe =
            kinds[kind]->start(watch->engines[kind], watched->target, on_result, flight);
    }
    if (flight == NULL || flight->probe == NULL) {
        free(flight);
        log_warning("target %s: no descriptor or memory for a probe", watched->target->label);
        if (is_unknown(watched))
            timer_start(watch->loop, &watched->again, START_AGAIN_MS);
        return;
    }
    flight->asked = watched->is_asked;
    watched->is_asked = false;
    LIST_INSERT_HEAD(&watched->flights, flight, beside);
    watched->flight_count++;
    lanes_take(watch->lanes, watched->seat.lane);
}

/*
 * Whether the address is known. It is asked for once an interval; ask() is
 * called again by the answer.
 */
static bool host_is_resolved(struct watched *watched)
{
    struct watch *watch = watched->watch;
    const struct target *target = watched->target;
    const uint64_t now_ms = clock_monotonic_ms();
    if (!target->by_host)
        return true;
    if (watched->resolved_ms != 0 && now_ms - watched->resolved_ms < target->spec.interval_ms)
        return true;
    if (watched->ticket != 0)
        return false;
    if (watch->resolver == NULL)
        watch->resolver = resolver_open(on_resolver, watch);
    const uint64_t ticket = ++watch->tickets * BOARD_CAPACITY + target->id;
    if (watch->resolver != NULL && resolver_ask(watch->resolver, target->spec.host, ticket)) {
        watched->ticket = ticket;
        watched->resolving_ms = now_ms;
    } else {
        log_warning("target %s: no memory or room to resolve its name", target->label);
        if (is_unknown(watched))
            timer_start(watch->loop, &watched->again, START_AGAIN_MS);
    }
    return false;
}

static void on_go(struct lane_seat *seat)
{
    launch((struct watched *)(void *)((char *)seat - offsetof(struct watched, seat)));
}

/* A probe, as soon as there is a place and time for it. */
static void ask(struct watched *watched)
{
    if (watched->flight_count < WATCHED_OVERLAP && host_is_resolved(watched))
        lanes_join(watched->watch->lanes, &watched->seat);
}

static void regular_start(struct watched *watched)
{
    struct watch *watch = watched->watch;
    const uint64_t now_ms = clock_monotonic_ms();
    watch->random += 0x9e3779b97f4a7c15u;
    const uint64_t next_ms = schedule_next(&watched->schedule, now_ms, hash_mix(watch->random));
    timer_start(watch->loop, &watched->regular, next_ms - now_ms);
}

/* A probe has been on its way for most of an interval. */
static bool is_slow(const struct watched *watched)
{
    const uint64_t now_ns = clock_monotonic_ns();
    const uint64_t long_ns = (uint64_t)watched->target->spec.interval_ms * 750000u;
    const struct flight *flight;
    LIST_FOREACH(flight, &watched->flights, beside)
    {
        if (now_ns - flight->started_ns > long_ns)
            return true;
    }
    return false;
}

static void on_regular(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct watched *watched = timer->data;
    (void)loop;
    (void)events;
    regular_start(watched);
    if (watched->sentinel != NULL && is_slow(watched))
        sentinel_slow(watched->sentinel);
    host_wait_too_long(watched);
    ask(watched);
}

static void on_alarm(void *context)
{
    struct watched *watched = context;
    timer_start(watched->watch->loop, &watched->again, ALARM_MS);
}

static void on_again(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    ask(timer->data);
}

/* ---- judging ---- */

static void report_result(struct watched *watched, const struct probe_result *result, bool changed)
{
    struct watch *watch = watched->watch;
    struct target_report *report = &watched->report;

    pthread_mutex_lock(&watch->lock);
    const bool first = report->last_wall_ms == 0;
    target_report_last(report, &watched->judge, result);
    target_report_count(report, &watched->judge, result, changed);
    if (first && --watch->unknown_count == 0)
        pthread_cond_broadcast(&watch->news);
    pthread_mutex_unlock(&watch->lock);
}

/* Whoever was asked knows nothing: the verdict stands, and the report says why. */
static void keep_verdict(struct watched *watched, const struct probe_result *result)
{
    const bool again = watched->report.last_silent;
    pthread_mutex_lock(&watched->watch->lock);
    target_report_last(&watched->report, &watched->judge, result);
    watched->report.silent_count++;
    pthread_mutex_unlock(&watched->watch->lock);
    if (!again)
        log_warning("target %s: stays as it is: %s", watched->target->label, result->reason);
}

/* Our own lack says nothing of the target; without any result it is soon asked again. */
static void pass_over(struct watched *watched, const struct probe_result *result)
{
    log_warning("target %s: a probe does not count: %s", watched->target->label, result->reason);
    if (is_unknown(watched))
        timer_start(watched->watch->loop, &watched->again, START_AGAIN_MS);
}

/* Writes the target's word; whoever keeps what follows from it hears of a change at once. */
static void board_tell(const struct watched *watched)
{
    const struct watch *watch = watched->watch;
    const struct judge *judge = &watched->judge;
    const uint32_t id = watched->target->id;
    const enum health health_before = board_health(watch->board, id);
    const bool unsure_before = board_unsure(watch->board, id), unsure = judge_unsure(judge);

    if (health_before == judge->health && unsure_before == unsure)
        return;
    board_set(watch->board, id, judge->health, unsure);
    if (watch->touched != NULL)
        watch->touched(watch->touched_context, id);
}

static void sentinel_follow(const struct watched *watched, bool good)
{
    if (watched->sentinel == NULL)
        return;
    if (watched->judge.health == HEALTH_DOWN)
        sentinel_down(watched->sentinel);
    else if (good)
        sentinel_good(watched->sentinel, clock_monotonic_ms());
}

static void judge_result(struct watched *watched, const struct probe_result *result)
{
    struct watch *watch = watched->watch;
    struct judge *judge = &watched->judge;
    const enum health before = judge->health;

    const bool changed = judge_feed(judge, result->good, result->took_us, clock_monotonic_ms());
    board_tell(watched);
    if (is_guarded(watched))
        guard_health(watch->guard, watched->target->id, judge->health == HEALTH_UP);
    report_result(watched, result, changed);
    if (changed) {
        target_report_log_change(&watched->report, judge, before);
        if (watch->changed != NULL)
            watch->changed(watch->changed_context, &watched->report);
    }
    sentinel_follow(watched, result->good);

    /*
     * A refusal is an answer, and a quick one: ask on until the verdict stands.
     * Each failure takes it one step nearer, so at most fall - 1 follow the first.
     */
    if (result->refused && verdict_unsure(&judge->counting) && judge->counting.health == HEALTH_UP)
        timer_start(watch->loop, &watched->again, WATCHED_AGAIN_MS);
}

/* ---- the guard ---- */

static struct watched *watch_find(const struct watch *watch, uint32_t id)
{
    return id < watch->by_id_cap ? watch->by_id[id] : NULL;
}

/* A failure that does not count, at least not yet. */
static void report_set_aside(struct watched *watched, const struct probe_result *result,
                             bool ignored)
{
    struct watch *watch = watched->watch;
    pthread_mutex_lock(&watch->lock);
    target_report_last(&watched->report, &watched->judge, result);
    watched->report.last_set_aside = true;
    watched->report.ignored_count += ignored;
    watch->freeze.ignored += ignored;
    pthread_mutex_unlock(&watch->lock);
}

static void held_settle(struct watched *watched, bool counts)
{
    if (!watched->holds)
        return;
    watched->holds = false;
    if (counts)
        judge_result(watched, &watched->held);
    else
        report_set_aside(watched, &watched->held, true);
}

/* All that failures have said in vain is forgotten; verdicts stay as they are. */
static void judge_all_afresh(struct watch *watch)
{
    for (size_t id = 0; id < watch->by_id_cap; id++) {
        struct watched *watched = watch->by_id[id];
        if (watched == NULL || !is_guarded(watched))
            continue;
        judge_afresh(&watched->judge);
        board_tell(watched);
    }
}

static void freeze_set(struct watch *watch, bool frozen)
{
    pthread_mutex_lock(&watch->lock);
    watch->freeze.frozen = frozen;
    watch->freeze.since_wall_ms = clock_wall_ms();
    watch->freeze.freezes += frozen;
    const struct prober_freeze freeze = watch->freeze;
    pthread_mutex_unlock(&watch->lock);
    watch->reminded_ms = clock_monotonic_ms();
    if (watch->froze != NULL)
        watch->froze(watch->froze_context, &freeze);
}

static void remind_frozen(struct watch *watch)
{
    enum { REMIND_MS = 60000 };
    const uint64_t now_ms = clock_monotonic_ms();
    if (now_ms - watch->reminded_ms < REMIND_MS)
        return;
    watch->reminded_ms = now_ms;
    log_error("prober: still frozen, no target of any region answers");
}

/* What the guard made of others by one result. */
static void turn_follow(struct watch *watch, const struct guard_turn *turn)
{
    if (turn->thawed) {
        judge_all_afresh(watch);
        freeze_set(watch, false);
        log_warning("prober: no longer frozen, a target answers; the others are judged afresh");
    }
    if (turn->froze) {
        freeze_set(watch, true);
        log_error("prober: frozen: several regions failed together and nobody answers, which looks "
                  "like our own network; every state stays as it is");
    }
    for (size_t i = 0; i < turn->settled_count; i++) {
        struct watched *other = watch_find(watch, turn->settled[i]);
        if (other != NULL)
            held_settle(other, !turn->froze);
    }
    for (size_t i = 0; i < turn->ask_count; i++) {
        struct watched *other = watch_find(watch, turn->asks[i]);
        if (other == NULL)
            continue;
        other->is_asked = true;
        ask(other);
    }
}

/* The first result decides alone, and the word of a file tells nothing of our network. */
static void take_good(struct watched *watched, const struct probe_result *result,
                      uint64_t started_ns)
{
    struct guard_turn turn;
    if (is_guarded(watched)) {
        watched->holds = false;
        guard_good(watched->watch->guard, watched->target->id, started_ns, &turn);
        turn_follow(watched->watch, &turn);
    }
    judge_result(watched, result);
}

static void take_bad(struct watched *watched, const struct probe_result *result, bool asked)
{
    struct guard *guard = watched->watch->guard;
    struct guard_turn turn = { 0 };
    enum guard_ruling ruling = GUARD_COUNT;
    if (is_guarded(watched) && !is_unknown(watched)) {
        const bool falls = judge_would_fall(&watched->judge, clock_monotonic_ms());
        ruling = guard_bad(guard, watched->target->id, falls, asked, clock_monotonic_ns(), &turn);
    }
    switch (ruling) {
    case GUARD_COUNT:
        judge_result(watched, result);
        break;
    case GUARD_HOLD:
        watched->holds = true;
        watched->held = *result;
        report_set_aside(watched, result, false);
        break;
    case GUARD_IGNORE:
        report_set_aside(watched, result, true);
        if (guard_is_frozen(guard))
            remind_frozen(watched->watch);
        break;
    }
    turn_follow(watched->watch, &turn);
}

void watch_use(struct watch *watch, struct watched *const *by_id, size_t cap,
               struct guard_table *table)
{
    struct guard_turn turn;
    watch->by_id = by_id;
    watch->by_id_cap = cap;
    guard_adopt(watch->guard, table, &turn);
    turn_follow(watch, &turn);
    /* Who belongs to no region any more has lost its guard. */
    for (size_t id = 0; id < cap; id++) {
        if (by_id[id] != NULL && by_id[id]->holds && !guard_holds(watch->guard, (uint32_t)id))
            held_settle(by_id[id], true);
    }
}

/* ---- results ---- */

static void take_result(struct watched *watched, const struct probe_result *result, bool asked,
                        uint64_t started_ns)
{
    if (result->inconclusive) {
        watched->is_asked = watched->is_asked || asked;
        pass_over(watched, result);
    } else if (result->silent && !is_unknown(watched)) {
        keep_verdict(watched, result);
    } else if (result->good) {
        take_good(watched, result, started_ns);
    } else {
        take_bad(watched, result, asked);
    }
}

/* A host that cannot be resolved is a probe that failed. */
static void host_fail(struct watched *watched, const char *reason)
{
    struct probe_result result = { .took_us = 0 };
    const bool asked = watched->is_asked;
    watched->is_asked = false;
    probe_fail(&result, "%s", reason);
    take_result(watched, &result, asked, clock_monotonic_ns());
}

static void host_wait_too_long(struct watched *watched)
{
    const struct target *target = watched->target;
    if (watched->ticket == 0 ||
        clock_monotonic_ms() - watched->resolving_ms < target->spec.timeout_ms)
        return;
    char reason[PROBE_REASON];
    snprintf(reason, sizeof reason, "'%.40s' is not resolved in time", target->spec.host);
    host_fail(watched, reason);
}

static void take_address(struct watched *watched, const struct address *address)
{
    struct target *target = watched->target;
    if (watched->sentinel != NULL && !address_equal(&target->address, address))
        sentinel_down(watched->sentinel);
    target->address = *address;
    watched->resolved_ms = clock_monotonic_ms();
    ask(watched);
}

static void on_resolved(struct ev_loop *loop, struct ev_async *async, int events)
{
    struct watch *watch = async->data;
    struct resolver_answer answer;
    (void)loop;
    (void)events;
    while (watch->resolver != NULL && resolver_take(watch->resolver, &answer)) {
        struct watched *watched = watch_find(watch, (uint32_t)(answer.ticket % BOARD_CAPACITY));
        if (watched == NULL || watched->ticket != answer.ticket)
            continue; /* it has left since */
        watched->ticket = 0;
        if (answer.address.family != FAMILY_NONE)
            take_address(watched, &answer.address);
        else
            host_fail(watched, answer.reason);
    }
}

static void flight_free(struct flight *flight)
{
    LIST_REMOVE(flight, beside);
    flight->watched->flight_count--;
    lanes_give(flight->watched->watch->lanes, flight->watched->seat.lane);
    free(flight);
}

/* Where every probe finishes. */
static void on_result(void *context, const struct probe_result *result)
{
    struct flight *flight = context;
    struct watched *watched = flight->watched;
    const bool asked = flight->asked;
    const uint64_t started_ns = flight->started_ns;
    flight_free(flight);
    take_result(watched, result, asked, started_ns);
    lanes_serve(watched->watch->lanes);
}

/* ---- one target's life ---- */

void watched_free(struct watched *watched)
{
    if (watched == NULL)
        return;
    sentinel_free(watched->sentinel);
    judge_release(&watched->judge);
    target_free(watched->target);
    free(watched);
}

struct watched *watched_new(struct watch *watch, const struct target *target)
{
    const struct probe_spec *spec = &target->spec;
    struct watched *watched = calloc(1, sizeof *watched);
    if (watched == NULL)
        return NULL;
    watched->watch = watch;
    watched->target = target_copy(target);
    if (watched->target == NULL ||
        !judge_init(&watched->judge, &watched->target->spec, clock_monotonic_ms())) {
        target_free(watched->target);
        free(watched);
        return NULL;
    }
    /* What needs no probe is up without one. */
    if (spec->type == PROBE_NONE)
        watched->judge.health = watched->report.health = HEALTH_UP;
    ev_init(&watched->regular, on_regular);
    ev_init(&watched->again, on_again);
    watched->regular.data = watched->again.data = watched;
    LIST_INIT(&watched->flights);
    watched->seat.lane = (uint8_t)kind_of[spec->type];
    if (spec->type != PROBE_NONE)
        schedule_init(&watched->schedule, hash_stable(target->key, strlen(target->key)),
                      spec->interval_ms, spec->jitter);
    watched->report.id = target->id;
    watched->report.since_wall_ms = clock_wall_ms();
    snprintf(watched->report.label, sizeof watched->report.label, "%s", target->label);
    return watched;
}

void watched_start(struct watched *watched)
{
    struct watch *watch = watched->watch;
    watched->started = true;
    if (watched->target->spec.type == PROBE_NONE)
        return;
    if (watched->target->spec.watch)
        watched->sentinel =
            sentinel_new(watch->loop, &watch->places, watched->target, on_alarm, watched);
    regular_start(watched);
    ask(watched);
}

void watched_stop(struct watched *watched)
{
    struct watch *watch = watched->watch;
    if (watched->started)
        guard_forget(watch->guard, watched->target->id);
    ev_timer_stop(watch->loop, &watched->regular);
    ev_timer_stop(watch->loop, &watched->again);
    sentinel_free(watched->sentinel);
    watched->sentinel = NULL;
    lanes_leave(watch->lanes, &watched->seat);
    for (struct flight *flight = LIST_FIRST(&watched->flights), *next; flight; flight = next) {
        next = LIST_NEXT(flight, beside);
        kinds[kind_of[watched->target->spec.type]]->cancel(flight->probe);
        flight_free(flight);
    }
}

bool watched_is_started(const struct watched *watched)
{
    return watched->started;
}

bool watched_is_without_result(const struct watched *watched)
{
    return watched->target->spec.type != PROBE_NONE && watched->report.last_wall_ms == 0;
}

bool watched_is_same(const struct watched *a, const struct watched *b)
{
    return strcmp(a->target->key, b->target->key) == 0;
}

enum health watched_health(const struct watched *watched)
{
    return watched->judge.health;
}

const struct target_report *watched_report(const struct watched *watched)
{
    return &watched->report;
}

/* ---- what they share ---- */

static void watch_locks(struct watch *watch)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->news, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool watch_open(struct watch *watch, struct board *board)
{
    *watch = (struct watch){ .board = board, .random = clock_monotonic_ns() };
    watch_locks(watch);

    watch->guard = guard_new();
    if (watch->guard == NULL) {
        log_error("prober: out of memory");
        return false;
    }
    watch->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (watch->loop == NULL) {
        log_error("prober: no event loop: %s", strerror(errno));
        return false;
    }
    watch->lanes = lanes_new(watch->loop, on_go);
    if (watch->lanes == NULL) {
        log_error("prober: out of memory");
        return false;
    }
    for (uint8_t kind = 0; kind < WATCHED_KINDS; kind++)
        lanes_bound(watch->lanes, kind, kind == KIND_EXEC ? PROBE_EXEC_MOST : UINT_MAX);
    watch->resolved = calloc(1, sizeof *watch->resolved);
    if (watch->resolved == NULL) {
        log_error("prober: out of memory");
        return false;
    }
    ev_async_init(watch->resolved, on_resolved);
    watch->resolved->data = watch;
    ev_async_start(watch->loop, watch->resolved);
    for (size_t i = 0; i < WATCHED_KINDS; i++) {
        watch->engines[i] = kinds[i]->open(watch->loop);
        if (watch->engines[i] == NULL) {
            log_error("prober: cannot make ready for %s probes", kinds[i]->name);
            return false;
        }
    }
    return true;
}

void watch_close(struct watch *watch)
{
    resolver_close(watch->resolver);
    for (size_t i = 0; i < WATCHED_KINDS; i++) {
        if (watch->engines[i] != NULL)
            kinds[i]->close(watch->engines[i]);
    }
    lanes_free(watch->lanes);
    if (watch->loop != NULL)
        ev_loop_destroy(watch->loop);
    free(watch->resolved);
    guard_free(watch->guard);
    pthread_cond_destroy(&watch->news);
    pthread_mutex_destroy(&watch->lock);
}
