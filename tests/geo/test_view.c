#include "geo/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "geo/spans.h"

/* A table whose block i, from the top octet starts[i] on, has the value i. */
static struct table *table_of(const uint8_t *starts, size_t count)
{
    struct spans spans;
    struct table *table;
    spans_init(&spans);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(spans_append(&spans, (uint64_t)starts[i] << 56, i), STATUS_OK);
    assert_int_equal(table_build(&spans, &table), STATUS_OK);
    spans_release(&spans);
    return table;
}

static uint32_t find(const struct view *view, const char *text, uint8_t *scope)
{
    struct policy_client client = { .source_len = 128 };
    assert_true(address_parse(text, &client.address));
    const struct standing at = standing_of(&client);
    return view_find(view, &at, scope);
}

static void joins_blocks_of_one_number(void **state)
{
    (void)state;
    static const uint8_t v4_starts[] = { 0, 16, 32, 48, 64, 128 };
    static const uint8_t v6_starts[] = { 0, 0x28, 0x30 };
    static const uint32_t values[] = { 7, 7, 7, 7, 9, 7 };
    static const struct {
        const char *client;
        uint32_t value;
        uint8_t scope;
    } cases[] = {
        { "1.2.3.4", 7, 2 },   { "63.0.0.1", 7, 2 },          { "64.0.0.1", 9, 2 },
        { "200.0.0.1", 7, 1 }, { "::ffff:200.0.0.1", 7, 97 }, { "2002:4000::1", 9, 18 },
        { "2a00::1", 7, 5 }, /* alike all over, but 2002::/16 is answered by the other table */
    };
    struct table *v4 = table_of(v4_starts, sizeof v4_starts);
    struct table *v6 = table_of(v6_starts, sizeof v6_starts);
    struct view *view;

    assert_int_equal(view_build(v4, v6, values, &view), STATUS_OK);
    table_free(v4); /* a view holds nothing of what it was made from */
    table_free(v6);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t scope;
        assert_int_equal(find(view, cases[i].client, &scope), cases[i].value);
        if (scope != cases[i].scope)
            fail_msg("%s: scope %u", cases[i].client, scope);
    }
    assert_int_equal(view_block_count(view, FAMILY_V4), 3);
    assert_int_equal(view_block_count(view, FAMILY_V6), 1);
    assert_true(view_footprint(view) > 0);
    view_free(view);
}

static void a_world_of_one_number_needs_no_address(void **state)
{
    (void)state;
    static const uint8_t starts[] = { 0, 16, 32 };
    static const uint32_t alike[] = { 3, 3, 3 };
    struct table *table = table_of(starts, sizeof starts);
    struct view *view;
    uint8_t scope = 99;

    assert_int_equal(view_build(table, table, alike, &view), STATUS_OK);
    assert_int_equal(find(view, "2a00::1", &scope), 3);
    assert_int_equal(scope, 0);
    assert_int_equal(find(view, "::ffff:192.0.2.1", &scope), 3);
    assert_int_equal(scope, 0);
    view_free(view);
    table_free(table);
}

static void a_number_that_fits_no_table_is_refused(void **state)
{
    (void)state;
    static const uint8_t starts[] = { 0, 16 };
    static const uint32_t values[] = { 0, TABLE_VALUE_LIMIT };
    struct table *table = table_of(starts, sizeof starts);
    struct view *view;

    assert_int_equal(view_build(table, table, values, &view), STATUS_LIMIT);
    assert_null(view);
    view_free(view);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_blocks_of_one_number),
        cmocka_unit_test(a_world_of_one_number_needs_no_address),
        cmocka_unit_test(a_number_that_fits_no_table_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
