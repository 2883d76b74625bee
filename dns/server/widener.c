#include "dns/server/widener.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/base/clock.h"
#include "dns/base/courtesy.h"
#include "dns/base/log.h"
#include "dns/server/forecast.h"
#include "zones/snapshot.h"

/*
 * Targets of one region fail within moments of each other, and one may go up
 * and down for hours: after a round the thread rests at least this long, and at
 * least as long as the round took, so it never takes more than half a processor.
 */
enum { REST_MS = 50 };

struct widener {
    struct forecast *forecast;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t news;
    bool wanted;
    _Atomic(bool) ends; /* written under the lock, looked at during a round without */
};

static void round_make(struct widener *widener)
{
    const struct snapshot *snapshot = snapshot_enter();
    if (snapshot != NULL)
        forecast_make(widener->forecast, snapshot, &widener->ends);
    snapshot_leave();
    if (snapshot == NULL)
        return;
    snapshot_await_readers();
    forecast_forget(widener->forecast);
}

/* Waits for a wish; false: for the end. */
static bool await_wish(struct widener *widener)
{
    pthread_mutex_lock(&widener->lock);
    while (!widener->wanted && !widener->ends)
        pthread_cond_wait(&widener->news, &widener->lock);
    widener->wanted = false;
    const bool ends = widener->ends;
    pthread_mutex_unlock(&widener->lock);
    return !ends;
}

static void rest(struct widener *widener, uint64_t most_ms)
{
    const uint64_t until_ns = clock_monotonic_ns() + most_ms * 1000000u;
    const struct timespec until = {
        .tv_sec = (time_t)(until_ns / 1000000000u),
        .tv_nsec = (long)(until_ns % 1000000000u),
    };
    int error = 0;
    pthread_mutex_lock(&widener->lock);
    while (!widener->ends && error == 0)
        error = pthread_cond_timedwait(&widener->news, &widener->lock, &until);
    pthread_mutex_unlock(&widener->lock);
}

static void *widener_main(void *context)
{
    struct widener *widener = context;

    courtesy_begin();
    snapshot_join();
    while (await_wish(widener)) {
        const uint64_t began_ms = clock_monotonic_ms();
        round_make(widener);
        const uint64_t took_ms = clock_monotonic_ms() - began_ms;
        rest(widener, took_ms > REST_MS ? took_ms : REST_MS);
    }
    snapshot_quit();
    return NULL;
}

static bool init_lock(struct widener *widener)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&widener->news, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    if (good && pthread_mutex_init(&widener->lock, NULL) != 0) {
        pthread_cond_destroy(&widener->news);
        good = false;
    }
    return good;
}

enum status widener_open(struct widener **out)
{
    struct widener *widener = calloc(1, sizeof *widener);
    *out = NULL;
    if (widener == NULL)
        return STATUS_MEMORY;
    widener->forecast = forecast_new();
    if (widener->forecast == NULL || !init_lock(widener)) {
        forecast_free(widener->forecast);
        free(widener);
        return STATUS_MEMORY;
    }

    const int error = pthread_create(&widener->thread, NULL, widener_main, widener);
    if (error != 0) {
        log_error("widener: no thread: %s", strerror(error));
        pthread_mutex_destroy(&widener->lock);
        pthread_cond_destroy(&widener->news);
        forecast_free(widener->forecast);
        free(widener);
        return STATUS_IO;
    }
    pthread_setname_np(widener->thread, "widener");
    *out = widener;
    return STATUS_OK;
}

void widener_wake(struct widener *widener)
{
    pthread_mutex_lock(&widener->lock);
    widener->wanted = true;
    pthread_cond_signal(&widener->news);
    pthread_mutex_unlock(&widener->lock);
}

void widener_close(struct widener *widener)
{
    if (widener == NULL)
        return;
    pthread_mutex_lock(&widener->lock);
    widener->ends = true;
    pthread_cond_signal(&widener->news);
    pthread_mutex_unlock(&widener->lock);
    pthread_join(widener->thread, NULL);
    forecast_free(widener->forecast);
    pthread_mutex_destroy(&widener->lock);
    pthread_cond_destroy(&widener->news);
    free(widener);
}
