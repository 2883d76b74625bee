#ifndef MERIDIAN_SERVER_ORDER_JSON_H
#define MERIDIAN_SERVER_ORDER_JSON_H

#include "dns/base/json.h"
#include "dns/base/json_writer.h"
#include "dns/server/orders.h"

/*
 * One order as a JSON object, as it is kept and as it is told:
 *
 *   { "order": "drain" | "up" | "down", "region": NAME or "tag": NAME, "service": NAME,
 *     "since": TIME, "until": TIME, "reason": TEXT, "author": TEXT }
 *
 * "service", "until", "reason" and "author" are left out where there is none.
 */
void order_json_put(struct json_writer *writer, const char *key, const struct order *order);

/* The reverse; tells every mistake at its node. `ends_ms` stays 0: the caller knows the clocks. */
enum status order_json_read(const struct json_node *node, struct order *out)
    __attribute__((warn_unused_result));

/*
 * Members "region" or "tag", and "service", which a request has too. Exactly
 * one of the first two must be there.
 */
enum status order_json_read_subject(const struct json_node *object, struct order_subject *out)
    __attribute__((warn_unused_result));

/*
 * A member that is a text of fewer than `cap` octets without control
 * characters, copied; absent: *out is empty.
 */
enum status order_json_read_text(const struct json_node *object, const char *key, char *out,
                                 size_t cap) __attribute__((warn_unused_result));

#endif
