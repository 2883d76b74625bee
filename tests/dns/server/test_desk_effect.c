#include "dns/server/desk_effect.h"

#include "tests/dns/server/desk_fixture.h"

static void order(struct stage *stage, enum order_kind kind, const char *region,
                  const char *service)
{
    struct order made = { .kind = kind };
    strcpy(made.subject.name, region);
    strcpy(made.subject.service, service);
    assert_int_equal(orders_put(stage->orders, &made, NULL), STATUS_OK);
    steward_obey(stage->steward, clock_monotonic_ms());
}

/* What `put` writes, to be freed. */
static char *written(const struct stage *stage, const char *region, bool all_down)
{
    struct json_writer *writer = json_writer_new();
    struct order_subject subject = { .is_tag = false };
    strcpy(subject.name, region);
    const struct snapshot *snapshot = snapshot_enter();
    json_put_object(writer, NULL);
    if (all_down) {
        json_put_array(writer, "warnings");
        desk_effect_put_all_down(snapshot, &subject, writer);
        json_end(writer);
    } else {
        desk_effect_put_touched(snapshot, stage->orders, &subject, writer);
    }
    json_end(writer);
    snapshot_leave();
    char *text = json_writer_finish(writer, 0);
    assert_non_null(text);
    return text;
}

static void expect(const struct stage *stage, const char *region, bool all_down, const char *part)
{
    char *text = written(stage, region, all_down);
    if (strstr(text, part) == NULL)
        fail_msg("%s: %s", part, text);
    free(text);
}

static void what_is_touched_says_how_it_stands(void **state)
{
    struct stage *stage = *state;
    expect(stage, "here", false,
           "{\"touched\": [{\"zone\": \"app.example\", \"service\": \"web\", \"region\": \"here\", "
           "\"state\": \"up\"}]}");
    order(stage, ORDER_DRAIN, "here", "");
    expect(stage, "here", false, "\"state\": \"drained\", \"order\": {\"order\": \"drain\", "
                                 "\"region\": \"here\"}}]}");
    expect(stage, "there", false, "\"state\": \"up\"}]}");
    expect(stage, "nowhere", false, "{\"touched\": []}");
}

static void only_all_down_is_warned_of(void **state)
{
    struct stage *stage = *state;
    order(stage, ORDER_DRAIN, "here", "");
    expect(stage, "here", true, "{\"warnings\": []}");
    order(stage, ORDER_DOWN, "there", "web");
    expect(stage, "here", true, "{\"warnings\": [\"app.example: service 'web' has no region left "
                                "(A): all are answered as if they were up (when_all_down)\"]}");
    order(stage, ORDER_UP, "there", "web");
    expect(stage, "here", true, "{\"warnings\": []}");
}

static void other_orders_are_named_once(void **state)
{
    struct stage *stage = *state;
    struct order others[4];
    const struct order_subject here = { .name = "here" };
    const struct snapshot *snapshot = snapshot_enter();
    assert_int_equal(desk_effect_others(snapshot, stage->orders, &here, others, 4), 0);
    snapshot_leave();
    order(stage, ORDER_DRAIN, "here", "");
    order(stage, ORDER_UP, "here", "web");
    snapshot = snapshot_enter();
    assert_int_equal(desk_effect_others(snapshot, stage->orders, &here, others, 4), 1);
    assert_int_equal(others[0].kind, ORDER_UP);
    assert_int_equal(desk_effect_others(snapshot, stage->orders, &others[0].subject, others, 4), 0);
    assert_int_equal(desk_effect_others(snapshot, stage->orders, &here, others, 0), 0);
    snapshot_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_touched_says_how_it_stands, stage_setup,
                                        stage_teardown),
        cmocka_unit_test_setup_teardown(only_all_down_is_warned_of, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(other_orders_are_named_once, stage_setup, stage_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
