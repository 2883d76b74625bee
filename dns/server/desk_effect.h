#ifndef MERIDIAN_SERVER_DESK_EFFECT_H
#define MERIDIAN_SERVER_DESK_EFFECT_H

#include "dns/base/json_writer.h"
#include "dns/server/desk_names.h"
#include "dns/server/orders.h"

/*
 * What a change of orders came to, as its author is told. To be asked when the
 * pool board of the generation already says so.
 */

/*
 * "touched": [ { "zone", "service", "region", "state", "order": ORDER } ], every
 * region of a service that the subject is about; the order is the one that
 * counts there now, and absent when none does.
 */
void desk_effect_put_touched(const struct snapshot *snapshot, struct orders *orders,
                             const struct order_subject *subject, struct json_writer *writer);

/*
 * Strings into the open array: services of which no region is left, and the
 * record types this is so for. At most DESK_TOLD of them, the rest as a number.
 */
enum { DESK_TOLD = 20 };
void desk_effect_put_all_down(const struct snapshot *snapshot, const struct order_subject *subject,
                              struct json_writer *writer);

/*
 * Other orders that decide what the subject is about, each once: those that an
 * order about it has to stand behind, or that remain when it has ended. At most
 * `cap`; gives how many.
 */
size_t desk_effect_others(const struct snapshot *snapshot, struct orders *orders,
                          const struct order_subject *subject, struct order *out, size_t cap);

#endif
