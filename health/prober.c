#include "health/prober.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "dns/base/log.h"
#include "health/prober_watched.h"

/* Targets by id, with gaps. */
struct watch_list {
    struct watched **by_id;
    size_t cap;
};

struct prober {
    struct watch watch;
    struct ev_async wake;
    pthread_t thread;
    /* under the lock of `watch`; its condition tells of these too */
    struct watch_list list;
    struct watch_list *next; /* NULL once it is taken over */
    struct guard_table *next_guard;
    bool ends;
};

/* ---- the list of targets ---- */

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
    list.by_id = calloc(list.cap + 1, sizeof(struct watched *));
    if (list.by_id == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint32_t id = targets[i]->id;
        assert(id < BOARD_CAPACITY);
        if (list.by_id[id] != NULL)
            continue;
        list.by_id[id] = watched_new(&prober->watch, targets[i]);
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
        if (fresh == NULL || known == NULL || !watched_is_same(fresh, known))
            continue;
        next->by_id[id] = known;
        old->by_id[id] = fresh;
    }
}

static size_t count_without_result(const struct watch_list *list)
{
    size_t count = 0;
    for (size_t id = 0; id < list->cap; id++)
        count += list->by_id[id] != NULL && watched_is_without_result(list->by_id[id]);
    return count;
}

/* In the thread: `next` takes the place of the list in use. */
static void take_over(struct prober *prober, struct watch_list *next)
{
    pthread_mutex_lock(&prober->watch.lock);
    struct watch_list old = prober->list;
    watch_list_inherit(next, &old);
    prober->list = *next;
    prober->watch.unknown_count = count_without_result(next);
    pthread_mutex_unlock(&prober->watch.lock);

    /* First what left, then what came: an id may have gone from one to the other. */
    for (size_t id = 0; id < old.cap; id++) {
        if (old.by_id[id] != NULL)
            watched_stop(old.by_id[id]);
    }
    watch_list_free(&old);
    const struct watch_list *list = &prober->list;
    watch_use(&prober->watch, list->by_id, list->cap, prober->next_guard);
    for (size_t id = 0; id < list->cap; id++) {
        if (list->by_id[id] != NULL && !watched_is_started(list->by_id[id]))
            board_set(prober->watch.board, (uint32_t)id, watched_health(list->by_id[id]), false);
    }

    pthread_mutex_lock(&prober->watch.lock);
    prober->next = NULL;
    pthread_cond_broadcast(&prober->watch.news);
    pthread_mutex_unlock(&prober->watch.lock);

    for (size_t id = 0; id < list->cap; id++) {
        if (list->by_id[id] != NULL && !watched_is_started(list->by_id[id]))
            watched_start(list->by_id[id]);
    }
    /* Those that left may have made room for those that wait. */
    lanes_serve(prober->watch.lanes);
}

static void on_wake(struct ev_loop *loop, struct ev_async *wake, int events)
{
    struct prober *prober = wake->data;
    (void)events;
    pthread_mutex_lock(&prober->watch.lock);
    struct watch_list *next = prober->next;
    const bool ends = prober->ends;
    pthread_mutex_unlock(&prober->watch.lock);

    if (ends)
        ev_break(loop, EVBREAK_ALL);
    else if (next != NULL)
        take_over(prober, next);
}

enum status prober_watch(struct prober *prober, const struct target *const *targets, size_t count,
                         const struct guard_member *members, size_t member_count)
{
    struct watch_list next;
    struct guard_table *table = guard_table_new(members, member_count);
    if (table == NULL)
        return STATUS_MEMORY;
    if (!watch_list_build(prober, targets, count, &next)) {
        guard_table_free(table);
        return STATUS_MEMORY;
    }

    pthread_mutex_lock(&prober->watch.lock);
    prober->next = &next;
    prober->next_guard = table;
    ev_async_send(prober->watch.loop, &prober->wake);
    while (prober->next != NULL)
        pthread_cond_wait(&prober->watch.news, &prober->watch.lock);
    pthread_mutex_unlock(&prober->watch.lock);
    return STATUS_OK;
}

/* ---- the thread ---- */

static void *run(void *context)
{
    struct prober *prober = context;
    ev_run(prober->watch.loop, 0);
    return NULL;
}

/* A part of what the process may open: the rest is for clients, files and others. */
static unsigned descriptors_allowed(unsigned divisor, unsigned least, unsigned most)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / divisor >= most)
        return most;
    return limit.rlim_cur / divisor > least ? (unsigned)(limit.rlim_cur / divisor) : least;
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

/* Everything but the thread, which has ended or was never started. */
static void prober_free(struct prober *prober)
{
    for (size_t id = 0; id < prober->list.cap; id++) {
        if (prober->list.by_id[id] != NULL)
            watched_stop(prober->list.by_id[id]);
    }
    watch_list_free(&prober->list);
    watch_close(&prober->watch);
    free(prober);
}

enum status prober_open(struct board *board, struct prober **out)
{
    struct prober *prober = calloc(1, sizeof *prober);
    if (prober == NULL)
        return STATUS_MEMORY;
    const bool opened = watch_open(&prober->watch, board);
    if (opened) {
        lanes_bound_all(prober->watch.lanes, descriptors_allowed(2, 16, PROBER_FLIGHTS));
        prober->watch.places.most = descriptors_allowed(8, 0, PROBER_SENTINELS);
        ev_async_init(&prober->wake, on_wake);
        prober->wake.data = prober;
        ev_async_start(prober->watch.loop, &prober->wake);
    }
    if (!opened || !thread_start(prober)) {
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
    pthread_mutex_lock(&prober->watch.lock);
    prober->ends = true;
    ev_async_send(prober->watch.loop, &prober->wake);
    pthread_mutex_unlock(&prober->watch.lock);
    pthread_join(prober->thread, NULL);
    prober_free(prober);
}

void prober_on_touch(struct prober *prober, prober_touched *touched, void *context)
{
    prober->watch.touched = touched;
    prober->watch.touched_context = context;
}

void prober_on_freeze(struct prober *prober, prober_froze *froze, void *context)
{
    prober->watch.froze = froze;
    prober->watch.froze_context = context;
}

void prober_on_change(struct prober *prober, prober_changed *changed, void *context)
{
    prober->watch.changed = changed;
    prober->watch.changed_context = context;
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
    pthread_mutex_lock(&prober->watch.lock);
    while (prober->watch.unknown_count != 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&prober->watch.news, &prober->watch.lock, &until);
    const bool complete = prober->watch.unknown_count == 0;
    pthread_mutex_unlock(&prober->watch.lock);
    return complete;
}

void prober_freeze(struct prober *prober, struct prober_freeze *out)
{
    pthread_mutex_lock(&prober->watch.lock);
    *out = prober->watch.freeze;
    pthread_mutex_unlock(&prober->watch.lock);
}

bool prober_report(struct prober *prober, uint32_t id, struct target_report *out)
{
    pthread_mutex_lock(&prober->watch.lock);
    const struct watched *watched = watch_list_at(&prober->list, id);
    if (watched != NULL)
        *out = *watched_report(watched);
    pthread_mutex_unlock(&prober->watch.lock);
    return watched != NULL;
}
