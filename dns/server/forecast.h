#ifndef MERIDIAN_SERVER_FORECAST_H
#define MERIDIAN_SERVER_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/server/outlook.h"
#include "zones/snapshot.h"

/*
 * Makes outlooks, one after the other, and keeps the prospects that they are
 * made of: one serves all services and types that route alike in the same
 * state of health, and it stays as long as some service is in that state.
 * Thread: the widener.
 */
struct forecast;

/*
 * What prospects may take together. Past it, services have the scopes of their
 * orderings: narrower, and as true.
 */
enum { FORECAST_PROSPECTS = 256, FORECAST_OCTETS = 256 << 20 };

struct forecast *forecast_new(void); /* NULL when memory is out */
/* No reader may be left. */
void forecast_free(struct forecast *forecast);

/*
 * Looks at the health of every service of the generation and puts an outlook
 * for it in the snapshot's slot; the one before is kept for readers until
 * forecast_forget(). Returns early, with what there is, when *ends becomes
 * true (NULL: never). Thread: between snapshot_enter() and snapshot_leave().
 */
void forecast_make(struct forecast *forecast, const struct snapshot *snapshot,
                   const _Atomic(bool) *ends);

/* Frees what the outlook in the slot does not use: after the last reader of the one before. */
void forecast_forget(struct forecast *forecast);

/* Prospects in use, for figures and tests. */
size_t forecast_count(const struct forecast *forecast);
size_t forecast_footprint(const struct forecast *forecast);

#endif
