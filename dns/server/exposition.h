#ifndef MERIDIAN_SERVER_EXPOSITION_H
#define MERIDIAN_SERVER_EXPOSITION_H

#include <stddef.h>
#include <stdio.h>

/* The text format that Prometheus reads (exposition format 0.0.4). */

/* Room for a name of 1024 octets with every one escaped, and its NUL. */
enum { EXPOSITION_LABEL = 2100 };

/* The lines that stand above all samples of one metric; `type` is "counter" or "gauge". */
void exposition_head(FILE *out, const char *name, const char *type, const char *help);

/*
 * Writes `text` with backslash, quote and newline escaped, as a label's value
 * wants it, and '?' for every octet that is no UTF-8: one of those would cost
 * all metrics. What does not fit is left out.
 */
char *exposition_label(const char *text, char *out, size_t cap);

#endif
