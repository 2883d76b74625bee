#include "health/state_file.h"

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

static struct target target_of(const char *address, uint16_t port, const char *region)
{
    struct target target = { .port = port, .spec = { .type = PROBE_FILE, .region = region } };
    assert_true(address_parse(address, &target.address));
    return target;
}

/* What the file says of 192.0.2.1 port 80 in helsinki-1, or of 2001:db8::1 there. */
static const struct {
    const char *what, *text, *address;
    bool good, silent;
    const char *reason;
} cases[] = {
    { "up", "{\"192.0.2.1\": \"up\"}", "192.0.2.1", true, false, "" },
    { "true", "{\"192.0.2.1\": true}", "192.0.2.1", true, false, "" },
    { "an object", "{\"192.0.2.1\": {\"up\": true, \"by\": \"x\"}}", "192.0.2.1", true, false, "" },
    { "down", "{\"192.0.2.1\": \"down\"}", "192.0.2.1", false, false, "the file says down" },
    { "down with a reason", "{\"192.0.2.1\": {\"up\": false, \"reason\": \"moved\"}}", "192.0.2.1",
      false, false, "moved" },
    { "the port is more exact", "{\"192.0.2.1\": \"down\", \"192.0.2.1:80\": \"up\"}", "192.0.2.1",
      true, false, "" },
    { "the address is more exact than the region", "{\"helsinki-1\": false, \"192.0.2.1\": true}",
      "192.0.2.1", true, false, "" },
    { "the region", "{\"helsinki-1\": false}", "192.0.2.1", false, false, "the file says down" },
    { "IPv6", "{\"2001:db8::1\": true}", "2001:db8::1", true, false, "" },
    { "IPv6 with its port", "{\"2001:db8::1\": false, \"[2001:db8::1]:80\": true}", "2001:db8::1",
      true, false, "" },
    { "another port", "{\"192.0.2.1:81\": true}", "192.0.2.1", false, true,
      "the file does not mention it" },
    { "nobody", "{}", "192.0.2.1", false, true, "the file does not mention it" },
    { "a number", "{\"192.0.2.1\": 1}", "192.0.2.1", false, true,
      "the file says neither up nor down" },
    { "null", "{\"192.0.2.1\": null}", "192.0.2.1", false, true,
      "the file says neither up nor down" },
    { "another word", "{\"192.0.2.1\": \"UP\"}", "192.0.2.1", false, true,
      "the file says neither up nor down" },
    { "an empty word", "{\"192.0.2.1\": \"\"}", "192.0.2.1", false, true,
      "the file says neither up nor down" },
    { "an object that does not say", "{\"192.0.2.1\": {\"up\": \"yes\"}}", "192.0.2.1", false, true,
      "the file says neither up nor down" },
    { "a list", "[]", "192.0.2.1", false, true, "the file is no JSON object" },
    { "half a file", "{\"192.0.2.1\": tr", "192.0.2.1", false, true, "the file is no JSON object" },
    { "twice", "{\"192.0.2.1\": true, \"192.0.2.1\": false}", "192.0.2.1", false, true,
      "the file is no JSON object" },
    { "an empty file", "", "192.0.2.1", false, true, "the file is no JSON object" },
};

static void says_who_is_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct target target = target_of(cases[i].address, 80, "helsinki-1");
        struct probe_result result = { .good = false };
        char reason[PROBE_REASON] = "";
        struct state_file *file =
            state_file_parse(cases[i].text, strlen(cases[i].text), 1000, reason);
        state_file_judge(file, reason, &target, 1000, &result);
        state_file_free(file);
        if (result.good != cases[i].good || result.silent != cases[i].silent ||
            strcmp(result.reason, cases[i].reason) != 0)
            fail_msg("%s: %s%s, '%s'", cases[i].what, result.good ? "good" : "bad",
                     result.silent ? " and silent" : "", result.reason);
    }
}

static void an_old_file_says_nothing(void **state)
{
    (void)state;
    static const struct {
        uint32_t max_age_ms;
        uint64_t now_ms;
        bool good;
        const char *reason;
    } ages[] = {
        { 0, 1000000000, true, "" },
        { 60000, 1061000, true, "" },
        { 60000, 1061001, false, "the file was last written 1m ago" },
        { 60000, 1000, true, "" }, /* written in the future: clocks differ */
    };
    char reason[PROBE_REASON];
    static const char text[] = "{\"192.0.2.1\": true}";
    struct state_file *file = state_file_parse(text, sizeof text - 1, 1001000, reason);
    assert_non_null(file);
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        struct target target = target_of("192.0.2.1", 0, NULL);
        struct probe_result result = { .good = false };
        target.spec.max_age_ms = ages[i].max_age_ms;
        state_file_judge(file, reason, &target, ages[i].now_ms, &result);
        assert_int_equal(result.good, ages[i].good);
        assert_int_equal(result.silent, !ages[i].good);
        assert_string_equal(result.reason, ages[i].reason);
    }
    state_file_free(file);
}

static void when_unknown_is_the_operators_choice(void **state)
{
    (void)state;
    static const struct {
        enum probe_silence silence;
        bool good, silent;
    } choices[] = { { SILENCE_KEEP, false, true },
                    { SILENCE_UP, true, false },
                    { SILENCE_DOWN, false, false } };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        struct target target = target_of("192.0.2.1", 0, NULL);
        struct probe_result result = { .good = false };
        target.spec.silence = choices[i].silence;
        state_file_judge(NULL, "no such file or directory", &target, 0, &result);
        assert_int_equal(result.good, choices[i].good);
        assert_int_equal(result.silent, choices[i].silent);
        assert_string_equal(result.reason, "no such file or directory");
    }
}

/* ---- on disk ---- */

static char folder[] = "/tmp/meridian-state-XXXXXX";
static char path[64];

static void file_write(const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static int folder_make(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/health.json", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void a_file_is_read_and_read_again(void **state)
{
    (void)state;
    char reason[PROBE_REASON] = "";
    file_write("{\"192.0.2.1\": true}");
    struct state_file *file = state_file_load(path, reason);
    assert_non_null(file);
    assert_false(state_file_is_stale(file, path));
    file_write("{\"192.0.2.1\": false}");
    assert_true(state_file_is_stale(file, path));
    unlink(path);
    assert_true(state_file_is_stale(file, path));
    state_file_free(file);
}

static void what_is_no_good_file_is_told(void **state)
{
    (void)state;
    char reason[PROBE_REASON] = "";
    assert_null(state_file_load(path, reason));
    assert_string_equal(reason, "no such file or directory");
    assert_null(state_file_load(folder, reason));
    assert_string_equal(reason, "not a plain file");

    /* Nobody writes into it: opening it must not wait for that. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(state_file_load(path, reason));
    assert_string_equal(reason, "not a plain file");
    unlink(path);

    file_write("{}");
    assert_int_equal(truncate(path, STATE_FILE_MOST + 1), 0);
    assert_null(state_file_load(path, reason));
    assert_string_equal(reason, "the file is over 4 MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_who_is_up),
        cmocka_unit_test(an_old_file_says_nothing),
        cmocka_unit_test(when_unknown_is_the_operators_choice),
        cmocka_unit_test_setup_teardown(a_file_is_read_and_read_again, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(what_is_no_good_file_is_told, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
