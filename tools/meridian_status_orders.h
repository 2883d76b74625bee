#ifndef MERIDIAN_TOOLS_STATUS_ORDERS_H
#define MERIDIAN_TOOLS_STATUS_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dns/base/json.h"
#include "tools/meridian_grid.h"

/* What `meridian status` prints of orders and of what comes of them. */

/* The table of orders, and whether they and the journal are kept; nothing without any. */
bool status_orders_print(const struct json_node *status, uint64_t now_wall_ms, FILE *to);

/* "up" when all record types agree, else "A up, AAAA drained". */
void status_region_state(const struct json_node *region, char *out, size_t cap);

/* Below a region: whose word its state is, unless it is that of its probes. */
bool status_region_note(struct grid *grid, const struct json_node *region, uint64_t now_wall_ms);

#endif
