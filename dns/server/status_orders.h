#ifndef MERIDIAN_SERVER_STATUS_ORDERS_H
#define MERIDIAN_SERVER_STATUS_ORDERS_H

#include "dns/base/json_writer.h"
#include "dns/server/overview.h"

/*
 * The parts of the status document (status.h) that tell of orders and of what
 * comes of them. Both write members into the open object. Thread: main.
 */

/* "orders": [ORDER], "orders_unkept": why they are not on the disk, "journal". */
void status_orders_put(const struct overview *overview, struct json_writer *writer);

/* Of a region of a service: "states", and "order" when one counts there. */
void status_orders_put_region(const struct overview *overview, const struct service *service,
                              uint16_t region, struct json_writer *writer);

#endif
