#include "dns/server/orders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const tags[] = { "eu", "old" };

/* "region", "region/service", "#tag" or "#tag/service" */
static struct order_subject subject_of(const char *text)
{
    struct order_subject subject = { .is_tag = text[0] == '#' };
    const char *slash = strchr(text, '/');
    text += subject.is_tag;
    snprintf(subject.name, sizeof subject.name, "%.*s",
             (int)(slash != NULL ? slash - text : (long)strlen(text)), text);
    snprintf(subject.service, sizeof subject.service, "%s", slash != NULL ? slash + 1 : "");
    return subject;
}

static struct order order_of(enum order_kind kind, const char *text)
{
    return (struct order){ .kind = kind, .subject = subject_of(text) };
}

static void put(struct orders *orders, enum order_kind kind, const char *text)
{
    const struct order order = order_of(kind, text);
    assert_int_equal(orders_put(orders, &order, NULL), STATUS_OK);
}

/* What counts for the service api in helsinki-1, which has the tags eu and old. */
static const struct {
    const char *what;
    struct {
        enum order_kind kind;
        const char *subject;
    } orders[4];
    enum order_kind counts;
} cases[] = {
    { "nothing ordered", { { 0 } }, ORDER_NONE },
    { "the region", { { ORDER_DRAIN, "helsinki-1" } }, ORDER_DRAIN },
    { "another region", { { ORDER_DRAIN, "helsinki-2" } }, ORDER_NONE },
    { "the service there", { { ORDER_DOWN, "helsinki-1/api" } }, ORDER_DOWN },
    { "another service there", { { ORDER_DOWN, "helsinki-1/web" } }, ORDER_NONE },
    { "a tag", { { ORDER_DRAIN, "#old" } }, ORDER_DRAIN },
    { "a tag it has not", { { ORDER_DRAIN, "#new" } }, ORDER_NONE },
    { "a tag of the region's name", { { ORDER_DRAIN, "#helsinki-1" } }, ORDER_NONE },
    { "a region of the tag's name", { { ORDER_DRAIN, "eu" } }, ORDER_NONE },
    { "a tag and a service", { { ORDER_DRAIN, "#eu/api" } }, ORDER_DRAIN },
    { "a tag and another service", { { ORDER_DRAIN, "#eu/web" } }, ORDER_NONE },
    { "the service beats the later region",
      { { ORDER_UP, "helsinki-1/api" }, { ORDER_DRAIN, "helsinki-1" } }, ORDER_UP },
    { "the service beats the region before",
      { { ORDER_DRAIN, "helsinki-1" }, { ORDER_UP, "helsinki-1/api" } }, ORDER_UP },
    { "the region beats the later tag with a service",
      { { ORDER_UP, "helsinki-1" }, { ORDER_DRAIN, "#eu/api" } }, ORDER_UP },
    { "the region beats the tag before",
      { { ORDER_DRAIN, "#eu" }, { ORDER_UP, "helsinki-1" } }, ORDER_UP },
    { "a tag with a service beats the later tag",
      { { ORDER_UP, "#eu/api" }, { ORDER_DRAIN, "#old" } }, ORDER_UP },
    { "of two tags the later", { { ORDER_DRAIN, "#eu" }, { ORDER_UP, "#old" } }, ORDER_UP },
    { "of two tags the later, the other way round",
      { { ORDER_UP, "#old" }, { ORDER_DRAIN, "#eu" } }, ORDER_DRAIN },
    { "an order again is the later one",
      { { ORDER_DRAIN, "#eu" }, { ORDER_UP, "#old" }, { ORDER_DRAIN, "#eu" } }, ORDER_DRAIN },
    { "about the same subject the later is the only one",
      { { ORDER_UP, "helsinki-1/api" }, { ORDER_DRAIN, "helsinki-1/api" } }, ORDER_DRAIN },
};

static void who_says_more_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orders *orders = orders_new();
        struct order told;
        assert_non_null(orders);
        for (size_t k = 0; k < 4 && cases[i].orders[k].subject != NULL; k++)
            put(orders, cases[i].orders[k].kind, cases[i].orders[k].subject);
        const enum order_kind kind = orders_find(orders, "helsinki-1", tags, 2, "api", &told);
        if (kind != cases[i].counts || told.kind != kind)
            fail_msg("%s: %s", cases[i].what, order_kind_text(kind));
        assert_int_equal(orders_find(orders, "helsinki-1", tags, 2, "api", NULL), kind);
        orders_free(orders);
    }
}

static void an_order_takes_the_place_of_the_one_before(void **state)
{
    (void)state;
    struct orders *orders = orders_new();
    struct order order = order_of(ORDER_DRAIN, "a/s"), before, taken;
    size_t count;

    assert_int_equal(orders_put(orders, &order, &before), STATUS_OK);
    assert_int_equal(before.kind, ORDER_NONE);
    put(orders, ORDER_DRAIN, "b");
    order = order_of(ORDER_UP, "a/s");
    assert_int_equal(orders_put(orders, &order, &before), STATUS_OK);
    assert_int_equal(before.kind, ORDER_DRAIN);

    struct order *copy = orders_copy(orders, &count);
    assert_non_null(copy);
    assert_int_equal(count, 2);
    assert_string_equal(copy[0].subject.name, "b");
    assert_int_equal(copy[1].kind, ORDER_UP);
    free(copy);

    assert_true(orders_take(orders, &order.subject, &taken));
    assert_int_equal(taken.kind, ORDER_UP);
    assert_false(orders_take(orders, &order.subject, &taken));
    assert_int_equal(orders_find(orders, "b", NULL, 0, "s", NULL), ORDER_DRAIN);
    assert_int_equal(orders_find(orders, "a", NULL, 0, "s", NULL), ORDER_NONE);
    orders_free(orders);
}

static void the_table_is_bounded(void **state)
{
    (void)state;
    struct orders *orders = orders_new();
    char name[32];
    for (unsigned i = 0; i < ORDERS_MOST; i++) {
        snprintf(name, sizeof name, "region-%u", i);
        put(orders, ORDER_DRAIN, name);
    }
    struct order one_more = order_of(ORDER_DRAIN, "one-more");
    assert_int_equal(orders_put(orders, &one_more, NULL), STATUS_LIMIT);
    put(orders, ORDER_UP, "region-7"); /* what takes a place needs none */
    assert_int_equal(orders_find(orders, "region-7", NULL, 0, "s", NULL), ORDER_UP);
    assert_true(orders_take(orders, &(struct order_subject){ .name = "region-0" }, NULL));
    assert_int_equal(orders_put(orders, &one_more, NULL), STATUS_OK);
    orders_free(orders);
}

static void orders_end_when_their_time_is_over(void **state)
{
    (void)state;
    static const struct {
        const char *subject;
        uint64_t ends_ms;
    } given[] = { { "a", 300 }, { "b", 0 }, { "c", 100 }, { "d", 200 } };
    struct orders *orders = orders_new();
    struct order ended;
    assert_int_equal(orders_next_end(orders), 0);
    for (size_t i = 0; i < 4; i++) {
        struct order order = order_of(ORDER_DRAIN, given[i].subject);
        order.ends_ms = given[i].ends_ms;
        assert_int_equal(orders_put(orders, &order, NULL), STATUS_OK);
    }
    assert_int_equal(orders_next_end(orders), 100);
    assert_false(orders_expire(orders, 99, &ended));
    assert_true(orders_expire(orders, 200, &ended));
    assert_string_equal(ended.subject.name, "c");
    assert_true(orders_expire(orders, 200, &ended));
    assert_string_equal(ended.subject.name, "d");
    assert_false(orders_expire(orders, 200, &ended));
    assert_int_equal(orders_next_end(orders), 300);
    assert_true(orders_expire(orders, 1000, &ended));
    assert_false(orders_expire(orders, UINT64_MAX, &ended));
    assert_int_equal(orders_find(orders, "b", NULL, 0, "s", NULL), ORDER_DRAIN);
    orders_free(orders);
}

static void subjects_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *text;
    } words[] = {
        { "helsinki-1", "helsinki-1" },
        { "helsinki-1/api", "helsinki-1/api" },
        { "#eu", "tag eu" },
        { "#eu/api", "tag eu, service api" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[ORDER_SUBJECT_TEXT];
        const struct order_subject subject = subject_of(words[i].subject);
        assert_string_equal(order_subject_print(&subject, text), words[i].text);
    }
    static const char *const kinds[] = { "none", "drain", "up", "down" };
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(order_kind_text((enum order_kind)i), kinds[i]);
}

static void orders_in_words(void **state)
{
    (void)state;
    char text[ORDER_TEXT];
    struct order order = order_of(ORDER_DRAIN, "#eu");
    assert_string_equal(order_print(&order, text), "the drain of tag eu");
    order = order_of(ORDER_UP, "a/s");
    strcpy(order.author, "alice");
    assert_string_equal(order_print(&order, text), "the force up of a/s by alice");
    order.kind = ORDER_DOWN;
    strcpy(order.reason, "new disks");
    assert_string_equal(order_print(&order, text), "the force down of a/s by alice (new disks)");
    memset(&order, 'x', sizeof order); /* all of it as long as it can be */
    order.kind = ORDER_DRAIN;
    order.subject.is_tag = true;
    order.subject.name[ORDER_NAME - 1] = order.subject.service[ORDER_NAME - 1] = '\0';
    order.reason[ORDER_REASON - 1] = order.author[ORDER_AUTHOR - 1] = '\0';
    assert_int_equal(order_print(&order, text)[strlen(text) - 1], ')');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_more_counts),
        cmocka_unit_test(an_order_takes_the_place_of_the_one_before),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(orders_end_when_their_time_is_over),
        cmocka_unit_test(subjects_in_words),
        cmocka_unit_test(orders_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
