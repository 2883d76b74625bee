#ifndef MERIDIAN_ZONES_TEXTFILE_H
#define MERIDIAN_ZONES_TEXTFILE_H

#include <stddef.h>

#include "dns/base/diag.h"

/*
 * Reads the whole regular file `path` into memory that the caller frees. What
 * fails is told at `place` as "PATH cannot be read: reason", or as "cannot be
 * read: reason" when the place is that file itself. Never blocks on a pipe.
 */
enum status textfile_read(const char *path, const struct diag *place, char **text, size_t *len)
    __attribute__((warn_unused_result));

/*
 * The octets `from` to `to` of such a text will not be read again: whole pages
 * of them go back to the system at once. They hold anything afterwards.
 */
void textfile_forget(char *text, size_t from, size_t to);

#endif
