#include "health/probe_spec.h"

#include <stdlib.h>
#include <string.h>

#include "health/icmp_socket.h"
#include "health/probe_reading.h"

/* ---- types and their keys ---- */

static const char *const type_names[] = {
    [PROBE_NONE] = "none", [PROBE_HTTP] = "http", [PROBE_HTTPS] = "https",
    [PROBE_TCP] = "tcp",   [PROBE_ICMP] = "icmp", [PROBE_DNS] = "dns",
    [PROBE_EXEC] = "exec", [PROBE_FILE] = "file", NULL,
};

static const char type_choice[] = "http, https, tcp, icmp, dns, exec, file or none";

static const char *const all_keys[] = {
    "type",    "interval",     "timeout", "fall",  "rise",      "jitter",  "damping",
    "gates",   "port",         "path",    "host",  "method",    "headers", "expect",
    "verify",  "send",         "qname",   "qtype", "recursion", "command", "file",
    "max_age", "when_unknown", "watch",   NULL,
};

static const struct {
    const char *key;
    unsigned types; /* the bits of those that have it */
} key_rules[] = {
    { "interval", ON_ALL },
    { "timeout", ON_ALL & ~(1u << PROBE_FILE) },
    { "fall", ON_ALL },
    { "rise", ON_ALL },
    { "jitter", ON_ALL },
    { "damping", ON_ALL },
    { "gates", ON_ALL },
    { "watch", ON_STREAM },
    { "port", ON_SERVICE | ON_LOCAL },
    { "expect", ON_SERVICE },
    { "path", ON_WEB },
    { "host", ON_WEB | 1 << PROBE_EXEC },
    { "method", ON_WEB },
    { "headers", ON_WEB },
    { "verify", 1 << PROBE_HTTPS },
    { "send", 1 << PROBE_TCP },
    { "qname", 1 << PROBE_DNS },
    { "qtype", 1 << PROBE_DNS },
    { "recursion", 1 << PROBE_DNS },
    { "command", 1 << PROBE_EXEC },
    { "file", 1 << PROBE_FILE },
    { "max_age", 1 << PROBE_FILE },
    { "when_unknown", 1 << PROBE_FILE },
};

static bool type_find(const char *word, enum probe_type *out)
{
    for (size_t type = 0; type_names[type] != NULL; type++) {
        if (strcmp(type_names[type], word) == 0) {
            *out = (enum probe_type)type;
            return true;
        }
    }
    return false;
}

static enum status tell_unknown_type(const struct json_node *node, const char *word)
{
    const char *near = json_suggest(word, type_names);
    if (near != NULL)
        return json_error(node, STATUS_MEANING, "unknown probe type '%s', did you mean '%s'?", word,
                          near);
    return json_error(node, STATUS_MEANING, "unknown probe type '%s', expected %s", word,
                      type_choice);
}

/* False when the type is not one we can ask by; then it is unknown which keys it may have. */
static bool read_type(struct probe_reading *reading)
{
    struct json_node node;
    const char *word;
    if (!json_member(reading->object, "type", &node)) {
        probe_reading_note(reading, json_error(reading->object, STATUS_MEANING,
                                               "a probe needs a 'type': %s", type_choice));
    } else if (json_get_string(&node, &word) != STATUS_OK) {
        probe_reading_note(reading, STATUS_SYNTAX);
    } else if (type_find(word, &reading->spec->type)) {
        return true;
    } else {
        probe_reading_note(reading, tell_unknown_type(&node, word));
    }
    probe_reading_note(reading, json_expect_keys(reading->object, all_keys));
    return false;
}

static void check_keys(struct probe_reading *reading)
{
    const struct json_node *object = reading->object;
    probe_reading_note(reading, json_expect_keys(object, all_keys));

    struct json_node node;
    for (size_t i = 0; i < sizeof key_rules / sizeof *key_rules; i++) {
        if ((key_rules[i].types & 1u << reading->spec->type) != 0)
            continue;
        if (json_member(object, key_rules[i].key, &node))
            probe_reading_note(reading,
                               json_error(&node, STATUS_MEANING, "probes of type '%s' have no '%s'",
                                          probe_type_name(reading->spec->type), key_rules[i].key));
    }
}

/* ---- small values ---- */

static void read_duration(struct probe_reading *reading, const char *key, uint64_t least_ms,
                          uint64_t most_ms, uint32_t *out)
{
    struct json_node node;
    uint64_t ms = *out;
    if (probe_reading_member(reading, key, ON_ALL, &node))
        probe_reading_note(reading, json_get_duration(&node, least_ms, most_ms, &ms));
    *out = (uint32_t)ms;
}

static uint16_t read_integer(struct probe_reading *reading, const char *key, uint16_t most,
                             uint16_t otherwise)
{
    struct json_node node;
    int64_t value = otherwise;
    if (probe_reading_member(reading, key, ON_ALL, &node))
        probe_reading_note(reading, json_get_integer(&node, 1, most, &value));
    return (uint16_t)value;
}

/* "10%" or a number of percent. */
static void read_jitter(struct probe_reading *reading)
{
    enum { JITTER_MOST = 50 };
    struct json_node node;
    if (!probe_reading_member(reading, "jitter", ON_ALL, &node))
        return;

    int64_t percent = 0;
    if (json_kind(&node) != JSON_KIND_STRING) {
        probe_reading_note(reading, json_get_integer(&node, 0, JITTER_MOST, &percent));
        reading->spec->jitter = (uint8_t)percent;
        return;
    }
    const char *word;
    const enum status status = json_get_string(&node, &word);
    probe_reading_note(reading, status);
    if (status != STATUS_OK)
        return;
    const size_t digits = strspn(word, "0123456789");
    if (digits == 0 || digits > 3 || strcmp(word + digits, "%") != 0 || atoi(word) > JITTER_MOST)
        probe_reading_note(reading,
                           json_error(&node, STATUS_SYNTAX,
                                      "'%s' is not a jitter of \"0%%\" to \"50%%\" of the interval",
                                      word));
    else
        reading->spec->jitter = (uint8_t)atoi(word);
}

static void read_damping(struct probe_reading *reading)
{
    struct json_node node;
    reading->spec->damping = true;
    if (probe_reading_member(reading, "damping", ON_ALL, &node))
        probe_reading_note(reading, json_get_bool(&node, &reading->spec->damping));
}

/* ---- icmp ---- */

/* Better refused now than never probed. */
static void read_icmp(struct probe_reading *reading)
{
    if (!icmp_socket_is_allowed())
        probe_reading_note(reading,
                           json_error(reading->object, STATUS_MEANING, "%s", icmp_socket_refusal));
}

/* ---- tcp ---- */

static void read_tcp(struct probe_reading *reading)
{
    struct json_node node;
    const char *text;
    if (json_member(reading->object, "send", &node) &&
        (text = probe_reading_text(reading, &node)) != NULL)
        reading->spec->send = probe_reading_keep(reading, text);
    if (json_member(reading->object, "expect", &node) &&
        (text = probe_reading_text(reading, &node)) != NULL)
        reading->spec->expect = probe_reading_keep(reading, text);
}

/* ---- a sentinel ---- */

/*
 * Who asks several times a second wants to know at once; who asks seldom spares
 * the target. Unasked, a sentinel stands only where a probe would notice that
 * the target serves one connection at a time, and where one failure by that
 * does no harm.
 */
static void read_watch(struct probe_reading *reading)
{
    enum { CLOSE_MS = 1000 };
    struct probe_spec *spec = reading->spec;
    struct json_node node;
    const bool hears = spec->type != PROBE_TCP || spec->expect != NULL;
    if ((1u << spec->type & ON_STREAM) == 0)
        return;
    spec->watch = hears && spec->interval_ms <= CLOSE_MS && spec->fall > 1;
    if (probe_reading_member(reading, "watch", ON_STREAM, &node))
        probe_reading_note(reading, json_get_bool(&node, &spec->watch));
}

/* ---- the whole ---- */

enum status probe_spec_parse(const struct json_node *node, const char *name, struct arena *arena,
                             struct probe_spec **out)
{
    enum { SECOND = 1000, HOUR = 3600 * SECOND };

    if (json_kind(node) != JSON_KIND_OBJECT)
        return json_expect_keys(node, all_keys);
    struct probe_spec *spec = ARENA_NEW(arena, struct probe_spec);
    if (spec == NULL)
        return json_error(node, STATUS_MEMORY, "out of memory");
    *spec = (struct probe_spec){ .interval_ms = 2 * SECOND, .timeout_ms = SECOND, .jitter = 10 };

    struct probe_reading reading = { .object = node, .spec = spec, .arena = arena };
    spec->name = probe_reading_keep(&reading, name);
    const bool known = read_type(&reading);
    if (known)
        check_keys(&reading);
    else
        spec->type = PROBE_TCP; /* whatever it was meant to be: these times and counts it has */

    read_duration(&reading, "interval", 100, HOUR, &spec->interval_ms);
    read_duration(&reading, "timeout", 10, 60 * SECOND, &spec->timeout_ms);
    /* Whoever writes a file has judged already. */
    spec->fall = (uint8_t)read_integer(&reading, "fall", 100, spec->type == PROBE_FILE ? 1 : 3);
    spec->rise = (uint8_t)read_integer(&reading, "rise", 100, spec->type == PROBE_FILE ? 1 : 2);
    spec->port = read_integer(&reading, "port", UINT16_MAX, 0);
    read_jitter(&reading);
    read_damping(&reading);
    probe_gates_read(&reading);
    if (!known)
        return reading.status;

    switch (spec->type) {
    case PROBE_HTTP:
    case PROBE_HTTPS:
        probe_web_read(&reading);
        break;
    case PROBE_TCP:
        read_tcp(&reading);
        break;
    case PROBE_ICMP:
        read_icmp(&reading);
        break;
    case PROBE_DNS:
        probe_dns_read(&reading);
        break;
    case PROBE_EXEC:
        probe_exec_read(&reading);
        break;
    case PROBE_FILE:
        probe_file_read(&reading);
        break;
    case PROBE_NONE:
        break;
    }
    read_watch(&reading);
    if (reading.status == STATUS_OK)
        *out = spec;
    return reading.status;
}
