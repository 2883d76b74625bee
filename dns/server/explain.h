#ifndef MERIDIAN_SERVER_EXPLAIN_H
#define MERIDIAN_SERVER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/json_writer.h"
#include "dns/proto/message.h"
#include "dns/server/client.h"
#include "health/prober.h"
#include "zones/lookup.h"
#include "zones/snapshot.h"

/*
 * Why a client gets its answer: the decision of lookup and choice, told step
 * by step. It calls what query_answer() calls and adds only words; the three
 * tellings (JSON, lines for people, TXT records) print the same steps.
 */
struct explain_request {
    const char *name;   /* presentation form, a final dot is optional */
    const char *type;   /* NULL: A for an IPv4 client, AAAA for an IPv6 one */
    const char *client; /* "192.0.2.1" (a source address) or "192.0.2.0/24" (as sent by ECS) */
};

/*
 * Writes members into the open object of `writer`; docs/explain.md tells them,
 * and a second program can replay the decision from them. False when the
 * request itself makes no sense; then only `error` is written. Reads the
 * databases again. `prober` knows since when targets are up or down; NULL:
 * that is not told. Thread: any inside a reading section.
 */
bool explain_json(const struct snapshot *snapshot, const struct explain_request *request,
                  struct prober *prober, struct json_writer *writer);

/* True for "_explain.NAME TXT IN" asked by somebody on the `explain` list. */
bool explain_is_asked(const struct message *query, const struct client *client,
                      const struct snapshot *snapshot);

enum { EXPLAIN_RDATA = 16384 };

/*
 * The steps as TXT rdata, one record a step in the layout of struct rrset:
 * fills `rdata` (EXPLAIN_RDATA octets) and *out. `query` must be one that
 * explain_is_asked() admits. False when NAME is in none of our zones.
 */
bool explain_txt(const struct message *query, const struct client *client,
                 const struct snapshot *snapshot, uint8_t *rdata, struct rrset *out);

#endif
