#include "zones/zonemap_reading.h"

#include "tests/zones/map_fixture.h"

enum { MANY = 200 };

/* What a reading needs to acquire targets. */
static void watch(struct zonemap_reading *reading, const struct json_node *where,
                  const struct probe_spec *spec, unsigned host, uint16_t port, uint32_t *id)
{
    char text[ADDRESS_TEXT];
    struct address address;
    snprintf(text, sizeof text, "192.0.2.%u", host);
    assert_true(address_parse(text, &address));
    zonemap_watch(reading, where, spec, &address, port, NULL, id);
}

static void acquires_and_gives_back(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "map" };
    struct json_doc *doc;
    assert_int_equal(json_parse("7", 1, &diag, &doc), STATUS_OK);
    const struct json_node where = json_root(doc, &diag);
    struct zonemap_reading reading = { .scratch = arena_new(), .registry = target_registry_new() };
    const struct probe_spec tcp = { .name = "tcp", .type = PROBE_TCP, .port = 80 };
    const struct probe_spec bare = { .name = "bare", .type = PROBE_TCP };
    const struct probe_spec none = { .name = "none", .type = PROBE_NONE };
    uint32_t ids[MANY];

    for (unsigned i = 0; i < MANY; i++) {
        ids[i] = TARGET_NONE;
        watch(&reading, &where, &tcp, i, 0, &ids[i]);
        assert_int_not_equal(ids[i], TARGET_NONE);
    }
    uint32_t again = TARGET_NONE;
    watch(&reading, &where, &tcp, 0, 80, &again);
    assert_int_equal(again, ids[0]);
    assert_int_equal(reading.target_count, MANY + 1);
    assert_int_equal(target_count(reading.registry), MANY);

    uint32_t unasked = TARGET_NONE;
    watch(&reading, &where, &none, 0, 80, &unasked);
    assert_int_equal(report_count(report), 0);
    watch(&reading, &where, &bare, 0, 0, &unasked);
    assert_int_equal(unasked, TARGET_NONE);
    assert_int_equal(report_mistakes(report), 1);

    zonemap_unwatch(&reading);
    assert_int_equal(target_count(reading.registry), 0);
    target_registry_free(reading.registry);
    arena_free(reading.scratch);
    json_free(doc);
    report_free(report);
}

static uint32_t counter(struct zonemap_reading *reading, const char *service, const char *region)
{
    reading->service = service;
    return zonemap_counter(reading, region);
}

static void a_counter_belongs_to_zone_service_and_region(void **state)
{
    (void)state;
    struct zonemap_reading reading = { .scratch = arena_new(), .counters = intern_new() };
    reading.apex = (const uint8_t *)"\x03"
                                    "app";
    const uint32_t id = counter(&reading, "api", "eu");
    assert_int_not_equal(id, 0);
    assert_int_not_equal(counter(&reading, "ap", "ieu"), id);
    assert_int_not_equal(counter(&reading, "api", "us"), id);
    reading.apex = (const uint8_t *)"\x03"
                                    "apo";
    assert_int_not_equal(counter(&reading, "api", "eu"), id);
    reading.apex = (const uint8_t *)"\x03"
                                    "APP";
    assert_int_equal(counter(&reading, "api", "eu"), id);
    intern_free(reading.counters);

    reading.counters = NULL;
    assert_int_equal(counter(&reading, "api", "eu"), 0);
    arena_free(reading.scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acquires_and_gives_back),
        cmocka_unit_test(a_counter_belongs_to_zone_service_and_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
