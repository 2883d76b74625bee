#include "dns/server/metrics_targets.h"

#include "tests/dns/server/stage.h"

/* Two addresses that share a probe; a file says who is up. */
static const char probed_map[] =
    "{ \"regions\": { \"here\": {}, \"there\": {} },"
    "  \"probes\": { \"said\": { \"type\": \"file\", \"file\": \"up.json\", \"interval\": \"1h\","
    "    \"gates\": [ { \"metric\": \"error_rate\", \"window\": \"6h\", \"down\": 0.5, \"up\": 0.5,"
    "                   \"min_samples\": 1 },"
    "                 { \"metric\": \"latency_p50\", \"window\": \"6h\", \"down\": \"60s\","
    "                   \"up\": \"60s\", \"min_samples\": 1 } ] } },"
    "  \"services\": { \"web\": { \"route\": { \"failover\": [\"here\", \"there\"] },"
    "    \"probe\": \"said\","
    "    \"endpoints\": { \"here\": { \"A\": [\"192.0.2.10\"] },"
    "                     \"there\": { \"A\": [\"192.0.2.20\"] } } } },"
    "  \"names\": { \"www\": \"web\" } }";

static const char said[] = "{ \"192.0.2.10\": true, \"192.0.2.20\": false }";

#define HERE  "target=\"file://192.0.2.10/up.json\""
#define THERE "target=\"file://192.0.2.20/up.json\""

/* How often a line begins so; what follows it is a figure that is not known before. */
static unsigned lines_count(const char *text, const char *start)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, start)) != NULL; at++)
        count += at == text || at[-1] == '\n';
    return count;
}

static char *targets_text(const struct stage *stage)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_true(metrics_targets_put(&stage->overview, snapshot_enter(), out));
    snapshot_leave();
    assert_int_equal(fclose(out), 0);
    return text;
}

static void each_target_is_told_once(void **state)
{
    static const char *const starts[] = {
        "meridian_target_up{" HERE "} 1\n",
        "meridian_target_up{" THERE "} 0\n",
        "meridian_target_last_change_timestamp_seconds{" HERE "} 1",
        "meridian_target_last_change_timestamp_seconds{" THERE "} 1",
        "meridian_probe_duration_seconds{" HERE "} 0.",
        "meridian_probe_duration_seconds{" THERE "} 0.",
        "meridian_probes_total{" HERE ",result=\"good\"} 1\n",
        "meridian_probes_total{" HERE ",result=\"bad\"} 0\n",
        "meridian_probes_total{" THERE ",result=\"good\"} 0\n",
        "meridian_probes_total{" THERE ",result=\"bad\"} 1\n",
        "meridian_target_gate_open{" HERE ",gate=\"0\",metric=\"error_rate\"} 1\n",
        "meridian_target_gate_open{" THERE ",gate=\"0\",metric=\"error_rate\"} 0\n",
        "meridian_target_gate_samples{" THERE ",gate=\"0\",metric=\"error_rate\"} 1\n",
        "meridian_target_gate_samples{" THERE ",gate=\"1\",metric=\"latency_p50\"} 0\n",
        "meridian_target_gate_ratio{" THERE ",gate=\"0\",metric=\"error_rate\"} 1\n",
        "meridian_target_gate_ratio{" HERE ",gate=\"0\",metric=\"error_rate\"} 0\n",
        "meridian_target_gate_latency_seconds{" HERE ",gate=\"1\",metric=\"latency_p50\"} 0.",
    };
    /* No certificate, nobody flaps, and who never answered has no latency. */
    static const char *const never[] = {
        "meridian_target_certificate_expiry_timestamp_seconds{",
        "meridian_target_damping_factor{",
        "meridian_target_gate_latency_seconds{" THERE,
        "meridian_target_gate_ratio{" HERE ",gate=\"1\"",
    };
    struct stage *stage = *state;
    write_file("zones/up.json", said);
    write_file("zones/app.example.map.json", probed_map);
    const uint64_t ticket = loader_request(stage->loader);
    while (loader_served(stage->loader) < ticket)
        usleep(1000);
    assert_true(prober_await_first_round(stage->prober, STAGE_PATIENCE_MS));

    char *text = targets_text(stage);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (lines_count(text, starts[i]) != 1)
            fail_msg("%u times '%s' in\n%s", lines_count(text, starts[i]), starts[i], text);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (lines_count(text, never[i]) != 0)
            fail_msg("'%s' in\n%s", never[i], text);
    free(text);
}

/* Read alike for people, and yet asked differently: another pace, another region. */
static void no_two_targets_share_a_label(void **state)
{
    static const char twins[] =
        "{ \"regions\": { \"here\": {}, \"there\": {} },"
        "  \"probes\": { \"a\": { \"type\": \"file\", \"file\": \"up.json\" },"
        "                \"b\": { \"type\": \"file\", \"file\": \"up.json\", \"interval\": \"9s\" "
        "} },"
        "  \"services\": {"
        "    \"web\": { \"route\": \"here\", \"probe\": \"a\", \"endpoints\": {"
        "      \"here\": { \"A\": [\"192.0.2.10\"] } } },"
        "    \"web2\": { \"route\": \"here\", \"probe\": \"b\", \"endpoints\": {"
        "      \"here\": { \"A\": [\"192.0.2.10\", \"192.0.2.11\"] } } } },"
        "  \"names\": { \"www\": \"web\", \"www2\": \"web2\" } }";
    struct stage *stage = *state;
    write_file("zones/up.json", said);
    write_file("zones/app.example.map.json", twins);
    const uint64_t ticket = loader_request(stage->loader);
    while (loader_served(stage->loader) < ticket)
        usleep(1000);

    char *text = targets_text(stage);
    assert_int_equal(lines_count(text, "meridian_target_up{target=\"file://192.0.2.10/up.json\"}"),
                     0);
    assert_int_equal(lines_count(text, "meridian_target_up{target=\"file://192.0.2.10/up.json #"),
                     2);
    assert_int_equal(lines_count(text, "meridian_target_up{target=\"file://192.0.2.11/up.json\"}"),
                     1);
    assert_int_equal(
        lines_count(text, "meridian_target_up{target=\"file://192.0.2.10/up.json #0\"}"), 1);
    assert_int_equal(
        lines_count(text, "meridian_target_up{target=\"file://192.0.2.10/up.json #1\"}"), 1);
    free(text);
}

static void nobody_is_probed(void **state)
{
    char *text = targets_text(*state);
    assert_int_equal(lines_count(text, "# TYPE meridian_target_up gauge\n"), 1);
    assert_int_equal(lines_count(text, "meridian_"), 0);
    free(text);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(each_target_is_told_once),
        STAGED(no_two_targets_share_a_label),
        STAGED(nobody_is_probed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
