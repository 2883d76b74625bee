#ifndef MERIDIAN_TOOLS_WRAP_H
#define MERIDIAN_TOOLS_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* The width that everything for people is made for. */
enum { WRAP_WIDTH = 80 };

/* Characters, not octets: continuation octets of UTF-8 take no room of their own. */
size_t wrap_text_width(const char *text);

/*
 * Prints the text as lines of at most WRAP_WIDTH characters, each behind
 * `indent` spaces. A line ends at a space, or else behind a comma; a word that
 * is longer than a line is not cut.
 */
void wrap_print(const char *text, unsigned indent, FILE *to);

#endif
