#include "health/probe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "health/state_file.h"

/* One file as it was last read, for all targets that it tells of. */
struct file_copy {
    char *path;
    struct state_file *file; /* NULL: for that reason */
    char reason[PROBE_REASON];
    uint64_t looked_ms;
    LIST_ENTRY(file_copy) beside;
};

struct file_engine {
    struct probe_engine base; /* first */
    LIST_HEAD(, file_copy) copies;
};

struct file_probe {
    struct probe base; /* first */
    struct file_engine *engine;
    struct ev_timer timer;
    uint64_t started_ns;
};

/* ---- copies ---- */

static void copy_free(struct file_copy *copy)
{
    LIST_REMOVE(copy, beside);
    state_file_free(copy->file);
    free(copy->path);
    free(copy);
}

static struct file_copy *copy_of(struct file_engine *engine, const char *path)
{
    struct file_copy *copy;
    LIST_FOREACH(copy, &engine->copies, beside)
    {
        if (strcmp(copy->path, path) == 0)
            return copy;
    }
    copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return NULL;
    copy->path = strdup(path);
    if (copy->path == NULL) {
        free(copy);
        return NULL;
    }
    LIST_INSERT_HEAD(&engine->copies, copy, beside);
    return copy;
}

/* A file is looked at once a moment, however many targets ask; and read when it is another one. */
static void copy_refresh(struct file_copy *copy)
{
    enum { MOMENT_MS = 20 };
    const uint64_t now_ms = clock_monotonic_ms();
    if (copy->looked_ms != 0 && now_ms - copy->looked_ms < MOMENT_MS)
        return;
    copy->looked_ms = now_ms;
    if (copy->file != NULL && !state_file_is_stale(copy->file, copy->path))
        return;
    state_file_free(copy->file);
    copy->file = state_file_load(copy->path, copy->reason);
}

/* Files that no map names any more are forgotten after a while. */
static void copies_expire(struct file_engine *engine)
{
    enum { FORGET_MS = 2 * 3600 * 1000 }; /* more than the longest interval */
    const uint64_t now_ms = clock_monotonic_ms();
    for (struct file_copy *copy = LIST_FIRST(&engine->copies), *next; copy; copy = next) {
        next = LIST_NEXT(copy, beside);
        if (now_ms - copy->looked_ms > FORGET_MS)
            copy_free(copy);
    }
}

/* ---- probes ---- */

static void file_probe_free(struct file_probe *probe)
{
    ev_timer_stop(probe->engine->base.loop, &probe->timer);
    free(probe);
}

static void on_time(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct file_probe *probe = timer->data;
    const struct target *target = probe->base.target;
    struct probe_result result = { .good = false };
    (void)loop;
    (void)events;
    copies_expire(probe->engine);
    struct file_copy *copy = copy_of(probe->engine, target->spec.file);
    if (copy == NULL) {
        probe_fail(&result, "out of memory");
        result.inconclusive = true;
    } else {
        copy_refresh(copy);
        state_file_judge(copy->file, copy->reason, target, clock_wall_ms(), &result);
    }
    result.took_us = probe_took_us(probe->started_ns);
    probe_done *done = probe->base.done;
    void *context = probe->base.context;
    file_probe_free(probe);
    done(context, &result);
}

/* The file is on a disk of ours and small: it is read at once, from the loop. */
static struct probe *file_start(struct probe_engine *base, const struct target *target,
                                probe_done *done, void *context)
{
    struct file_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->base = (struct probe){ .target = target, .done = done, .context = context };
    probe->engine = (struct file_engine *)base;
    probe->started_ns = clock_monotonic_ns();
    ev_timer_init(&probe->timer, on_time, 0, 0);
    probe->timer.data = probe;
    ev_timer_start(base->loop, &probe->timer);
    return &probe->base;
}

static void file_cancel(struct probe *probe)
{
    file_probe_free((struct file_probe *)probe);
}

static struct probe_engine *file_open(struct ev_loop *loop)
{
    struct file_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->base.loop = loop;
    LIST_INIT(&engine->copies);
    return &engine->base;
}

static void file_close(struct probe_engine *base)
{
    struct file_engine *engine = (struct file_engine *)base;
    struct file_copy *copy;
    while ((copy = LIST_FIRST(&engine->copies)) != NULL)
        copy_free(copy);
    free(engine);
}

const struct probe_kind probe_kind_file = {
    .name = "file",
    .open = file_open,
    .close = file_close,
    .start = file_start,
    .cancel = file_cancel,
};
