#include "dns/server/config.h"

#include "dns/server/ratelimit.h"
#include "dns/server/version.h"
#include "tests/dns/server/folder.h"

/* Loads `text`; the report belongs to the caller. */
static struct config *load(const char *text, struct report **report, enum status *status)
{
    struct config *config = NULL;
    *report = report_new();
    assert_non_null(*report);
    write_file("meridian.json", text);
    *status = config_load("meridian.json", *report, &config);
    return config;
}

static struct config *load_good(const char *text)
{
    struct report *report;
    enum status status;
    struct config *config = load(text, &report, &status);
    if (status != STATUS_OK)
        report_print(report);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(report_count(report), 0);
    assert_non_null(config);
    report_free(report);
    return config;
}

static void two_keys_are_enough(void **state)
{
    (void)state;
    struct config *config = load_good("{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\" }");
    assert_int_equal(config->listen_count, 1);
    assert_int_equal(config->listen[0].port, 53);
    assert_string_equal(config->zones_folder, "zones");
    assert_int_equal(config->workers, 0);
    assert_int_equal(config->database_count, 0);
    assert_true(config->ecs);
    assert_int_equal(config->grain.v4, 24);
    assert_int_equal(config->grain.v6, 56);
    assert_true(config->http_on && !config->http_given);
    assert_int_equal(config->http.port, 9353);
    assert_string_equal(config->control, "meridian.sock");
    assert_false(config->control_given);
    assert_string_equal(config->state, "state");
    assert_null(config->identity);
    assert_null(config->user);
    assert_int_equal(config->explain_count, 0);
    assert_int_equal(config->edns_size, 1232);
    assert_true(config->minimal_responses);
    assert_string_equal(config->version, "meridian " MERIDIAN_VERSION);
    assert_true(config->journal.on);
    assert_int_equal(config->journal.size, 16 * 1024 * 1024);
    assert_int_equal(config->journal.keep, 4);
    assert_int_equal(config->tcp.idle_ms, 10000);
    assert_int_equal(config->tcp.message_ms, 5000);
    assert_int_equal(config->tcp.clients, 1000);
    assert_int_equal(config->tcp.per_prefix, 100);
    assert_true(config->cookies_on && !config->cookies_required);
    assert_int_equal(config->cookies.count, 0);
    assert_true(config->rate_limit.on);
    assert_int_equal(config->rate_limit.answers, RATELIMIT_ANSWERS);
    assert_int_equal(config->rate_limit.slip, RATELIMIT_SLIP);
    assert_int_equal(config->rate_limit.allow_count, 2); /* both loopbacks */
    assert_null(config->report_channel);
    config_free(config);
}

static const char whole[] =
    "{ \"comment\": \"all of it\","
    "  \"listen\": [\"127.0.0.1:5300\", \"[::1]:5300\"], \"workers\": 3,"
    "  \"zones\": { \"app.example.\": { \"file\": \"app.zone\", \"map\": \"/etc/app.map.json\" },"
    "               \".\": { \"file\": \"root.zone\" } },"
    "  \"geo\": { \"databases\": [\"a.mmdb\", \"/b.mmdb\"], \"ecs\": false,"
    "             \"max_scope\": { \"v4\": 20, \"v6\": 48 } },"
    "  \"http\": \"127.0.0.1:9000\", \"control\": \"/run/m.sock\", \"state\": \"s\","
    "  \"identity\": \"hel-1\", \"user\": \"meridian\", \"explain\": [\"127.0.0.0/8\", \"::1\"],"
    "  \"edns_size\": 4096, \"minimal_responses\": false,"
    "  \"journal\": { \"size\": 4096, \"keep\": 0 },"
    "  \"tcp\": { \"idle\": \"30s\", \"message\": 2, \"clients\": 10, \"per_prefix\": 5 },"
    "  \"cookies\": { \"secrets\": [\"000102030405060708090A0b0c0d0e0f\"], \"required\": true },"
    "  \"rate_limit\": { \"answers\": 7, \"nxdomain\": 6, \"errors\": 5, \"slip\": 0,"
    "                    \"allow\": [\"192.0.2.0/24\"] },"
    "  \"report_channel\": \"agent.example\", \"version\": false }";

static void every_key_arrives(void **state)
{
    (void)state;
    struct config *config = load_good(whole);
    assert_int_equal(config->listen_count, 2);
    assert_int_equal(config->listen[1].address.family, FAMILY_V6);
    assert_int_equal(config->workers, 3);
    assert_null(config->zones_folder);
    assert_int_equal(config->zone_count, 2);
    assert_string_equal(config->zones[0].name, "app.example");
    assert_string_equal(config->zones[0].file, "app.zone");
    assert_string_equal(config->zones[0].map, "/etc/app.map.json");
    assert_string_equal(config->zones[1].name, ".");
    assert_null(config->zones[1].map);
    assert_int_equal(config->database_count, 2);
    assert_string_equal(config->databases[1], "/b.mmdb");
    assert_false(config->ecs);
    assert_int_equal(config->grain.v4, 20);
    assert_int_equal(config->grain.v6, 48);
    assert_true(config->http_on && config->http_given);
    assert_int_equal(config->http.port, 9000);
    assert_string_equal(config->control, "/run/m.sock");
    assert_true(config->control_given);
    assert_string_equal(config->identity, "hel-1");
    assert_string_equal(config->user, "meridian");
    assert_int_equal(config->explain_count, 2);
    assert_int_equal(config->explain[0].len, 8);
    assert_int_equal(config->edns_size, 4096);
    assert_false(config->minimal_responses);
    assert_true(config->journal.on);
    assert_int_equal(config->journal.size, 4096);
    assert_int_equal(config->journal.keep, 0);
    assert_int_equal(config->tcp.idle_ms, 30000);
    assert_int_equal(config->tcp.message_ms, 2000);
    assert_int_equal(config->tcp.clients, 10);
    assert_int_equal(config->tcp.per_prefix, 5);
    assert_true(config->cookies_required);
    assert_int_equal(config->cookies.count, 1);
    for (uint8_t i = 0; i < COOKIE_SECRET_LEN; i++)
        assert_int_equal(config->cookies.secret[0][i], i);
    assert_int_equal(config->rate_limit.answers, 7);
    assert_int_equal(config->rate_limit.nxdomain, 6);
    assert_int_equal(config->rate_limit.errors, 5);
    assert_int_equal(config->rate_limit.slip, 0);
    assert_int_equal(config->rate_limit.allow_count, 1);
    assert_memory_equal(config->report_channel, "\5agent\7example", 15);
    assert_null(config->version);
    config_free(config);
}

static void false_turns_things_off(void **state)
{
    (void)state;
    struct config *config =
        load_good("{ \"listen\": [\"127.0.0.1\"], \"zones\": \"z\", \"http\": false,"
                  "  \"control\": false, \"cookies\": false, \"rate_limit\": false }");
    assert_false(config->http_on);
    assert_null(config->control);
    assert_false(config->cookies_on);
    assert_false(config->rate_limit.on);
    config_free(config);
}

#define REST "\"listen\": [\"127.0.0.1\"], \"zones\": \"z\" }"

static const struct {
    const char *text, *told;
} mistakes[] = {
    { "{ \"zones\": \"z\" }", "meridian.json: the key 'listen' is missing" },
    { "{ \"listen\": [\"127.0.0.1\"] }", "meridian.json: the key 'zones' is missing" },
    { "{ \"lisen\": [], " REST, "lisen: unknown key, did you mean 'listen'?" },
    { "{ \"listen\": [], \"zones\": \"z\" }", "listen: at least one address is needed" },
    { "{ \"listen\": \"127.0.0.1\", \"zones\": \"z\" }", "listen: expected a list" },
    { "{ \"listen\": [\"::1\", \"[::1]:53\"], \"zones\": \"z\" }",
      "listen[1]: [::1]:53 is listed twice" },
    { "{ \"listen\": [\"here\"], \"zones\": \"z\" }", "listen[0]: 'here' is no address" },
    { "{ \"workers\": 257, " REST, "workers: 257 is not in 0..256" },
    { "{ \"listen\": [\"::1\"], \"zones\": [] }", "zones: expected a folder" },
    { "{ \"listen\": [\"::1\"], \"zones\": { \"a..b\": { \"file\": \"f\" } } }",
      "'a..b' is no name of a zone" },
    { "{ \"listen\": [\"::1\"], \"zones\": { \"a\": {} } }", "zones.a: the key 'file' is missing" },
    { "{ \"listen\": [\"::1\"], \"zones\": { \"a\": { \"file\": \"f\" },"
      " \"A.\": { \"file\": \"f\" } } }",
      "the zone A is named twice" },
    { "{ \"geo\": 1, " REST, "geo: expected an object" },
    { "{ \"geo\": { \"max_scope\": { \"v4\": 0 } }, " REST, "geo.max_scope.v4: 0 is not in 1..32" },
    { "{ \"geo\": { \"max_scope\": { \"v6\": 65 } }, " REST,
      "geo.max_scope.v6: 65 is not in 1..64" },
    { "{ \"http\": true, " REST, "http: expected a string" },
    { "{ \"control\": \"/0123456789012345678901234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789012345678\", " REST,
      "the system allows 107" },
    { "{ \"explain\": [\"10.0.0.1/8\"], " REST, "explain[0]: '10.0.0.1/8' has bits set" },
    { "{ \"edns_size\": 511, " REST, "edns_size: 511 is not in 512..4096" },
    { "{ \"edns_size\": 4097, " REST, "edns_size: 4097 is not in 512..4096" },
    { "{ \"journal\": { \"size\": 100 }, " REST, "journal.size: 100 is not in 4096..1073741824" },
    { "{ \"journal\": { \"keep\": 101 }, " REST, "journal.keep: 101 is not in 0..100" },
    { "{ \"journal\": 5, " REST, "journal: expected true, false, or an object" },
    { "{ \"tcp\": { \"idel\": 1 }, " REST, "tcp.idel: unknown key, did you mean 'idle'?" },
    { "{ \"tcp\": { \"clients\": 0 }, " REST, "tcp.clients: 0 is not in 1..1000000" },
    { "{ \"cookies\": { \"secrets\": [] }, " REST, "cookies.secrets: expected 1 to 8 secrets" },
    { "{ \"cookies\": { \"secrets\": [\"xyz\"] }, " REST, "32 hexadecimal digits" },
    { "{ \"rate_limit\": { \"answers\": 0 }, " REST, "rate_limit.answers: 0 is not in" },
    { "{ \"rate_limit\": 5, " REST, "rate_limit: expected true, false, or an object" },
    { "{ \"version\": 1, " REST, "version: expected a string" },
    { "{ \"report_channel\": \"a..b\", " REST, "report_channel: 'a..b' is no name" },
    { "[]", "meridian.json: expected an object, found a list" },
    { "{ \"workers\": 1, \"workers\": 2, " REST, "duplicate" },
    { "{", "meridian.json:1: " },
};

static void tells_each_mistake_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct report *report;
        enum status status;
        struct config *config = load(mistakes[i].text, &report, &status);
        if (status == STATUS_OK || !report_has(report, mistakes[i].told)) {
            report_print(report);
            fail_msg("%s\nexpected: %s", mistakes[i].text, mistakes[i].told);
        }
        config_free(config);
        report_free(report);
    }
}

static void a_secret_is_never_repeated(void **state)
{
    (void)state;
    struct report *report;
    enum status status;
    config_free(load("{ \"cookies\": { \"secrets\": [\"hunter2\"] }, " REST, &report, &status));
    assert_int_equal(report_mistakes(report), 1);
    assert_false(report_has(report, "hunter2"));
    report_free(report);
}

static void one_run_tells_all_and_keeps_the_good(void **state)
{
    (void)state;
    struct report *report;
    enum status status;
    struct config *config = load("{ \"listen\": [\"127.0.0.1:5300\", \"x\"], \"zones\": \"z\","
                                 "  \"workers\": -1, \"edns_size\": 1, \"http\": \"y\" }",
                                 &report, &status);
    assert_int_not_equal(status, STATUS_OK);
    assert_int_equal(report_mistakes(report), 4);
    assert_non_null(config);
    assert_int_equal(config->listen_count, 1);
    assert_string_equal(config->zones_folder, "z");
    assert_int_equal(config->edns_size, 1232);
    config_free(config);
    report_free(report);
}

static void a_missing_file_is_told(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct config *config;
    assert_int_equal(config_load("none.json", report, &config), STATUS_IO);
    assert_null(config);
    assert_true(report_has(report, "none.json: "));
    report_free(report);
}

static void relative_paths_are_relative_to_the_file(void **state)
{
    (void)state;
    make_folder("etc");
    write_file("etc/m.json", "{ \"geo\": { \"databases\": [\"g.mmdb\", \"/g.mmdb\"] }, " REST);
    struct report *report = report_new();
    struct config *config;
    assert_int_equal(config_load("etc/m.json", report, &config), STATUS_OK);
    assert_string_equal(config->zones_folder, "etc/z");
    assert_string_equal(config->databases[0], "etc/g.mmdb");
    assert_string_equal(config->databases[1], "/g.mmdb");
    assert_string_equal(config->control, "etc/meridian.sock");
    config_free(config);
    report_free(report);
}

static void names_the_keys_that_need_a_restart(void **state)
{
    (void)state;
    struct config *now = load_good("{ \"workers\": 1, \"edns_size\": 600, " REST);
    struct config *next = load_good("{ \"workers\": 2, \"edns_size\": 700, \"user\": \"me\","
                                    "  \"tcp\": { \"clients\": 5 }, " REST);
    size_t from = 0;
    assert_string_equal(config_needs_restart(now, next, &from), "workers");
    assert_string_equal(config_needs_restart(now, next, &from), "user");
    assert_string_equal(config_needs_restart(now, next, &from), "tcp");
    assert_null(config_needs_restart(now, next, &from));
    from = 0;
    assert_null(config_needs_restart(now, now, &from));
    config_free(now);
    config_free(next);
}

static void the_environment_names_the_default(void **state)
{
    (void)state;
    setenv("MERIDIAN_CONFIG", "/some/where.json", 1);
    assert_string_equal(config_default_path(), "/some/where.json");
    setenv("MERIDIAN_CONFIG", "", 1);
    assert_string_equal(config_default_path(), "/etc/meridian/meridian.json");
    unsetenv("MERIDIAN_CONFIG");
    assert_string_equal(config_default_path(), "/etc/meridian/meridian.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_keys_are_enough),
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(false_turns_things_off),
        cmocka_unit_test(tells_each_mistake_with_its_place),
        cmocka_unit_test(a_secret_is_never_repeated),
        cmocka_unit_test(one_run_tells_all_and_keeps_the_good),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test_setup_teardown(relative_paths_are_relative_to_the_file, folder_setup,
                                        folder_teardown),
        cmocka_unit_test(names_the_keys_that_need_a_restart),
        cmocka_unit_test(the_environment_names_the_default),
    };
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
