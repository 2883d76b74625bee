#include "dns/server/control.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/base/json.h"
#include "dns/base/json_writer.h"
#include "dns/server/desk.h"
#include "dns/server/explain.h"
#include "dns/server/status.h"
#include "dns/server/version.h"

/* How long the daemon does not accept after the system ran out of descriptors, in seconds. */
static const double PAUSE = 0.1;

/* One connection: reads its request, perhaps waits for a reload, writes its answer, ends. */
struct caller {
    struct ev_io io;
    struct ev_timer timer;
    struct control *control;
    struct caller *before, *after;
    char *request;
    size_t request_len, request_cap;
    uint64_t ticket; /* the reload it waits for; 0: none */
    char *answer;    /* NULL until there is one */
    size_t answer_at, answer_len;
};

struct control {
    struct ev_loop *loop;
    const struct overview *overview;
    struct ev_io io;
    struct ev_timer pause;
    struct caller *callers;
    unsigned caller_count;
};

/* The one end of every connection. */
static void caller_finish(struct caller *caller)
{
    struct control *control = caller->control;
    ev_io_stop(control->loop, &caller->io);
    ev_timer_stop(control->loop, &caller->timer);
    close(caller->io.fd);
    if (caller->before != NULL)
        caller->before->after = caller->after;
    else
        control->callers = caller->after;
    if (caller->after != NULL)
        caller->after->before = caller->before;
    free(caller->request);
    free(caller->answer);
    free(caller);
    if (control->caller_count-- == CONTROL_CLIENTS)
        ev_io_start(control->loop, &control->io);
}

static void caller_watch(struct caller *caller, int events)
{
    struct ev_loop *loop = caller->control->loop;
    ev_io_stop(loop, &caller->io);
    ev_io_set(&caller->io, caller->io.fd, events);
    ev_io_start(loop, &caller->io);
}

static void caller_time(struct caller *caller, bool bounded)
{
    struct ev_loop *loop = caller->control->loop;
    ev_timer_stop(loop, &caller->timer);
    ev_timer_set(&caller->timer, CONTROL_TIMEOUT_S, 0);
    if (bounded)
        ev_timer_start(loop, &caller->timer);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    caller_finish(timer->data);
}

/* ---- answers ---- */

/* Sends what it can of the answer; ends the connection when all is sent or it is broken. */
static void caller_send(struct caller *caller)
{
    while (caller->answer_at < caller->answer_len) {
        const ssize_t sent =
            send(caller->io.fd, caller->answer + caller->answer_at,
                 caller->answer_len - caller->answer_at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            caller->answer_at += (size_t)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        break;
    }
    caller_finish(caller);
}

/* Gives the caller its answer, one line. Consumes the writer; NULL when memory is out. */
static void caller_answer(struct caller *caller, struct json_writer *writer)
{
    static const char sorry[] = "{\"error\":\"out of memory\"}";
    char *text = writer != NULL ? json_writer_finish(writer, 0) : NULL;
    if (text == NULL)
        text = strdup(sorry);
    if (text == NULL) {
        caller_finish(caller);
        return;
    }
    /* The NUL at its end becomes the newline. */
    caller->answer = text;
    caller->answer_len = strlen(text) + 1;
    text[caller->answer_len - 1] = '\n';
    caller_time(caller, true);
    caller_watch(caller, EV_WRITE);
    caller_send(caller);
}

static struct json_writer *answer_begin(void)
{
    struct json_writer *writer = json_writer_new();
    if (writer != NULL)
        json_put_object(writer, NULL);
    return writer;
}

static void answer_error(struct caller *caller, const char *text)
{
    struct json_writer *writer = answer_begin();
    if (writer != NULL) {
        json_put_string(writer, "error", text);
        json_end(writer);
    }
    caller_answer(caller, writer);
}

/* ---- commands ---- */

static void command_ping(struct caller *caller, const struct json_node *request)
{
    (void)request;
    struct json_writer *writer = answer_begin();
    if (writer != NULL) {
        struct loader_outcome outcome;
        loader_outcome(caller->control->overview->loader, &outcome, NULL);
        json_put_bool(writer, "pong", true);
        json_put_string(writer, "version", MERIDIAN_VERSION);
        json_put_integer(writer, "generation", (int64_t)outcome.generation);
        json_end(writer);
    }
    caller_answer(caller, writer);
}

static void command_status(struct caller *caller, const struct json_node *request)
{
    (void)request;
    struct json_writer *writer = answer_begin();
    if (writer != NULL) {
        status_write(caller->control->overview, writer);
        json_end(writer);
    }
    caller_answer(caller, writer);
}

/* Only asks; control_reloaded() answers. Meanwhile nothing is read and no time runs. */
static void command_reload(struct caller *caller, const struct json_node *request)
{
    (void)request;
    ev_io_stop(caller->control->loop, &caller->io);
    caller_time(caller, false);
    caller->ticket = loader_request(caller->control->overview->loader);
}

/* A member that must be a string when it is there; false tells why in *error. */
static bool text_member(const struct json_node *request, const char *key, const char **out,
                        const char **error)
{
    struct json_node node;
    if (!json_member(request, key, &node))
        return true;
    if (json_get_string(&node, out) == STATUS_OK)
        return true;
    *error = "name, type and client are strings";
    return false;
}

static void command_explain(struct caller *caller, const struct json_node *request)
{
    struct explain_request asked = { 0 };
    const char *error = NULL;
    if (!text_member(request, "name", &asked.name, &error) ||
        !text_member(request, "type", &asked.type, &error) ||
        !text_member(request, "client", &asked.client, &error)) {
        answer_error(caller, error);
        return;
    }
    if (asked.name == NULL || asked.client == NULL) {
        answer_error(caller, "explain needs a name and a client");
        return;
    }

    struct json_writer *writer = answer_begin();
    const struct snapshot *snapshot = snapshot_enter();
    if (writer != NULL && snapshot != NULL) {
        (void)explain_json(snapshot, &asked, caller->control->overview->prober, writer);
        json_end(writer);
    }
    snapshot_leave();
    caller_answer(caller, writer);
}

/* Who asks, as the kernel knows it. */
static uid_t caller_uid(const struct caller *caller)
{
    struct ucred peer = { .uid = (uid_t)-1 };
    socklen_t len = sizeof peer;
    (void)getsockopt(caller->io.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    return peer.uid;
}

static void command_order(struct caller *caller, const struct json_node *request)
{
    struct desk *desk = caller->control->overview->desk;
    if (desk == NULL) {
        answer_error(caller, "this server takes no orders");
        return;
    }
    struct json_writer *writer = answer_begin();
    if (writer != NULL) {
        desk_command(desk, request, caller_uid(caller), writer);
        json_end(writer);
    }
    caller_answer(caller, writer);
}

static const struct {
    const char *name;
    void (*run)(struct caller *caller, const struct json_node *request);
} commands[] = {
    { "ping", command_ping },
    { "status", command_status },
    { "reload", command_reload },
    { "explain", command_explain },
    { "drain", command_order },
    { "undrain", command_order },
    { "force", command_order },
};

static void dispatch(struct caller *caller, const struct json_node *request)
{
    struct json_node node;
    const char *name;
    if (!json_member(request, "command", &node) || json_get_string(&node, &name) != STATUS_OK) {
        answer_error(caller, "expected an object with a command");
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            commands[i].run(caller, request);
            return;
        }
    }
    answer_error(caller, "no such command");
}

/* ---- requests ---- */

/* Parses the line and answers it. The document ends before the connection may. */
static void caller_ask(struct caller *caller, size_t len)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "request" };
    struct json_doc *doc = NULL;

    ev_io_stop(caller->control->loop, &caller->io);
    if (report == NULL)
        caller_answer(caller, NULL);
    else if (json_parse(caller->request, len, &diag, &doc) != STATUS_OK)
        answer_error(caller, report_count(report) > 0 ? report_text(report, 0) : "no JSON");
    else {
        const struct json_node root = json_root(doc, &diag);
        dispatch(caller, &root);
    }
    json_free(doc);
    report_free(report);
}

/* Room for more of the request, up to its bound. */
static bool caller_grow(struct caller *caller)
{
    if (caller->request_len < caller->request_cap)
        return true;
    const size_t cap = caller->request_cap == 0 ? 1024 : caller->request_cap * 2;
    char *more = cap <= CONTROL_REQUEST_MOST ? realloc(caller->request, cap) : NULL;
    if (more == NULL)
        return false;
    caller->request = more;
    caller->request_cap = cap;
    return true;
}

static void caller_read(struct caller *caller)
{
    if (!caller_grow(caller)) {
        answer_error(caller, "the request is too long");
        return;
    }
    const ssize_t count = recv(caller->io.fd, caller->request + caller->request_len,
                               caller->request_cap - caller->request_len, MSG_DONTWAIT);
    if (count < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            caller_finish(caller);
        return;
    }
    const char *newline = memchr(caller->request + caller->request_len, '\n', (size_t)count);
    caller->request_len += (size_t)count;
    if (newline != NULL)
        caller_ask(caller, (size_t)(newline - caller->request));
    else if (count == 0 && caller->request_len > 0)
        caller_ask(caller, caller->request_len); /* a line may end with the connection's half */
    else if (count == 0)
        caller_finish(caller);
}

static void on_caller(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct caller *caller = io->data;
    (void)loop;
    (void)events;
    if (caller->answer != NULL)
        caller_send(caller);
    else
        caller_read(caller);
}

static void caller_new(struct control *control, int fd)
{
    struct caller *caller = calloc(1, sizeof *caller);
    if (caller == NULL) {
        close(fd);
        return;
    }
    caller->control = control;
    caller->after = control->callers;
    if (control->callers != NULL)
        control->callers->before = caller;
    control->callers = caller;
    if (++control->caller_count == CONTROL_CLIENTS)
        ev_io_stop(control->loop, &control->io);

    ev_io_init(&caller->io, on_caller, fd, EV_READ);
    caller->io.data = caller;
    ev_io_start(control->loop, &caller->io);
    ev_timer_init(&caller->timer, on_timer, CONTROL_TIMEOUT_S, 0);
    caller->timer.data = caller;
    ev_timer_start(control->loop, &caller->timer);
}

static void on_pause_over(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct control *control = timer->data;
    (void)events;
    if (control->caller_count < CONTROL_CLIENTS)
        ev_io_start(loop, &control->io);
}

static void on_accept(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct control *control = io->data;
    (void)events;
    const int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        caller_new(control, fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        /* Polling would report the same client again at once: look away for a moment. */
        ev_io_stop(loop, io);
        ev_timer_set(&control->pause, PAUSE, 0);
        ev_timer_start(loop, &control->pause);
    }
}

/* ---- beginning and end ---- */

struct control *control_new(struct ev_loop *loop, int fd, const struct overview *overview)
{
    struct control *control = calloc(1, sizeof *control);
    if (control == NULL)
        return NULL;
    control->loop = loop;
    control->overview = overview;
    ev_io_init(&control->io, on_accept, fd, EV_READ);
    control->io.data = control;
    ev_io_start(loop, &control->io);
    ev_timer_init(&control->pause, on_pause_over, 0, 0);
    control->pause.data = control;
    return control;
}

static struct json_writer *tell_outcome(const struct loader_outcome *outcome,
                                        const struct report *report)
{
    struct json_writer *writer = answer_begin();
    if (writer == NULL)
        return NULL;
    json_put_string(writer, "outcome", loader_outcome_text(outcome));
    json_put_integer(writer, "generation", (int64_t)outcome->generation);
    json_put_integer(writer, "took_ms", (int64_t)outcome->took_ms);
    status_put_messages(writer, "mistakes", report, SEVERITY_MISTAKE);
    status_put_messages(writer, "warnings", report, SEVERITY_WARNING);
    json_end(writer);
    return writer;
}

void control_reloaded(struct control *control)
{
    struct loader *loader = control->overview->loader;
    struct loader_outcome outcome;
    struct report *report = report_new();
    const uint64_t served = loader_served(loader);
    loader_outcome(loader, &outcome, report);

    for (struct caller *caller = control->callers, *after; caller != NULL; caller = after) {
        after = caller->after;
        if (caller->ticket == 0 || caller->ticket > served)
            continue;
        caller->ticket = 0;
        caller_answer(caller, report != NULL ? tell_outcome(&outcome, report) : NULL);
    }
    report_free(report);
}

void control_free(struct control *control)
{
    if (control == NULL)
        return;
    while (control->callers != NULL)
        caller_finish(control->callers);
    ev_timer_stop(control->loop, &control->pause);
    ev_io_stop(control->loop, &control->io);
    close(control->io.fd);
    free(control);
}
