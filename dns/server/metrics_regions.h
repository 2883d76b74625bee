#ifndef MERIDIAN_SERVER_METRICS_REGIONS_H
#define MERIDIAN_SERVER_METRICS_REGIONS_H

#include <stdio.h>

#include "dns/server/overview.h"

/*
 * The parts of the metrics that tell of operators: how each region of a service
 * stands and which order counts there, and whether orders and the journal are
 * kept. Thread: as metrics_text(), the first inside a reading section.
 */
void metrics_regions_put(const struct overview *overview, const struct snapshot *snapshot,
                         FILE *out);
void metrics_orders_put(const struct overview *overview, FILE *out);

#endif
