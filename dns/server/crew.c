#include "dns/server/crew.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "dns/server/ratelimit.h"
#include "dns/server/socket.h"
#include "dns/server/worker.h"

struct crew {
    struct worker **workers;
    const struct tally **tallies;
    unsigned count; /* workers that were made */
    unsigned started;
    struct quota *quota;
    struct ratelimit *ratelimit;
};

/* Processors that this process may use. */
static unsigned processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

static enum status probe_all(const struct config *config, const struct diag *diag)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->listen_count; i++) {
        const enum status found = socket_probe(&config->listen[i], diag);
        if (status == STATUS_OK)
            status = found;
    }
    return status;
}

static void sockets_close(const struct worker_socket *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        close(sockets[i].udp);
        close(sockets[i].tcp);
    }
}

/* Opens one worker's sockets on every address; on failure none stays open. */
static enum status sockets_open(const struct config *config, const struct diag *diag,
                                struct worker_socket *sockets)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        const struct bindaddr *at = &config->listen[i];
        sockets[i] = (struct worker_socket){ .udp = -1, .pktinfo = bindaddr_is_wildcard(at) };
        enum status status = socket_open_udp(at, diag, &sockets[i].udp);
        if (status == STATUS_OK)
            status = socket_open_tcp(at, diag, &sockets[i].tcp);
        if (status != STATUS_OK) {
            if (sockets[i].udp >= 0)
                close(sockets[i].udp);
            sockets_close(sockets, i);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status worker_add(struct crew *crew, const struct config *config,
                              const struct diag *diag, struct worker_socket *sockets)
{
    enum status status = sockets_open(config, diag, sockets);
    if (status != STATUS_OK)
        return status;
    const struct worker_setup setup = {
        .number = crew->count,
        .sockets = sockets,
        .socket_count = config->listen_count,
        .tcp = { .idle_ms = config->tcp.idle_ms,
                 .message_ms = config->tcp.message_ms,
                 .quota = crew->quota },
        .ratelimit = crew->ratelimit,
    };
    struct worker *worker;
    status = worker_open(&setup, &worker);
    if (status != STATUS_OK)
        return diag_error(diag, status, "out of memory or descriptors for a worker");
    crew->tallies[crew->count] = worker_tally(worker);
    crew->workers[crew->count++] = worker;
    return STATUS_OK;
}

static enum status workers_open(struct crew *crew, const struct config *config,
                                const struct diag *diag)
{
    const unsigned count = config->workers > 0 ? config->workers : processor_count();
    struct worker_socket *sockets = calloc(config->listen_count, sizeof *sockets);
    crew->workers = calloc(count, sizeof *crew->workers);
    crew->tallies = calloc(count, sizeof *crew->tallies);
    crew->quota = quota_new(config->tcp.clients, config->tcp.per_prefix);
    crew->ratelimit = ratelimit_new();

    enum status status = STATUS_OK;
    if (sockets == NULL || crew->workers == NULL || crew->tallies == NULL || crew->quota == NULL ||
        crew->ratelimit == NULL)
        status = diag_error(diag, STATUS_MEMORY, "out of memory");
    for (unsigned i = 0; i < count && status == STATUS_OK; i++)
        status = worker_add(crew, config, diag, sockets);
    free(sockets);
    return status;
}

enum status crew_open(const struct config *config, struct report *report, struct crew **out)
{
    const struct diag diag = { .report = report, .file = config->file, .path = "listen" };
    *out = NULL;
    enum status status = probe_all(config, &diag);
    if (status != STATUS_OK)
        return status;

    struct crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL)
        return diag_error(&diag, STATUS_MEMORY, "out of memory");
    status = workers_open(crew, config, &diag);
    if (status != STATUS_OK) {
        crew_close(crew);
        return status;
    }
    *out = crew;
    return STATUS_OK;
}

enum status crew_start(struct crew *crew)
{
    for (; crew->started < crew->count; crew->started++) {
        const enum status status = worker_start(crew->workers[crew->started]);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

void crew_close(struct crew *crew)
{
    if (crew == NULL)
        return;
    /* All are told before the first is waited for: they finish side by side. */
    for (unsigned i = 0; i < crew->started; i++)
        worker_stop(crew->workers[i]);
    for (unsigned i = 0; i < crew->count; i++)
        worker_close(crew->workers[i]);
    free(crew->workers);
    free(crew->tallies);
    quota_free(crew->quota);
    ratelimit_free(crew->ratelimit);
    free(crew);
}

const struct tally *const *crew_tallies(const struct crew *crew, size_t *count)
{
    *count = crew->count;
    return crew->tallies;
}

struct quota *crew_quota(const struct crew *crew)
{
    return crew->quota;
}
