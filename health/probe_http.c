#include "health/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <curl/curl.h>
#include <ev.h>

#include "health/response.h"

/*
 * What a response may be at most. A health page is a line or two; whoever sends
 * more than this will not be listened to until the timeout.
 */
enum { HEADER_MOST = 64 * 1024, BODY_MOST = 1024 * 1024 };

static const char system_certificates[] = "/etc/ssl/certs/ca-certificates.crt";

/* How long libcurl keeps the trusted certificates that it has parsed (20 ms for a system's file). */
enum { TRUST_KEPT_S = 10 };

/* One multi handle; libcurl tells which sockets and which time to wait for. */
struct http_engine {
    struct probe_engine base; /* first */
    CURLM *multi;
    struct ev_timer timer;
    const char *certificates;
};

struct http_probe {
    struct probe base; /* first */
    struct http_engine *engine;
    CURL *easy;
    struct curl_slist *connect_to, *headers;
    size_t header_len, body_len; /* octets so far */
    char *body;                  /* the first RESPONSE_BODY_LOOKED_AT of them, when they matter */
    int lack;                    /* errno of what we could not get ourselves; 0: nothing */
    char error[CURL_ERROR_SIZE];
};

static struct http_probe *probe_of(CURL *easy)
{
    char *probe = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &probe);
    return (struct http_probe *)(void *)probe;
}

/* ---- what comes in ---- */

static size_t on_header(char *octets, size_t size, size_t count, void *context)
{
    struct http_probe *probe = context;
    (void)octets;
    probe->header_len += size * count;
    return probe->header_len <= HEADER_MOST ? size * count : 0;
}

static bool body_matters(const struct probe_spec *spec)
{
    return spec->body != NULL || spec->json_pointer != NULL;
}

static size_t body_kept(const struct http_probe *probe)
{
    return probe->body_len < RESPONSE_BODY_LOOKED_AT ? probe->body_len : RESPONSE_BODY_LOOKED_AT;
}

static bool body_keep(struct http_probe *probe, const char *octets, size_t len)
{
    if (probe->body == NULL)
        probe->body = malloc(RESPONSE_BODY_LOOKED_AT);
    if (probe->body == NULL) {
        probe->lack = ENOMEM;
        return false;
    }
    const size_t kept = body_kept(probe), room = RESPONSE_BODY_LOOKED_AT - kept;
    memcpy(probe->body + kept, octets, len < room ? len : room);
    return true;
}

static size_t on_body(char *octets, size_t size, size_t count, void *context)
{
    struct http_probe *probe = context;
    const size_t len = size * count;
    if (body_matters(&probe->base.target->spec) && !body_keep(probe, octets, len))
        return 0;
    probe->body_len += len;
    return probe->body_len <= BODY_MOST ? len : 0;
}

/* libcurl takes a missing descriptor for a target that cannot be reached: remember which it was. */
static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_probe *probe = context;
    (void)purpose;
    const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0)
        return fd;
    /* A kernel without this family is a fact about the target, and is told as one. */
    if (errno != EAFNOSUPPORT)
        probe->lack = errno;
    return CURL_SOCKET_BAD;
}

/* ---- the end ---- */

static void http_probe_free(struct http_probe *probe)
{
    if (probe->easy != NULL) {
        curl_multi_remove_handle(probe->engine->multi, probe->easy);
        curl_easy_cleanup(probe->easy);
    }
    curl_slist_free_all(probe->connect_to);
    curl_slist_free_all(probe->headers);
    free(probe->body);
    free(probe);
}

static void tell_no_connection(const struct http_probe *probe, struct probe_result *result)
{
    long error = 0;
    curl_easy_getinfo(probe->easy, CURLINFO_OS_ERRNO, &error);
    if (error != 0)
        probe_fail_errno(result, (int)error);
    else
        probe_fail(result, "no connection");
}

/* libcurl says "out of memory" also of a header line that is over its own limit of 100 KiB. */
static void tell_no_memory(const struct http_probe *probe, struct probe_result *result)
{
    curl_off_t first_octet_us = 0;
    curl_easy_getinfo(probe->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_octet_us);
    if (first_octet_us > 0)
        probe_fail(result, "the header is too long");
    else
        probe_fail_errno(result, ENOMEM);
}

/* "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number": the last part is for people. */
static void tell_no_tls(const struct http_probe *probe, struct probe_result *result)
{
    const char *reason = probe->error, *colons;
    if (strstr(reason, "SSL_ERROR_SYSCALL") != NULL) {
        probe_fail(result, "TLS: closed in the handshake");
        return;
    }
    while ((colons = strstr(reason, "::")) != NULL)
        reason = colons + 2;
    probe_fail(result, reason != probe->error ? "TLS: %s" : "%s", reason);
}

static void http_judge(const struct http_probe *probe, CURLcode code, struct probe_result *result)
{
    const struct probe_spec *spec = &probe->base.target->spec;
    long status = 0;

    if (probe->lack != 0) {
        probe_fail_errno(result, probe->lack);
        result->inconclusive = true;
        return;
    }
    switch (code) {
    case CURLE_OK:
        curl_easy_getinfo(probe->easy, CURLINFO_RESPONSE_CODE, &status);
        response_judge(spec, status, probe->body != NULL ? probe->body : "",
                       probe->body != NULL ? body_kept(probe) : 0, result);
        return;
    case CURLE_OPERATION_TIMEDOUT:
        probe_fail_timeout(result, spec->timeout_ms);
        return;
    case CURLE_COULDNT_CONNECT:
        tell_no_connection(probe, result);
        return;
    case CURLE_SSL_CONNECT_ERROR:
        tell_no_tls(probe, result);
        return;
    case CURLE_OUT_OF_MEMORY:
        tell_no_memory(probe, result);
        return;
    case CURLE_WRITE_ERROR:
        if (probe->body_len > BODY_MOST)
            probe_fail(result, "the body is over %d KiB", BODY_MOST / 1024);
        else
            probe_fail(result, "the header is over %d KiB", HEADER_MOST / 1024);
        return;
    default:
        probe_fail(result, "%s", probe->error[0] != '\0' ? probe->error : curl_easy_strerror(code));
    }
}

/* "Nov 21 08:32:00 2026 GMT" as seconds since 1970; 0 when it is not. */
static uint64_t certificate_time(const char *text)
{
    struct tm time = { 0 };
    const char *rest = strptime(text, "%b %d %H:%M:%S %Y", &time);
    if (rest == NULL || strcmp(rest, " GMT") != 0)
        return 0;
    const time_t seconds = timegm(&time);
    return seconds > 0 ? (uint64_t)seconds : 0;
}

/* The first to expire of all that were sent: any of them ends the trust of clients. */
static uint64_t certificate_end(CURL *easy)
{
    static const char label[] = "Expire date:";
    const struct curl_certinfo *chain = NULL;
    uint64_t first = 0;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL)
        return 0;
    for (int i = 0; i < chain->num_of_certs; i++) {
        for (const struct curl_slist *line = chain->certinfo[i]; line != NULL; line = line->next) {
            if (strncmp(line->data, label, sizeof label - 1) != 0)
                continue;
            const uint64_t end = certificate_time(line->data + sizeof label - 1);
            if (end != 0 && (first == 0 || end < first))
                first = end;
        }
    }
    return first;
}

static void http_probe_finish(struct http_probe *probe, CURLcode code)
{
    struct probe_result result = { .good = false };
    curl_off_t took_us = 0;
    http_judge(probe, code, &result);
    curl_easy_getinfo(probe->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    result.took_us = (uint32_t)took_us;
    if (probe->base.target->spec.type == PROBE_HTTPS)
        result.certificate_ends_s = certificate_end(probe->easy);

    probe_done *done = probe->base.done;
    void *context = probe->base.context;
    http_probe_free(probe);
    done(context, &result);
}

/* Every transfer that has ended since we looked last. */
static void engine_collect(struct http_engine *engine)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        /* The message is gone once its handle is: take what it says first. */
        const CURLcode code = message->data.result;
        http_probe_finish(probe_of(message->easy_handle), code);
    }
}

/* ---- libcurl and the loop ---- */

static void on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct http_engine *engine = io->data;
    int running;
    (void)loop;
    const int action =
        (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    /* `io` may be gone after this: on_watch() frees it when libcurl closes the socket. */
    curl_multi_socket_action(engine->multi, io->fd, action, &running);
    engine_collect(engine);
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *context, void *watcher)
{
    struct http_engine *engine = context;
    struct ev_io *io = watcher;

    if (what == CURL_POLL_REMOVE) {
        if (io != NULL) {
            ev_io_stop(engine->base.loop, io);
            curl_multi_assign(engine->multi, fd, NULL);
            free(io);
        }
        return 0;
    }
    if (io == NULL) {
        io = calloc(1, sizeof *io);
        if (io == NULL) {
            /* An error told to libcurl here would end every transfer for good; one is enough. */
            probe_of(easy)->lack = ENOMEM;
            return 0;
        }
        ev_init(io, on_ready);
        io->data = engine;
        curl_multi_assign(engine->multi, fd, io);
    }
    ev_io_stop(engine->base.loop, io);
    ev_io_set(io, fd, (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev_io_start(engine->base.loop, io);
    return 0;
}

static void on_time(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct http_engine *engine = timer->data;
    int running;
    (void)loop;
    (void)events;
    curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    engine_collect(engine);
}

static int on_timer(CURLM *multi, long wait_ms, void *context)
{
    struct http_engine *engine = context;
    (void)multi;
    ev_timer_stop(engine->base.loop, &engine->timer);
    if (wait_ms < 0)
        return 0;
    ev_now_update(engine->base.loop);
    ev_timer_set(&engine->timer, (double)wait_ms / 1000, 0);
    ev_timer_start(engine->base.loop, &engine->timer);
    return 0;
}

static void http_close(struct probe_engine *base)
{
    struct http_engine *engine = (struct http_engine *)base;
    curl_multi_cleanup(engine->multi);
    ev_timer_stop(base->loop, &engine->timer);
    free(engine);
    curl_global_cleanup();
}

static struct probe_engine *http_open(struct ev_loop *loop)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    struct http_engine *engine = calloc(1, sizeof *engine);
    CURLM *multi = curl_multi_init();
    if (engine == NULL || multi == NULL) {
        curl_multi_cleanup(multi);
        free(engine);
        curl_global_cleanup();
        return NULL;
    }
    engine->base.loop = loop;
    engine->multi = multi;
    /* The variable that OpenSSL itself knows, for systems that keep them elsewhere. */
    const char *certificates = getenv("SSL_CERT_FILE");
    engine->certificates = certificates != NULL ? certificates : system_certificates;
    ev_init(&engine->timer, on_time);
    engine->timer.data = engine;

    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_watch);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, engine);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, engine);
    return &engine->base;
}

/* ---- the request ---- */

static bool list_append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

static bool headers_make(struct http_probe *probe, const struct probe_spec *spec)
{
    for (size_t i = 0; i < spec->header_count; i++) {
        if (!list_append(&probe->headers, spec->headers[i]))
            return false;
    }
    /* RFC 9110 section 8.6: methods that usually carry content say that they have none. */
    if ((strcmp(spec->method, "POST") == 0 || strcmp(spec->method, "PUT") == 0 ||
         strcmp(spec->method, "PATCH") == 0) &&
        !list_append(&probe->headers, "Content-Length: 0"))
        return false;
    return list_append(&probe->headers, "Connection: close");
}

/* The URL names the host; the connection goes to the target's address whatever that resolves to. */
static bool address_set(struct http_probe *probe, const struct target *target)
{
    const struct probe_spec *spec = &target->spec;
    const bool v6 = target->address.family == FAMILY_V6;
    char text[ADDRESS_TEXT], literal[ADDRESS_TEXT + 2], pin[ADDRESS_TEXT + 16];
    snprintf(literal, sizeof literal, "%s%s%s", v6 ? "[" : "",
             address_print(&target->address, text), v6 ? "]" : "");
    snprintf(pin, sizeof pin, "::%s:%u", literal, target->port);

    char *url;
    if (asprintf(&url, "%s://%s:%u%s", probe_type_name(spec->type),
                 spec->host != NULL ? spec->host : literal, target->port, spec->path) < 0)
        return false;
    const CURLcode code = curl_easy_setopt(probe->easy, CURLOPT_URL, url);
    free(url);
    return code == CURLE_OK && list_append(&probe->connect_to, pin) &&
           curl_easy_setopt(probe->easy, CURLOPT_CONNECT_TO, probe->connect_to) == CURLE_OK;
}

/* Nothing from the environment, nothing remembered, nothing followed: one request, one answer. */
static void isolate(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    /* Addresses are numbers. Kept for its minute, each was walked over at every end of a probe. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "meridian");
}

static void trust_set(const struct http_probe *probe, bool verify)
{
    curl_easy_setopt(probe->easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
    curl_easy_setopt(probe->easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
    /* A folder of certificates costs 25 ms a handshake; the one file is parsed once and shared. */
    curl_easy_setopt(probe->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(probe->easy, CURLOPT_CAINFO, verify ? probe->engine->certificates : NULL);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A day, if it were asked: whoever replaces an authority would have all of it down till then. */
    curl_easy_setopt(probe->easy, CURLOPT_CA_CACHE_TIMEOUT, (long)TRUST_KEPT_S);
#endif
}

static bool request_make(struct http_probe *probe, const struct target *target)
{
    const struct probe_spec *spec = &target->spec;
    CURL *easy = probe->easy;
    if (!headers_make(probe, spec) || !address_set(probe, target))
        return false;

    isolate(easy);
    trust_set(probe, spec->verify);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, spec->type == PROBE_HTTPS ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, probe);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, probe->error);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, probe);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, probe);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, probe);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)spec->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)spec->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, probe->headers);
    if (strcmp(spec->method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, spec->method) == CURLE_OK;
}

static struct probe *http_start(struct probe_engine *base, const struct target *target,
                                probe_done *done, void *context)
{
    struct http_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->base = (struct probe){ .target = target, .done = done, .context = context };
    probe->engine = (struct http_engine *)base;
    probe->easy = curl_easy_init();

    if (probe->easy != NULL && request_make(probe, target) &&
        curl_multi_add_handle(probe->engine->multi, probe->easy) == CURLM_OK)
        return &probe->base;
    http_probe_free(probe);
    return NULL;
}

static void http_cancel(struct probe *base)
{
    http_probe_free((struct http_probe *)base);
}

const struct probe_kind probe_kind_http = {
    .name = "http",
    .open = http_open,
    .close = http_close,
    .start = http_start,
    .cancel = http_cancel,
};
