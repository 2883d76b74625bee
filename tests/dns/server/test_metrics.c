#include "dns/server/metrics.h"

#include <ctype.h>

#include "tests/dns/server/stage.h"

static void ask(struct stage *stage, const char *qname, uint16_t qtype)
{
    const struct request request = request_for(qname, qtype);
    uint8_t response[1232];
    struct address source;
    assert_true(address_parse("192.0.2.1", &source));
    const struct snapshot *snapshot = snapshot_enter();
    assert_true(answerer_datagram(&stage->answerer, snapshot, &source, request.octets, request.len,
                                  response, sizeof response) > 0);
    snapshot_leave();
}

static void expect_line(const char *text, const char *line)
{
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
        if ((at == text || at[-1] == '\n') && at[strlen(line)] == '\n')
            return;
    }
    fail_msg("missing: %s\n%s", line, text);
}

static void tells_what_was_counted(void **state)
{
    struct stage *stage = *state;
    ask(stage, "txt.app.example.", RRTYPE_TXT);
    ask(stage, "www.app.example.", RRTYPE_A);
    ask(stage, "none.app.example.", RRTYPE_A);
    ask(stage, "foreign.example.", RRTYPE_A);

    size_t len;
    char *text = metrics_text(&stage->overview, &len);
    assert_non_null(text);
    assert_int_equal(strlen(text), len);
    expect_line(text, "meridian_queries_total{transport=\"udp\",family=\"ipv4\"} 4");
    expect_line(text, "meridian_queries_total{transport=\"tcp\",family=\"ipv6\"} 0");
    expect_line(text, "meridian_answers_total{rcode=\"NOERROR\"} 2");
    expect_line(text, "meridian_answers_total{rcode=\"NXDOMAIN\"} 1");
    expect_line(text, "meridian_answers_total{rcode=\"REFUSED\"} 1");
    expect_line(text, "meridian_zone_queries_total{zone=\"app.example\"} 3");
    expect_line(text, "meridian_zone_state{zone=\"app.example\"} 0");
    expect_line(text, "meridian_zone_serial{zone=\"app.example\"} 1");
    expect_line(text, "meridian_service_answers_total{zone=\"app.example\",service=\"web\","
                      "region=\"here\"} 1");
    expect_line(text, "meridian_service_answers_total{zone=\"app.example\",service=\"web\","
                      "region=\"there\"} 0");
    expect_line(text, "meridian_reloads_total{outcome=\"good\"} 0");
    expect_line(text, "meridian_files_good 1");
    free(text);
}

/* Prometheus wants the lines of one metric together, behind its HELP and TYPE. */
static void every_line_belongs_to_the_metric_above_it(void **state)
{
    struct stage *stage = *state;
    size_t len;
    char *text = metrics_text(&stage->overview, &len), *rest = text, *line;
    char metric[128] = "", heads[8192] = "";
    assert_non_null(text);
    while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            char head[160];
            snprintf(metric, sizeof metric, "%.*s", (int)strcspn(line + 7, " "), line + 7);
            snprintf(head, sizeof head, " %s ", metric);
            if (strstr(heads, head) != NULL)
                fail_msg("%s comes twice", metric);
            assert_true(strlen(heads) + strlen(head) < sizeof heads);
            strcat(heads, head);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_memory_equal(line + 7, metric, strlen(metric));
        } else {
            const size_t name_len = strcspn(line, "{ ");
            if (strlen(metric) != name_len || strncmp(line, metric, name_len) != 0)
                fail_msg("'%s' stands under %s", line, metric);
            const char *value = strrchr(line, ' ');
            assert_true(value != NULL && (isdigit((unsigned char)value[1]) || value[1] == '-'));
        }
    }
    free(text);
}

/* The numbers of a zone go on where they were when its files change. */
static void counters_survive_a_reload(void **state)
{
    struct stage *stage = *state;
    ask(stage, "www.app.example.", RRTYPE_A);
    write_zone("zones/app.example.zone", "app.example", "two");
    write_zone("zones/aaa.example.zone", "aaa.example", "new");
    const uint64_t ticket = loader_request(stage->loader);
    while (loader_served(stage->loader) < ticket)
        usleep(1000);
    ask(stage, "www.app.example.", RRTYPE_A);

    size_t len;
    char *text = metrics_text(&stage->overview, &len);
    expect_line(text, "meridian_zone_queries_total{zone=\"app.example\"} 2");
    expect_line(text, "meridian_zone_queries_total{zone=\"aaa.example\"} 0");
    expect_line(text, "meridian_service_answers_total{zone=\"app.example\",service=\"web\","
                      "region=\"here\"} 2");
    free(text);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(tells_what_was_counted),
        STAGED(every_line_belongs_to_the_metric_above_it),
        STAGED(counters_survive_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
