#ifndef MERIDIAN_TOOLS_TOLD_H
#define MERIDIAN_TOOLS_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/json.h"

/*
 * Members of what the daemon said, for printing. A daemon of another version
 * may leave one out or give it another kind: then it reads as nothing, and
 * printing goes on.
 */
const char *told_text(const struct json_node *object, const char *key); /* "" for nothing */
uint64_t told_number(const struct json_node *object, const char *key);  /* 0 for nothing */
double told_real(const struct json_node *object, const char *key);      /* 0 for nothing */
bool told_bool(const struct json_node *object, const char *key);        /* false for nothing */

/* A list's element, or a member already found: its text, "" when it is none. */
const char *told_word(const struct json_node *node);

/* "2026-11-21T06:30:00.123Z" as milliseconds since 1970; 0 for nothing. */
uint64_t told_time(const struct json_node *object, const char *key);

#endif
