#ifndef MERIDIAN_BASE_JSON_WRITER_H
#define MERIDIAN_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Builds one JSON text from the outside in. `key` names a member inside an
 * object and is NULL inside an array (and for the outermost value). When
 * memory runs out the writer stays failed and finish gives NULL; text that is
 * not UTF-8 is made so. Nesting at most JSON_WRITER_DEPTH.
 */
struct json_writer;

enum { JSON_WRITER_DEPTH = 64 };

struct json_writer *json_writer_new(void);
void json_writer_free(struct json_writer *writer);

void json_put_object(struct json_writer *writer, const char *key); /* until json_end() */
void json_put_array(struct json_writer *writer, const char *key);  /* until json_end() */
void json_end(struct json_writer *writer);
void json_put_string(struct json_writer *writer, const char *key, const char *value);
void json_put_integer(struct json_writer *writer, const char *key, int64_t value);
void json_put_real(struct json_writer *writer, const char *key, double value);
void json_put_bool(struct json_writer *writer, const char *key, bool value);
void json_put_null(struct json_writer *writer, const char *key);

/* The text, indented by `indent` spaces (0: one line). The caller frees it. Consumes the writer. */
char *json_writer_finish(struct json_writer *writer, int indent);

#endif
