#include "health/prober_watched.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "dns/base/hash.h"
#include "dns/base/log.h"
#include "health/judge.h"
#include "health/schedule.h"

/* A target without any result whose probe could not even start is tried again after this. */
enum { START_AGAIN_MS = 1000 };

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
    LIST_ENTRY(flight) beside;
};

/* All but `report` is the prober's thread alone. */
struct watched {
    struct watch *watch;
    struct target *target;
    struct schedule schedule;
    struct judge judge;
    struct ev_timer regular, again;
    bool started;
    LIST_HEAD(, flight) flights;
    unsigned flight_count;
    bool waits;
    TAILQ_ENTRY(watched) in_line;
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

static void on_result(void *context, const struct probe_result *result);

static void launch(struct watched *watched)
{
    struct watch *watch = watched->watch;
    const enum kind kind = kind_of[watched->target->spec.type];
    struct flight *flight = calloc(1, sizeof *flight);
    if (flight != NULL) {
        flight->watched = watched;
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
    LIST_INSERT_HEAD(&watched->flights, flight, beside);
    watched->flight_count++;
    watch->flight_count++;
}

/* A probe, now or as soon as there is a place for it. */
static void ask(struct watched *watched)
{
    struct watch *watch = watched->watch;
    if (watched->waits || watched->flight_count >= WATCHED_OVERLAP)
        return;
    if (watch->flight_count < watch->flight_most) {
        launch(watched);
        return;
    }
    watched->waits = true;
    TAILQ_INSERT_TAIL(&watch->line, watched, in_line);
}

static void leave_line(struct watched *watched)
{
    if (!watched->waits)
        return;
    watched->waits = false;
    TAILQ_REMOVE(&watched->watch->line, watched, in_line);
}

void watch_serve_line(struct watch *watch)
{
    struct watched *first;
    while (watch->flight_count < watch->flight_most &&
           (first = TAILQ_FIRST(&watch->line)) != NULL) {
        leave_line(first);
        launch(first);
    }
}

static void regular_start(struct watched *watched)
{
    struct watch *watch = watched->watch;
    const uint64_t now_ms = clock_monotonic_ms();
    watch->random += 0x9e3779b97f4a7c15u;
    const uint64_t next_ms = schedule_next(&watched->schedule, now_ms, hash_mix(watch->random));
    timer_start(watch->loop, &watched->regular, next_ms - now_ms);
}

static void on_regular(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct watched *watched = timer->data;
    (void)loop;
    (void)events;
    regular_start(watched);
    ask(watched);
}

static void on_again(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    ask(timer->data);
}

/* ---- judging ---- */

static void tell_change(const struct watched *watched, enum health before)
{
    const struct target_report *report = &watched->report;
    const int shut = judge_shut_gate(&watched->judge);

    if (before == HEALTH_UNKNOWN && report->health == HEALTH_UP)
        log_debug("target %s: up at its first probe", report->label);
    else if (before == HEALTH_UNKNOWN)
        log_warning("target %s: down at its first probe: %s", report->label, report->last_reason);
    else if (report->health == HEALTH_UP)
        log_info("target %s: up after %u good probes", report->label, report->good_streak);
    else if (watched->judge.counting.health == HEALTH_UP && shut >= 0)
        log_warning("target %s: down by its gate: %s", report->label, report->gates[shut].words);
    else
        log_warning("target %s: down after %u failures: %s", report->label,
                    watched->target->spec.fall, report->last_reason);

    const struct watch *watch = watched->watch;
    if (watch->changed != NULL)
        watch->changed(watch->changed_context, report);
}

static void report_gates(struct watched *watched)
{
    const struct probe_spec *spec = &watched->target->spec;
    struct target_report *report = &watched->report;
    report->gate_count = spec->gate_count;
    for (size_t i = 0; i < spec->gate_count; i++) {
        struct target_gate *gate = &report->gates[i];
        gate->finding = *gate_now(watched->judge.gates[i]);
        gate_metric_print(&spec->gates[i], gate->metric, sizeof gate->metric);
        gate_print(&spec->gates[i], &gate->finding, gate->words);
    }
}

/* Under the lock. */
static void report_fill(struct watched *watched, const struct probe_result *result)
{
    struct target_report *report = &watched->report;
    report->health = watched->judge.health;
    report->unsure = judge_unsure(&watched->judge);
    report->last_wall_ms = clock_wall_ms();
    report->last_good = result->good;
    report->last_silent = result->silent;
    report->last_took_us = result->took_us;
    if (result->certificate_ends_s != 0)
        report->certificate_ends_s = result->certificate_ends_s;
    memcpy(report->last_reason, result->reason, sizeof report->last_reason);
    report->damping =
        verdict_damping(&watched->judge.counting, &watched->judge.rules, clock_monotonic_ms());
}

static void report_result(struct watched *watched, const struct probe_result *result, bool changed)
{
    struct watch *watch = watched->watch;
    struct target_report *report = &watched->report;

    pthread_mutex_lock(&watch->lock);
    const bool first = report->last_wall_ms == 0;
    report_fill(watched, result);
    report_gates(watched);
    if (changed)
        report->since_wall_ms = report->last_wall_ms;
    report->good_streak = result->good ? report->good_streak + 1 : 0;
    *(result->good ? &report->good_count : &report->bad_count) += 1;
    if (first && --watch->unknown_count == 0)
        pthread_cond_broadcast(&watch->news);
    pthread_mutex_unlock(&watch->lock);
}

/* Whoever was asked knows nothing: the verdict stands, and the report says why. */
static void keep_verdict(struct watched *watched, const struct probe_result *result)
{
    const bool again = watched->report.last_silent;
    pthread_mutex_lock(&watched->watch->lock);
    report_fill(watched, result);
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

static void judge_result(struct watched *watched, const struct probe_result *result)
{
    struct watch *watch = watched->watch;
    struct judge *judge = &watched->judge;
    const enum health before = judge->health;

    const bool changed = judge_feed(judge, result->good, result->took_us, clock_monotonic_ms());
    board_tell(watched);
    report_result(watched, result, changed);
    if (changed)
        tell_change(watched, before);

    /*
     * A refusal is an answer, and a quick one: ask on until the verdict stands.
     * Each failure takes it one step nearer, so at most fall - 1 follow the first.
     */
    if (result->refused && verdict_unsure(&judge->counting) && judge->counting.health == HEALTH_UP)
        timer_start(watch->loop, &watched->again, WATCHED_AGAIN_MS);
}

static void flight_free(struct flight *flight)
{
    LIST_REMOVE(flight, beside);
    flight->watched->flight_count--;
    flight->watched->watch->flight_count--;
    free(flight);
}

/* Where every probe finishes. */
static void on_result(void *context, const struct probe_result *result)
{
    struct flight *flight = context;
    struct watched *watched = flight->watched;
    flight_free(flight);
    if (result->inconclusive)
        pass_over(watched, result);
    else if (result->silent && !is_unknown(watched))
        keep_verdict(watched, result);
    else
        judge_result(watched, result);
    watch_serve_line(watched->watch);
}

/* ---- one target's life ---- */

void watched_free(struct watched *watched)
{
    if (watched == NULL)
        return;
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
    watched->started = true;
    if (watched->target->spec.type == PROBE_NONE)
        return;
    regular_start(watched);
    ask(watched);
}

void watched_stop(struct watched *watched)
{
    struct watch *watch = watched->watch;
    ev_timer_stop(watch->loop, &watched->regular);
    ev_timer_stop(watch->loop, &watched->again);
    leave_line(watched);
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
    TAILQ_INIT(&watch->line);
    watch_locks(watch);

    watch->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (watch->loop == NULL) {
        log_error("prober: no event loop: %s", strerror(errno));
        return false;
    }
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
    for (size_t i = 0; i < WATCHED_KINDS; i++) {
        if (watch->engines[i] != NULL)
            kinds[i]->close(watch->engines[i]);
    }
    if (watch->loop != NULL)
        ev_loop_destroy(watch->loop);
    pthread_cond_destroy(&watch->news);
    pthread_mutex_destroy(&watch->lock);
}
