#ifndef MERIDIAN_BASE_LOG_H
#define MERIDIAN_BASE_LOG_H

#include "dns/base/diag.h"

/*
 * Lines to stderr for the operator: "level message", with the journald prefix
 * "<N>" when stderr is the journal. Each call site may write at most
 * LOG_BURST lines in a second; what is held back is counted and said later.
 * Never called from a query. Thread: any.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum { LOG_BURST = 20 };

void log_open(enum log_level most); /* lines above `most` are dropped; INFO until called */

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Every message of a report, mistakes as errors. Never held back. */
void log_report(const struct report *report);

#endif
