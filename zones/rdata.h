#ifndef MERIDIAN_ZONES_RDATA_H
#define MERIDIAN_ZONES_RDATA_H

#include <stdint.h>

#include "dns/base/diag.h"
#include "zones/rrset.h"
#include "zones/scanner.h"

/*
 * Presentation form to wire form, for every type in use and by RFC 3597 ("\#")
 * for all. Strict: what is out of range, left over or missing is told at its
 * word, and nothing is ever bent to fit.
 */

/*
 * `tokens` are the rdata of one record (0 of them is an empty APL); names in it
 * are relative to `origin`. Fills out[RDATA_MAX_LEN] and *len; on failure `out`
 * holds anything. `diag` is the record's place; a word with a line of its own
 * is told there, unless `diag` has a path.
 */
enum status rdata_from_tokens(const struct diag *diag, uint16_t type, const struct token *tokens,
                              size_t count, const uint8_t *origin, uint8_t *out, uint16_t *len)
    __attribute__((warn_unused_result));

/* The same for a text in one line: map endpoints ("1 . alpn=h2"). Told at `diag` as it is. */
enum status rdata_from_text(const struct diag *diag, uint16_t type, const char *text,
                            const uint8_t *origin, uint8_t *out, uint16_t *len)
    __attribute__((warn_unused_result));

/*
 * Presentation form, for explain and status; NUL-terminated, cut at cap. Rdata that is not what
 * its type says is shown as "\# ...". Allocates, but not for addresses and the types that hold
 * nothing but a name: those a query may ask for. Returns `out`.
 */
enum { RDATA_TEXT = 1024 }; /* room enough for what people read; longer rdata is cut */
char *rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t len, char *out, size_t cap);

#endif
