#include "dns/server/loader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/base/clock.h"
#include "dns/base/courtesy.h"
#include "dns/base/heap.h"
#include "dns/base/intern.h"
#include "dns/base/log.h"
#include "dns/server/debounce.h"
#include "dns/server/load.h"
#include "dns/server/watch.h"
#include "health/target.h"
#include "zones/membership.h"
#include "zones/snapshot.h"

enum {
    LOOK_MS = 1000,  /* between two looks where changes are not reported to us */
    ROUND_MS = 2000, /* for the first round of probes, beside two timeouts */
    STEP_MS = 100    /* how soon a loader that waits for probes sees that it shall end */
};

/* What tells two contents of a file apart without reading them. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct loader {
    const char *file;
    struct snapshot_builder *builder;
    struct load_secrets secrets;
    struct prober *prober;
    struct steward *steward;
    struct intern *regions; /* their names, numbered for the prober's guard */
    struct config *first; /* the configuration of the start */
    struct load current;  /* what is in force */
    struct stamp stamp;   /* of `file` when it was last read */
    bool config_good;     /* as it was last read */
    bool listed;          /* the zones could be listed when last tried */
    struct watch *watch;  /* NULL: none, we look by ourselves */
    int wake;             /* eventfd */
    pthread_t thread;
    bool started;
    void (*done)(void *context);
    void *context;

    pthread_mutex_t lock; /* for what follows */
    bool stopping;
    uint64_t requested, served;
    struct loader_outcome outcome;
    struct report *mistakes; /* of the last load; never NULL */
};

static struct stamp stamp_of(const char *file)
{
    struct stat there;
    if (stat(file, &there) != 0)
        return (struct stamp){ 0 };
    return (struct stamp){ .device = there.st_dev,
                           .inode = there.st_ino,
                           .size = there.st_size,
                           .modified = there.st_mtim,
                           .changed = there.st_ctim };
}

static bool time_equal(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           time_equal(&a->modified, &b->modified) && time_equal(&a->changed, &b->changed);
}

struct loader *loader_new(const char *file, const struct board *board)
{
    struct loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL)
        return NULL;
    loader->file = file;
    loader->builder = snapshot_builder_new(board);
    loader->mistakes = report_new();
    loader->regions = intern_new();
    loader->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loader->builder == NULL || loader->mistakes == NULL || loader->regions == NULL ||
        loader->wake < 0 || load_secrets_init(&loader->secrets) != STATUS_OK ||
        pthread_mutex_init(&loader->lock, NULL) != 0) {
        if (loader->wake >= 0)
            close(loader->wake);
        report_free(loader->mistakes);
        intern_free(loader->regions);
        snapshot_builder_free(loader->builder);
        free(loader);
        return NULL;
    }
    return loader;
}

/* ---- watching ---- */

/* Names everything that the generation in force was made from, and what could join it. */
static void watch_current(struct loader *loader)
{
    const struct load *current = &loader->current;
    if (loader->watch == NULL || !watch_begin(loader->watch))
        return;
    watch_file(loader->watch, loader->file);
    if (current->config->zones_folder != NULL)
        watch_folder(loader->watch, current->config->zones_folder);
    for (size_t i = 0; i < current->config->database_count; i++)
        watch_file(loader->watch, current->config->databases[i]);
    for (size_t i = 0; i < snapshot_file_count(current->snapshot); i++)
        watch_file(loader->watch, snapshot_file(current->snapshot, i));
    watch_commit(loader->watch);
}

/* The list of zones is another one than what was loaded. */
static bool list_changed(struct loader *loader)
{
    struct zonelist list;
    struct report *aside = report_new();
    if (aside == NULL)
        return false;
    const bool listed = zonelist_read(loader->current.config, aside, &list) == STATUS_OK;
    report_free(aside);
    if (!listed)
        return loader->listed;
    const bool changed = !loader->listed || !zonelist_equal(&list, &loader->current.zones);
    zonelist_release(&list);
    return changed;
}

/* Something on disk differs from what was read last. */
static bool disk_changed(struct loader *loader)
{
    const struct stamp stamp = stamp_of(loader->file);
    if (!stamp_equal(&stamp, &loader->stamp))
        return true;
    /* With mistakes in the configuration nothing else is read before they are mended. */
    if (!loader->config_good)
        return false;
    return list_changed(loader) || snapshot_files_changed(loader->current.snapshot);
}

/* ---- one load ---- */

static bool is_stopping(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    const bool stopping = loader->stopping;
    pthread_mutex_unlock(&loader->lock);
    return stopping;
}

/* A zone that keeps old content for the mistakes of an earlier load is still a refused file. */
static bool all_zones_good(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        if (snapshot_zone_state(snapshot, i) != ZONE_GOOD)
            return false;
    }
    return true;
}

static size_t record_count(const struct snapshot *snapshot)
{
    size_t count = 0;
    for (size_t i = 0; i < snapshot->zones->count; i++)
        count += snapshot->zones->zones[i]->record_count;
    return count;
}

/*
 * Hands the prober every target in use, and which regions use it: those of the
 * generation in force, and of `next` (may be NULL), which is about to follow.
 * *timeout_ms is the longest of their patience.
 */
static enum status targets_watch(struct loader *loader, const struct snapshot *next,
                                 uint64_t *timeout_ms)
{
    const struct target_registry *registry = snapshot_builder_targets(loader->builder);
    const size_t count = target_count(registry);
    struct membership used = { 0 };
    enum status status = STATUS_MEMORY;
    const struct target **targets = calloc(count > 0 ? count : 1, sizeof *targets);
    *timeout_ms = 0;
    if (targets == NULL || !membership_add(&used, loader->current.snapshot, loader->regions) ||
        (next != NULL && !membership_add(&used, next, loader->regions)))
        goto out;
    for (size_t i = 0; i < count; i++) {
        targets[i] = target_at(registry, i);
        if (targets[i]->spec.timeout_ms > *timeout_ms)
            *timeout_ms = targets[i]->spec.timeout_ms;
    }
    status = prober_watch(loader->prober, targets, count, used.members, used.count);
out:
    membership_release(&used);
    free(targets);
    return status;
}

/*
 * Before a generation may answer, each of its targets has been probed once:
 * the old generation goes on answering meanwhile. A probe ends by its timeout,
 * so the wait does too.
 */
static void targets_await(struct loader *loader, const struct snapshot *next)
{
    uint64_t timeout_ms;
    if (targets_watch(loader, next, &timeout_ms) != STATUS_OK) {
        log_error("out of memory, new targets are not probed");
        return;
    }
    const uint64_t end = clock_monotonic_ms() + 2 * timeout_ms + ROUND_MS;
    while (!prober_await_first_round(loader->prober, STEP_MS)) {
        if (is_stopping(loader))
            return;
        if (clock_monotonic_ms() >= end) {
            log_warning("some new targets have no result yet, their services answer SERVFAIL");
            return;
        }
    }
}

/* Before a generation answers, the words of its pools are true. */
static void pools_take(struct loader *loader, const struct snapshot *next)
{
    if (steward_take(loader->steward, next, clock_monotonic_ms()) == STATUS_OK)
        return;
    log_error("out of memory, regions are as they were before the reload");
    /* What is looked after must never be a generation that is gone: better nobody. */
    if (steward_take(loader->steward, NULL, clock_monotonic_ms()) != STATUS_OK)
        log_error("out of memory");
}

/* Publishes what was loaded and lets go of what was in force. */
static void put_in_force(struct loader *loader, struct load *load)
{
    uint64_t timeout_ms;
    pools_take(loader, load->snapshot);
    struct snapshot *old = snapshot_publish(load->snapshot);
    if (loader->current.config != loader->first)
        load_release(&loader->current);
    else
        zonelist_release(&loader->current.zones);
    loader->current = *load;
    *load = (struct load){ 0 };
    snapshot_free(old, loader->builder);
    /* Targets that only the old generation used are free now; nobody may write to their ids. */
    if (targets_watch(loader, NULL, &timeout_ms) != STATUS_OK)
        log_error("out of memory, targets that are gone are still probed");
}

static void warn_restart(const struct loader *loader, const struct config *next)
{
    size_t from = 0;
    const char *key;
    while ((key = config_needs_restart(loader->first, next, &from)) != NULL)
        log_warning("%s: %s: changed, takes effect after a restart", loader->file, key);
}

static void outcome_log(const struct loader_outcome *outcome, const struct snapshot *snapshot,
                        const struct report *report)
{
    if (report != NULL)
        log_report(report);
    else
        log_error("out of memory");
    if (!outcome->in_force)
        log_error("the reload is refused, generation %llu goes on answering",
                  (unsigned long long)outcome->generation);
    else
        log_info("generation %llu: %zu zones, %zu records, %llu ms%s",
                 (unsigned long long)outcome->generation, snapshot->zones->count,
                 record_count(snapshot), (unsigned long long)outcome->took_ms,
                 outcome->good ? "" : ", with mistakes");
}

/* Keeps what came of a load. Takes over `report`, which is NULL when memory was out. */
static void outcome_keep(struct loader *loader, bool good, bool in_force, uint64_t began_ms,
                         bool is_reload, uint64_t ticket, struct report *report)
{
    const struct snapshot *snapshot = loader->current.snapshot;
    pthread_mutex_lock(&loader->lock);
    struct loader_outcome *outcome = &loader->outcome;
    outcome->good = good;
    outcome->in_force = in_force;
    outcome->generation = snapshot->generation;
    outcome->at_wall_ms = clock_wall_ms();
    outcome->took_ms = clock_monotonic_ms() - began_ms;
    outcome->good_count += is_reload && good;
    outcome->refused_count += is_reload && !good;
    struct report *before = report != NULL ? loader->mistakes : NULL;
    if (report != NULL)
        loader->mistakes = report;
    loader->served = ticket;
    const struct loader_outcome copy = *outcome;
    pthread_mutex_unlock(&loader->lock);
    report_free(before);
    outcome_log(&copy, snapshot, report);
}

/* Reads the files; true when that made a generation that may be put in force. */
static bool load_files(struct loader *loader, struct report *report, struct load *load, bool *good)
{
    loader->stamp = stamp_of(loader->file);
    *good = load_run(loader->file, loader->builder, &loader->secrets, loader->current.snapshot,
                     report, load) == STATUS_OK;
    loader->config_good = load->config_good;
    if (load->config_good)
        loader->listed = load->listed;
    return load->config_good && load->snapshot != NULL;
}

/* One whole reload. True when a new generation is in force. */
static bool reload(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    const uint64_t ticket = loader->requested;
    pthread_mutex_unlock(&loader->lock);

    const uint64_t began_ms = clock_monotonic_ms();
    struct report *report = report_new();
    struct load load = { 0 };
    bool good = false;
    const bool usable = report != NULL && load_files(loader, report, &load, &good);
    if (usable) {
        warn_restart(loader, load.config);
        good = good && all_zones_good(load.snapshot);
        targets_await(loader, load.snapshot);
        put_in_force(loader, &load);
    } else {
        snapshot_free(load.snapshot, loader->builder);
        load_release(&load);
    }
    watch_current(loader);
    outcome_keep(loader, good && usable, usable, began_ms, true, ticket, report);
    loader->done(loader->context);
    heap_trim();
    return usable;
}

bool loader_first(struct loader *loader, struct report *report)
{
    const uint64_t began_ms = clock_monotonic_ms();
    struct report *mine = report_new();
    if (mine == NULL)
        return false;
    struct load load;
    bool good;
    const bool usable = load_files(loader, mine, &load, &good);
    report_append(report, mine);
    if (!usable) {
        report_free(mine);
        snapshot_free(load.snapshot, loader->builder);
        load_release(&load);
        return false;
    }
    loader->first = load.config;
    loader->current = load;
    outcome_keep(loader, good, true, began_ms, false, 0, mine);
    heap_trim();
    return true;
}

const struct config *loader_config(const struct loader *loader)
{
    return loader->first;
}

/* ---- the thread ---- */

/* Waits for a wish, a change or the end of `wait_ms` (-1: none). True when a change was reported. */
static bool wait(struct loader *loader, int wait_ms)
{
    struct pollfd polled[2] = { { .fd = loader->wake, .events = POLLIN },
                                { .fd = -1, .events = POLLIN } };
    if (loader->watch != NULL)
        polled[1].fd = watch_descriptor(loader->watch);
    if (poll(polled, 2, wait_ms) <= 0)
        return false;
    uint64_t wishes;
    if ((polled[0].revents & POLLIN) != 0 && read(loader->wake, &wishes, sizeof wishes) < 0)
        return false;
    return (polled[1].revents & POLLIN) != 0 && watch_read(loader->watch);
}

static bool has_requests(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    const bool wanted = loader->requested > loader->served;
    pthread_mutex_unlock(&loader->lock);
    return wanted;
}

/* How long to wait for a report of a change; -1: as long as it takes. */
static int patience(const struct loader *loader, const struct debounce *debounce)
{
    if (debounce->active)
        return debounce_left(debounce, clock_monotonic_ms());
    return loader->watch != NULL && watch_is_complete(loader->watch) ? -1 : LOOK_MS;
}

/* A file that is new to a generation was not watched while it was read. */
static void look_behind(struct loader *loader, struct debounce *debounce)
{
    if (disk_changed(loader))
        debounce_feed(debounce, clock_monotonic_ms());
}

static void *loader_main(void *argument)
{
    struct loader *loader = argument;
    struct debounce debounce = { 0 };
    pthread_setname_np(pthread_self(), "loader");
    courtesy_begin();
    look_behind(loader, &debounce);

    while (!is_stopping(loader)) {
        const int wait_ms = patience(loader, &debounce);
        if (wait(loader, wait_ms))
            debounce_feed(&debounce, clock_monotonic_ms());
        if (is_stopping(loader))
            break;

        const bool quiet = debounce_left(&debounce, clock_monotonic_ms()) == 0;
        const bool look = !debounce.active && wait_ms == LOOK_MS;
        if (has_requests(loader) || ((quiet || look) && disk_changed(loader))) {
            debounce.active = false;
            if (reload(loader))
                look_behind(loader, &debounce);
        } else if (quiet) {
            debounce.active = false;
        }
    }
    return NULL;
}

struct pool_board *loader_pools(const struct loader *loader)
{
    return snapshot_builder_pools(loader->builder);
}

enum status loader_start(struct loader *loader, struct prober *prober, struct steward *steward,
                         void (*done)(void *context), void *context)
{
    uint64_t timeout_ms;
    loader->prober = prober;
    loader->steward = steward;
    loader->done = done;
    loader->context = context;
    loader->watch = watch_new();
    watch_current(loader);
    pools_take(loader, loader->current.snapshot);
    snapshot_publish(loader->current.snapshot);
    enum status status = targets_watch(loader, NULL, &timeout_ms);
    if (status == STATUS_OK && pthread_create(&loader->thread, NULL, loader_main, loader) != 0)
        status = STATUS_MEMORY;
    loader->started = status == STATUS_OK;
    return status;
}

static void wake(struct loader *loader)
{
    const uint64_t one = 1;
    while (write(loader->wake, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

void loader_close(struct loader *loader)
{
    if (loader == NULL)
        return;
    pthread_mutex_lock(&loader->lock);
    loader->stopping = true;
    pthread_mutex_unlock(&loader->lock);
    wake(loader);
    if (loader->started)
        pthread_join(loader->thread, NULL);

    if (loader->current.snapshot != NULL) {
        snapshot_publish(NULL);
        if (loader->steward != NULL)
            pools_take(loader, NULL);
        snapshot_free(loader->current.snapshot, loader->builder);
    }
    if (loader->current.config == loader->first)
        loader->current.config = NULL;
    load_release(&loader->current);
    config_free(loader->first);
    watch_free(loader->watch);
    report_free(loader->mistakes);
    intern_free(loader->regions);
    snapshot_builder_free(loader->builder);
    pthread_mutex_destroy(&loader->lock);
    close(loader->wake);
    free(loader);
}

/* ---- asked from outside ---- */

uint64_t loader_request(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    const uint64_t ticket = ++loader->requested;
    pthread_mutex_unlock(&loader->lock);
    wake(loader);
    return ticket;
}

uint64_t loader_served(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    const uint64_t served = loader->served;
    pthread_mutex_unlock(&loader->lock);
    return served;
}

const char *loader_outcome_text(const struct loader_outcome *outcome)
{
    if (!outcome->in_force)
        return "refused";
    return outcome->good ? "good" : "mistakes";
}

void loader_outcome(struct loader *loader, struct loader_outcome *out, struct report *report)
{
    pthread_mutex_lock(&loader->lock);
    *out = loader->outcome;
    if (report != NULL)
        report_append(report, loader->mistakes);
    pthread_mutex_unlock(&loader->lock);
}
