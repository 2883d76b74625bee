#ifndef MERIDIAN_ZONES_RECORD_HEAD_H
#define MERIDIAN_ZONES_RECORD_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "zones/scanner.h"

/* The head of a record in a zone file: all that stands between owner and rdata. */
struct record_head {
    bool has_ttl;
    uint32_t ttl; /* seconds */
    uint16_t type;
};

enum { RECORD_TTL_MOST = INT32_MAX }; /* RFC 2181 section 8 */

/* A TTL in seconds or with units (1h30m); a bad one is told at `here`. */
enum status record_ttl_scan(const struct diag *here, const struct token *token, uint32_t *ttl)
    __attribute__((warn_unused_result));

/*
 * Reads TTL and class, either or both or none, in any order, and the type (RFC
 * 1035 section 5.1); *next is left at the rdata. A class other than IN and a
 * type that cannot stand in a zone are mistakes. On one, *head has what came
 * before it.
 */
enum status record_head_scan(const struct diag *diag, const struct token **next,
                             const struct token *end, struct record_head *head)
    __attribute__((warn_unused_result));

#endif
