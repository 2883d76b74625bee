/*
 * meridiand: options, the order in which the parts start and stop, signals.
 * The only place that ends the process.
 */
#include <ev.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dns/base/clock.h"
#include "dns/base/heap.h"
#include "dns/base/log.h"
#include "dns/server/chronicle.h"
#include "dns/server/config.h"
#include "dns/server/control.h"
#include "dns/server/crew.h"
#include "dns/server/desk.h"
#include "dns/server/http.h"
#include "dns/server/load.h"
#include "dns/server/loader.h"
#include "dns/server/notify.h"
#include "dns/server/orders.h"
#include "dns/server/overview.h"
#include "dns/server/privileges.h"
#include "dns/server/socket.h"
#include "dns/server/state_folder.h"
#include "dns/server/steward.h"
#include "dns/server/version.h"
#include "dns/server/widener.h"
#include "health/icmp_socket.h"

enum { EXIT_USAGE = 2 };

/* ---- options ---- */

struct options {
    const char *file;
    bool check;
};

static void usage(FILE *out)
{
    fprintf(out,
            "usage: meridiand [-c FILE] [-t]\n"
            "\n"
            "Answers DNS queries, each with the nearest healthy region. Stays in the\n"
            "foreground and logs to stderr. SIGHUP reloads, SIGTERM ends.\n"
            "\n"
            "  -c FILE  the configuration (else $MERIDIAN_CONFIG, else %s)\n"
            "  -t       check the configuration and all it names, then exit: 0 good, 1 mistakes\n"
            "  -h       this help\n"
            "  -V       the version\n",
            config_default_path());
}

/* Returns -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *out)
{
    int option;
    *out = (struct options){ .file = config_default_path() };
    while ((option = getopt(argc, argv, "c:thV")) != -1) {
        switch (option) {
        case 'c':
            out->file = optarg;
            break;
        case 't':
            out->check = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("meridiand " MERIDIAN_VERSION);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "meridiand: unexpected argument '%s'\n", argv[optind]);
    usage(stderr);
    return EXIT_USAGE;
}

/* ---- meridiand -t ---- */

static void print_report(const struct report *report)
{
    for (size_t i = 0; i < report_count(report); i++)
        fprintf(stderr, "%s%s\n", report_severity(report, i) == SEVERITY_WARNING ? "warning: " : "",
                report_text(report, i));
}

static int check(const char *file)
{
    struct report *report = report_new();
    struct board *board = board_new();
    struct snapshot_builder *builder = board != NULL ? snapshot_builder_new(board) : NULL;
    struct load_secrets secrets;
    bool good = false;

    if (report != NULL && builder != NULL && load_secrets_init(&secrets) == STATUS_OK) {
        struct load load;
        good = load_run(file, builder, &secrets, NULL, report, &load) == STATUS_OK;
        print_report(report);
        if (good)
            fprintf(stderr, "%s: good, zones: %zu\n", file, load.zones.count);
        snapshot_free(load.snapshot, builder);
        load_release(&load);
    } else {
        fprintf(stderr, "meridiand: out of memory\n");
    }
    snapshot_builder_free(builder);
    board_free(board);
    report_free(report);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the daemon ---- */

struct daemon {
    const struct config *config; /* the loader's */
    struct board *board;
    struct loader *loader;
    struct prober *prober;
    struct orders *orders;
    struct journal *journal; /* NULL: none is wanted */
    struct desk *desk;
    struct steward *steward;
    struct widener *widener;
    struct crew *crew;
    struct privileges privileges;
    int http_fd, control_fd; /* -1: none */
    struct ev_loop *loop;
    struct ev_signal terminate, interrupt, hangup;
    struct ev_async reloaded, pools_changed;
    struct ev_timer ramp;
    struct overview overview;
    struct http *http;
    struct control *control;
    bool joined;
    const char *ended_by; /* which signal */
};

/* HTTP or control by default only: what cannot be had is missed, not mourned. */
static enum status forgive(const char *what, bool given, const struct report *aside,
                           struct report *report, enum status status)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    if (given) {
        report_append(report, aside);
        return status;
    }
    for (size_t i = 0; i < report_count(aside); i++)
        log_warning("going on without %s: %s", what, report_text(aside, i));
    return STATUS_OK;
}

static enum status open_http(struct daemon *daemon, struct report *report)
{
    const struct config *config = daemon->config;
    if (!config->http_on)
        return STATUS_OK;
    struct report *aside = report_new();
    const struct diag diag = { .report = aside, .file = config->file, .path = "http" };
    const enum status status = socket_open_private(&config->http, &diag, &daemon->http_fd);
    const enum status forgiven = forgive("HTTP", config->http_given, aside, report, status);
    report_free(aside);
    return forgiven;
}

/* The socket file belongs to whom we become, so that it can be taken away at the end. */
static enum status open_control(struct daemon *daemon, struct report *report)
{
    const struct config *config = daemon->config;
    const struct privileges *privileges = &daemon->privileges;
    if (config->control == NULL)
        return STATUS_OK;
    struct report *aside = report_new();
    const struct diag diag = { .report = aside, .file = config->file, .path = "control" };
    enum status status = socket_open_unix(config->control, &diag, &daemon->control_fd);
    if (status == STATUS_OK && privileges->drop &&
        chown(config->control, privileges->uid, privileges->gid) != 0)
        status = diag_error(&diag, STATUS_IO, "'%s' cannot be given to '%s'", config->control,
                            privileges->user);
    const enum status forgiven =
        forgive("a control socket", config->control_given, aside, report, status);
    report_free(aside);
    return forgiven;
}

/*
 * The state folder must be ours after we became somebody else. Without it we
 * answer all the same: whoever gives an order is told that it cannot be kept.
 */
static void open_state(const struct daemon *daemon, bool dropped)
{
    struct report *aside = report_new();
    const char *path = daemon->config->state;
    const struct diag diag = { .report = aside, .file = path };
    const enum status status = dropped ? state_folder_check(path, &diag)
                                       : state_folder_prepare(path, &daemon->privileges, &diag);
    for (size_t i = 0; status != STATUS_OK && i < report_count(aside); i++)
        log_warning("orders will not survive a restart: %s", report_text(aside, i));
    report_free(aside);
}

/* Opens all that the world sees, and tells everything that cannot be had in one run. */
static bool open_sockets(struct daemon *daemon, struct report *report)
{
    const struct config *config = daemon->config;
    const struct diag diag = { .report = report, .file = config->file, .path = "user" };
    const enum status user = privileges_find(config->user, &diag, &daemon->privileges);
    const enum status crew = crew_open(config, report, &daemon->crew);
    const enum status http = open_http(daemon, report);
    const enum status control = open_control(daemon, report);
    if (user != STATUS_OK || crew != STATUS_OK || http != STATUS_OK || control != STATUS_OK)
        return false;
    open_state(daemon, false);
    if (privileges_drop(&daemon->privileges, &diag) != STATUS_OK)
        return false;
    open_state(daemon, true);
    return true;
}

/* Connections and probes need descriptors; the soft limit is a relic of select(). */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Called from the loader's thread. */
static void on_load_done(void *context)
{
    struct daemon *daemon = context;
    chronicle_load(daemon->journal, daemon->loader);
    widener_wake(daemon->widener);
    ev_async_send(daemon->loop, &daemon->reloaded);
}

/* Called from the prober's thread. */
static void on_target_change(void *context, const struct target_report *report)
{
    const struct daemon *daemon = context;
    chronicle_target(daemon->journal, report);
}

/* Called from the prober's thread. */
static void on_freeze(void *context, const struct prober_freeze *freeze)
{
    const struct daemon *daemon = context;
    chronicle_freeze(daemon->journal, freeze);
}

/* Called from the prober's thread. */
static void on_target_touched(void *context, uint32_t id)
{
    const struct daemon *daemon = context;
    steward_touch(daemon->steward, id, clock_monotonic_ms());
}

/* Called from the thread that brought the news, under the steward's lock. */
static void on_pool_change(void *context, const struct steward_change *change)
{
    struct daemon *daemon = context;
    chronicle_pool(daemon->journal, daemon->orders, change);
    widener_wake(daemon->widener);
    ev_async_send(daemon->loop, &daemon->pools_changed);
}

/* Orders have changed; the steward's news then do the rest. */
static void obey(void *context)
{
    const struct daemon *daemon = context;
    steward_obey(daemon->steward, clock_monotonic_ms());
}

/* Regions that come back get their clients back step by step, for as long as there are any. */
static void ramps_go_on(struct daemon *daemon)
{
    const uint64_t wait_ms = steward_tick(daemon->steward, clock_monotonic_ms());

    ev_timer_stop(daemon->loop, &daemon->ramp);
    if (wait_ms > 0) {
        ev_timer_set(&daemon->ramp, (double)wait_ms / 1000, 0);
        ev_timer_start(daemon->loop, &daemon->ramp);
    } else {
        widener_wake(daemon->widener);
    }
}

static void on_pools_changed(struct ev_loop *loop, struct ev_async *async, int events)
{
    (void)loop;
    (void)events;
    ramps_go_on(async->data);
}

static void on_ramp(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    ramps_go_on(timer->data);
}

static void on_reloaded(struct ev_loop *loop, struct ev_async *async, int events)
{
    const struct daemon *daemon = async->data;
    (void)loop;
    (void)events;
    if (daemon->control != NULL)
        control_reloaded(daemon->control);
    notify_ready();
}

static void on_hangup(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
    const struct daemon *daemon = watcher->data;
    (void)loop;
    (void)events;
    log_info("SIGHUP, reloading");
    notify_reloading();
    loader_request(daemon->loader);
}

static void on_end(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
    struct daemon *daemon = watcher->data;
    (void)events;
    daemon->ended_by = watcher->signum == SIGTERM ? "SIGTERM" : "SIGINT";
    log_info("%s, stopping", daemon->ended_by);
    ev_break(loop, EVBREAK_ALL);
}

/*
 * Every thread inherits what main blocks, and main unblocks its signals only
 * when all threads are there: no other one is ever interrupted.
 */
static void mask_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, NULL);
}

static void watch_signals(struct daemon *daemon)
{
    ev_signal_init(&daemon->terminate, on_end, SIGTERM);
    ev_signal_init(&daemon->interrupt, on_end, SIGINT);
    ev_signal_init(&daemon->hangup, on_hangup, SIGHUP);
    daemon->terminate.data = daemon->interrupt.data = daemon->hangup.data = daemon;
    ev_signal_start(daemon->loop, &daemon->terminate);
    ev_signal_start(daemon->loop, &daemon->interrupt);
    ev_signal_start(daemon->loop, &daemon->hangup);
    mask_signals(SIG_UNBLOCK);
}

/* What operators ordered before this start, before anybody is judged. */
static bool start_desk(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    const struct journal_rules rules = { .folder = config->state,
                                         .size_most = config->journal.size,
                                         .keep = config->journal.keep };
    if (config->journal.on && (daemon->journal = journal_open(&rules)) == NULL)
        return false;
    chronicle_daemon(daemon->journal, "start", NULL);
    daemon->orders = orders_new();
    if (daemon->orders == NULL)
        return false;
    daemon->desk = desk_new(&(struct desk_parts){ .loop = daemon->loop,
                                                  .folder = config->state,
                                                  .orders = daemon->orders,
                                                  .journal = daemon->journal,
                                                  .obey = obey,
                                                  .context = daemon });
    return daemon->desk != NULL;
}

/* Everything with a thread, from the inside out: what answers comes last. */
static bool start_threads(struct daemon *daemon)
{
    /* Not libev's default loop: that one takes in every process that ends, probes' commands too. */
    daemon->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (daemon->loop == NULL || widener_open(&daemon->widener) != STATUS_OK ||
        prober_open(daemon->board, &daemon->prober) != STATUS_OK)
        return false;
    if (!start_desk(daemon))
        return false;
    daemon->steward =
        steward_new(daemon->board, loader_pools(daemon->loader), daemon->orders);
    if (daemon->steward == NULL)
        return false;
    ev_async_init(&daemon->pools_changed, on_pools_changed);
    daemon->pools_changed.data = daemon;
    ev_async_start(daemon->loop, &daemon->pools_changed);
    ev_init(&daemon->ramp, on_ramp);
    daemon->ramp.data = daemon;
    steward_on_change(daemon->steward, on_pool_change, daemon);
    prober_on_change(daemon->prober, on_target_change, daemon);
    prober_on_freeze(daemon->prober, on_freeze, daemon);
    prober_on_touch(daemon->prober, on_target_touched, daemon);
    ev_async_init(&daemon->reloaded, on_reloaded);
    daemon->reloaded.data = daemon;
    ev_async_start(daemon->loop, &daemon->reloaded);
    if (loader_start(daemon->loader, daemon->prober, daemon->steward, on_load_done, daemon) != STATUS_OK)
        return false;
    /* Where nobody is probed, no change of health will ask for the first outlook. */
    widener_wake(daemon->widener);
    snapshot_join();
    daemon->joined = true;
    return crew_start(daemon->crew) == STATUS_OK;
}

/* What main's own loop serves. */
static bool start_services(struct daemon *daemon)
{
    struct overview *overview = &daemon->overview;
    overview->tallies = crew_tallies(daemon->crew, &overview->tally_count);
    overview->loader = daemon->loader;
    overview->prober = daemon->prober;
    overview->quota = crew_quota(daemon->crew);
    overview->orders = daemon->orders;
    overview->steward = daemon->steward;
    overview->journal = daemon->journal;
    overview->desk = daemon->desk;
    overview->started_wall_ms = clock_wall_ms();

    if (daemon->control_fd >= 0) {
        daemon->control = control_new(daemon->loop, daemon->control_fd, overview);
        if (daemon->control == NULL)
            return false;
        daemon->control_fd = -1;
    }
    if (daemon->http_fd >= 0) {
        daemon->http = http_new(daemon->loop, daemon->http_fd, overview);
        daemon->http_fd = -1;
        if (daemon->http == NULL)
            return false;
    }
    return true;
}

static void tell_listening(const struct daemon *daemon)
{
    const struct config *config = daemon->config;
    char text[BINDADDR_TEXT];
    size_t workers;
    crew_tallies(daemon->crew, &workers);
    for (size_t i = 0; i < config->listen_count; i++)
        log_info("listening on %s (UDP and TCP)", bindaddr_print(&config->listen[i], text));
    if (daemon->http != NULL)
        log_info("listening on %s (HTTP)", bindaddr_print(&config->http, text));
    if (daemon->control != NULL)
        log_info("listening on %s (control)", config->control);
    log_info("answering, workers: %zu", workers);
}

/* The reverse of the start: nobody comes in, what is in flight is finished, threads end. */
static void daemon_close(struct daemon *daemon)
{
    http_free(daemon->http);
    if (daemon->control != NULL || daemon->control_fd >= 0)
        (void)unlink(daemon->config->control);
    control_free(daemon->control);
    if (daemon->control_fd >= 0)
        close(daemon->control_fd);
    if (daemon->http_fd >= 0)
        close(daemon->http_fd);
    crew_close(daemon->crew);
    if (daemon->joined)
        snapshot_quit();
    loader_close(daemon->loader);
    if (daemon->prober != NULL)
        prober_close(daemon->prober);
    steward_free(daemon->steward);
    desk_free(daemon->desk);
    orders_free(daemon->orders);
    chronicle_daemon(daemon->journal, "stop", daemon->ended_by);
    journal_close(daemon->journal);
    icmp_socket_forget();
    widener_close(daemon->widener);
    board_free(daemon->board);
    if (daemon->loop != NULL)
        ev_loop_destroy(daemon->loop);
}

static bool daemon_run(struct daemon *daemon, const char *file, struct report *report)
{
    mask_signals(SIG_BLOCK);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the ends of probes' commands from us */
    raise_descriptors();
    icmp_socket_prepare();
    daemon->board = board_new();
    daemon->loader = daemon->board != NULL ? loader_new(file, daemon->board) : NULL;
    if (daemon->loader == NULL) {
        log_error("out of memory");
        return false;
    }
    if (!loader_first(daemon->loader, report)) {
        log_report(report);
        return false;
    }
    daemon->config = loader_config(daemon->loader);

    struct report *sockets = report_new();
    const bool opened = sockets != NULL && open_sockets(daemon, sockets);
    if (sockets != NULL)
        log_report(sockets);
    report_free(sockets);
    if (!opened)
        return false;

    if (!start_threads(daemon) || !start_services(daemon)) {
        log_error("out of memory or threads, cannot start");
        return false;
    }
    tell_listening(daemon);
    watch_signals(daemon);
    notify_ready();
    ev_run(daemon->loop, 0);
    notify_stopping();
    return true;
}

int main(int argc, char **argv)
{
    struct options options;
    heap_init();
    const int status = read_options(argc, argv, &options);
    if (status >= 0)
        exit(status);
    if (options.check)
        exit(check(options.file));

    log_open(LOG_LEVEL_INFO);
    struct daemon daemon = { .http_fd = -1, .control_fd = -1 };
    struct report *report = report_new();
    const bool good = report != NULL && daemon_run(&daemon, options.file, report);
    daemon_close(&daemon);
    report_free(report);
    if (good)
        log_info("stopped");
    exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}
