#include "health/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct probe_spec web_spec(void)
{
    return (struct probe_spec){
        .name = "healthz",
        .type = PROBE_HTTP,
        .interval_ms = 2000,
        .timeout_ms = 1000,
        .fall = 3,
        .rise = 2,
        .jitter = 10,
        .port = 8080,
        .path = "/healthz",
        .method = "GET",
        .headers = { "X-A: 1" },
        .header_count = 1,
        .status = { { 200, 299 } },
        .status_count = 1,
        .json_pointer = "/s",
        .json_value = { .kind = JSON_KIND_NUMBER, .number = 1 },
        .verify = true,
    };
}

static struct address address_of(const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return address;
}

static const struct target *acquire(struct target_registry *registry, const struct probe_spec *spec,
                                    const char *address, uint16_t port, const char *host)
{
    const struct address at = address_of(address);
    const struct target *target = NULL;
    assert_int_equal(target_acquire(registry, spec, &at, port, host, &target), STATUS_OK);
    assert_non_null(target);
    return target;
}

static void what_is_asked_alike_is_one_target(void **state)
{
    (void)state;
    struct target_registry *registry = target_registry_new();
    const struct probe_spec spec = web_spec();
    const struct target *first = acquire(registry, &spec, "192.0.2.10", 0, NULL);

    /* Another map, another name for the probe, the port said by the endpoint: the same question. */
    struct probe_spec other = spec;
    char path[] = "/healthz";
    other.name = "again";
    other.path = path;
    other.port = 0;
    assert_ptr_equal(acquire(registry, &other, "192.0.2.10", 8080, NULL), first);
    other.host = NULL;
    assert_ptr_equal(acquire(registry, &spec, "192.0.2.10", 8080, NULL), first);
    assert_int_equal(target_count(registry), 1);
    assert_ptr_equal(target_at(registry, 0), first);
    target_registry_free(registry);
}

/* How a question is put; a row of `differences` changes one thing about it. */
struct question {
    struct probe_spec spec;
    const char *address, *host;
    uint16_t port;
};

#define DIFFERS(name, change)            \
    static void name(struct question *q) \
    {                                    \
        change;                          \
    }
DIFFERS(by_nothing, (void)q)
DIFFERS(by_type, q->spec.type = PROBE_HTTPS)
DIFFERS(by_interval, q->spec.interval_ms = 2001)
DIFFERS(by_timeout, q->spec.timeout_ms = 1001)
DIFFERS(by_fall, q->spec.fall = 4)
DIFFERS(by_rise, q->spec.rise = 3)
DIFFERS(by_jitter, q->spec.jitter = 11)
DIFFERS(by_path, q->spec.path = "/health")
DIFFERS(by_method, q->spec.method = "HEAD")
DIFFERS(by_host, q->spec.host = "a.example")
DIFFERS(by_host_of_the_endpoint, q->host = "b.example")
DIFFERS(by_port, q->spec.port = 8082)
DIFFERS(by_port_of_the_endpoint, q->port = 8081)
DIFFERS(by_address, q->address = "192.0.2.11")
DIFFERS(by_family, q->address = "2001:db8::1")
DIFFERS(by_header, q->spec.headers[0] = "X-A: 2")
DIFFERS(by_header_count, q->spec.header_count = 0)
DIFFERS(by_status, q->spec.status[0].most = 298)
DIFFERS(by_status_count, q->spec.status_count = 0)
DIFFERS(by_body, q->spec.body = "ok")
DIFFERS(by_pointer, q->spec.json_pointer = "/t")
DIFFERS(by_no_pointer, q->spec.json_pointer = NULL)
DIFFERS(by_number, q->spec.json_value.number = 2)
DIFFERS(by_value_kind, q->spec.json_value.kind = JSON_KIND_NULL)
DIFFERS(by_value_text, q->spec.json_value.text = "x")
DIFFERS(by_truth, q->spec.json_value.truth = true)
DIFFERS(by_verify, q->spec.verify = false)
DIFFERS(by_send, q->spec.send = "a")
DIFFERS(by_expect, q->spec.expect = "a")
DIFFERS(by_damping, q->spec.damping = true)
DIFFERS(by_watch, q->spec.watch = true)
DIFFERS(by_qname, q->spec.qname = "a.example")
DIFFERS(by_qtype, q->spec.qtype = 1)
DIFFERS(by_recursion, q->spec.recursion = true)
DIFFERS(by_rcodes, q->spec.rcodes = 1)
DIFFERS(by_has_answer, q->spec.has_answer = true)
DIFFERS(by_answer, q->spec.answer = "192.0.2.1")
DIFFERS(by_word, (q->spec.command[0] = "true", q->spec.command_count = 1))
DIFFERS(by_another_word, (q->spec.command[0] = "false", q->spec.command_count = 1))
DIFFERS(by_file, q->spec.file = "/run/a.json")
DIFFERS(by_max_age, q->spec.max_age_ms = 1000)
DIFFERS(by_silence, q->spec.silence = SILENCE_UP)
DIFFERS(by_region, q->spec.region = "helsinki-1")
DIFFERS(by_gate, q->spec.gate_count = 1)
DIFFERS(by_gates, q->spec.gate_count = 2)
DIFFERS(by_gate_metric, (q->spec.gate_count = 1, q->spec.gates[0].metric = GATE_LATENCY))
DIFFERS(by_gate_level, (q->spec.gate_count = 1, q->spec.gates[0].down = 0.5))
DIFFERS(by_gate_window, (q->spec.gate_count = 1, q->spec.gates[0].window_ms = 1))

static void (*const differences[])(struct question *) = {
    by_nothing,
    by_type,
    by_interval,
    by_timeout,
    by_fall,
    by_rise,
    by_jitter,
    by_path,
    by_method,
    by_host,
    by_host_of_the_endpoint,
    by_port,
    by_port_of_the_endpoint,
    by_address,
    by_family,
    by_header,
    by_header_count,
    by_status,
    by_status_count,
    by_body,
    by_pointer,
    by_no_pointer,
    by_number,
    by_value_kind,
    by_value_text,
    by_truth,
    by_verify,
    by_send,
    by_expect,
    by_damping,
    by_watch,
    by_qname,
    by_qtype,
    by_recursion,
    by_rcodes,
    by_has_answer,
    by_answer,
    by_word,
    by_another_word,
    by_file,
    by_max_age,
    by_silence,
    by_region,
    by_gate,
    by_gates,
    by_gate_metric,
    by_gate_level,
    by_gate_window,
};

/* Everything that can change a verdict or a schedule makes another target. */
static void every_difference_counts(void **state)
{
    (void)state;
    struct target_registry *registry = target_registry_new();
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        struct question question = { .spec = web_spec(), .address = "192.0.2.10" };
        differences[i](&question);
        acquire(registry, &question.spec, question.address, question.port, question.host);
        if (target_count(registry) != i + 1)
            fail_msg("difference %zu made no target of its own", i);
    }
    target_registry_free(registry);
}

static void text_of_the_map_cannot_feign_another_key(void **state)
{
    (void)state;
    struct target_registry *registry = target_registry_new();
    struct probe_spec one = { .type = PROBE_TCP, .port = 1, .send = "a expect=1:b" };
    struct probe_spec two = { .type = PROBE_TCP, .port = 1, .send = "a", .expect = "b" };
    acquire(registry, &one, "192.0.2.1", 0, NULL);
    acquire(registry, &two, "192.0.2.1", 0, NULL);
    assert_int_equal(target_count(registry), 2);
    target_registry_free(registry);
}

static void labels_are_for_people(void **state)
{
    (void)state;
    struct probe_spec web = web_spec(), tls = web_spec(), tcp = { .type = PROBE_TCP };
    tls.type = PROBE_HTTPS;
    tls.port = 0;
    tls.host = "api.example";
    const struct probe_spec icmp = { .type = PROBE_ICMP, .port = 80 };
    const struct probe_spec dns = { .type = PROBE_DNS, .qname = "app.example." };
    const struct probe_spec exec = { .type = PROBE_EXEC,
                                     .command = { "/opt/check", "-x" },
                                     .command_count = 2 };
    const struct probe_spec file = { .type = PROBE_FILE, .file = "/run/health.json" };
    const struct {
        const struct probe_spec *spec;
        const char *address;
        uint16_t port;
        const char *host, *label;
    } cases[] = {
        { &web, "192.0.2.10", 0, NULL, "http://192.0.2.10:8080/healthz" },
        { &web, "2001:db8::1", 81, NULL, "http://[2001:db8::1]:81/healthz" },
        { &tls, "192.0.2.10", 0, NULL, "https://192.0.2.10:443/healthz (api.example)" },
        { &tls, "192.0.2.10", 0, "b.example", "https://192.0.2.10:443/healthz (b.example)" },
        { &tcp, "192.0.2.10", 6379, "b.example", "tcp://192.0.2.10:6379" },
        { &icmp, "2001:db8::1", 80, NULL, "icmp://[2001:db8::1]" },
        { &dns, "192.0.2.10", 0, NULL, "dns://192.0.2.10:53/app.example." },
        { &exec, "192.0.2.10", 80, "b.example", "exec://192.0.2.10:80/check (b.example)" },
        { &file, "192.0.2.10", 0, "b.example", "file://192.0.2.10/health.json" },
    };
    struct target_registry *registry = target_registry_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct target *target =
            acquire(registry, cases[i].spec, cases[i].address, cases[i].port, cases[i].host);
        assert_string_equal(target->label, cases[i].label);
    }
    target_registry_free(registry);
}

static void ids_are_dense_and_used_again(void **state)
{
    (void)state;
    enum { MANY = 300 };
    struct target_registry *registry = target_registry_new();
    const struct probe_spec spec = web_spec();
    bool seen[MANY] = { false };
    for (uint16_t i = 0; i < MANY; i++) {
        const struct target *target =
            acquire(registry, &spec, "192.0.2.1", (uint16_t)(1000 + i), NULL);
        assert_in_range(target->id, 0, MANY - 1);
        assert_false(seen[target->id]);
        seen[target->id] = true;
    }
    const uint32_t middle = acquire(registry, &spec, "192.0.2.1", 1100, NULL)->id;
    target_release(registry, middle); /* one of two users: still there */
    assert_int_equal(target_count(registry), MANY);
    target_release(registry, middle);
    assert_int_equal(target_count(registry), MANY - 1);
    target_release(registry, middle); /* once too often: nothing happens */
    target_release(registry, 4711);
    target_release(registry, TARGET_NONE);
    assert_int_equal(target_count(registry), MANY - 1);

    for (size_t i = 0; i < target_count(registry); i++)
        assert_int_not_equal(target_at(registry, i)->port, 1100);
    assert_int_equal(acquire(registry, &spec, "192.0.2.9", 1, NULL)->id, middle);
    assert_int_equal(target_count(registry), MANY);
    target_registry_free(registry);
}

static void a_released_target_comes_back_as_a_new_one(void **state)
{
    (void)state;
    struct target_registry *registry = target_registry_new();
    const struct probe_spec spec = web_spec();
    for (int i = 0; i < 100; i++) {
        const struct target *target = acquire(registry, &spec, "192.0.2.1", 0, NULL);
        assert_int_equal(target->id, 0);
        target_release(registry, target->id);
        assert_int_equal(target_count(registry), 0);
    }
    target_registry_free(registry);
}

static void a_copy_shares_nothing(void **state)
{
    (void)state;
    struct target_registry *registry = target_registry_new();
    const struct probe_spec spec = web_spec();
    acquire(registry, &spec, "192.0.2.1", 1, NULL);
    const struct target *target = acquire(registry, &spec, "192.0.2.1", 0, "api.example");
    struct target *copy = target_copy(target);
    assert_non_null(copy);
    const uint32_t id = target->id;
    target_registry_free(registry); /* the sanitizer sees what still points there */

    assert_int_equal(copy->id, id);
    assert_int_equal(copy->port, 8080);
    assert_string_equal(copy->label, "http://192.0.2.1:8080/healthz (api.example)");
    assert_string_equal(copy->spec.name, "healthz");
    assert_string_equal(copy->spec.path, "/healthz");
    assert_string_equal(copy->spec.host, "api.example");
    assert_string_equal(copy->spec.method, "GET");
    assert_string_equal(copy->spec.headers[0], "X-A: 1");
    assert_string_equal(copy->spec.json_pointer, "/s");
    assert_non_null(strstr(copy->key, "/healthz"));
    target_free(copy);
    target_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_alike_is_one_target),
        cmocka_unit_test(every_difference_counts),
        cmocka_unit_test(text_of_the_map_cannot_feign_another_key),
        cmocka_unit_test(labels_are_for_people),
        cmocka_unit_test(ids_are_dense_and_used_again),
        cmocka_unit_test(a_released_target_comes_back_as_a_new_one),
        cmocka_unit_test(a_copy_shares_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
