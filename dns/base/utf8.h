#ifndef MERIDIAN_BASE_UTF8_H
#define MERIDIAN_BASE_UTF8_H

#include <stddef.h>

/* The length of the well-formed UTF-8 sequence (RFC 3629 section 4) at `text`; 0 when it is none. */
size_t utf8_sequence(const char *text);

#endif
