#ifndef MERIDIAN_ZONES_RDATA_H
#define MERIDIAN_ZONES_RDATA_H

#include <stdint.h>

#include "dns/base/diag.h"
#include "zones/scanner.h"

/*
 * Presentation form to wire form, for every type that ldns knows and RFC 3597
 * for the others. Values that the library would bend silently (numbers too
 * large, over-long text, odd hex) are refused first, in words.
 */

enum { RDATA_MAX_LEN = 65535 };

/*
 * `tokens` are the rdata of one record (may be 0 of them, for "\# 0" types);
 * names in it are relative to `origin`. Fills out[RDATA_MAX_LEN] and *len.
 * `diag` is the record's place.
 */
enum status rdata_from_tokens(const struct diag *diag, uint16_t type, const struct token *tokens,
                              size_t count, const uint8_t *origin, uint8_t *out, uint16_t *len)
    __attribute__((warn_unused_result));

/* The same for a text in one line: map endpoints ("1 . alpn=h2"). */
enum status rdata_from_text(const struct diag *diag, uint16_t type, const char *text,
                            const uint8_t *origin, uint8_t *out, uint16_t *len)
    __attribute__((warn_unused_result));

/* Presentation form, for explain and status; NUL-terminated, cut at cap. Returns `out`. */
char *rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t len, char *out, size_t cap);

#endif
