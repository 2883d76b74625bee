#include "dns/base/json_writer.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "dns/base/utf8.h"

/*
 * The open containers from the outermost in. Each is held by the one above it,
 * and the outermost value by `root`.
 */
struct json_writer {
    json_t *root;
    json_t *open[JSON_WRITER_DEPTH];
    unsigned depth;
    bool failed;
};

struct json_writer *json_writer_new(void)
{
    return calloc(1, sizeof(struct json_writer));
}

void json_writer_free(struct json_writer *writer)
{
    if (writer == NULL)
        return;
    json_decref(writer->root);
    free(writer);
}

/* A copy with U+FFFD for every octet that is part of no character. */
static char *utf8_copy(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    if (text == NULL)
        return NULL;
    const size_t len = strlen(text);
    char *copy = len < SIZE_MAX / 3 ? malloc(len * 3 + 1) : NULL;
    if (copy == NULL)
        return NULL;

    char *out = copy;
    for (const char *at = text; *at != '\0';) {
        const size_t octets = utf8_sequence(at);
        memcpy(out, octets != 0 ? at : replacement, octets != 0 ? octets : 3);
        out += octets != 0 ? octets : 3;
        at += octets != 0 ? octets : 1;
    }
    *out = '\0';
    return copy;
}

static bool put_member(json_t *object, const char *key, json_t *value)
{
    char *clean = utf8_copy(key);
    if (clean == NULL) {
        json_decref(value);
        return false;
    }
    const bool done = json_object_set_new_nocheck(object, clean, value) == 0;
    free(clean);
    return done;
}

/* Takes `value` (NULL when memory ran out) to the place that is open; false when it failed. */
static bool put(struct json_writer *writer, const char *key, json_t *value)
{
    if (writer == NULL || writer->failed) {
        json_decref(value);
        return false;
    }

    bool done = false;
    if (writer->depth == 0) {
        done = writer->root == NULL && value != NULL;
        if (done)
            writer->root = value;
        else
            json_decref(value);
    } else {
        json_t *into = writer->open[writer->depth - 1];
        done = json_is_object(into) ? put_member(into, key, value)
                                    : json_array_append_new(into, value) == 0;
    }
    writer->failed = !done;
    return done;
}

static void put_container(struct json_writer *writer, const char *key, json_t *container)
{
    if (!put(writer, key, container))
        return;
    if (writer->depth == JSON_WRITER_DEPTH) {
        writer->failed = true;
        return;
    }
    writer->open[writer->depth++] = container;
}

void json_put_object(struct json_writer *writer, const char *key)
{
    put_container(writer, key, json_object());
}

void json_put_array(struct json_writer *writer, const char *key)
{
    put_container(writer, key, json_array());
}

void json_end(struct json_writer *writer)
{
    if (writer == NULL || writer->failed)
        return;
    if (writer->depth == 0)
        writer->failed = true;
    else
        writer->depth--;
}

void json_put_string(struct json_writer *writer, const char *key, const char *value)
{
    char *clean = utf8_copy(value);
    put(writer, key, clean != NULL ? json_string_nocheck(clean) : NULL);
    free(clean);
}

void json_put_integer(struct json_writer *writer, const char *key, int64_t value)
{
    put(writer, key, json_integer(value));
}

void json_put_real(struct json_writer *writer, const char *key, double value)
{
    /* JSON has no word for an infinity or for what is no number. */
    const bool finite = __builtin_isfinite(value);
    put(writer, key, finite ? json_real(value) : json_null());
}

void json_put_bool(struct json_writer *writer, const char *key, bool value)
{
    put(writer, key, json_boolean(value));
}

void json_put_null(struct json_writer *writer, const char *key)
{
    put(writer, key, json_null());
}

char *json_writer_finish(struct json_writer *writer, int indent)
{
    if (writer == NULL)
        return NULL;
    char *text = NULL;
    if (!writer->failed && writer->depth == 0 && writer->root != NULL) {
        /* 15 digits bring back every decimal an operator wrote: 0.1, not 0.10000000000000001. */
        text = json_dumps(writer->root,
                          JSON_ENCODE_ANY | JSON_REAL_PRECISION(15) | JSON_INDENT((size_t)indent));
    }
    json_writer_free(writer);
    return text;
}
