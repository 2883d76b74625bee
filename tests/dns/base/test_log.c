#include "dns/base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr;
static char file_name[] = "/tmp/meridian-log-XXXXXX";

/* stderr becomes a file until captured(). */
static void capture(void)
{
    strcpy(file_name + strlen(file_name) - 6, "XXXXXX");
    const int fd = mkstemp(file_name);
    assert_true(fd >= 0);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(saved_stderr >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    close(fd);
}

static char *captured(void)
{
    static char text[1 << 20];
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    const int fd = open(file_name, O_RDONLY);
    const ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    close(fd);
    unlink(file_name);
    assert_true(len >= 0);
    text[len] = '\0';
    return text;
}

static void lines_carry_their_level(void **state)
{
    (void)state;
    capture();
    log_open(LOG_LEVEL_DEBUG);
    log_error("cannot bind %s", "127.0.0.1:53");
    log_warning("database is %d days old", 90);
    log_info("%s", "serving");
    log_debug("round %u", 1u);
    assert_string_equal(captured(), "error: cannot bind 127.0.0.1:53\n"
                                    "warning: database is 90 days old\n"
                                    "info: serving\n"
                                    "debug: round 1\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
    (void)state;
    capture();
    log_open(LOG_LEVEL_WARNING);
    log_info("not this");
    log_warning("this");
    assert_string_equal(captured(), "warning: this\n");
}

static void one_call_is_one_line(void **state)
{
    (void)state;
    static char word[10000];
    memset(word, 'x', sizeof word - 1);
    capture();
    log_open(LOG_LEVEL_INFO);
    log_info("from outside: %s", "a\nerror: forged\x1b[0m");
    log_info("long: %s", word);
    const char *text = captured();
    assert_memory_equal(text, "info: from outside: a error: forged [0m\ninfo: long: x", 52);
    assert_int_equal(strlen(strchr(text, '\n') + 1), strlen("info: ") + 4095 + 1);
}

static size_t count_lines(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        count++;
    return count;
}

static void a_noisy_call_is_held_back(void **state)
{
    (void)state;
    capture();
    log_open(LOG_LEVEL_INFO);
    for (int i = 0; i < LOG_BURST; i++)
        log_info("quiet %d", i);
    for (int i = 0; i < 100000; i++)
        log_info("noise %d", i);
    log_info("something else");
    const char *text = captured();
    assert_int_equal(count_lines(text, "quiet"), LOG_BURST);
    /* Should the machine stop for seconds meanwhile, a few more bursts may pass. */
    assert_in_range(count_lines(text, "info: noise"), LOG_BURST, 50 * LOG_BURST);
    assert_non_null(strstr(text, "info: something else\n"));
}

static void the_journal_gets_its_prefix(void **state)
{
    (void)state;
    capture();
    struct stat here;
    assert_int_equal(fstat(STDERR_FILENO, &here), 0);
    char stream[64];
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)here.st_dev,
             (unsigned long long)here.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_open(LOG_LEVEL_DEBUG);
    log_error("e");
    log_debug("d");

    /* The variable is inherited by children whose stderr is another file. */
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_open(LOG_LEVEL_DEBUG);
    log_error("no journal");
    unsetenv("JOURNAL_STREAM");
    log_open(LOG_LEVEL_INFO);
    assert_string_equal(captured(), "<3>error: e\n<7>debug: d\nerror: no journal\n");
}

static void a_report_is_never_held_back(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct diag diag = { .report = report, .file = "a.zone" };
    for (unsigned i = 1; i <= REPORT_LIMIT + 3; i++) {
        diag.line = i;
        diag_error(&diag, STATUS_SYNTAX, "bad");
    }
    diag_warning(&diag, "odd");
    capture();
    log_open(LOG_LEVEL_INFO);
    log_report(report);
    const char *text = captured();
    report_free(report);
    assert_int_equal(count_lines(text, "error: a.zone:"), REPORT_LIMIT);
    assert_non_null(strstr(text, "error: a.zone:10000: bad\nwarning: a.zone:10003: odd\n"
                                 "error: and 3 more mistakes\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_carry_their_level),
        cmocka_unit_test(lines_below_the_level_are_dropped),
        cmocka_unit_test(one_call_is_one_line),
        cmocka_unit_test(a_noisy_call_is_held_back),
        cmocka_unit_test(the_journal_gets_its_prefix),
        cmocka_unit_test(a_report_is_never_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
