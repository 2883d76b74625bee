#include "tools/meridian_status_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-11-21T06:30:00Z */
#define NOW_MS 1795242600000u

static const char whole[] =
    "{ \"version\": \"0.1.0\", \"started\": \"2026-11-21T05:30:00.000Z\", \"generation\": 4,"
    "  \"since\": \"2026-11-21T06:28:00.000Z\", \"state\": \"mistakes\","
    "  \"reloads\": { \"good\": 2, \"refused\": 1, \"last\": { \"at\": \"2026-11-21T06:28:00.000Z\","
    "    \"took_ms\": 12, \"mistakes\": [\"b.zone:3: no\", \"c.mmdb: cut\"],"
    "    \"warnings\": [] } },"
    "  \"databases\": [ { \"file\": \"c.mmdb\", \"type\": \"Country\","
    "    \"built\": \"2026-11-19T06:30:00.000Z\", \"nodes\": 7 } ],"
    "  \"zones\": ["
    "    { \"name\": \"a\", \"state\": \"good\", \"serial\": 7, \"records\": 14, \"mistakes\": [],"
    "      \"services\": [ { \"name\": \"api\", \"ttl\": 30, \"route\": \"{}\", \"regions\": ["
    "        { \"name\": \"hel\", \"health\": { \"A\": \"up\", \"AAAA\": \"down\" }, \"endpoints\": ["
    "          { \"type\": \"A\", \"data\": \"192.0.2.1\", \"weight\": 1, \"health\": \"up\","
    "            \"target\": \"t\", \"since\": \"2026-11-21T06:20:00.000Z\", \"unsure\": true,"
    "            \"last\": { \"at\": \"2026-11-21T06:29:58.500Z\", \"good\": false, \"took_ms\": 1.25,"
    "                      \"reason\": \"HTTP 503\" } },"
    "          { \"type\": \"AAAA\", \"data\": \"2001:db8::1\", \"weight\": 1, \"health\": \"down\","
    "            \"target\": \"t\", \"since\": \"2026-11-21T06:29:00.000Z\", \"unsure\": false } ] },"
    "        { \"name\": \"iad\", \"health\": { \"A\": \"up\", \"AAAA\": \"up\" }, \"endpoints\": ["
    "          { \"type\": \"A\", \"data\": \"192.0.2.2\", \"health\": \"up\" } ] } ] } ] },"
    "    { \"name\": \"b\", \"state\": \"broken\", \"mistakes\": [\"b.zone:3: no\"],"
    "      \"services\": [] } ],"
    "  \"queries\": { \"udp4\": 1, \"udp6\": 2, \"tcp4\": 3, \"tcp6\": 4 } }";

static const char whole_printed[] =
    "meridian 0.1.0, running for 1h, 10 queries; generation 4 for 2m\n"
    "\n"
    "The last load, 2m ago, found mistakes:\n"
    "  c.mmdb: cut\n"
    "\n"
    "b cannot be loaded and answers SERVFAIL because of:\n"
    "  b.zone:3: no\n"
    "\n"
    "DATABASE  TYPE     BUILT\n"
    "c.mmdb    Country  2026-11-19 (2d ago)\n"
    "\n"
    "ZONE  STATE   SERIAL  RECORDS\n"
    "a     good    7       14\n"
    "b     broken  0       0\n"
    "\n"
    "a: service api, TTL 30, route {}\n"
    "  REGION  STATE            ENDPOINT          HEALTH  SINCE  LAST PROBE\n"
    "  hel     A up, AAAA down  A 192.0.2.1       up?     10m\n"
    "      HTTP 503, 1.2 ms, 1s ago\n"
    "                           AAAA 2001:db8::1  down    1m     none yet\n"
    "  iad     up               A 192.0.2.2       up      -      not probed\n";

static char *print(const char *text)
{
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = "status" };
    struct json_doc *doc;
    char *printed = NULL;
    size_t len;

    assert_int_equal(json_parse(text, strlen(text), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    FILE *to = open_memstream(&printed, &len);
    assert_non_null(to);
    assert_true(status_print(&root, NOW_MS, to));
    assert_int_equal(fclose(to), 0);
    assert_int_equal(report_count(report), 0);
    json_free(doc);
    report_free(report);
    return printed;
}

static void tells_everything_in_tables(void **state)
{
    (void)state;
    char *printed = print(whole);
    assert_string_equal(printed, whole_printed);
    free(printed);
}

static size_t widest_line(const char *text)
{
    size_t widest = 0;
    for (; *text != '\0'; text += strspn(text, "\n")) {
        const size_t len = strcspn(text, "\n");
        widest = len > widest ? len : widest;
        text += len;
    }
    return widest;
}

/* One region with these endpoints, and what is printed of it. */
static const struct {
    const char *what, *endpoints, *printed;
} endpoints[] = {
    { "a certificate that will do",
      "{ \"type\": \"A\", \"data\": \"192.0.2.1\", \"health\": \"up\", \"target\": \"t\","
      "  \"since\": \"2026-11-21T06:20:00.000Z\","
      "  \"last\": { \"at\": \"2026-11-21T06:29:58.500Z\", \"good\": true, \"took_ms\": 7.5 },"
      "  \"certificate_expires\": \"2026-12-20T20:00:00.000Z\" }",
      "  REGION  STATE  ENDPOINT     HEALTH  SINCE  LAST PROBE\n"
      "  hel     up     A 192.0.2.1  up      10m    good, 7.5 ms, 1s ago\n"
      "      certificate ends in 29d\n" },
    { "one that is over",
      "{ \"type\": \"A\", \"data\": \"192.0.2.1\", \"health\": \"up\", \"target\": \"t\","
      "  \"certificate_expires\": \"2026-11-21T00:00:00.000Z\" }",
      "  REGION  STATE  ENDPOINT     HEALTH  SINCE  LAST PROBE\n"
      "  hel     up     A 192.0.2.1  up      -      none yet\n"
      "      certificate ended 6h ago\n" },
    { "gates and damping, below their endpoint",
      "{ \"type\": \"A\", \"data\": \"192.0.2.1\", \"health\": \"down\", \"target\": \"t\","
      "  \"damping\": 4, \"gates\": ["
      "  { \"open\": true, \"text\": \"error_rate 0, not over 0.05 (30 results in 1m)\" },"
      "  { \"open\": false, \"text\": \"latency_p95 2.3s, over 2s (30 results in 1m)\" } ] },"
      "{ \"type\": \"A\", \"data\": \"192.0.2.2\", \"health\": \"up\" }",
      "  REGION  STATE  ENDPOINT     HEALTH  SINCE  LAST PROBE\n"
      "  hel     up     A 192.0.2.1  down    -      none yet\n"
      "      flaps: the way back takes 4 times `rise`\n"
      "      gate open: error_rate 0, not over 0.05 (30 results in 1m)\n"
      "      gate shut: latency_p95 2.3s, over 2s (30 results in 1m)\n"
      "                 A 192.0.2.2  up      -      not probed\n" },
    { "a file that says nothing",
      "{ \"type\": \"A\", \"data\": \"192.0.2.1\", \"health\": \"up\", \"target\": \"t\","
      "  \"last\": { \"at\": \"2026-11-21T06:30:00.000Z\", \"good\": false, \"took_ms\": 0.1,"
      "  \"verdict_kept\": true, \"reason\": \"no such file or directory\" } }",
      "  REGION  STATE  ENDPOINT     HEALTH  SINCE  LAST PROBE\n"
      "  hel     up     A 192.0.2.1  up      -\n"
      "      no such file or directory, 0.1 ms, 0s ago, says nothing\n" },
    { "a long reason and a long address keep to the page",
      "{ \"type\": \"AAAA\", \"data\": \"2001:db8:1111:2222:3333:4444:5555:6666\","
      "  \"health\": \"down\", \"target\": \"t\","
      "  \"last\": { \"at\": \"2026-11-21T06:30:00.000Z\", \"good\": false, \"took_ms\": 10.25,"
      "  \"reason\": \"SSL: no alternative certificate subject name matches target host name "
      "'www.app.example'\" } }",
      "  REGION  STATE  ENDPOINT                                     HEALTH  SINCE\n"
      "      LAST PROBE\n"
      "  hel     up     AAAA 2001:db8:1111:2222:3333:4444:5555:6666  down    -\n"
      "      SSL: no alternative certificate subject name matches target host name\n"
      "      'www.app.example', 10.2 ms, 0s ago\n" },
};

static void tells_what_is_known_of_an_endpoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        char *document;
        assert_true(asprintf(&document,
                             "{ \"zones\": [ { \"state\": \"good\", \"services\": [ { \"regions\": ["
                             "{ \"name\": \"hel\", \"health\": { \"A\": \"up\" },"
                             "  \"endpoints\": [ %s ] } ] } ] } ] }",
                             endpoints[i].endpoints) > 0);
        char *printed = print(document);
        const char *table = strstr(printed, "  REGION");
        if (table == NULL || strcmp(table, endpoints[i].printed) != 0)
            fail_msg("%s: printed\n%s", endpoints[i].what, printed);
        assert_true(widest_line(printed) <= 80);
        free(printed);
        free(document);
    }
}

/* A daemon of another version is no reason to fall over. */
static void prints_what_there_is(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{}",
        "{ \"version\": 7, \"zones\": {}, \"databases\": 3, \"reloads\": [], \"queries\": null }",
        "{ \"zones\": [ 1, {}, { \"services\": [ {}, { \"regions\": [ {}, { \"health\": [1],"
        "  \"endpoints\": [ 1, { \"target\": 1, \"last\": 2, \"since\": \"x\" } ] } ] } ] } ] }",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char *printed = print(odd[i]);
        if (strncmp(printed, "meridian ", 9) != 0)
            fail_msg("document %zu: printed %s", i, printed);
        free(printed);
    }
}

static void says_what_a_refused_load_means(void **state)
{
    (void)state;
    char *printed = print("{ \"state\": \"refused\", \"reloads\": { \"last\": {"
                          "  \"at\": \"2026-11-21T06:29:59.000Z\","
                          "  \"mistakes\": [\"meridian.json: listen: no\"] } } }");
    assert_non_null(strstr(printed, "The last load, 1s ago, was refused; what was before goes on"));
    assert_non_null(strstr(printed, "  meridian.json: listen: no\n"));
    free(printed);
}

static void a_frozen_prober_is_told_loudly(void **state)
{
    (void)state;
    char *printed = print("{ \"prober\": { \"frozen\": true, \"freezes\": 1,"
                          "  \"since\": \"2026-11-21T06:27:00.000Z\" } }");
    assert_non_null(strstr(printed, "\nFROZEN for 3m: several regions failed together"));
    free(printed);
    printed = print("{ \"prober\": { \"frozen\": false } }");
    assert_null(strstr(printed, "FROZEN"));
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_everything_in_tables),
        cmocka_unit_test(tells_what_is_known_of_an_endpoint),
        cmocka_unit_test(prints_what_there_is),
        cmocka_unit_test(says_what_a_refused_load_means),
        cmocka_unit_test(a_frozen_prober_is_told_loudly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
