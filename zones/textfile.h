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

#endif
