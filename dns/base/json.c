#include "dns/base/json.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "dns/base/arena.h"
#include "dns/base/duration.h"

/* A configuration beyond this is a wrong file. */
enum { FILE_MOST = 256 * 1024 * 1024 };

/*
 * The document as the getters walk it: every container with its children in the order
 * of the file, so that child i is one step away; without "comment" members.
 */
struct value {
    const json_t *json;
    size_t count;
    struct value *items;
    const char **keys; /* of an object, beside the items */
    uint32_t *by_key;  /* of an object, indexes sorted by key */
};

struct json_doc {
    json_t *root;
    struct arena *arena;
    struct value top;
};

/* ---- reading ---- */

static int compare_keys(const void *a, const void *b, void *context)
{
    const char *const *keys = context;
    return strcmp(keys[*(const uint32_t *)a], keys[*(const uint32_t *)b]);
}

static bool value_build(struct arena *arena, const json_t *json, struct value *out);

static bool object_build(struct arena *arena, const json_t *json, struct value *out)
{
    const size_t size = json_object_size(json);
    out->items = ARENA_ARRAY(arena, struct value, size);
    out->keys = ARENA_ARRAY(arena, const char *, size);
    out->by_key = ARENA_ARRAY(arena, uint32_t, size);
    if (out->items == NULL || out->keys == NULL || out->by_key == NULL)
        return false;

    /* jansson iterates in the order of insertion, which is the order of the file. */
    json_t *object = (json_t *)json;
    const char *key;
    json_t *member;
    json_object_foreach(object, key, member)
    {
        if (strcmp(key, "comment") == 0)
            continue;
        if (!value_build(arena, member, &out->items[out->count]))
            return false;
        out->keys[out->count] = key;
        out->by_key[out->count] = (uint32_t)out->count;
        out->count++;
    }
    qsort_r(out->by_key, out->count, sizeof *out->by_key, compare_keys, out->keys);
    return true;
}

/* The depth of recursion is bounded by jansson's parser (2048). */
static bool value_build(struct arena *arena, const json_t *json, struct value *out)
{
    *out = (struct value){ .json = json };
    if (json_is_object(json))
        return object_build(arena, json, out);
    if (!json_is_array(json))
        return true;

    out->count = json_array_size(json);
    out->items = ARENA_ARRAY(arena, struct value, out->count);
    for (size_t i = 0; out->items != NULL && i < out->count; i++) {
        if (!value_build(arena, json_array_get(json, i), &out->items[i]))
            return false;
    }
    return out->items != NULL;
}

static enum status tell_syntax(const struct diag *diag, const json_error_t *error)
{
    if (json_error_code(error) == json_error_out_of_memory)
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    struct diag here = *diag;
    here.line = error->line > 0 ? (unsigned)error->line : 0;
    here.path = NULL;
    if (error->column > 0)
        return diag_error(&here, STATUS_SYNTAX, "%s (column %d)", error->text, error->column);
    return diag_error(&here, STATUS_SYNTAX, "%s", error->text);
}

enum status json_parse(const char *text, size_t len, const struct diag *diag, struct json_doc **out)
{
    *out = NULL;
    /* RFC 8259 section 8.1: a byte order mark may be ignored, and some editors leave one. */
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }

    json_error_t error;
    json_t *root =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (root == NULL)
        return tell_syntax(diag, &error);

    struct json_doc *doc = calloc(1, sizeof *doc);
    if (doc == NULL) {
        json_decref(root);
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    }
    doc->root = root;
    doc->arena = arena_new();
    if (doc->arena == NULL || !value_build(doc->arena, root, &doc->top)) {
        json_free(doc);
        return diag_error(diag, STATUS_MEMORY, "out of memory");
    }
    *out = doc;
    return STATUS_OK;
}

/* The whole file; on failure errno says why. The caller frees *out. */
static bool descriptor_read(int fd, char **out, size_t *out_len)
{
    char *text = NULL;
    size_t len = 0, cap = 0;
    for (;;) {
        if (len == cap) {
            cap = cap == 0 ? 16 * 1024 : cap * 2;
            char *more = realloc(text, cap);
            if (more == NULL)
                break;
            text = more;
        }
        const ssize_t got = read(fd, text + len, cap - len);
        if (got == 0) {
            *out = text;
            *out_len = len;
            return true;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        len += (size_t)got;
        if (len > FILE_MOST) {
            errno = EFBIG;
            break;
        }
    }
    free(text);
    return false;
}

enum status json_load(const struct diag *diag, struct json_doc **out)
{
    *out = NULL;
    /* Not blocking: a pipe in the place of a file is empty instead of a wait without end. */
    const int fd = open(diag->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return diag_error(diag, STATUS_IO, "cannot be read: %s", strerror(errno));

    char *text;
    size_t len;
    const bool done = descriptor_read(fd, &text, &len);
    const int reason = errno;
    close(fd);
    if (!done)
        return diag_error(diag, STATUS_IO, "cannot be read: %s", strerror(reason));

    const enum status status = json_parse(text, len, diag, out);
    free(text);
    return status;
}

void json_free(struct json_doc *doc)
{
    if (doc == NULL)
        return;
    arena_free(doc->arena);
    json_decref(doc->root);
    free(doc);
}

/* ---- places and their paths ---- */

struct json_node json_root(const struct json_doc *doc, const struct diag *diag)
{
    return (struct json_node){ .diag = diag, .value = &doc->top };
}

static const struct value *node_value(const struct json_node *node)
{
    return node->value;
}

/* Writes the path in front of `end`, from its last part to its first; `end` NULL only measures. */
static size_t path_write(const struct json_node *node, char *end)
{
    size_t total = 0;
    for (; node->above != NULL; node = node->above) {
        char index[24];
        const char *part = node->key;
        if (part == NULL) {
            snprintf(index, sizeof index, "[%zu]", node->index);
            part = index;
        }
        const size_t len = strlen(part);
        /* A dot in front of a key, except of the first one. */
        const bool dot = node->key != NULL && node->above->above != NULL;
        total += len + dot;
        if (end != NULL) {
            memcpy(end - total + dot, part, len);
            if (dot)
                end[-(ptrdiff_t)total] = '.';
        }
    }
    return total;
}

char *json_path(const struct json_node *node)
{
    const size_t len = path_write(node, NULL);
    char *path = malloc(len + 1);
    if (path == NULL)
        return NULL;
    path[len] = '\0';
    path_write(node, path + len);
    return path;
}

char *json_text(const struct json_node *node)
{
    return json_dumps(node_value(node)->json, JSON_COMPACT | JSON_ENCODE_ANY);
}

enum status json_error(const struct json_node *node, enum status status, const char *format, ...)
{
    char *path = json_path(node);
    struct diag here = *node->diag;
    here.path = path;
    here.line = 0;

    va_list arguments;
    va_start(arguments, format);
    diag_verror(&here, status, format, arguments);
    va_end(arguments);
    free(path);
    return status;
}

void json_warning(const struct json_node *node, const char *format, ...)
{
    char *path = json_path(node);
    struct diag here = *node->diag;
    here.path = path;
    here.line = 0;

    va_list arguments;
    va_start(arguments, format);
    diag_vwarning(&here, format, arguments);
    va_end(arguments);
    free(path);
}

enum json_kind json_kind(const struct json_node *node)
{
    switch (json_typeof(node_value(node)->json)) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_ARRAY;
    case JSON_STRING:
        return JSON_KIND_STRING;
    case JSON_INTEGER:
    case JSON_REAL:
        return JSON_KIND_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_KIND_BOOL;
    case JSON_NULL:
        break;
    }
    return JSON_KIND_NULL;
}

static enum status tell_kind(const struct json_node *node, const char *expected)
{
    static const char *const found[] = {
        [JSON_KIND_NULL] = "null",       [JSON_KIND_BOOL] = "true or false",
        [JSON_KIND_NUMBER] = "a number", [JSON_KIND_STRING] = "a string",
        [JSON_KIND_ARRAY] = "a list",    [JSON_KIND_OBJECT] = "an object",
    };
    return json_error(node, STATUS_SYNTAX, "expected %s, found %s", expected,
                      found[json_kind(node)]);
}

/* ---- objects and lists ---- */

bool json_member(const struct json_node *object, const char *key, struct json_node *out)
{
    const struct value *value = node_value(object);
    if (!json_is_object(value->json))
        return false;

    size_t least = 0, most = value->count;
    while (least < most) {
        const size_t middle = least + (most - least) / 2;
        const size_t index = value->by_key[middle];
        const int order = strcmp(key, value->keys[index]);
        if (order == 0)
            return json_child(object, index, out);
        if (order < 0)
            most = middle;
        else
            least = middle + 1;
    }
    return false;
}

size_t json_count(const struct json_node *node)
{
    return node_value(node)->count;
}

bool json_child(const struct json_node *node, size_t index, struct json_node *out)
{
    const struct value *value = node_value(node);
    if (index >= value->count)
        return false;
    *out = (struct json_node){
        .above = node,
        .diag = node->diag,
        .key = value->keys != NULL ? value->keys[index] : NULL,
        .index = index,
        .value = &value->items[index],
    };
    return true;
}

static bool is_listed(const char *word, const char *const *known)
{
    for (; *known != NULL; known++) {
        if (strcmp(word, *known) == 0)
            return true;
    }
    return false;
}

/* "a, b, c" into `out`, cut where the room ends. */
static void list_print(const char *const *known, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; known[i] != NULL; i++) {
        const int more = snprintf(out + len, cap - len, "%s%s", i == 0 ? "" : ", ", known[i]);
        if (more < 0 || (size_t)more >= cap - len)
            return;
        len += (size_t)more;
    }
}

static enum status tell_unknown_key(const struct json_node *member, const char *const *known)
{
    const char *near = json_suggest(member->key, known);
    if (near != NULL)
        return json_error(member, STATUS_MEANING, "unknown key, did you mean '%s'?", near);
    char list[512];
    list_print(known, list, sizeof list);
    if (list[0] == '\0')
        return json_error(member, STATUS_MEANING, "unknown key, none is expected here");
    return json_error(member, STATUS_MEANING, "unknown key, expected one of: %s", list);
}

enum status json_expect_keys(const struct json_node *object, const char *const *known)
{
    if (json_kind(object) != JSON_KIND_OBJECT)
        return tell_kind(object, "an object");

    enum status status = STATUS_OK;
    struct json_node member;
    for (size_t i = 0; json_child(object, i, &member); i++) {
        assert(member.key != NULL);
        if (!is_listed(member.key, known))
            status = tell_unknown_key(&member, known);
    }
    return status;
}

/* ---- getters ---- */

enum status json_get_string(const struct json_node *node, const char **out)
{
    const json_t *json = node_value(node)->json;
    if (!json_is_string(json))
        return tell_kind(node, "a string");
    const char *text = json_string_value(json);
    if (text[0] == '\0' && json_string_length(json) == 0)
        return json_error(node, STATUS_LIMIT, "expected a string that is not empty");
    if (strlen(text) != json_string_length(json))
        return json_error(node, STATUS_LIMIT, "the string holds a NUL character (\\u0000)");
    *out = text;
    return STATUS_OK;
}

enum status json_get_bool(const struct json_node *node, bool *out)
{
    const json_t *json = node_value(node)->json;
    if (!json_is_boolean(json))
        return tell_kind(node, "true or false");
    *out = json_is_true(json);
    return STATUS_OK;
}

enum status json_get_integer(const struct json_node *node, int64_t least, int64_t most,
                             int64_t *out)
{
    const json_t *json = node_value(node)->json;
    if (json_is_real(json))
        return json_error(node, STATUS_SYNTAX, "expected a whole number, found %.15g",
                          json_real_value(json));
    if (!json_is_integer(json))
        return tell_kind(node, "a whole number");
    const int64_t value = json_integer_value(json);
    if (value < least || value > most)
        return json_error(node, STATUS_LIMIT, "%lld is not in %lld..%lld", (long long)value,
                          (long long)least, (long long)most);
    *out = value;
    return STATUS_OK;
}

enum status json_get_real(const struct json_node *node, double least, double most, double *out)
{
    const json_t *json = node_value(node)->json;
    if (!json_is_number(json))
        return tell_kind(node, "a number");
    const double value = json_number_value(json);
    if (value < least || value > most)
        return json_error(node, STATUS_LIMIT, "%.15g is not in %.15g..%.15g", value, least, most);
    *out = value;
    return STATUS_OK;
}

static enum status duration_scan(const struct json_node *node, uint64_t *out_ms)
{
    static const char expected[] =
        "a duration like \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\" or a "
        "number of seconds";
    const json_t *json = node_value(node)->json;
    if (json_is_string(json)) {
        const char *text = json_string_value(json);
        if (strlen(text) != json_string_length(json) || !duration_parse(text, out_ms))
            return json_error(node, STATUS_SYNTAX, "'%s' is not %s", text, expected);
        return STATUS_OK;
    }
    if (!json_is_number(json))
        return tell_kind(node, expected);
    const double seconds = json_number_value(json);
    /* Over three million years: far from where milliseconds stop fitting. */
    if (seconds < 0 || seconds > 1e14)
        return json_error(node, STATUS_LIMIT, "%.15g is not %s", seconds, expected);
    *out_ms = (uint64_t)llround(seconds * 1000);
    return STATUS_OK;
}

enum status json_get_duration(const struct json_node *node, uint64_t least_ms, uint64_t most_ms,
                              uint64_t *out_ms)
{
    uint64_t ms = 0;
    const enum status status = duration_scan(node, &ms);
    if (status != STATUS_OK)
        return status;
    if (ms < least_ms || ms > most_ms) {
        char text[3][32];
        return json_error(node, STATUS_LIMIT, "%s is not in %s..%s",
                          duration_print(ms, text[0], sizeof text[0]),
                          duration_print(least_ms, text[1], sizeof text[1]),
                          duration_print(most_ms, text[2], sizeof text[2]));
    }
    *out_ms = ms;
    return STATUS_OK;
}
