#include "health/response.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/json.h"

static bool status_is_expected(const struct probe_spec *spec, long status)
{
    for (size_t i = 0; i < spec->status_count; i++) {
        if (status >= spec->status[i].least && status <= spec->status[i].most)
            return true;
    }
    return false;
}

/* One part of a pointer up to the next '/', with "~1" and "~0" undone (RFC 6901 section 4). */
static const char *part_take(const char *pointer, char *part)
{
    for (; *pointer != '\0' && *pointer != '/'; pointer++) {
        if (*pointer != '~') {
            *part++ = *pointer;
            continue;
        }
        pointer++;
        *part++ = *pointer == '1' ? '/' : '~';
    }
    *part = '\0';
    return pointer;
}

/* RFC 6901 section 4: digits without a leading zero. */
static bool index_parse(const char *part, size_t *index)
{
    const size_t len = strlen(part);
    if (len == 0 || len > 9 || strspn(part, "0123456789") != len || (part[0] == '0' && len > 1))
        return false;
    *index = strtoul(part, NULL, 10);
    return true;
}

static bool step(const struct json_node *from, const char *part, struct json_node *out)
{
    size_t index;
    if (json_kind(from) == JSON_KIND_ARRAY)
        return index_parse(part, &index) && json_child(from, index, out);
    return json_member(from, part, out);
}

/* `part` has room for the longest part of the pointer. */
static bool pointer_follow(const struct json_node *root, const char *pointer, char *part,
                           struct json_node *out)
{
    struct json_node here = *root, next;
    while (*pointer == '/') {
        pointer = part_take(pointer + 1, part);
        if (!step(&here, part, &next))
            return false;
        here = next;
        here.above =
            NULL; /* it stands for itself: `next` is soon another, and no path is spelled */
    }
    *out = here;
    return true;
}

static bool scalar_equals(const struct json_node *node, const struct probe_scalar *value)
{
    const char *text;
    double number;
    bool truth;
    if (json_kind(node) != value->kind)
        return false;
    switch (value->kind) {
    case JSON_KIND_STRING:
        return json_get_string(node, &text) == STATUS_OK && strcmp(text, value->text) == 0;
    case JSON_KIND_NUMBER:
        return json_get_real(node, value->number, value->number, &number) == STATUS_OK;
    case JSON_KIND_BOOL:
        return json_get_bool(node, &truth) == STATUS_OK && truth == value->truth;
    case JSON_KIND_NULL:
        return true;
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        break;
    }
    return false;
}

static void document_judge(const struct probe_spec *spec, const struct json_node *root,
                           struct probe_result *result)
{
    struct json_node found;
    char *part = malloc(strlen(spec->json_pointer) + 1);
    if (part == NULL) {
        probe_fail(result, "out of memory");
        result->inconclusive = true;
        return;
    }
    if (!pointer_follow(root, spec->json_pointer, part, &found))
        probe_fail(result, "the body has nothing at %s", spec->json_pointer);
    else if (!scalar_equals(&found, &spec->json_value))
        probe_fail(result, "the body has another value at %s", spec->json_pointer);
    free(part);
}

static void json_judge(const struct probe_spec *spec, const char *body, size_t len,
                       struct probe_result *result)
{
    /* Readers of JSON tell mistakes to a report; here a mistake is a failed probe and no more. */
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    struct json_doc *doc = NULL;
    const enum status status = report != NULL ? json_parse(body, len, &diag, &doc) : STATUS_MEMORY;

    if (status == STATUS_OK) {
        const struct json_node root = json_root(doc, &diag);
        document_judge(spec, &root, result);
    } else {
        probe_fail(result, "the body is not JSON");
        result->inconclusive = status == STATUS_MEMORY;
    }
    json_free(doc);
    report_free(report);
}

void response_judge(const struct probe_spec *spec, long status, const char *body, size_t len,
                    struct probe_result *result)
{
    if (!status_is_expected(spec, status)) {
        probe_fail(result, "HTTP %ld", status);
        return;
    }
    result->good = true;
    if (spec->body != NULL && memmem(body, len, spec->body, strlen(spec->body)) == NULL)
        probe_fail(result, "the body does not hold '%s'", spec->body);
    if (result->good && spec->json_pointer != NULL)
        json_judge(spec, body, len, result);
}
