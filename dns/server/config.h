#ifndef MERIDIAN_SERVER_CONFIG_H
#define MERIDIAN_SERVER_CONFIG_H

#include <stddef.h>

#include "dns/base/diag.h"
#include "dns/server/config_value.h"

/*
 * Reads `file`. Every mistake is told to `report` as "file: path: message".
 * *out is NULL only when the text cannot be read at all or memory is out; with
 * other mistakes it holds what was good and defaults for the rest, so that a
 * checker can go on to the zones. The status is STATUS_OK only without mistakes.
 */
enum status config_load(const char *file, struct report *report, struct config **out)
    __attribute__((warn_unused_result));
void config_free(struct config *config);

/* $MERIDIAN_CONFIG, else where an installed server looks. */
const char *config_default_path(void);

/*
 * The first key that differs and that only a start can change ("listen"); NULL
 * when none does. `from` 0 asks from the beginning; *from goes on behind it.
 */
const char *config_needs_restart(const struct config *now, const struct config *next, size_t *from);

#endif
