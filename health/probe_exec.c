#include "health/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "dns/base/log.h"
#include "health/command.h"

enum {
    TAIL = 512,                /* octets remembered of what was written last */
    OUTPUT_MOST = 1024 * 1024, /* whoever writes more is ended */
    CLOSE_PATIENCE_MS = 1000
};

struct exec_engine;

/*
 * One process, from its start until it is taken in. The probe may end before:
 * a process that is killed but stuck in the kernel holds its place, and nobody
 * waits for it.
 */
struct exec_child {
    struct exec_engine *engine;
    struct exec_probe *probe; /* NULL: nobody wants its result any more */
    struct command command;
    struct ev_io ended, written;
    LIST_ENTRY(exec_child) beside;
    size_t written_len;
    size_t tail_len;
    char tail[TAIL + 1];
};

struct exec_probe {
    struct probe base; /* first */
    struct exec_engine *engine;
    struct exec_child *child; /* NULL: waits for a place, or could not be started */
    int failed;               /* errno of a start that failed; told from the loop */
    bool waits;
    struct ev_timer timer;
    uint64_t started_ns;
    TAILQ_ENTRY(exec_probe) in_line;
};

struct exec_engine {
    struct probe_engine base; /* first */
    LIST_HEAD(, exec_child) children;
    unsigned child_count;
    TAILQ_HEAD(exec_line, exec_probe) line;
};

static void serve_line(struct exec_engine *engine);

/* ---- processes ---- */

static void child_free(struct exec_child *child)
{
    struct exec_engine *engine = child->engine;
    ev_io_stop(engine->base.loop, &child->ended);
    ev_io_stop(engine->base.loop, &child->written);
    LIST_REMOVE(child, beside);
    engine->child_count--;
    free(child);
}

/* Nobody waits for this process any more: it is killed, and taken in when it is dead. */
static void child_abandon(struct exec_child *child)
{
    child->probe = NULL;
    command_kill(&child->command);
    ev_io_stop(child->engine->base.loop, &child->written);
}

static void exec_probe_free(struct exec_probe *probe)
{
    if (probe->waits)
        TAILQ_REMOVE(&probe->engine->line, probe, in_line);
    if (probe->child != NULL)
        child_abandon(probe->child);
    ev_timer_stop(probe->engine->base.loop, &probe->timer);
    free(probe);
}

static void exec_probe_finish(struct exec_probe *probe, struct probe_result *result)
{
    result->took_us = probe_took_us(probe->started_ns);
    probe_done *done = probe->base.done;
    void *context = probe->base.context;
    exec_probe_free(probe);
    done(context, result);
}

/* The last TAIL octets of all that is written. */
static void tail_add(struct exec_child *child, const char *octets, size_t len)
{
    if (len >= TAIL) {
        octets += len - TAIL;
        len = TAIL;
    }
    const size_t over = child->tail_len + len > TAIL ? child->tail_len + len - TAIL : 0;
    memmove(child->tail, child->tail + over, child->tail_len - over);
    child->tail_len -= over;
    memcpy(child->tail + child->tail_len, octets, len);
    child->tail_len += len;
}

/* Reads what is there, in bounded bites; false when there was too much of it altogether. */
static bool child_hear(struct exec_child *child)
{
    enum { BITES = 16 };
    char octets[4096];
    for (unsigned i = 0; i < BITES && child->command.output >= 0; i++) {
        const ssize_t got = read(child->command.output, octets, sizeof octets);
        if (got < 0)
            break;
        if (got == 0) {
            ev_io_stop(child->engine->base.loop, &child->written);
            close(child->command.output);
            child->command.output = -1;
            break;
        }
        child->written_len += (size_t)got;
        tail_add(child, octets, (size_t)got);
    }
    return child->written_len <= OUTPUT_MOST;
}

static void on_written(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct exec_child *child = io->data;
    (void)loop;
    (void)events;
    if (child_hear(child) || child->probe == NULL)
        return;
    struct probe_result result = { .good = false };
    probe_fail(&result, "wrote more than %d KiB", OUTPUT_MOST / 1024);
    exec_probe_finish(child->probe, &result);
}

static void on_ended(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct exec_child *child = io->data;
    struct exec_engine *engine = child->engine;
    struct exec_probe *probe = child->probe;
    struct probe_result result = { .good = false };
    int status;
    (void)loop;
    (void)events;
    if (probe != NULL)
        (void)child_hear(child);
    ev_io_stop(engine->base.loop, &child->written);
    if (!command_reap(&child->command, &status))
        return;
    command_judge(status, command_last_line(child->tail, child->tail_len), &result);
    child_free(child);
    if (probe != NULL) {
        probe->child = NULL;
        exec_probe_finish(probe, &result);
    }
    serve_line(engine);
}

static int child_start(struct exec_engine *engine, struct exec_probe *probe)
{
    struct exec_child *child = calloc(1, sizeof *child);
    if (child == NULL)
        return ENOMEM;
    const int error = command_start(probe->base.target, &child->command);
    if (error != 0) {
        free(child);
        return error;
    }
    child->engine = engine;
    child->probe = probe;
    probe->child = child;
    ev_io_init(&child->ended, on_ended, child->command.pidfd, EV_READ);
    ev_io_init(&child->written, on_written, child->command.output, EV_READ);
    child->ended.data = child->written.data = child;
    ev_io_start(engine->base.loop, &child->ended);
    ev_io_start(engine->base.loop, &child->written);
    LIST_INSERT_HEAD(&engine->children, child, beside);
    engine->child_count++;
    return 0;
}

/* ---- probes ---- */

/* A program that is not there is the operator's mistake; no room for a process is our own lack. */
static void tell_failed_start(const struct exec_probe *probe, struct probe_result *result)
{
    const int error = probe->failed;
    if (error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE) {
        probe_fail_errno(result, error);
        result->inconclusive = true;
        return;
    }
    probe_fail(result, "cannot run '%s': %s", probe->base.target->spec.command[0], strerror(error));
}

static void on_time(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct exec_probe *probe = timer->data;
    struct probe_result result = { .good = false };
    (void)loop;
    (void)events;
    if (probe->failed != 0)
        tell_failed_start(probe, &result);
    else
        probe_fail_timeout(&result, probe->base.target->spec.timeout_ms);
    exec_probe_finish(probe, &result);
}

static void run_now(struct exec_probe *probe)
{
    struct ev_loop *loop = probe->engine->base.loop;
    probe->started_ns = clock_monotonic_ns();
    probe->failed = child_start(probe->engine, probe);
    ev_now_update(loop);
    ev_timer_set(&probe->timer,
                 probe->failed != 0 ? 0 : probe->base.target->spec.timeout_ms / 1000.0, 0);
    ev_timer_start(loop, &probe->timer);
}

static void serve_line(struct exec_engine *engine)
{
    struct exec_probe *first;
    while (engine->child_count < PROBE_EXEC_MOST && (first = TAILQ_FIRST(&engine->line)) != NULL) {
        TAILQ_REMOVE(&engine->line, first, in_line);
        first->waits = false;
        run_now(first);
    }
}

static struct probe *exec_start(struct probe_engine *base, const struct target *target,
                                probe_done *done, void *context)
{
    struct exec_engine *engine = (struct exec_engine *)base;
    struct exec_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->base = (struct probe){ .target = target, .done = done, .context = context };
    probe->engine = engine;
    ev_init(&probe->timer, on_time);
    probe->timer.data = probe;
    if (engine->child_count < PROBE_EXEC_MOST) {
        run_now(probe);
    } else {
        probe->waits = true;
        TAILQ_INSERT_TAIL(&engine->line, probe, in_line);
    }
    return &probe->base;
}

static void exec_cancel(struct probe *probe)
{
    exec_probe_free((struct exec_probe *)probe);
}

/* ---- the engine ---- */

static struct probe_engine *exec_open(struct ev_loop *loop)
{
    struct exec_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->base.loop = loop;
    LIST_INIT(&engine->children);
    TAILQ_INIT(&engine->line);
    return &engine->base;
}

/* All were killed when their probes ended; one stuck in the kernel is left to init. */
static void exec_close(struct probe_engine *base)
{
    static const struct timespec moment = { .tv_nsec = 1000000 };
    struct exec_engine *engine = (struct exec_engine *)base;
    const uint64_t until_ms = clock_monotonic_ms() + CLOSE_PATIENCE_MS;
    struct exec_child *child;
    int status;
    while ((child = LIST_FIRST(&engine->children)) != NULL) {
        if (!command_reap(&child->command, &status) && clock_monotonic_ms() < until_ms) {
            nanosleep(&moment, NULL);
            continue;
        }
        if (child->command.pid != 0) {
            log_warning("a probe's process %d does not end", (int)child->command.pid);
            close(child->command.pidfd);
            if (child->command.output >= 0)
                close(child->command.output);
        }
        child_free(child);
    }
    free(engine);
}

const struct probe_kind probe_kind_exec = {
    .name = "exec",
    .open = exec_open,
    .close = exec_close,
    .start = exec_start,
    .cancel = exec_cancel,
};
