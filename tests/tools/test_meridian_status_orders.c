#include "tools/meridian_status_orders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-11-21T06:30:00Z */
#define NOW_MS 1795242600000u

struct document {
    struct report *report;
    struct diag diag;
    struct json_doc *doc;
    struct json_node root;
};

static void document_open(const char *text, struct document *out)
{
    out->report = report_new();
    out->diag = (struct diag){ .report = out->report, .file = "reply" };
    assert_int_equal(json_parse(text, strlen(text), &out->diag, &out->doc), STATUS_OK);
    out->root = json_root(out->doc, &out->diag);
}

static void document_close(struct document *document)
{
    json_free(document->doc);
    report_free(document->report);
}

static const struct {
    const char *status, *printed;
} orders[] = {
    { "{}", "" },
    { "{\"orders\": [], \"journal\": {\"written\": 7, \"lost\": 0, \"failing\": false}}", "" },
    { "{\"orders\": [{\"order\": \"drain\", \"tag\": \"eu\","
      "    \"since\": \"2026-11-21T06:20:00.000Z\", \"until\": \"2026-11-21T07:30:00.500Z\","
      "    \"reason\": \"new disks\", \"author\": \"alice\"},"
      "  {\"order\": \"up\", \"region\": \"a\", \"service\": \"s\","
      "    \"since\": \"2026-11-21T06:29:59.000Z\"}]}",
      "\n"
      "ORDER     ABOUT   SINCE  LEFT  BY     REASON\n"
      "drain     tag eu  10m    1h    alice  new disks\n"
      "force up  a/s     1s     -     -\n" },
    { "{\"orders\": [{\"order\": \"dance\"}, 7]}", "" },
    { "{\"orders\": [], \"orders_unkept\": \"state: no\"}",
      "\nThe orders would not survive a restart: state: no\n" },
    { "{\"journal\": {\"lost\": 3, \"failing\": true}}",
      "\nThe journal cannot be written; events wait in memory.\n"
      "\nThe journal lost 3 events since the start.\n" },
};

static void orders_are_a_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct document document;
        char *printed = NULL;
        size_t len;
        document_open(orders[i].status, &document);
        FILE *to = open_memstream(&printed, &len);
        assert_true(status_orders_print(&document.root, NOW_MS, to));
        fclose(to);
        assert_string_equal(printed, orders[i].printed);
        free(printed);
        document_close(&document);
    }
}

static const struct {
    const char *region, *state, *notes;
} regions[] = {
    { "{}", "", "" },
    { "{\"health\": {\"A\": \"up\", \"AAAA\": \"up\"}}", "up", "" },
    { "{\"health\": {\"A\": \"up\", \"AAAA\": \"down\"}}", "A up, AAAA down", "" },
    { "{\"states\": {\"A\": {\"state\": \"down\"}, \"AAAA\": {\"state\": \"up\"}},"
      " \"health\": {\"A\": \"up\"}}", "A down, AAAA up", "" },
    { "{\"states\": {\"A\": {\"state\": \"drained\", \"since\": \"2026-11-21T06:20:00.000Z\","
      "   \"probes\": \"up\"}},"
      " \"order\": {\"order\": \"drain\", \"region\": \"a\", \"author\": \"alice\"}}",
      "drained",
      "      by the drain of a by alice\n      A: drained for 10m, probes find it up\n" },
    { "{\"states\": {\"A\": {\"state\": \"held up\", \"since\": \"2026-11-21T06:20:00.000Z\","
      "   \"probes\": \"down\"}}}",
      "held up", "      A: held up for 10m, probes find it down\n" },
    { "{\"states\": {\"A\": {\"state\": \"up\", \"since\": \"2026-11-21T06:29:50.000Z\","
      "   \"probes\": \"up\", \"withheld\": 0.75}}}",
      "up", "      A: came back 10s ago, has 25 % of its clients\n" },
};

static void a_region_says_whose_word_its_state_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        struct document document;
        char text[128], *printed = NULL, expected[512];
        size_t len;
        document_open(regions[i].region, &document);
        status_region_state(&document.root, text, sizeof text);
        assert_string_equal(text, regions[i].state);

        struct grid *grid = grid_new(1);
        assert_true(grid_put(grid, "HEAD") && grid_put(grid, "row"));
        assert_true(status_region_note(grid, &document.root, NOW_MS));
        FILE *to = open_memstream(&printed, &len);
        grid_print(grid, 2, to);
        fclose(to);
        snprintf(expected, sizeof expected, "  HEAD\n  row\n%s", regions[i].notes);
        assert_string_equal(printed, expected);
        free(printed);
        grid_free(grid);
        document_close(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_a_table),
        cmocka_unit_test(a_region_says_whose_word_its_state_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
