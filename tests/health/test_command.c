#include "health/command.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct target target_of(const char *script)
{
    struct target target = {
        .port = 8080,
        .spec = { .type = PROBE_EXEC,
                  .timeout_ms = 1500,
                  .region = "helsinki-1",
                  .command = { "/bin/sh", "-c", script },
                  .command_count = 3 },
    };
    assert_true(address_parse("192.0.2.10", &target.address));
    return target;
}

/* Waits until it has ended; all that it wrote. */
static size_t run(const struct target *target, char *written, size_t cap, int *status)
{
    struct command command;
    assert_int_equal(command_start(target, &command), 0);
    struct pollfd ended = { .fd = command.pidfd, .events = POLLIN };
    assert_int_equal(poll(&ended, 1, 20000), 1);
    const ssize_t len = read(command.output, written, cap - 1);
    assert_true(command_reap(&command, status));
    assert_int_equal(command.pidfd, -1);
    written[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static void knows_what_it_is_asked_about(void **state)
{
    (void)state;
    char written[4096];
    int status;
    setenv("MERIDIAN_TEST_SECRET", "x", 1);
    const struct target target =
        target_of("echo $MERIDIAN_ADDRESS $MERIDIAN_FAMILY $MERIDIAN_PORT \"[$MERIDIAN_HOST]\" "
                  "$MERIDIAN_REGION $MERIDIAN_TIMEOUT \"[$MERIDIAN_TEST_SECRET]\" ${PATH:+path}");
    run(&target, written, sizeof written, &status);
    assert_string_equal(written, "192.0.2.10 4 8080 [] helsinki-1 1.500 [] path\n");
    assert_int_equal(status, 0);
}

static void has_nothing_of_ours_open(void **state)
{
    (void)state;
    char written[4096];
    int status;
    const struct target target = target_of("ls /proc/self/fd | wc -l; cat; echo to stderr >&2");
    /* 0, 1, 2, and the folder that ls reads; cat finds no input. */
    const int ours = dup(1);
    run(&target, written, sizeof written, &status);
    close(ours);
    assert_string_equal(written, "4\nto stderr\n");
}

static void is_started_with_signals_as_usual(void **state)
{
    (void)state;
    char written[4096];
    int status;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    const struct target target = target_of("kill -PIPE $$; echo alive");
    run(&target, written, sizeof written, &status);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGPIPE);
    assert_string_equal(written, "");
}

static void a_program_that_is_missing_is_told(void **state)
{
    (void)state;
    struct target target = target_of("");
    struct command command;
    target.spec.command[0] = "/nonexistent/check";
    assert_int_equal(command_start(&target, &command), ENOENT);
    target.spec.command[0] = "/etc/passwd";
    assert_int_equal(command_start(&target, &command), EACCES);
}

/* The group ends with its leader, and when it is killed. */
static void leaves_nothing_running(void **state)
{
    (void)state;
    static const char *const scripts[] = { "sleep 1000 & echo $!; exit 0",
                                           "sleep 1000 & echo $!; wait" };
    for (size_t i = 0; i < 2; i++) {
        const struct target target = target_of(scripts[i]);
        struct command command;
        int status;
        char written[64] = "";
        assert_int_equal(command_start(&target, &command), 0);
        struct pollfd said = { .fd = command.output, .events = POLLIN };
        assert_int_equal(poll(&said, 1, 20000), 1);
        assert_true(read(command.output, written, sizeof written - 1) > 0);
        const pid_t helper = atoi(written);
        assert_true(helper > 0);
        if (i == 1) {
            assert_false(command_reap(&command, &status));
            command_kill(&command);
        }
        struct pollfd ended = { .fd = command.pidfd, .events = POLLIN };
        assert_int_equal(poll(&ended, 1, 20000), 1);
        assert_true(command_reap(&command, &status));
        /* Killed, it is init's to bury: until then it is no more than a name. */
        for (unsigned k = 0; kill(helper, 0) == 0; k++) {
            char stat[64], state_letter = '?';
            snprintf(stat, sizeof stat, "/proc/%d/stat", (int)helper);
            FILE *in = fopen(stat, "r");
            if (in != NULL) {
                if (fscanf(in, "%*d %*s %c", &state_letter) != 1)
                    state_letter = '?';
                fclose(in);
            }
            if (in == NULL || state_letter == 'Z')
                break;
            if (k > 2000)
                fail_msg("script %zu left %d running (%c)", i, (int)helper, state_letter);
            usleep(10000);
        }
    }
}

static void an_end_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *script, *reason;
    } cases[] = {
        { "exit 0", "" },
        { "echo fine; exit 0", "" },
        { "exit 3", "exit 3" },
        { "echo first; echo 'CRITICAL: 3 of 5'; exit 2", "exit 2: CRITICAL: 3 of 5" },
        { "echo 'lost' >&2; exit 1", "exit 1: lost" },
        { "kill -9 $$", "killed by signal 9" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char written[512];
        int status;
        struct probe_result result = { .good = false };
        const struct target target = target_of(cases[i].script);
        const size_t len = run(&target, written, sizeof written, &status);
        command_judge(status, command_last_line(written, len), &result);
        assert_int_equal(result.good, cases[i].reason[0] == '\0');
        assert_string_equal(result.reason, cases[i].reason);
    }
}

static void the_last_line_is_the_last_with_words(void **state)
{
    (void)state;
    static const struct {
        const char *tail, *line;
    } cases[] = {
        { "", "" },
        { "a", "a" },
        { "a\n", "a" },
        { "a\nb", "b" },
        { "a\nb\n", "b" },
        { "a\n\n \t\r\n", "a" },
        { "a\n  b  \n", "b" },
        { "\n\n", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char tail[32];
        strcpy(tail, cases[i].tail);
        assert_string_equal(command_last_line(tail, strlen(tail)), cases[i].line);
    }
    char with_nul[] = "a\nb\0c";
    assert_string_equal(command_last_line(with_nul, 5), "b c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_it_is_asked_about),
        cmocka_unit_test(has_nothing_of_ours_open),
        cmocka_unit_test(is_started_with_signals_as_usual),
        cmocka_unit_test(a_program_that_is_missing_is_told),
        cmocka_unit_test(leaves_nothing_running),
        cmocka_unit_test(an_end_is_told_in_words),
        cmocka_unit_test(the_last_line_is_the_last_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
