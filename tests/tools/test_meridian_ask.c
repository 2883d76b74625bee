#include "tools/meridian_ask.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/meridian-ask.XXXXXX";
static char socket_path[64], config_path[64];

static int folder_make(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(socket_path, sizeof socket_path, "%s/control", folder);
    snprintf(config_path, sizeof config_path, "%s/meridian.json", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    unlink(socket_path);
    unlink(config_path);
    return rmdir(folder);
}

static void config_write(const char *text)
{
    FILE *file = fopen(config_path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* ---- where ---- */

static bool report_tells(const struct report *report, const char *words)
{
    for (size_t i = 0; i < report_count(report); i++)
        if (strstr(report_text(report, i), words) != NULL)
            return true;
    return false;
}

static void finds_the_socket(void **state)
{
    (void)state;
    static const char good[] = "{\"listen\":[\"127.0.0.1:53\"],\"zones\":\"z\",\"control\":\"c.sock\"}";
    static const char strange[] = "{\"lisen\":[],\"control\":\"c.sock\"}";
    static const char none[] = "{\"listen\":[\"127.0.0.1:53\"],\"zones\":\"z\",\"control\":false}";
    static const struct {
        const char *what;
        const char *config;   /* what stands in the file */
        bool c;               /* -c the file */
        const char *s;        /* -s */
        const char *named;    /* MERIDIAN_CONTROL */
        const char *expected; /* relative to the folder; NULL: a mistake */
        const char *words;    /* of the mistake */
    } cases[] = {
        { "-s before all", good, true, "/x", "/y", "/x", NULL },
        { "-c before MERIDIAN_CONTROL", good, true, NULL, "/y", "c.sock", NULL },
        { "MERIDIAN_CONTROL before MERIDIAN_CONFIG", good, false, NULL, "/y", "/y", NULL },
        { "MERIDIAN_CONFIG last", good, false, NULL, NULL, "c.sock", NULL },
        { "mistakes elsewhere do no harm", strange, true, NULL, NULL, "c.sock", NULL },
        { "a file that cannot be read", "{", true, NULL, NULL, NULL, "meridian.json:1:" },
        { "no control socket", none, true, NULL, NULL, NULL, "control: none" },
        { "a path that no socket can have", good, false,
          "/0123456789012345678901234567890123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789", NULL, NULL, "over 107 octets" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct options options = { .config = cases[i].c ? config_path : NULL,
                                         .socket = cases[i].s };
        struct report *report = report_new();
        char found[SOCKET_PATH], expected[SOCKET_PATH];
        assert_non_null(report);
        config_write(cases[i].config);
        assert_int_equal(setenv("MERIDIAN_CONFIG", config_path, 1), 0);
        assert_int_equal(setenv("MERIDIAN_CONTROL", cases[i].named != NULL ? cases[i].named : "", 1),
                         0);

        const enum status status = ask_find(&options, report, found);
        if ((status == STATUS_OK) != (cases[i].expected != NULL))
            fail_msg("%s: status %d", cases[i].what, (int)status);
        if (status == STATUS_OK) {
            const bool absolute = cases[i].expected[0] == '/';
            snprintf(expected, sizeof expected, "%s%s%s", absolute ? "" : folder,
                     absolute ? "" : "/", cases[i].expected);
            assert_string_equal(found, expected);
            assert_int_equal(report_count(report), 0);
        } else if (!report_tells(report, cases[i].words)) {
            fail_msg("%s: not told", cases[i].what);
        }
        report_free(report);
    }
}

/* ---- asking ---- */

/* A daemon that takes one line and gives a fixed answer in two pieces. */
struct daemon {
    int listener;
    const char *first, *second;
    char heard[256];
};

static void *daemon_run(void *context)
{
    struct daemon *daemon = context;
    const int fd = accept(daemon->listener, NULL, NULL);
    size_t len = 0;

    while (len + 1 < sizeof daemon->heard && memchr(daemon->heard, '\n', len) == NULL) {
        const ssize_t got = recv(fd, daemon->heard + len, sizeof daemon->heard - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    (void)!write(fd, daemon->first, strlen(daemon->first));
    (void)!write(fd, daemon->second, strlen(daemon->second));
    close(fd);
    return NULL;
}

static void daemon_listen(struct daemon *daemon)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    unlink(socket_path);
    strcpy(address.sun_path, socket_path);
    daemon->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(daemon->listener >= 0);
    assert_int_equal(bind(daemon->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(daemon->listener, 1), 0);
}

static void takes_one_object_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *what, *first, *second;
        const char *text;  /* the reply; NULL: refused */
        const char *words; /* of the mistake */
    } cases[] = {
        { "a line", "{\"ok\":true}\n", "", "{\"ok\":true}", NULL },
        { "a line in two pieces", "{\"ok\":", "true}\n", "{\"ok\":true}", NULL },
        { "a line that ends with the connection", "{}", "", "{}", NULL },
        { "what follows the line does not count", "{}\n", "rubbish", "{}", NULL },
        { "silence", "", "", NULL, "reset" },
        { "no JSON", "hello\n", "", NULL, "control" },
        { "no object", "[1]\n", "", NULL, "no JSON object" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct daemon daemon = { .first = cases[i].first, .second = cases[i].second };
        struct report *report = report_new();
        struct reply reply;
        pthread_t thread;
        assert_non_null(report);
        daemon_listen(&daemon);
        assert_int_equal(pthread_create(&thread, NULL, daemon_run, &daemon), 0);

        const enum status status = ask_daemon(socket_path, "{\"command\":\"x\"}", 60, report, &reply);
        assert_int_equal(pthread_join(thread, NULL), 0);
        close(daemon.listener);
        assert_string_equal(daemon.heard, "{\"command\":\"x\"}\n");
        if ((status == STATUS_OK) != (cases[i].text != NULL))
            fail_msg("%s: status %d", cases[i].what, (int)status);
        if (status == STATUS_OK) {
            assert_string_equal(reply.text, cases[i].text);
            assert_int_equal(json_kind(&reply.root), JSON_KIND_OBJECT);
            reply_release(&reply);
        } else if (!report_tells(report, cases[i].words)) {
            fail_msg("%s: told '%s'", cases[i].what, report_text(report, 0));
        }
        report_free(report);
    }
}

static void takes_a_long_line(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    char *text = malloc(LONG + 8);
    assert_non_null(text);
    memcpy(text, "{\"a\":\"", 6);
    memset(text + 6, 'x', LONG - 8);
    strcpy(text + LONG - 2, "\"}\n");

    struct daemon daemon = { .first = text, .second = "" };
    struct report *report = report_new();
    struct reply reply;
    pthread_t thread;
    assert_non_null(report);
    daemon_listen(&daemon);
    assert_int_equal(pthread_create(&thread, NULL, daemon_run, &daemon), 0);
    assert_int_equal(ask_daemon(socket_path, "{}", 60, report, &reply), STATUS_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(strlen(reply.text), LONG);
    reply_release(&reply);
    close(daemon.listener);
    report_free(report);
    free(text);
}

static void gives_up_in_words(void **state)
{
    (void)state;
    struct daemon daemon = { .first = "" };
    struct report *report = report_new();
    struct reply reply;
    assert_non_null(report);

    unlink(socket_path);
    assert_int_equal(ask_daemon(socket_path, "{}", 60, report, &reply), STATUS_IO);
    assert_true(report_tells(report, "is meridiand running?"));

    daemon_listen(&daemon); /* nobody accepts, nobody answers */
    assert_int_equal(ask_daemon(socket_path, "{}", 0, report, &reply), STATUS_IO);
    assert_true(report_tells(report, "did not answer in time"));
    close(daemon.listener);
    report_free(report);
}

int main(void)
{
    /* The daemon played here may still be writing when the tool has heard enough. */
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_socket),
        cmocka_unit_test(takes_one_object_and_nothing_else),
        cmocka_unit_test(takes_a_long_line),
        cmocka_unit_test(gives_up_in_words),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
