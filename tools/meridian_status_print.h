#ifndef MERIDIAN_TOOLS_STATUS_PRINT_H
#define MERIDIAN_TOOLS_STATUS_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dns/base/json.h"

/*
 * The status document (dns/server/status.h) for people: one line on the
 * daemon, what is in trouble, databases, zones, and a table for each
 * service. Times are told as ages at `now_wall_ms`. False when memory is out.
 */
bool status_print(const struct json_node *status, uint64_t now_wall_ms, FILE *to);

#endif
