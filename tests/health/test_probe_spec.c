#include "health/probe_spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A probe read from text, and what was told about it. */
struct bench {
    struct report *report;
    struct diag diag;
    struct json_doc *doc;
    struct json_node root, node;
    struct arena *arena;
    struct probe_spec *spec;
    enum status status;
};

static void bench_read_at(struct bench *bench, const char *file, const char *text)
{
    *bench = (struct bench){ .report = report_new(), .arena = arena_new() };
    assert_non_null(bench->report);
    assert_non_null(bench->arena);
    bench->diag = (struct diag){ .report = bench->report, .file = file };
    if (json_parse(text, strlen(text), &bench->diag, &bench->doc) != STATUS_OK)
        fail_msg("%s: %s", text, report_text(bench->report, 0));
    bench->root = json_root(bench->doc, &bench->diag);
    assert_true(json_child(&bench->root, 0, &bench->node));
    bench->status = probe_spec_parse(&bench->node, "p", bench->arena, &bench->spec);
}

static void bench_read(struct bench *bench, const char *text)
{
    bench_read_at(bench, "m.json", text);
}

static void bench_close(struct bench *bench)
{
    json_free(bench->doc);
    arena_free(bench->arena);
    report_free(bench->report);
}

/* The strings of what was read must not need the document any more. */
static const struct probe_spec *read_good(struct bench *bench, const char *text)
{
    bench_read(bench, text);
    if (bench->status != STATUS_OK || report_mistakes(bench->report) != 0)
        fail_msg("%s: %s", text, report_text(bench->report, 0));
    assert_non_null(bench->spec);
    json_free(bench->doc);
    bench->doc = NULL;
    return bench->spec;
}

static void says_little_and_means_the_defaults(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec = read_good(&bench, "{\"p\": {\"type\": \"http\"}}");
    assert_string_equal(spec->name, "p");
    assert_int_equal(spec->type, PROBE_HTTP);
    assert_int_equal(spec->interval_ms, 2000);
    assert_int_equal(spec->timeout_ms, 1000);
    assert_int_equal(spec->fall, 3);
    assert_int_equal(spec->rise, 2);
    assert_int_equal(spec->jitter, 10);
    assert_int_equal(spec->port, 0);
    assert_string_equal(spec->path, "/");
    assert_string_equal(spec->method, "GET");
    assert_null(spec->host);
    assert_int_equal(spec->header_count, 0);
    assert_int_equal(spec->status_count, 1);
    assert_int_equal(spec->status[0].least, 200);
    assert_int_equal(spec->status[0].most, 299);
    assert_null(spec->body);
    assert_null(spec->json_pointer);
    assert_true(spec->verify);
    bench_close(&bench);
}

static void reads_every_key_of_a_web_probe(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec = read_good(
        &bench,
        "{\"p\": {\"type\": \"https\", \"comment\": \"for the api\", \"interval\": \"500ms\","
        " \"timeout\": 3, \"fall\": 1, \"rise\": 100, \"jitter\": \"25%\", \"port\": 8443,"
        " \"path\": \"/healthz?full=1\", \"host\": \"api.example\", \"method\": \"HEAD\","
        " \"headers\": {\"X-Token\": \"abc\", \"Accept\": \"*/*\"}, \"verify\": false,"
        " \"expect\": {\"status\": [204, \"301-302\", \"404\"]}}}");
    assert_int_equal(spec->type, PROBE_HTTPS);
    assert_int_equal(spec->interval_ms, 500);
    assert_int_equal(spec->timeout_ms, 3000);
    assert_int_equal(spec->fall, 1);
    assert_int_equal(spec->rise, 100);
    assert_int_equal(spec->jitter, 25);
    assert_int_equal(spec->port, 8443);
    assert_string_equal(spec->path, "/healthz?full=1");
    assert_string_equal(spec->host, "api.example");
    assert_string_equal(spec->method, "HEAD");
    assert_int_equal(spec->header_count, 2);
    assert_string_equal(spec->headers[0], "X-Token: abc");
    assert_string_equal(spec->headers[1], "Accept: */*");
    assert_false(spec->verify);
    static const struct probe_status_range ranges[] = { { 204, 204 }, { 301, 302 }, { 404, 404 } };
    assert_int_equal(spec->status_count, 3);
    assert_memory_equal(spec->status, ranges, sizeof ranges);
    bench_close(&bench);
}

static void reads_what_the_body_must_hold(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum json_kind kind;
    } cases[] = {
        { "\"green\"", JSON_KIND_STRING },
        { "0.5", JSON_KIND_NUMBER },
        { "true", JSON_KIND_BOOL },
        { "null", JSON_KIND_NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{\"p\": {\"type\": \"http\", \"expect\": {\"status\": \"200-204\","
                 " \"body\": \"ok\", \"json\": {\"pointer\": \"/a~1b/0\", \"value\": %s}}}}",
                 cases[i].value);
        struct bench bench;
        const struct probe_spec *spec = read_good(&bench, text);
        assert_int_equal(spec->status[0].most, 204);
        assert_string_equal(spec->body, "ok");
        assert_string_equal(spec->json_pointer, "/a~1b/0");
        assert_int_equal(spec->json_value.kind, cases[i].kind);
        if (cases[i].kind == JSON_KIND_STRING)
            assert_string_equal(spec->json_value.text, "green");
        if (cases[i].kind == JSON_KIND_NUMBER)
            assert_true(spec->json_value.number == 0.5);
        if (cases[i].kind == JSON_KIND_BOOL)
            assert_true(spec->json_value.truth);
        bench_close(&bench);
    }
}

static void reads_a_tcp_probe(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec =
        read_good(&bench, "{\"p\": {\"type\": \"tcp\", \"port\": 6379, \"send\": \"PING\\r\\n\","
                          " \"expect\": \"+PONG\", \"jitter\": 0}}");
    assert_int_equal(spec->type, PROBE_TCP);
    assert_string_equal(spec->send, "PING\r\n");
    assert_string_equal(spec->expect, "+PONG");
    assert_int_equal(spec->jitter, 0);
    bench_close(&bench);
}

static void reads_a_dns_probe(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec =
        read_good(&bench, "{\"p\": {\"type\": \"dns\", \"qname\": \"app.example\"}}");
    assert_string_equal(spec->qname, "app.example");
    assert_int_equal(spec->qtype, 1);
    assert_int_equal(spec->rcodes, 1);
    assert_false(spec->recursion);
    assert_false(spec->has_answer);
    bench_close(&bench);

    spec = read_good(&bench,
                     "{\"p\": {\"type\": \"dns\", \"qname\": \"app.example.\", \"qtype\": \"NS\","
                     " \"recursion\": true, \"expect\": {\"rcode\": [\"NOERROR\", \"nxdomain\"],"
                     " \"answer\": \"ns1.app.example\"}}}");
    assert_int_equal(spec->qtype, 2);
    assert_int_equal(spec->rcodes, 1 << 0 | 1 << 3);
    assert_true(spec->recursion);
    assert_true(spec->has_answer);
    assert_string_equal(spec->answer, "ns1.app.example");
    bench_close(&bench);

    spec = read_good(&bench, "{\"p\": {\"type\": \"dns\", \"qname\": \".\", \"qtype\": \"SOA\","
                             " \"expect\": {\"answer\": true}}}");
    assert_true(spec->has_answer);
    assert_null(spec->answer);
    bench_close(&bench);
}

static void reads_an_exec_probe(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec =
        read_good(&bench, "{\"p\": {\"type\": \"exec\", \"host\": \"api.example\","
                          " \"command\": [\"check_ping\", \"-w\", \"a b\"]}}");
    assert_int_equal(spec->command_count, 3);
    assert_string_equal(spec->command[0], "check_ping");
    assert_string_equal(spec->command[2], "a b");
    assert_string_equal(spec->host, "api.example");
    assert_int_equal(spec->fall, 3);
    bench_close(&bench);
}

static void reads_a_file_probe(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec = read_good(
        &bench, "{\"p\": {\"type\": \"file\", \"file\": \"/run/health.json\", \"max_age\": \"5m\","
                " \"when_unknown\": \"up\"}}");
    assert_string_equal(spec->file, "/run/health.json");
    assert_int_equal(spec->max_age_ms, 300000);
    assert_int_equal(spec->silence, SILENCE_UP);
    /* Whoever writes the file has judged already. */
    assert_int_equal(spec->fall, 1);
    assert_int_equal(spec->rise, 1);
    bench_close(&bench);
}

static void whoever_asks_often_watches(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        bool watch;
    } cases[] = {
        { "\"type\": \"http\"", false },
        { "\"type\": \"http\", \"watch\": true", true },
        { "\"type\": \"http\", \"interval\": \"1s\"", true },
        { "\"type\": \"http\", \"interval\": \"1001ms\"", false },
        { "\"type\": \"https\", \"interval\": \"200ms\"", true },
        { "\"type\": \"https\", \"interval\": \"200ms\", \"watch\": false", false },
        { "\"type\": \"http\", \"interval\": \"200ms\", \"fall\": 1", false },
        { "\"type\": \"tcp\", \"interval\": \"200ms\"", false },
        { "\"type\": \"tcp\", \"interval\": \"200ms\", \"watch\": true", true },
        { "\"type\": \"tcp\", \"interval\": \"200ms\", \"expect\": \"x\"", true },
        { "\"type\": \"dns\", \"interval\": \"200ms\", \"qname\": \"a\"", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[160];
        struct bench bench;
        snprintf(text, sizeof text, "{\"p\": {%s}}", cases[i].keys);
        const struct probe_spec *spec = read_good(&bench, text);
        if (spec->watch != cases[i].watch)
            fail_msg("%s: %d", cases[i].keys, spec->watch);
        bench_close(&bench);
    }
}

static void paths_count_from_the_folder_of_the_map(void **state)
{
    (void)state;
    static const struct {
        const char *map, *given, *meant;
    } cases[] = {
        { "/etc/m/app.map.json", "health.json", "/etc/m/health.json" },
        { "/etc/m/app.map.json", "/run/health.json", "/run/health.json" },
        { "zones/app.map.json", "../health.json", "zones/../health.json" },
        { "app.map.json", "health.json", "health.json" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        struct bench bench;
        snprintf(text, sizeof text, "{\"p\": {\"type\": \"file\", \"file\": \"%s\"}}",
                 cases[i].given);
        bench_read_at(&bench, cases[i].map, text);
        assert_int_equal(bench.status, STATUS_OK);
        assert_string_equal(bench.spec->file, cases[i].meant);
        bench_close(&bench);
    }
}

static void reads_the_gates_of_the_contract(void **state)
{
    (void)state;
    struct bench bench;
    const struct probe_spec *spec = read_good(
        &bench,
        "{\"p\": {\"type\": \"http\", \"damping\": false, \"gates\": ["
        "{\"metric\": \"error_rate\", \"window\": \"1m\", \"down\": 0.05, \"up\": 0.01,"
        " \"up_for\": \"5m\", \"min_samples\": 20},"
        "{\"metric\": \"latency_p95\", \"window\": \"1m\", \"down\": \"2s\", \"up\": \"500ms\"},"
        "{\"metric\": \"availability\", \"window\": \"10m\", \"down\": 0.99, \"up\": 0.999,"
        " \"up_for\": \"10m\", \"min_samples\": 100}]}}");
    assert_false(spec->damping);
    assert_int_equal(spec->gate_count, 3);
    const struct gate_rules *gates = spec->gates;
    assert_int_equal(gates[0].metric, GATE_ERROR_RATE);
    assert_true(gates[0].down == 0.05 && gates[0].up == 0.01);
    assert_int_equal(gates[0].window_ms, 60000);
    assert_int_equal(gates[0].up_for_ms, 300000);
    assert_int_equal(gates[0].min_samples, 20);
    assert_int_equal(gates[1].metric, GATE_LATENCY);
    assert_int_equal(gates[1].permille, 950);
    assert_true(gates[1].down == 2e6 && gates[1].up == 5e5);
    assert_int_equal(gates[1].up_for_ms, 0);
    assert_int_equal(gates[1].min_samples, 10);
    assert_int_equal(gates[2].metric, GATE_AVAILABILITY);
    bench_close(&bench);
}

static void a_gate_that_can_hardly_judge_is_warned_of(void **state)
{
    (void)state;
    struct bench bench;
    bench_read(&bench,
               "{\"p\": {\"type\": \"http\", \"interval\": \"10s\", \"gates\": ["
               "{\"metric\": \"error_rate\", \"window\": \"1m\", \"down\": 0.5, \"up\": 0.1}]}}");
    assert_int_equal(bench.status, STATUS_OK);
    assert_int_equal(report_warnings(bench.report), 1);
    assert_non_null(strstr(report_text(bench.report, 0), "p.gates[0]: a window holds about 6"));
    bench_close(&bench);
}

static void reads_none(void **state)
{
    (void)state;
    struct bench bench;
    assert_int_equal(read_good(&bench, "{\"p\": {\"type\": \"none\"}}")->type, PROBE_NONE);
    bench_close(&bench);
}

/* Each with everything that must be told, in order. */
static const struct {
    const char *probe;
    const char *told[4];
} mistakes[] = {
    { "7", { "m.json: p: expected an object, found a number" } },
    { "{}", { "m.json: p: a probe needs a 'type'" } },
    { "{\"typ\": \"http\"}",
      { "m.json: p: a probe needs a 'type'", "m.json: p.typ: unknown key, did you mean 'type'?" } },
    { "{\"type\": 1}", { "m.json: p.type: expected a string" } },
    { "{\"type\": \"htp\", \"prot\": 1}",
      { "m.json: p.type: unknown probe type 'htp', did you mean 'http'?",
        "m.json: p.prot: unknown key, did you mean 'port'?" } },
    { "{\"type\": \"carrier pigeon\"}",
      { "m.json: p.type: unknown probe type 'carrier pigeon', expected http, https, tcp, icmp, "
        "dns, exec, file or none" } },
    { "{\"type\": \"icmp\", \"port\": 7}",
      { "m.json: p.port: probes of type 'icmp' have no 'port'" } },
    { "{\"type\": \"dns\"}", { "m.json: p: needs a 'qname', the name to ask for" } },
    { "{\"type\": \"dns\", \"qname\": \"a..b\", \"qtype\": \"AX\"}",
      { "m.json: p.qname: 'a..b' is not a domain name: ",
        "m.json: p.qtype: 'AX' is not a record type" } },
    { "{\"type\": \"dns\", \"qname\": \".\", \"qtype\": \"ANY\", \"recursion\": 1}",
      { "m.json: p.qtype: ANY cannot be probed for", "m.json: p.recursion: expected true" } },
    { "{\"type\": \"dns\", \"qname\": \"a\", \"expect\": {\"rcode\": [\"OK\"], "
      "\"answer\": \"::1\"}}",
      { "m.json: p.expect.rcode[0]: 'OK' is not NOERROR",
        "m.json: p.expect.answer: '::1' is not the data of a record of type A" } },
    { "{\"type\": \"dns\", \"qname\": \"a\", \"expect\": {\"rcode\": [], \"anser\": true}}",
      { "m.json: p.expect.anser: unknown key, did you mean 'answer'?",
        "m.json: p.expect.rcode: the list is empty" } },
    { "{\"type\": \"exec\"}", { "m.json: p: needs a 'command'" } },
    { "{\"type\": \"exec\", \"command\": \"true\"}",
      { "m.json: p.command: expected a list of a program and its arguments" } },
    { "{\"type\": \"exec\", \"command\": []}",
      { "m.json: p.command: expected 1..16 words, found 0" } },
    { "{\"type\": \"exec\", \"command\": [\"a\", 1]}",
      { "m.json: p.command[1]: expected a string" } },
    { "{\"type\": \"file\"}", { "m.json: p: needs a 'file'" } },
    { "{\"type\": \"file\", \"file\": \"a\", \"timeout\": 1, \"max_age\": 0}",
      { "m.json: p.timeout: probes of type 'file' have no 'timeout'",
        "m.json: p.max_age: 0s is not in 1s..7d" } },
    { "{\"type\": \"file\", \"file\": \"a\", \"when_unknown\": \"maybe\"}",
      { "m.json: p.when_unknown: 'maybe' is not \"keep\", \"up\" or \"down\"" } },
    { "{\"type\": \"http\", \"watch\": 1}", { "m.json: p.watch: expected true or false" } },
    { "{\"type\": \"icmp\", \"watch\": true}",
      { "m.json: p.watch: probes of type 'icmp' have no 'watch'" } },
    { "{\"type\": \"http\", \"damping\": 3}", { "m.json: p.damping: expected true or false" } },
    { "{\"type\": \"http\", \"gates\": {}}", { "m.json: p.gates: expected a list of gates" } },
    { "{\"type\": \"http\", \"gates\": [{}]}",
      { "m.json: p.gates[0]: needs a 'metric'", "m.json: p.gates[0]: needs 'down'",
        "m.json: p.gates[0]: needs 'up'", "m.json: p.gates[0]: needs a 'window'" } },
    { "{\"type\": \"http\", \"gates\": [{\"metric\": \"latency_p100\", \"window\": \"1m\", "
      "\"down\": 1, \"up\": 1}]}",
      { "m.json: p.gates[0].metric: 'latency_p100' is not a metric" } },
    { "{\"type\": \"http\", \"gates\": [{\"metric\": \"error_rate\", \"window\": \"7h\", "
      "\"down\": \"2s\", \"up\": 1.5, \"min_samples\": 0}]}",
      { "m.json: p.gates[0].down: expected a number", "m.json: p.gates[0].up: 1.5 is not in 0..1",
        "m.json: p.gates[0].window: 7h is not in 1s..6h",
        "m.json: p.gates[0].min_samples: 0 is not in 1..1000000" } },
    { "{\"type\": \"http\", \"gates\": [{\"metric\": \"availability\", \"window\": \"1m\", "
      "\"down\": 0.99, \"up\": 0.9}]}",
      { "m.json: p.gates[0]: 'up' is worse than 'down'" } },
    { "{\"type\": \"tcp\", \"port\": 1, \"path\": \"/\", \"verify\": true}",
      { "m.json: p.path: probes of type 'tcp' have no 'path'",
        "m.json: p.verify: probes of type 'tcp' have no 'verify'" } },
    { "{\"type\": \"http\", \"verify\": true}",
      { "m.json: p.verify: probes of type 'http' have no 'verify'" } },
    { "{\"type\": \"http\", \"send\": \"x\"}",
      { "m.json: p.send: probes of type 'http' have no 'send'" } },
    { "{\"type\": \"none\", \"interval\": 2}",
      { "m.json: p.interval: probes of type 'none' have no 'interval'" } },
    { "{\"type\": \"http\", \"interval\": \"99ms\"}",
      { "m.json: p.interval: 99ms is not in 100ms..1h" } },
    { "{\"type\": \"http\", \"interval\": \"61m\"}", { "m.json: p.interval: 1h1m is not in" } },
    { "{\"type\": \"http\", \"timeout\": \"9ms\"}",
      { "m.json: p.timeout: 9ms is not in 10ms..1m" } },
    { "{\"type\": \"http\", \"timeout\": \"61s\"}", { "m.json: p.timeout: 1m1s is not in" } },
    { "{\"type\": \"http\", \"fall\": 0, \"rise\": 101}",
      { "m.json: p.fall: 0 is not in 1..100", "m.json: p.rise: 101 is not in 1..100" } },
    { "{\"type\": \"http\", \"port\": 0}", { "m.json: p.port: 0 is not in 1..65535" } },
    { "{\"type\": \"http\", \"port\": 65536}", { "m.json: p.port: 65536 is not in" } },
    { "{\"type\": \"http\", \"jitter\": 51}", { "m.json: p.jitter: 51 is not in 0..50" } },
    { "{\"type\": \"http\", \"jitter\": \"51%\"}", { "m.json: p.jitter: '51%' is not a jitter" } },
    { "{\"type\": \"http\", \"jitter\": \"10\"}", { "m.json: p.jitter: '10' is not a jitter" } },
    { "{\"type\": \"http\", \"jitter\": \"%\"}", { "m.json: p.jitter: '%' is not a jitter" } },
    { "{\"type\": \"http\", \"jitter\": \"-1%\"}", { "m.json: p.jitter: '-1%' is not a jitter" } },
    { "{\"type\": \"http\", \"jitter\": \"10%%\"}", { "m.json: p.jitter: '10%%' is not a" } },
    { "{\"type\": \"http\", \"path\": \"healthz\"}",
      { "m.json: p.path: 'healthz' does not begin with '/'" } },
    { "{\"type\": \"http\", \"path\": \"/a b\"}", { "m.json: p.path: spaces, '#'" } },
    { "{\"type\": \"http\", \"path\": \"/a\\r\\nX: y\"}", { "m.json: p.path: spaces, '#'" } },
    { "{\"type\": \"http\", \"path\": \"/a#b\"}", { "m.json: p.path: spaces, '#'" } },
    { "{\"type\": \"http\", \"path\": \"/\xc3\xa4\"}", { "m.json: p.path: spaces, '#'" } },
    { "{\"type\": \"http\", \"host\": \"a b\"}", { "m.json: p.host: 'a b' is not a host name" } },
    { "{\"type\": \"http\", \"host\": \"api.example:80\"}",
      { "m.json: p.host: 'api.example:80' is not a host name (a port is given by 'port')" } },
    { "{\"type\": \"http\", \"host\": \"a/b\"}", { "m.json: p.host: 'a/b' is not a host name" } },
    { "{\"type\": \"http\", \"host\": \"a..b\"}", { "m.json: p.host: 'a..b' is not a host name" } },
    { "{\"type\": \"http\", \"method\": \"GET /\"}",
      { "m.json: p.method: 'GET /' is not a method" } },
    { "{\"type\": \"http\", \"method\": \"CONNECT\"}", { "m.json: p.method: CONNECT asks" } },
    { "{\"type\": \"http\", \"headers\": [\"a: b\"]}",
      { "m.json: p.headers: expected an object" } },
    { "{\"type\": \"http\", \"headers\": {\"X\": \"a\\r\\nY: b\", \"Bad name\": \"x\"}}",
      { "m.json: p.headers.X: a header has no line breaks",
        "m.json: p.headers.Bad name: 'Bad name' is not a header name" } },
    { "{\"type\": \"http\", \"headers\": {\"host\": \"x\", \"Content-length\": \"3\"}}",
      { "m.json: p.headers.host: the Host header is given by the key 'host'",
        "m.json: p.headers.Content-length: this header is written by the probe itself" } },
    { "{\"type\": \"http\", \"expect\": \"ok\"}", { "m.json: p.expect: expected an object" } },
    { "{\"type\": \"http\", \"expect\": {\"stats\": 200}}",
      { "m.json: p.expect.stats: unknown key, did you mean 'status'?" } },
    { "{\"type\": \"http\", \"expect\": {\"status\": [99, 600, \"300-200\", true]}}",
      { "m.json: p.expect.status[0]: 99 is not in 100..599",
        "m.json: p.expect.status[1]: 600 is not in 100..599",
        "m.json: p.expect.status[2]: '300-200' is not a status",
        "m.json: p.expect.status[3]: expected a status" } },
    { "{\"type\": \"http\", \"expect\": {\"status\": [\"2xx\", \"200-\", \"-200\", \"200-299x\"]}}",
      { "m.json: p.expect.status[0]: '2xx' is not a status",
        "m.json: p.expect.status[1]: '200-' is not a status",
        "m.json: p.expect.status[2]: '-200' is not a status",
        "m.json: p.expect.status[3]: '200-299x' is not a status" } },
    { "{\"type\": \"http\", \"expect\": {\"status\": [\"2000\", \" 200\", \"200- 299\", \"\"]}}",
      { "m.json: p.expect.status[0]: '2000' is not a status",
        "m.json: p.expect.status[1]: ' 200' is not a status",
        "m.json: p.expect.status[2]: '200- 299' is not a status",
        "m.json: p.expect.status[3]: expected a string that is not empty" } },
    { "{\"type\": \"http\", \"expect\": {\"status\": []}}",
      { "m.json: p.expect.status: expected 1..8 statuses or ranges, found 0" } },
    { "{\"type\": \"http\", \"expect\": {\"status\": [200,201,202,203,204,205,206,207,208]}}",
      { "m.json: p.expect.status: expected 1..8 statuses or ranges, found 9" } },
    { "{\"type\": \"http\", \"expect\": {\"json\": {\"pointer\": \"status\", \"value\": [1]}}}",
      { "m.json: p.expect.json.value: expected a string, a number, true, false or null",
        "m.json: p.expect.json.pointer: 'status' is not a JSON pointer" } },
    { "{\"type\": \"http\", \"expect\": {\"json\": {\"pointer\": \"/a~2\"}}}",
      { "m.json: p.expect.json: needs a 'value'",
        "m.json: p.expect.json.pointer: '/a~2' is not a JSON pointer" } },
    { "{\"type\": \"http\", \"expect\": {\"json\": {\"value\": 1}}}",
      { "m.json: p.expect.json: needs a 'pointer'" } },
    { "{\"type\": \"http\", \"method\": \"HEAD\", \"expect\": {\"body\": \"ok\"}}",
      { "m.json: p.expect: a response to HEAD has no body" } },
    { "{\"type\": \"https\", \"verify\": \"no\"}", { "m.json: p.verify: expected true or false" } },
    { "{\"type\": \"tcp\", \"expect\": {\"status\": 200}, \"send\": 5}",
      { "m.json: p.send: expected a string", "m.json: p.expect: expected a string" } },
    { "{\"type\": \"tcp\", \"send\": \"a\\u0000b\"}",
      { "m.json: p.send: the string holds a NUL" } },
};

static void tells_every_mistake(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[512];
        snprintf(text, sizeof text, "{\"p\": %s}", mistakes[i].probe);
        struct bench bench;
        bench_read(&bench, text);
        if (bench.status == STATUS_OK || bench.spec != NULL)
            fail_msg("%s: accepted", text);
        size_t count = 0;
        while (count < 4 && mistakes[i].told[count] != NULL) {
            const char *told = mistakes[i].told[count];
            const char *found =
                count < report_count(bench.report) ? report_text(bench.report, count) : "nothing";
            if (strncmp(found, told, strlen(told)) != 0)
                fail_msg("%s: told '%s', not '%s'", text, found, told);
            count++;
        }
        if (report_mistakes(bench.report) != count)
            fail_msg("%s: told %zu mistakes", text, report_mistakes(bench.report));
        bench_close(&bench);
    }
}

static void too_many_headers_are_refused(void **state)
{
    (void)state;
    char text[1024] = "{\"p\": {\"type\": \"http\", \"headers\": {";
    for (unsigned i = 0; i <= PROBE_HEADERS; i++) {
        const size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s\"X-%u\": \"y\"", i == 0 ? "" : ", ", i);
    }
    strcat(text, "}}}");
    struct bench bench;
    bench_read(&bench, text);
    assert_int_equal(bench.status, STATUS_LIMIT);
    assert_string_equal(report_text(bench.report, 0),
                        "m.json: p.headers: 17 headers are over the limit of 16");
    bench_close(&bench);
}

static void the_port_comes_from_the_endpoint_the_probe_or_the_type(void **state)
{
    (void)state;
    static const struct {
        enum probe_type type;
        uint16_t probe_port, endpoint_port, port;
    } cases[] = {
        { PROBE_HTTP, 0, 0, 80 },         { PROBE_HTTPS, 0, 0, 443 },   { PROBE_TCP, 0, 0, 0 },
        { PROBE_HTTP, 8080, 0, 8080 },    { PROBE_TCP, 6379, 0, 6379 }, { PROBE_TCP, 0, 25, 25 },
        { PROBE_HTTP, 8080, 9090, 9090 }, { PROBE_NONE, 0, 80, 0 },     { PROBE_ICMP, 0, 80, 0 },
        { PROBE_DNS, 0, 0, 53 },          { PROBE_EXEC, 0, 80, 80 },    { PROBE_FILE, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct probe_spec spec = { .type = cases[i].type, .port = cases[i].probe_port };
        assert_int_equal(probe_spec_port(&spec, cases[i].endpoint_port), cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_little_and_means_the_defaults),
        cmocka_unit_test(reads_every_key_of_a_web_probe),
        cmocka_unit_test(reads_what_the_body_must_hold),
        cmocka_unit_test(reads_a_tcp_probe),
        cmocka_unit_test(reads_a_dns_probe),
        cmocka_unit_test(reads_an_exec_probe),
        cmocka_unit_test(reads_a_file_probe),
        cmocka_unit_test(paths_count_from_the_folder_of_the_map),
        cmocka_unit_test(whoever_asks_often_watches),
        cmocka_unit_test(reads_the_gates_of_the_contract),
        cmocka_unit_test(a_gate_that_can_hardly_judge_is_warned_of),
        cmocka_unit_test(reads_none),
        cmocka_unit_test(tells_every_mistake),
        cmocka_unit_test(too_many_headers_are_refused),
        cmocka_unit_test(the_port_comes_from_the_endpoint_the_probe_or_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
