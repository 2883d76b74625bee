#ifndef MERIDIAN_GEO_GAZETTEER_H
#define MERIDIAN_GEO_GAZETTEER_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/place.h"
#include "geo/record.h"

/*
 * Every distinct place that a set of databases knows. While it is gathered a
 * place is what records say, as they say it; equal ones share an id, and id 0
 * is the place of which nothing is known. Settling completes the places that
 * are in use (continent and centre of their country, also in the place of
 * coordinates that mean the whole country) and freezes them.
 * Thread: the loader; once frozen, any reader.
 */
struct gazetteer;

struct gazetteer *gazetteer_new(void); /* NULL when memory is out */
void gazetteer_free(struct gazetteer *gazetteer);

/* ---- gathering: these return STATUS_OK or STATUS_MEMORY, and tell nobody ---- */

enum status gazetteer_add(struct gazetteer *gazetteer, const struct record *record, uint32_t *id)
    __attribute__((warn_unused_result));

/* The place that says what `first` says and, where that is silent, what `second` says. */
enum status gazetteer_merge(struct gazetteer *gazetteer, uint32_t first, uint32_t second,
                            uint32_t *id) __attribute__((warn_unused_result));

/* The id that the place will have when frozen: small ids in the order of first asking. */
enum status gazetteer_settle(struct gazetteer *gazetteer, uint32_t id, uint32_t *settled)
    __attribute__((warn_unused_result));

/* Gives up everything that only gathering needs. No other call of this group may follow. */
enum status gazetteer_freeze(struct gazetteer *gazetteer) __attribute__((warn_unused_result));

/* ---- frozen ---------------------------------------------------------------- */

size_t gazetteer_count(const struct gazetteer *gazetteer); /* place 0 included */
const struct place *gazetteer_place(const struct gazetteer *gazetteer, uint32_t id);

#endif
