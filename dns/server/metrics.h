#ifndef MERIDIAN_SERVER_METRICS_H
#define MERIDIAN_SERVER_METRICS_H

#include <stddef.h>

#include "dns/server/overview.h"

/*
 * The figures of the server as Prometheus text (exposition format 0.0.4).
 * NULL when memory is out; the caller frees it. Thread: one that joined,
 * outside a reading section.
 */
char *metrics_text(const struct overview *overview, size_t *len);

#endif
