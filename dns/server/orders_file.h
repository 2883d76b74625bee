#ifndef MERIDIAN_SERVER_ORDERS_FILE_H
#define MERIDIAN_SERVER_ORDERS_FILE_H

#include "dns/base/diag.h"
#include "dns/server/orders.h"

/*
 * The orders in the state folder, so that they survive a restart: the file
 * `orders.json`, { "version": 1, "orders": [ORDER, ...] } with orders as
 * order_json.h has them, in the order in which they came into force.
 *
 * How long an order holds is measured by the monotonic clock, so that a step of
 * the wall clock neither ends it early nor makes it hold for ever; across a
 * restart only the wall clock is there to ask. Thread: main.
 */
#define ORDERS_FILE "orders.json"

/* Blocks until it is on the disk. Why it failed is told to `diag`. */
enum status orders_file_write(const char *folder, struct orders *orders, const struct diag *diag)
    __attribute__((warn_unused_result));

/*
 * Puts what is in the file in force. Orders whose time is over are left out and
 * shown to `expired` (unless NULL). A file with mistakes is told to `report`, is
 * renamed for somebody to look at, and what is good in it counts all the same;
 * the status is then not STATUS_OK. No file, or no folder, is no mistake.
 */
enum status orders_file_read(const char *folder, uint64_t now_wall_ms, uint64_t now_ms,
                             struct report *report, struct orders *orders,
                             void (*expired)(void *context, const struct order *order),
                             void *context) __attribute__((warn_unused_result));

#endif
