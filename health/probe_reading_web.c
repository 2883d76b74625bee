#include "health/probe_reading.h"

#include <ctype.h>
#include <float.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static void read_path(struct probe_reading *reading)
{
    struct json_node node;
    if (!json_member(reading->object, "path", &node))
        return;
    const char *path = probe_reading_text(reading, &node);
    if (path == NULL)
        return;
    if (path[0] != '/') {
        probe_reading_note(reading,
                           json_error(&node, STATUS_SYNTAX, "'%s' does not begin with '/'", path));
        return;
    }
    for (const char *c = path; *c != '\0'; c++) {
        /* A request line knows neither; a fragment never leaves a client (RFC 9110 section 7.1). */
        if (!isgraph((unsigned char)*c) || *c == '#') {
            probe_reading_note(
                reading, json_error(&node, STATUS_SYNTAX,
                                    "spaces, '#' and octets beyond ASCII must be written as %%XX"));
            return;
        }
    }
    reading->spec->path = probe_reading_keep(reading, path);
}

static void read_method(struct probe_reading *reading)
{
    struct json_node node;
    if (!json_member(reading->object, "method", &node))
        return;
    const char *method = probe_reading_text(reading, &node);
    if (method == NULL)
        return;
    if (!is_token(method))
        probe_reading_note(reading,
                           json_error(&node, STATUS_SYNTAX, "'%s' is not a method", method));
    else if (strcmp(method, "CONNECT") == 0)
        probe_reading_note(reading,
                           json_error(&node, STATUS_MEANING, "CONNECT asks a proxy, not a target"));
    else
        reading->spec->method = probe_reading_keep(reading, method);
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

static void read_header(struct probe_reading *reading, const struct json_node *node)
{
    struct probe_spec *spec = reading->spec;
    const char *value = probe_reading_text(reading, node);
    const char *conflict = header_conflict(node->key);

    if (!is_token(node->key))
        probe_reading_note(reading,
                           json_error(node, STATUS_SYNTAX, "'%s' is not a header name", node->key));
    else if (conflict != NULL)
        probe_reading_note(reading, json_error(node, STATUS_MEANING, "%s", conflict));
    if (value == NULL)
        return;
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            probe_reading_note(reading,
                               json_error(node, STATUS_SYNTAX,
                                          "a header has no line breaks or control characters"));
            return;
        }
    }
    spec->headers[spec->header_count] = arena_format(reading->arena, "%s: %s", node->key, value);
    if (spec->headers[spec->header_count++] == NULL)
        probe_reading_no_memory(reading);
}

static void read_headers(struct probe_reading *reading)
{
    struct json_node headers, node;
    if (!json_member(reading->object, "headers", &headers))
        return;
    if (json_kind(&headers) != JSON_KIND_OBJECT) {
        probe_reading_note(reading, json_error(&headers, STATUS_SYNTAX,
                                               "expected an object of header names and values"));
        return;
    }
    if (json_count(&headers) > PROBE_HEADERS) {
        probe_reading_note(reading, json_error(&headers, STATUS_LIMIT,
                                               "%zu headers are over the limit of %d",
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

static void read_status(struct probe_reading *reading, const struct json_node *expect)
{
    struct json_node list, node;
    if (!json_member(expect, "status", &list))
        return;

    struct probe_spec *spec = reading->spec;
    spec->status_count = 0;
    if (json_kind(&list) != JSON_KIND_ARRAY) {
        probe_reading_note(reading, status_range_read(&list, &spec->status[spec->status_count++]));
        return;
    }
    const size_t count = json_count(&list);
    if (count == 0 || count > PROBE_STATUS_RANGES) {
        probe_reading_note(reading, json_error(&list, STATUS_LIMIT,
                                               "expected 1..%d statuses or ranges, found %zu",
                                               PROBE_STATUS_RANGES, count));
        return;
    }
    for (size_t i = 0; json_child(&list, i, &node); i++)
        probe_reading_note(reading, status_range_read(&node, &spec->status[spec->status_count++]));
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

static void read_scalar(struct probe_reading *reading, const struct json_node *node)
{
    struct probe_scalar *value = &reading->spec->json_value;
    const char *text;
    value->kind = json_kind(node);
    switch (value->kind) {
    case JSON_KIND_STRING:
        text = probe_reading_text(reading, node);
        value->text = text != NULL ? probe_reading_keep(reading, text) : NULL;
        return;
    case JSON_KIND_NUMBER:
        probe_reading_note(reading, json_get_real(node, -DBL_MAX, DBL_MAX, &value->number));
        return;
    case JSON_KIND_BOOL:
        probe_reading_note(reading, json_get_bool(node, &value->truth));
        return;
    case JSON_KIND_NULL:
        return;
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        probe_reading_note(reading, json_error(node, STATUS_SYNTAX,
                                               "expected a string, a number, true, false or null"));
        return;
    }
}

static void read_json_check(struct probe_reading *reading, const struct json_node *expect)
{
    static const char *const keys[] = { "pointer", "value", NULL };
    struct json_node check, node;
    if (!json_member(expect, "json", &check))
        return;
    const enum status status = json_expect_keys(&check, keys);
    probe_reading_note(reading, status);
    if (json_kind(&check) != JSON_KIND_OBJECT)
        return;

    if (json_member(&check, "value", &node))
        read_scalar(reading, &node);
    else
        probe_reading_note(reading, json_error(&check, STATUS_MEANING, "needs a 'value'"));

    if (!json_member(&check, "pointer", &node)) {
        probe_reading_note(reading, json_error(&check, STATUS_MEANING, "needs a 'pointer'"));
        return;
    }
    const char *pointer = probe_reading_text(reading, &node);
    if (pointer == NULL)
        return;
    if (is_json_pointer(pointer))
        reading->spec->json_pointer = probe_reading_keep(reading, pointer);
    else
        probe_reading_note(
            reading, json_error(&node, STATUS_SYNTAX,
                                "'%s' is not a JSON pointer like '/status' (RFC 6901)", pointer));
}

static void read_response(struct probe_reading *reading)
{
    static const char *const keys[] = { "status", "body", "json", NULL };
    struct json_node expect, node;
    if (!json_member(reading->object, "expect", &expect))
        return;
    probe_reading_note(reading, json_expect_keys(&expect, keys));
    if (json_kind(&expect) != JSON_KIND_OBJECT)
        return;

    read_status(reading, &expect);
    read_json_check(reading, &expect);
    if (json_member(&expect, "body", &node)) {
        const char *body = probe_reading_text(reading, &node);
        reading->spec->body = body != NULL ? probe_reading_keep(reading, body) : NULL;
    }
    if (reading->spec->method != NULL && strcmp(reading->spec->method, "HEAD") == 0 &&
        (reading->spec->body != NULL || reading->spec->json_pointer != NULL))
        probe_reading_note(reading,
                           json_error(&expect, STATUS_MEANING, "a response to HEAD has no body"));
}

void probe_web_read(struct probe_reading *reading)
{
    struct probe_spec *spec = reading->spec;
    struct json_node node;
    spec->path = "/";
    spec->method = "GET";
    spec->status[0] = (struct probe_status_range){ 200, 299 };
    spec->status_count = 1;
    spec->verify = true;

    read_path(reading);
    probe_host_read(reading);
    read_method(reading);
    read_headers(reading);
    read_response(reading);
    if (probe_reading_member(reading, "verify", 1u << PROBE_HTTPS, &node))
        probe_reading_note(reading, json_get_bool(&node, &spec->verify));
}
