#ifndef MERIDIAN_BASE_JSON_H
#define MERIDIAN_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"

/*
 * A read-only JSON document with getters that name the path of a mistake:
 * "file: services.api.ttl: ...". Duplicate keys are refused. The only module
 * beside json_writer that knows the JSON library.
 */
struct json_doc;

/*
 * Reads the file `diag->file`. Syntax errors are reported as
 * "file:line: message". On STATUS_OK *out belongs to the caller.
 */
enum status json_load(const struct diag *diag, struct json_doc **out)
    __attribute__((warn_unused_result));
enum status json_parse(const char *text, size_t len, const struct diag *diag, struct json_doc **out)
    __attribute__((warn_unused_result));
void json_free(struct json_doc *doc);

/*
 * A place in the document: a small value on the caller's stack. It points to
 * the node above it (NULL at the root), from which its path is spelled when a
 * mistake is told; so the node above must outlive it. `key` is NULL for an
 * array element. `value` is private to json.c.
 */
struct json_node {
    const struct json_node *above;
    const struct diag *diag;
    const char *key;
    size_t index;
    const void *value;
};

/* Where a mistake at the root is told: `diag` must outlive every node. */
struct json_node json_root(const struct json_doc *doc, const struct diag *diag);

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};
enum json_kind json_kind(const struct json_node *node);

/*
 * Tells every key of the object that is not in `known` (NULL-terminated), with
 * a suggestion when one is near; "comment" is allowed anywhere. Also tells
 * when the node is no object at all.
 */
enum status json_expect_keys(const struct json_node *object, const char *const *known);

/* Member by key: false when absent (nothing is told) or when `object` is no object. */
bool json_member(const struct json_node *object, const char *key, struct json_node *out);

/* Members of an object (in the order of the file, "comment" skipped) or elements of an array. */
size_t json_count(const struct json_node *node);
bool json_child(const struct json_node *node, size_t index, struct json_node *out);

/*
 * Getters: on a wrong kind or range they tell so and leave *out alone.
 * Strings are borrowed from the document. json_get_string refuses an empty
 * string and one with a NUL octet inside.
 */
enum status json_get_string(const struct json_node *node, const char **out);
enum status json_get_bool(const struct json_node *node, bool *out);
enum status json_get_integer(const struct json_node *node, int64_t least, int64_t most,
                             int64_t *out);
enum status json_get_real(const struct json_node *node, double least, double most, double *out);

/* "250ms", "10s", "5m", "2h", "1d" or a number of seconds, as milliseconds in least..most. */
enum status json_get_duration(const struct json_node *node, uint64_t least_ms, uint64_t most_ms,
                              uint64_t *out_ms);

/* Records a mistake or a warning at this node. */
enum status json_error(const struct json_node *node, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void json_warning(const struct json_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The place as a mistake names it, "services.api.endpoints.helsinki-1.A[1]" (keys stand as
 * they are), and the value as one line of JSON. The caller frees them; NULL: no memory.
 */
char *json_path(const struct json_node *node);
char *json_text(const struct json_node *node);

/* The nearest of `known` (NULL-terminated) to `word`, for "did you mean"; NULL when none is near. */
const char *json_suggest(const char *word, const char *const *known);

#endif
