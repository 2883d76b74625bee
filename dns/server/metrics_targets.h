#ifndef MERIDIAN_SERVER_METRICS_TARGETS_H
#define MERIDIAN_SERVER_METRICS_TARGETS_H

#include <stdbool.h>
#include <stdio.h>

#include "dns/server/overview.h"

/*
 * The part of the metrics that tells of probes: each target of the generation
 * once, its gates and its certificate. False when memory is out. Thread: as
 * metrics_text(), inside a reading section.
 */
bool metrics_targets_put(const struct overview *overview, const struct snapshot *snapshot,
                         FILE *out) __attribute__((warn_unused_result));

#endif
