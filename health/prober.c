#include "health/prober.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <time.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "dns/base/hash.h"
#include "dns/base/log.h"
#include "health/schedule.h"
#include "health/verdict.h"

/* A target without any result whose probe could not even start is tried again after this. */
enum { START_AGAIN_MS = 1000 };

enum kind { KIND_HTTP, KIND_TCP, KIND_COUNT };

static const struct probe_kind *const kinds[KIND_COUNT] = {
    [KIND_HTTP] = &probe_kind_http,
    [KIND_TCP] = &probe_kind_tcp,
};

static const enum kind kind_of[] = {
    [PROBE_HTTP] = KIND_HTTP,
    [PROBE_HTTPS] = KIND_HTTP,
    [PROBE_TCP] = KIND_TCP,
};

/* One probe on its way. */
struct flight {
    struct watched *watched;
    struct probe *probe;
    LIST_ENTRY(flight) beside;
};

/* One target and what the prober knows of it. All but `report` is the thread's alone. */
struct watched {
    struct prober *prober;
    struct target *target;
    struct schedule schedule;
    struct verdict verdict;
    struct ev_timer regular, again;
    bool started;
    LIST_HEAD(, flight) flights;
    unsigned flight_count;
    bool waits;
    TAILQ_ENTRY(watched) in_line;
    struct target_report report; /* written by the thread under the lock */
};

/* Targets by id, with gaps. */
struct watch_list {
    struct watched **by_id;
    size_t cap;
};

struct prober {
    struct board *board;
    struct ev_loop *loop;
    struct ev_async wake;
    pthread_t thread;
    struct probe_engine *engines[KIND_COUNT];
    prober_changed *changed;
    void *changed_context;

    /* the thread's alone */
    TAILQ_HEAD(, watched) line; /* for a free place among the flights */
    unsigned flight_count, flight_most;
    uint64_t random;

    pthread_mutex_t lock;
    pthread_cond_t news; /* a list was taken over, or the first round is complete */
    /* under the lock */
    struct watch_list list;
    struct watch_list *next; /* NULL once it is taken over */
    size_t unknown_count;    /* targets without a first result */
    bool ends;
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
    return watched->verdict.health == HEALTH_UNKNOWN;
}

static void on_result(void *context, const struct probe_result *result);

static void launch(struct watched *watched)
{
    struct prober *prober = watched->prober;
    const enum kind kind = kind_of[watched->target->spec.type];
    struct flight *flight = calloc(1, sizeof *flight);
    if (flight != NULL) {
        flight->watched = watched;
        flight->probe =
            kinds[kind]->start(prober->engines[kind], watched->target, on_result, flight);
    }
    if (flight == NULL || flight->probe == NULL) {
        free(flight);
        log_warning("target %s: no descriptor or memory for a probe", watched->target->label);
        if (is_unknown(watched))
            timer_start(prober->loop, &watched->again, START_AGAIN_MS);
        return;
    }
    LIST_INSERT_HEAD(&watched->flights, flight, beside);
    watched->flight_count++;
    prober->flight_count++;
}

/* Starts a probe, now or as soon as there is a place for it. */
static void ask(struct watched *watched)
{
    struct prober *prober = watched->prober;
    if (watched->waits || watched->flight_count >= PROBER_OVERLAP)
        return;
    if (prober->flight_count < prober->flight_most) {
        launch(watched);
        return;
    }
    watched->waits = true;
    TAILQ_INSERT_TAIL(&prober->line, watched, in_line);
}

static void leave_line(struct watched *watched)
{
    if (!watched->waits)
        return;
    watched->waits = false;
    TAILQ_REMOVE(&watched->prober->line, watched, in_line);
}

static void serve_line(struct prober *prober)
{
    struct watched *first;
    while (prober->flight_count < prober->flight_most &&
           (first = TAILQ_FIRST(&prober->line)) != NULL) {
        leave_line(first);
        launch(first);
    }
}

static void regular_start(struct watched *watched)
{
    struct prober *prober = watched->prober;
    const uint64_t now_ms = clock_monotonic_ms();
    prober->random += 0x9e3779b97f4a7c15u;
    const uint64_t next_ms = schedule_next(&watched->schedule, now_ms, hash_mix(prober->random));
    timer_start(prober->loop, &watched->regular, next_ms - now_ms);
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
    const struct probe_spec *spec = &watched->target->spec;

    if (before == HEALTH_UNKNOWN && report->health == HEALTH_UP)
        log_debug("target %s: up at its first probe", report->label);
    else if (before == HEALTH_UNKNOWN)
        log_warning("target %s: down at its first probe: %s", report->label, report->last_reason);
    else if (report->health == HEALTH_UP)
        log_info("target %s: up after %u good probes", report->label, spec->rise);
    else
        log_warning("target %s: down after %u failures: %s", report->label, spec->fall,
                    report->last_reason);

    const struct prober *prober = watched->prober;
    if (prober->changed != NULL)
        prober->changed(prober->changed_context, report);
}

static void report_result(struct watched *watched, const struct probe_result *result, bool changed)
{
    struct prober *prober = watched->prober;
    struct target_report *report = &watched->report;

    pthread_mutex_lock(&prober->lock);
    const bool first = report->last_wall_ms == 0;
    report->health = watched->verdict.health;
    report->unsure = verdict_unsure(&watched->verdict);
    report->last_wall_ms = clock_wall_ms();
    if (changed)
        report->since_wall_ms = report->last_wall_ms;
    report->last_good = result->good;
    report->last_took_us = result->took_us;
    memcpy(report->last_reason, result->reason, sizeof report->last_reason);
    *(result->good ? &report->good_count : &report->bad_count) += 1;
    if (first && --prober->unknown_count == 0)
        pthread_cond_broadcast(&prober->news);
    pthread_mutex_unlock(&prober->lock);
}

static void judge(struct watched *watched, const struct probe_result *result)
{
    struct prober *prober = watched->prober;
    const struct probe_spec *spec = &watched->target->spec;
    const struct verdict_rules rules = { .fall = spec->fall, .rise = spec->rise };
    const enum health before = watched->verdict.health;

    if (result->inconclusive) {
        log_warning("target %s: a probe does not count: %s", watched->target->label,
                    result->reason);
        if (is_unknown(watched))
            timer_start(prober->loop, &watched->again, START_AGAIN_MS);
        return;
    }
    const bool changed =
        verdict_feed(&watched->verdict, &rules, result->good, clock_monotonic_ms());
    const bool unsure = verdict_unsure(&watched->verdict);
    board_set(prober->board, watched->target->id, watched->verdict.health, unsure);
    report_result(watched, result, changed);
    if (changed)
        tell_change(watched, before);

    /*
     * A refusal is an answer, and a quick one: ask on until the verdict stands.
     * Each failure takes it one step nearer, so at most fall - 1 follow the first.
     */
    if (result->refused && unsure && watched->verdict.health == HEALTH_UP)
        timer_start(prober->loop, &watched->again, PROBER_AGAIN_MS);
}

static void flight_free(struct flight *flight)
{
    LIST_REMOVE(flight, beside);
    flight->watched->flight_count--;
    flight->watched->prober->flight_count--;
    free(flight);
}

/* Where every probe finishes. */
static void on_result(void *context, const struct probe_result *result)
{
    struct flight *flight = context;
    struct watched *watched = flight->watched;
    flight_free(flight);
    judge(watched, result);
    serve_line(watched->prober);
}

/* ---- the list of targets ---- */

static void watched_free(struct watched *watched)
{
    if (watched == NULL)
        return;
    target_free(watched->target);
    free(watched);
}

static struct watched *watched_new(struct prober *prober, const struct target *target)
{
    const struct probe_spec *spec = &target->spec;
    struct watched *watched = calloc(1, sizeof *watched);
    if (watched == NULL)
        return NULL;
    watched->prober = prober;
    watched->target = target_copy(target);
    if (watched->target == NULL) {
        free(watched);
        return NULL;
    }
    verdict_init(&watched->verdict, clock_monotonic_ms());
    /* What needs no probe is up without one. */
    if (spec->type == PROBE_NONE)
        watched->verdict.health = watched->report.health = HEALTH_UP;
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

/* Asks at once, and regularly from then on. */
static void watched_start(struct watched *watched)
{
    watched->started = true;
    if (watched->target->spec.type == PROBE_NONE)
        return;
    regular_start(watched);
    ask(watched);
}

/* Stops everything that could still write the target's word. */
static void watched_stop(struct watched *watched)
{
    struct prober *prober = watched->prober;
    struct flight *flight;
    ev_timer_stop(prober->loop, &watched->regular);
    ev_timer_stop(prober->loop, &watched->again);
    leave_line(watched);
    while ((flight = LIST_FIRST(&watched->flights)) != NULL) {
        kinds[kind_of[watched->target->spec.type]]->cancel(flight->probe);
        flight_free(flight);
    }
}

static void watch_list_free(struct watch_list *list)
{
    for (size_t id = 0; id < list->cap; id++)
        watched_free(list->by_id[id]);
    free(list->by_id);
    *list = (struct watch_list){ 0 };
}

static bool watch_list_build(struct prober *prober, const struct target *const *targets,
                             size_t count, struct watch_list *out)
{
    struct watch_list list = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (targets[i]->id >= list.cap)
            list.cap = (size_t)targets[i]->id + 1;
    }
    list.by_id = calloc(list.cap + 1, sizeof *list.by_id);
    if (list.by_id == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint32_t id = targets[i]->id;
        assert(id < BOARD_CAPACITY);
        if (list.by_id[id] != NULL)
            continue;
        list.by_id[id] = watched_new(prober, targets[i]);
        if (list.by_id[id] == NULL) {
            watch_list_free(&list);
            return false;
        }
    }
    *out = list;
    return true;
}

static struct watched *watch_list_at(const struct watch_list *list, size_t id)
{
    return id < list->cap ? list->by_id[id] : NULL;
}

/* What was watched before moves over with all it knows; its new copy is left in `old`. */
static void watch_list_inherit(struct watch_list *next, struct watch_list *old)
{
    for (size_t id = 0; id < next->cap && id < old->cap; id++) {
        struct watched *fresh = next->by_id[id], *known = old->by_id[id];
        if (fresh == NULL || known == NULL || strcmp(fresh->target->key, known->target->key) != 0)
            continue;
        next->by_id[id] = known;
        old->by_id[id] = fresh;
    }
}

static size_t count_without_result(const struct watch_list *list)
{
    size_t count = 0;
    for (size_t id = 0; id < list->cap; id++) {
        const struct watched *watched = list->by_id[id];
        count += watched != NULL && watched->target->spec.type != PROBE_NONE &&
                 watched->report.last_wall_ms == 0;
    }
    return count;
}

/* In the thread: `next` takes the place of the list in use. */
static void take_over(struct prober *prober, struct watch_list *next)
{
    pthread_mutex_lock(&prober->lock);
    struct watch_list old = prober->list;
    watch_list_inherit(next, &old);
    prober->list = *next;
    prober->unknown_count = count_without_result(next);
    pthread_mutex_unlock(&prober->lock);

    /* First what left, then what came: an id may have gone from one to the other. */
    for (size_t id = 0; id < old.cap; id++) {
        if (old.by_id[id] != NULL)
            watched_stop(old.by_id[id]);
    }
    watch_list_free(&old);
    const struct watch_list *list = &prober->list;
    for (size_t id = 0; id < list->cap; id++) {
        if (list->by_id[id] != NULL && !list->by_id[id]->started)
            board_set(prober->board, (uint32_t)id, list->by_id[id]->verdict.health, false);
    }

    pthread_mutex_lock(&prober->lock);
    prober->next = NULL;
    pthread_cond_broadcast(&prober->news);
    pthread_mutex_unlock(&prober->lock);

    for (size_t id = 0; id < list->cap; id++) {
        if (list->by_id[id] != NULL && !list->by_id[id]->started)
            watched_start(list->by_id[id]);
    }
    /* Those that left may have made room for those that wait. */
    serve_line(prober);
}

static void on_wake(struct ev_loop *loop, struct ev_async *wake, int events)
{
    struct prober *prober = wake->data;
    (void)events;
    pthread_mutex_lock(&prober->lock);
    struct watch_list *next = prober->next;
    const bool ends = prober->ends;
    pthread_mutex_unlock(&prober->lock);

    if (ends)
        ev_break(loop, EVBREAK_ALL);
    else if (next != NULL)
        take_over(prober, next);
}

enum status prober_watch(struct prober *prober, const struct target *const *targets, size_t count)
{
    struct watch_list next;
    if (!watch_list_build(prober, targets, count, &next))
        return STATUS_MEMORY;

    pthread_mutex_lock(&prober->lock);
    prober->next = &next;
    ev_async_send(prober->loop, &prober->wake);
    while (prober->next != NULL)
        pthread_cond_wait(&prober->news, &prober->lock);
    pthread_mutex_unlock(&prober->lock);
    return STATUS_OK;
}

/* ---- the thread ---- */

static void *run(void *context)
{
    struct prober *prober = context;
    ev_run(prober->loop, 0);
    return NULL;
}

/* Half of what the process may open: the other half is for clients, files and the rest. */
static unsigned flights_allowed(void)
{
    enum { FLIGHTS_LEAST = 16 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 >= PROBER_FLIGHTS)
        return PROBER_FLIGHTS;
    return limit.rlim_cur / 2 > FLIGHTS_LEAST ? (unsigned)(limit.rlim_cur / 2) : FLIGHTS_LEAST;
}

static bool engines_open(struct prober *prober)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        prober->engines[i] = kinds[i]->open(prober->loop);
        if (prober->engines[i] == NULL) {
            log_error("prober: cannot make ready for %s probes", kinds[i]->name);
            return false;
        }
    }
    return true;
}

/* Signals belong to the main thread; SIGPIPE from a TLS library is nobody's business. */
static bool thread_start(struct prober *prober)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&prober->thread, NULL, run, prober);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        log_error("prober: no thread: %s", strerror(error));
        return false;
    }
    pthread_setname_np(prober->thread, "prober");
    return true;
}

static void locks_make(struct prober *prober)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&prober->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&prober->news, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Everything but the thread, which has ended or was never started. */
static void prober_free(struct prober *prober)
{
    for (size_t id = 0; id < prober->list.cap; id++) {
        if (prober->list.by_id[id] != NULL)
            watched_stop(prober->list.by_id[id]);
    }
    watch_list_free(&prober->list);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (prober->engines[i] != NULL)
            kinds[i]->close(prober->engines[i]);
    }
    if (prober->loop != NULL)
        ev_loop_destroy(prober->loop);
    pthread_cond_destroy(&prober->news);
    pthread_mutex_destroy(&prober->lock);
    free(prober);
}

enum status prober_open(struct board *board, struct prober **out)
{
    struct prober *prober = calloc(1, sizeof *prober);
    if (prober == NULL)
        return STATUS_MEMORY;
    prober->board = board;
    prober->flight_most = flights_allowed();
    prober->random = clock_monotonic_ns();
    TAILQ_INIT(&prober->line);
    locks_make(prober);

    prober->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (prober->loop != NULL) {
        ev_async_init(&prober->wake, on_wake);
        prober->wake.data = prober;
        ev_async_start(prober->loop, &prober->wake);
    } else {
        log_error("prober: no event loop: %s", strerror(errno));
    }
    if (prober->loop == NULL || !engines_open(prober) || !thread_start(prober)) {
        prober_free(prober);
        return STATUS_IO;
    }
    *out = prober;
    return STATUS_OK;
}

void prober_close(struct prober *prober)
{
    if (prober == NULL)
        return;
    pthread_mutex_lock(&prober->lock);
    prober->ends = true;
    ev_async_send(prober->loop, &prober->wake);
    pthread_mutex_unlock(&prober->lock);
    pthread_join(prober->thread, NULL);
    prober_free(prober);
}

void prober_on_change(struct prober *prober, prober_changed *changed, void *context)
{
    prober->changed = changed;
    prober->changed_context = context;
}

/* ---- asked from other threads ---- */

bool prober_await_first_round(struct prober *prober, uint64_t most_ms)
{
    const uint64_t until_ns = clock_monotonic_ns() + most_ms * 1000000u;
    const struct timespec until = {
        .tv_sec = (time_t)(until_ns / 1000000000u),
        .tv_nsec = (long)(until_ns % 1000000000u),
    };
    int waited = 0;
    pthread_mutex_lock(&prober->lock);
    while (prober->unknown_count != 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&prober->news, &prober->lock, &until);
    const bool complete = prober->unknown_count == 0;
    pthread_mutex_unlock(&prober->lock);
    return complete;
}

bool prober_report(struct prober *prober, uint32_t id, struct target_report *out)
{
    pthread_mutex_lock(&prober->lock);
    const struct watched *watched = watch_list_at(&prober->list, id);
    if (watched != NULL)
        *out = watched->report;
    pthread_mutex_unlock(&prober->lock);
    return watched != NULL;
}
