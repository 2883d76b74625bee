#ifndef MERIDIAN_SERVER_STATUS_H
#define MERIDIAN_SERVER_STATUS_H

#include "dns/base/json_writer.h"
#include "dns/server/overview.h"

/*
 * The status document: what `meridian status --json` prints and /status serves.
 *
 *   { "version", "started", "generation", "since",
 *     "state": "good" | "mistakes" | "refused",   the last load, see "reloads"
 *     "reloads": { "good", "refused",
 *                  "last": { "at", "took_ms", "mistakes": [text], "warnings": [text] } },
 *     "databases": [ { "file", "type", "built", "nodes" } ],
 *     "zones": [ { "name", "state": "good" | "stale" | "broken", "serial", "records",
 *                  "mistakes": [text],
 *                  "services": [ { "name", "ttl", "route",
 *                    "regions": [ { "name", "health": { "A": HEALTH, ... },
 *                      "states": { "A": { "state": STATE, "since", "probes": HEALTH,
 *                                         "unsure", "withheld" }, ... },
 *                      "order": ORDER,       which counts there
 *                      "endpoints": [ { "type", "data", "weight", "health": HEALTH,
 *                                       "target", "since", "unsure",
 *                                       "last": { "at", "good", "took_ms", "reason" } } ]
 *                    } ] } ] } ],
 *     "orders": [ORDER],            of dns/server/order_json.h, the latest last
 *     "orders_unkept": text,        why they are not on the disk
 *     "journal": { "written", "lost", "failing" },
 *     "queries": { "udp4", "udp6", "tcp4", "tcp6" } }
 *
 * HEALTH is "up", "down" or "unknown" (not yet probed). Times are
 * "2026-11-21T06:30:00.123Z". What does not apply is left out: an endpoint
 * without a probe has no target, a region without a type of record no entry
 * for it. The region's health is what answers go by; STATE says whose word that
 * is: "up", "down" and "unknown" are the probes', counted against `min_up`;
 * "drained", "forced up" and "forced down" the operator's; "held up" is by
 * `max_down`. "withheld" is the part of its clients (0..1) that a region which
 * came back has yet to get.
 */

/* Writes the members into the open object. Thread: one that joined, outside a reading section. */
void status_write(const struct overview *overview, struct json_writer *writer);

/* An array of the report's messages of one severity; NULL has none. */
void status_put_messages(struct json_writer *writer, const char *key, const struct report *report,
                         enum severity severity);

#endif
