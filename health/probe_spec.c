#include "health/probe_spec.h"

#include <ctype.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The entry that is being read, where its strings go, and whether all was well so far. */
struct reading {
    const struct json_node *object;
    struct probe_spec *spec;
    struct arena *arena;
    enum status status;
};

/* Remembers the first mistake; every one has been told. */
static void note(struct reading *reading, enum status status)
{
    if (reading->status == STATUS_OK)
        reading->status = status;
}

static void note_memory(struct reading *reading)
{
    note(reading, json_error(reading->object, STATUS_MEMORY, "out of memory"));
}

/* ---- types and their keys ---- */

static const struct {
    const char *name;
    enum probe_type type;
} types[] = {
    { "none", PROBE_NONE },
    { "http", PROBE_HTTP },
    { "https", PROBE_HTTPS },
    { "tcp", PROBE_TCP },
};

static const char *const type_names[] = { "http", "https", "tcp", "none", NULL };

/* In the contract, but not built: refused instead of taken for healthy. */
static const char *const later_types[] = { "icmp", "dns", "exec", "file", NULL };

const char *probe_type_name(enum probe_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].type == type)
            return types[i].name;
    }
    return "none";
}

static const char *const all_keys[] = {
    "type", "interval", "timeout", "fall",   "rise",   "jitter", "port",  "path",
    "host", "method",   "headers", "expect", "verify", "send",   "gates", NULL,
};

enum {
    ON_WEB = 1 << PROBE_HTTP | 1 << PROBE_HTTPS,
    ON_NET = ON_WEB | 1 << PROBE_TCP,
};

static const struct {
    const char *key;
    unsigned types; /* the bits of those that have it */
} key_rules[] = {
    { "interval", ON_NET },     { "timeout", ON_NET }, { "fall", ON_NET },
    { "rise", ON_NET },         { "jitter", ON_NET },  { "port", ON_NET },
    { "expect", ON_NET },       { "path", ON_WEB },    { "host", ON_WEB },
    { "method", ON_WEB },       { "headers", ON_WEB }, { "verify", 1 << PROBE_HTTPS },
    { "send", 1 << PROBE_TCP },
};

static bool type_find(const char *word, enum probe_type *out)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, word) == 0) {
            *out = types[i].type;
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
    return json_error(node, STATUS_MEANING,
                      "unknown probe type '%s', expected http, https, tcp or none", word);
}

static bool is_later_type(const char *word)
{
    for (size_t i = 0; later_types[i] != NULL; i++) {
        if (strcmp(later_types[i], word) == 0)
            return true;
    }
    return false;
}

/* False when the type is not one we can ask by; then it is unknown which keys it may have. */
static bool read_type(struct reading *reading)
{
    struct json_node node;
    const char *word;
    if (!json_member(reading->object, "type", &node)) {
        note(reading, json_error(reading->object, STATUS_MEANING,
                                 "a probe needs a 'type': http, https, tcp or none"));
    } else if (json_get_string(&node, &word) != STATUS_OK) {
        note(reading, STATUS_SYNTAX);
    } else if (type_find(word, &reading->spec->type)) {
        return true;
    } else if (is_later_type(word)) {
        note(reading,
             json_error(&node, STATUS_MEANING, "probe type '%s' is not available yet", word));
        return false;
    } else {
        note(reading, tell_unknown_type(&node, word));
    }
    note(reading, json_expect_keys(reading->object, all_keys));
    return false;
}

static void check_keys(struct reading *reading)
{
    const struct json_node *object = reading->object;
    note(reading, json_expect_keys(object, all_keys));

    struct json_node node;
    for (size_t i = 0; i < sizeof key_rules / sizeof *key_rules; i++) {
        if ((key_rules[i].types & 1u << reading->spec->type) != 0)
            continue;
        if (json_member(object, key_rules[i].key, &node))
            note(reading, json_error(&node, STATUS_MEANING, "probes of type '%s' have no '%s'",
                                     probe_type_name(reading->spec->type), key_rules[i].key));
    }
    if (json_member(object, "gates", &node))
        note(reading, json_error(&node, STATUS_MEANING, "'gates' are not available yet"));
}

/* ---- small values ---- */

static bool has(const struct reading *reading, const char *key, unsigned on_types,
                struct json_node *out)
{
    return (on_types & 1u << reading->spec->type) != 0 && json_member(reading->object, key, out);
}

static void read_duration(struct reading *reading, const char *key, uint64_t least_ms,
                          uint64_t most_ms, uint32_t *out)
{
    struct json_node node;
    uint64_t ms = *out;
    if (has(reading, key, ON_NET, &node))
        note(reading, json_get_duration(&node, least_ms, most_ms, &ms));
    *out = (uint32_t)ms;
}

static uint16_t read_integer(struct reading *reading, const char *key, uint16_t most,
                             uint16_t otherwise)
{
    struct json_node node;
    int64_t value = otherwise;
    if (has(reading, key, ON_NET, &node))
        note(reading, json_get_integer(&node, 1, most, &value));
    return (uint16_t)value;
}

/* "10%" or a number of percent. */
static void read_jitter(struct reading *reading)
{
    enum { JITTER_MOST = 50 };
    struct json_node node;
    if (!has(reading, "jitter", ON_NET, &node))
        return;

    int64_t percent = 0;
    if (json_kind(&node) != JSON_KIND_STRING) {
        note(reading, json_get_integer(&node, 0, JITTER_MOST, &percent));
        reading->spec->jitter = (uint8_t)percent;
        return;
    }
    const char *word;
    const enum status status = json_get_string(&node, &word);
    note(reading, status);
    if (status != STATUS_OK)
        return;
    const size_t digits = strspn(word, "0123456789");
    if (digits == 0 || digits > 3 || strcmp(word + digits, "%") != 0 || atoi(word) > JITTER_MOST)
        note(reading,
             json_error(&node, STATUS_SYNTAX,
                        "'%s' is not a jitter of \"0%%\" to \"50%%\" of the interval", word));
    else
        reading->spec->jitter = (uint8_t)atoi(word);
}

/* A string of the document, or NULL when it is no good string; that has been told then. */
static const char *read_text(struct reading *reading, const struct json_node *node)
{
    const char *text = NULL;
    note(reading, json_get_string(node, &text));
    return text;
}

/* Keeps a string for as long as the entry lives. */
static const char *keep(struct reading *reading, const char *text)
{
    const char *copy = arena_string(reading->arena, text);
    if (copy == NULL)
        note_memory(reading);
    return copy;
}

/* ---- http and https ---- */

/* RFC 9110 section 5.6.2 */
static bool is_token(const char *word)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (const char *c = word; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr(marks, *c) == NULL)
            return false;
    }
    return word[0] != '\0';
}

bool probe_host_is_valid(const char *host)
{
    enum { HOST_MOST = 253 };
    const size_t len = strlen(host);
    if (len == 0 || len > HOST_MOST || host[0] == '.' || strstr(host, "..") != NULL)
        return false;
    for (const char *c = host; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
            return false;
    }
    return true;
}

static void read_path(struct reading *reading)
{
    struct json_node node;
    if (!json_member(reading->object, "path", &node))
        return;
    const char *path = read_text(reading, &node);
    if (path == NULL)
        return;
    if (path[0] != '/') {
        note(reading, json_error(&node, STATUS_SYNTAX, "'%s' does not begin with '/'", path));
        return;
    }
    for (const char *c = path; *c != '\0'; c++) {
        /* A request line knows neither; a fragment never leaves a client (RFC 9110 section 7.1). */
        if (!isgraph((unsigned char)*c) || *c == '#') {
            note(reading,
                 json_error(&node, STATUS_SYNTAX,
                            "spaces, '#' and octets beyond ASCII must be written as %%XX"));
            return;
        }
    }
    reading->spec->path = keep(reading, path);
}

static void read_host(struct reading *reading)
{
    struct json_node node;
    if (!json_member(reading->object, "host", &node))
        return;
    const char *host = read_text(reading, &node);
    if (host == NULL)
        return;
    if (probe_host_is_valid(host))
        reading->spec->host = keep(reading, host);
    else
        note(reading, json_error(&node, STATUS_SYNTAX,
                                 "'%s' is not a host name (a port is given by 'port')", host));
}

static void read_method(struct reading *reading)
{
    struct json_node node;
    if (!json_member(reading->object, "method", &node))
        return;
    const char *method = read_text(reading, &node);
    if (method == NULL)
        return;
    if (!is_token(method))
        note(reading, json_error(&node, STATUS_SYNTAX, "'%s' is not a method", method));
    else if (strcmp(method, "CONNECT") == 0)
        note(reading, json_error(&node, STATUS_MEANING, "CONNECT asks a proxy, not a target"));
    else
        reading->spec->method = keep(reading, method);
}

/* What the probe itself writes; twice the same would be two meanings in one request. */
static const char *header_conflict(const char *name)
{
    static const char *const own[] = { "Content-Length", "Transfer-Encoding", "Connection" };
    if (strcasecmp(name, "Host") == 0)
        return "the Host header is given by the key 'host'";
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcasecmp(name, own[i]) == 0)
            return "this header is written by the probe itself";
    }
    return NULL;
}

static void read_header(struct reading *reading, const struct json_node *node)
{
    struct probe_spec *spec = reading->spec;
    const char *value = read_text(reading, node);
    const char *conflict = header_conflict(node->key);

    if (!is_token(node->key))
        note(reading, json_error(node, STATUS_SYNTAX, "'%s' is not a header name", node->key));
    else if (conflict != NULL)
        note(reading, json_error(node, STATUS_MEANING, "%s", conflict));
    if (value == NULL)
        return;
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            note(reading, json_error(node, STATUS_SYNTAX,
                                     "a header has no line breaks or control characters"));
            return;
        }
    }
    spec->headers[spec->header_count] = arena_format(reading->arena, "%s: %s", node->key, value);
    if (spec->headers[spec->header_count++] == NULL)
        note_memory(reading);
}

static void read_headers(struct reading *reading)
{
    struct json_node headers, node;
    if (!json_member(reading->object, "headers", &headers))
        return;
    if (json_kind(&headers) != JSON_KIND_OBJECT) {
        note(reading,
             json_error(&headers, STATUS_SYNTAX, "expected an object of header names and values"));
        return;
    }
    if (json_count(&headers) > PROBE_HEADERS) {
        note(reading, json_error(&headers, STATUS_LIMIT, "%zu headers are over the limit of %d",
                                 json_count(&headers), PROBE_HEADERS));
        return;
    }
    for (size_t i = 0; json_child(&headers, i, &node); i++)
        read_header(reading, &node);
}

/* ---- what is expected of a response ---- */

enum { STATUS_LEAST = 100, STATUS_MOST = 599 };

/* 204, "204" or "200-299" */
static enum status status_range_read(const struct json_node *node, struct probe_status_range *out)
{
    static const char expected[] = "a status 100..599 or a range like \"200-299\"";
    if (json_kind(node) == JSON_KIND_NUMBER) {
        int64_t code = 0;
        const enum status status = json_get_integer(node, STATUS_LEAST, STATUS_MOST, &code);
        *out = (struct probe_status_range){ (uint16_t)code, (uint16_t)code };
        return status;
    }
    if (json_kind(node) != JSON_KIND_STRING)
        return json_error(node, STATUS_SYNTAX, "expected %s", expected);

    const char *word;
    const enum status status = json_get_string(node, &word);
    if (status != STATUS_OK)
        return status;
    unsigned least = 0, most = 0;
    int end = 0;
    if (sscanf(word, "%3u%n", &least, &end) == 1 && isdigit((unsigned char)word[0])) {
        most = least;
        if (word[end] == '-' && isdigit((unsigned char)word[end + 1])) {
            int more = 0;
            sscanf(word + end + 1, "%3u%n", &most, &more);
            end += 1 + more;
        }
    }
    if (end == 0 || word[end] != '\0')
        return json_error(node, STATUS_SYNTAX, "'%s' is not %s", word, expected);
    if (least < STATUS_LEAST || most > STATUS_MOST || least > most)
        return json_error(node, STATUS_LIMIT, "'%s' is not %s", word, expected);
    *out = (struct probe_status_range){ (uint16_t)least, (uint16_t)most };
    return STATUS_OK;
}

static void read_status(struct reading *reading, const struct json_node *expect)
{
    struct json_node list, node;
    if (!json_member(expect, "status", &list))
        return;

    struct probe_spec *spec = reading->spec;
    spec->status_count = 0;
    if (json_kind(&list) != JSON_KIND_ARRAY) {
        note(reading, status_range_read(&list, &spec->status[spec->status_count++]));
        return;
    }
    const size_t count = json_count(&list);
    if (count == 0 || count > PROBE_STATUS_RANGES) {
        note(reading,
             json_error(&list, STATUS_LIMIT, "expected 1..%d statuses or ranges, found %zu",
                        PROBE_STATUS_RANGES, count));
        return;
    }
    for (size_t i = 0; json_child(&list, i, &node); i++)
        note(reading, status_range_read(&node, &spec->status[spec->status_count++]));
}

/* RFC 6901 section 3: '~' only as "~0" and "~1". */
static bool is_json_pointer(const char *text)
{
    if (text[0] != '/')
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '~' && c[1] != '0' && c[1] != '1')
            return false;
    }
    return true;
}

static void read_scalar(struct reading *reading, const struct json_node *node)
{
    struct probe_scalar *value = &reading->spec->json_value;
    const char *text;
    value->kind = json_kind(node);
    switch (value->kind) {
    case JSON_KIND_STRING:
        text = read_text(reading, node);
        value->text = text != NULL ? keep(reading, text) : NULL;
        return;
    case JSON_KIND_NUMBER:
        note(reading, json_get_real(node, -DBL_MAX, DBL_MAX, &value->number));
        return;
    case JSON_KIND_BOOL:
        note(reading, json_get_bool(node, &value->truth));
        return;
    case JSON_KIND_NULL:
        return;
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        note(reading,
             json_error(node, STATUS_SYNTAX, "expected a string, a number, true, false or null"));
        return;
    }
}

static void read_json_check(struct reading *reading, const struct json_node *expect)
{
    static const char *const keys[] = { "pointer", "value", NULL };
    struct json_node check, node;
    if (!json_member(expect, "json", &check))
        return;
    const enum status status = json_expect_keys(&check, keys);
    note(reading, status);
    if (json_kind(&check) != JSON_KIND_OBJECT)
        return;

    if (json_member(&check, "value", &node))
        read_scalar(reading, &node);
    else
        note(reading, json_error(&check, STATUS_MEANING, "needs a 'value'"));

    if (!json_member(&check, "pointer", &node)) {
        note(reading, json_error(&check, STATUS_MEANING, "needs a 'pointer'"));
        return;
    }
    const char *pointer = read_text(reading, &node);
    if (pointer == NULL)
        return;
    if (is_json_pointer(pointer))
        reading->spec->json_pointer = keep(reading, pointer);
    else
        note(reading, json_error(&node, STATUS_SYNTAX,
                                 "'%s' is not a JSON pointer like '/status' (RFC 6901)", pointer));
}

static void read_response(struct reading *reading)
{
    static const char *const keys[] = { "status", "body", "json", NULL };
    struct json_node expect, node;
    if (!json_member(reading->object, "expect", &expect))
        return;
    note(reading, json_expect_keys(&expect, keys));
    if (json_kind(&expect) != JSON_KIND_OBJECT)
        return;

    read_status(reading, &expect);
    read_json_check(reading, &expect);
    if (json_member(&expect, "body", &node)) {
        const char *body = read_text(reading, &node);
        reading->spec->body = body != NULL ? keep(reading, body) : NULL;
    }
    if (reading->spec->method != NULL && strcmp(reading->spec->method, "HEAD") == 0 &&
        (reading->spec->body != NULL || reading->spec->json_pointer != NULL))
        note(reading, json_error(&expect, STATUS_MEANING, "a response to HEAD has no body"));
}

static void read_web(struct reading *reading)
{
    struct probe_spec *spec = reading->spec;
    struct json_node node;
    spec->path = "/";
    spec->method = "GET";
    spec->status[0] = (struct probe_status_range){ 200, 299 };
    spec->status_count = 1;
    spec->verify = true;

    read_path(reading);
    read_host(reading);
    read_method(reading);
    read_headers(reading);
    read_response(reading);
    if (has(reading, "verify", 1u << PROBE_HTTPS, &node))
        note(reading, json_get_bool(&node, &spec->verify));
}

/* ---- tcp ---- */

static void read_tcp(struct reading *reading)
{
    struct json_node node;
    const char *text;
    if (json_member(reading->object, "send", &node) && (text = read_text(reading, &node)) != NULL)
        reading->spec->send = keep(reading, text);
    if (json_member(reading->object, "expect", &node) && (text = read_text(reading, &node)) != NULL)
        reading->spec->expect = keep(reading, text);
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

    struct reading reading = { .object = node, .spec = spec, .arena = arena };
    spec->name = keep(&reading, name);
    const bool known = read_type(&reading);
    if (known)
        check_keys(&reading);
    else
        spec->type = PROBE_TCP; /* whatever it was meant to be: these times and counts it has */

    read_duration(&reading, "interval", 100, HOUR, &spec->interval_ms);
    read_duration(&reading, "timeout", 10, 60 * SECOND, &spec->timeout_ms);
    spec->fall = (uint8_t)read_integer(&reading, "fall", 100, 3);
    spec->rise = (uint8_t)read_integer(&reading, "rise", 100, 2);
    spec->port = read_integer(&reading, "port", UINT16_MAX, 0);
    read_jitter(&reading);
    if (!known)
        return reading.status;

    switch (spec->type) {
    case PROBE_HTTP:
    case PROBE_HTTPS:
        read_web(&reading);
        break;
    case PROBE_TCP:
        read_tcp(&reading);
        break;
    case PROBE_NONE:
        break;
    }
    if (reading.status == STATUS_OK)
        *out = spec;
    return reading.status;
}

uint16_t probe_spec_port(const struct probe_spec *spec, uint16_t endpoint_port)
{
    if (spec->type == PROBE_NONE)
        return 0;
    if (endpoint_port != 0)
        return endpoint_port;
    if (spec->port != 0)
        return spec->port;
    if (spec->type == PROBE_HTTP)
        return 80;
    return spec->type == PROBE_HTTPS ? 443 : 0;
}
