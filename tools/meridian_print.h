#ifndef MERIDIAN_TOOLS_PRINT_H
#define MERIDIAN_TOOLS_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "dns/base/diag.h"
#include "dns/base/json_writer.h"
#include "tools/meridian_command.h"

/* What several commands print alike. */

/* Every mistake to `mistakes`, every warning to `warnings` with "warning: " before it. */
void print_report(const struct report *report, FILE *mistakes, FILE *warnings);

/* Members "mistakes" and "warnings", arrays of text, into the open object. */
void print_report_json(const struct report *report, struct json_writer *writer);

/* Finishes the writer onto stdout as one indented text. False when memory is out. */
bool print_json(struct json_writer *writer);

/* "1 mistake", "3 mistakes" */
enum { COUNTED_TEXT = 64 };
const char *print_counted(size_t count, const char *one, const char *many, char out[COUNTED_TEXT]);

/*
 * The command could not do its work, and the report says why: lines on stderr, or
 * {"ok":false,"error":...} on stdout. Gives ENDING_NO.
 */
enum ending print_failure(const struct report *report, bool json);

#endif
