#include "dns/server/chronicle.h"

#include "dns/proto/rrtype.h"
#include "tests/dns/server/stage.h"

/* The one line that the journal holds after it was closed, behind its time. */
static const char *only_line(struct journal *journal)
{
    static char text[4096];
    FILE *file;
    journal_close(journal);
    file = fopen("state/journal.jsonl", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(unlink("state/journal.jsonl"), 0);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    text[strlen(text) - 1] = '\0';
    return text + strlen("{\"time\": \"2026-11-21T06:30:00.123Z\", ");
}

static struct journal *open_journal(void)
{
    static const struct journal_rules rules = { .folder = "state", .size_most = 1 << 20, .keep = 1 };
    struct journal *journal = journal_open(&rules);
    assert_non_null(journal);
    return journal;
}

static void targets(void **state)
{
    (void)state;
    struct target_report report = { .label = "tcp://192.0.2.1:80", .health = HEALTH_DOWN };
    strcpy(report.last_reason, "connection refused");
    struct journal *journal = open_journal();
    /* That all is well at the start is no news. */
    chronicle_pool(journal, NULL, &(struct steward_change){ .to = { .health = HEALTH_UP } });
    chronicle_target(journal, &report);
    assert_string_equal(only_line(journal),
                        "\"event\": \"target\", \"what\": \"tcp://192.0.2.1:80\", "
                        "\"to\": \"down\", \"why\": \"connection refused\"}");
}

static void pools(void **state)
{
    (void)state;
    static const char *const tags[] = { "eu" };
    static const struct {
        struct pool_state from, to;
        const char *rest;
    } cases[] = {
        { { .health = HEALTH_UP }, { .health = HEALTH_DOWN },
          "\"from\": \"up\", \"to\": \"down\", \"why\": \"too few of its endpoints are up\"}" },
        { { .health = HEALTH_DOWN }, { .health = HEALTH_UP },
          "\"from\": \"down\", \"to\": \"up\"}" },
        { { .health = HEALTH_UP }, { .health = HEALTH_UP, .cause = POOL_BY_LIMIT },
          "\"from\": \"up\", \"to\": \"held up\", \"why\": \"max_down: others are out already\"}" },
        { { .health = HEALTH_UP }, { .health = HEALTH_DOWN, .cause = POOL_BY_DRAIN },
          "\"from\": \"up\", \"to\": \"drained\", \"why\": \"disks\", \"by\": \"alice\"}" },
    };
    struct orders *orders = orders_new();
    const struct order drain = { .kind = ORDER_DRAIN,
                                 .subject = { .is_tag = true, .name = "eu" },
                                 .reason = "disks",
                                 .author = "alice" };
    assert_int_equal(orders_put(orders, &drain, NULL), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[512] = "\"event\": \"region\", \"what\": \"z.example/s/r A\", ";
        struct journal *journal = open_journal();
        chronicle_pool(journal, orders,
                       &(struct steward_change){ .zone = "z.example",
                                                 .service = "s",
                                                 .region = "r",
                                                 .tags = tags,
                                                 .tag_count = 1,
                                                 .type = RRTYPE_A,
                                                 .from = cases[i].from,
                                                 .to = cases[i].to });
        strcat(line, cases[i].rest);
        assert_string_equal(only_line(journal), line);
    }
    orders_free(orders);
}

static void freezes(void **state)
{
    (void)state;
    static const char *const rests[] = {
        "\"from\": \"frozen\", \"to\": \"watching\", \"why\": \"a target answers again\"}",
        "\"from\": \"watching\", \"to\": \"frozen\", \"why\": \"several regions",
    };
    for (size_t i = 0; i < 2; i++) {
        struct journal *journal = open_journal();
        chronicle_freeze(journal, &(struct prober_freeze){ .frozen = i == 1 });
        assert_non_null(strstr(only_line(journal), rests[i]));
    }
}

static void the_server_itself(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    chronicle_daemon(journal, "stop", "SIGTERM");
    assert_non_null(strstr(only_line(journal), "\"to\": \"stop\", \"why\": \"SIGTERM\"}"));
}

static void loads(void **state)
{
    const struct stage *stage = *state;
    struct journal *journal = open_journal();
    chronicle_load(journal, stage->loader);
    assert_string_equal(only_line(journal),
                        "\"event\": \"reload\", \"what\": \"generation 1\", \"to\": \"good\"}");

    replace_file("zones/app.example.zone", "@ IN A 1.2.3\n");
    const uint64_t ticket = loader_request(stage->loader);
    const uint64_t end = clock_monotonic_ms() + STAGE_PATIENCE_MS;
    while (loader_served(stage->loader) < ticket && clock_monotonic_ms() < end)
        usleep(1000);
    journal = open_journal();
    chronicle_load(journal, stage->loader);
    const char *line = only_line(journal);
    if (strstr(line, "\"to\": \"mistakes\", \"why\": \"zones/app.example.zone:1: ") == NULL)
        fail_msg("%s", line);
}

static void without_a_journal_nothing_is_said(void **state)
{
    const struct stage *stage = *state;
    chronicle_daemon(NULL, "start", NULL);
    chronicle_load(NULL, stage->loader);
    chronicle_target(NULL, &(struct target_report){ .health = HEALTH_UP });
    chronicle_pool(NULL, stage->orders, &(struct steward_change){ .zone = "z" });
    assert_int_not_equal(access("state", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(targets, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(pools, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(freezes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(the_server_itself, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(loads, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(without_a_journal_nothing_is_said, stage_setup,
                                        stage_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
