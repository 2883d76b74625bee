#include "tools/meridian_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dns/base/clock.h"
#include "dns/server/config.h"

/* ---- where ---- */

static enum status path_set(const struct diag *diag, const char *path, char out[SOCKET_PATH])
{
    const int len = snprintf(out, SOCKET_PATH, "%s", path);

    if (len >= SOCKET_PATH)
        return diag_error(diag, STATUS_LIMIT,
                          "the path of the control socket is over %d octets, the most it can have",
                          SOCKET_PATH - 1);
    return STATUS_OK;
}

/* Mistakes elsewhere in the configuration are not ours to tell: it still leads to its daemon. */
static enum status from_config(const char *file, struct report *report, char out[SOCKET_PATH])
{
    const struct diag diag = { .report = report, .file = file };
    struct report *aside = report_new();
    struct config *config = NULL;

    if (aside == NULL)
        return diag_error(&diag, STATUS_MEMORY, "out of memory");
    enum status status = config_load(file, aside, &config);
    if (config == NULL)
        report_append(report, aside);
    else if (config->control == NULL)
        status = diag_error(&diag, STATUS_IO, "control: none, so its daemon cannot be asked");
    else
        status = path_set(&diag, config->control, out);
    config_free(config);
    report_free(aside);
    return status;
}

enum status ask_find(const struct options *options, struct report *report, char out[SOCKET_PATH])
{
    const struct diag diag = { .report = report, .file = "meridian" };
    const char *named = getenv("MERIDIAN_CONTROL");
    const char *config = options_config(options);

    if (options->socket != NULL)
        return path_set(&diag, options->socket, out);
    if (options->config == NULL && named != NULL && *named != '\0')
        return path_set(&diag, named, out);
    return from_config(config, report, out);
}

/* ---- asking ---- */

static int open_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    const int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static bool send_all(int fd, const char *octets, size_t len)
{
    while (len > 0) {
        const ssize_t sent = send(fd, octets, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        octets += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Waits for octets until `deadline_ms`; false with errno ETIMEDOUT when none came. */
static bool await_octets(int fd, uint64_t deadline_ms)
{
    for (;;) {
        struct pollfd poller = { .fd = fd, .events = POLLIN };
        const uint64_t now_ms = clock_monotonic_ms();
        const int left_ms = now_ms < deadline_ms ? (int)(deadline_ms - now_ms) : 0;
        const int ready = poll(&poller, 1, left_ms);
        if (ready > 0)
            return true;
        if (ready == 0)
            errno = ETIMEDOUT;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

/* One line, as a string without its newline. NULL with errno on failure. */
static char *read_line(int fd, uint64_t deadline_ms)
{
    char *text = NULL;
    size_t len = 0, cap = 0;

    for (;;) {
        if (len + 1 >= cap) {
            cap = cap == 0 ? 4096 : cap * 2;
            char *larger = cap <= REPLY_MOST ? realloc(text, cap) : NULL;
            if (larger == NULL) {
                errno = cap > REPLY_MOST ? EMSGSIZE : ENOMEM;
                break;
            }
            text = larger;
        }
        if (!await_octets(fd, deadline_ms))
            break;
        const ssize_t got = recv(fd, text + len, cap - len - 1, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        char *newline = memchr(text + len, '\n', (size_t)got);
        len += (size_t)got;
        if (newline == NULL && got > 0)
            continue;
        if (newline == NULL && len == 0) {
            errno = ECONNRESET; /* it hung up without a word */
            break;
        }
        *(newline != NULL ? newline : text + len) = '\0';
        return text;
    }
    free(text);
    return NULL;
}

static enum status no_answer(const struct diag *diag)
{
    const int reason = errno;
    const char *advice = "";

    if (reason == ENOENT || reason == ECONNREFUSED)
        advice = ": no daemon answers here; is meridiand running?";
    if (reason == EACCES)
        advice = ": only the daemon's user and root may ask";
    if (reason == ETIMEDOUT)
        return diag_error(diag, STATUS_IO, "the daemon did not answer in time");
    return diag_error(diag, STATUS_IO, "%s%s", strerror(reason), advice);
}

enum status ask_daemon(const char *socket_path, const char *request, unsigned patience_s,
                       struct report *report, struct reply *out)
{
    const struct diag place = { .report = report, .file = socket_path };
    const int fd = open_socket(socket_path);
    if (fd < 0)
        return no_answer(&place);

    *out = (struct reply){ .diag = place };
    if (send_all(fd, request, strlen(request)) && send_all(fd, "\n", 1))
        out->text = read_line(fd, clock_monotonic_ms() + (uint64_t)patience_s * 1000);
    enum status status = STATUS_OK;
    if (out->text == NULL)
        status = no_answer(&place);
    else
        status = json_parse(out->text, strlen(out->text), &out->diag, &out->doc);
    close(fd);

    if (status == STATUS_OK) {
        out->root = json_root(out->doc, &out->diag);
        if (json_kind(&out->root) != JSON_KIND_OBJECT)
            status = diag_error(&place, STATUS_SYNTAX, "the daemon's reply is no JSON object");
    }
    if (status != STATUS_OK)
        reply_release(out);
    return status;
}

void reply_release(struct reply *reply)
{
    json_free(reply->doc);
    free(reply->text);
    *reply = (struct reply){ .text = NULL };
}

enum status reply_check(const struct reply *reply)
{
    struct json_node error;
    const char *text = "";

    if (!json_member(&reply->root, "error", &error))
        return STATUS_OK;
    const enum status status = json_get_string(&error, &text);
    if (status != STATUS_OK)
        return status;
    return diag_error(&reply->diag, STATUS_MEANING, "%s", text);
}
