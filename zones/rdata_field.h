#ifndef MERIDIAN_ZONES_RDATA_FIELD_H
#define MERIDIAN_ZONES_RDATA_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "zones/rrset.h"
#include "zones/scanner.h"

/*
 * Rdata in the making: the words not yet read, the octets already written.
 * Each field_...() reads the words of one field and writes its octets; what it
 * cannot take it tells, at the word. For the readers of zone files only.
 */
struct rdata_maker {
    const struct diag *diag; /* the record's place */
    const struct token *next;
    const struct token *end;
    const uint8_t *origin;
    uint8_t *out; /* RDATA_MAX_LEN octets */
    size_t len;
};

enum { FIELD_SHOWN = 60 }; /* octets of a word that a message shows */

/* Tells a mistake at a word (NULL: at the record). */
enum status maker_error(const struct rdata_maker *maker, const struct token *token,
                        enum status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "'12x' is not WHAT" with the word shortened. */
enum status maker_refuse(const struct rdata_maker *maker, const struct token *token,
                         const char *what);

/* The next word, which may not be quoted; NULL after telling that `what` is missing. */
const struct token *maker_word(struct rdata_maker *maker, const char *what);
/* The next word or quoted text. */
const struct token *maker_text(struct rdata_maker *maker, const char *what);

/* Room for `len` more octets; NULL after telling that the rdata is too long. */
uint8_t *maker_claim(struct rdata_maker *maker, size_t len);
enum status maker_put(struct rdata_maker *maker, const void *octets, size_t len);
enum status maker_put_number(struct rdata_maker *maker, uint32_t value, unsigned octets);

/* ---- words to values: silent, false when the word is something else ---- */

/* Decimal digits alone. */
bool text_number(const char *text, size_t len, uint32_t most, uint32_t *value);
/* Seconds, or numbers with units as in 1w2d3h4m5s; at most 2^32 - 1. */
bool text_period(const char *text, size_t len, uint32_t *seconds);
int hex_digit(char c); /* -1: none */
/* Resolves "\." and "\DDD"; `out` has `len` octets of room. False on a bad escape. */
bool text_unescape(const char *text, size_t len, uint8_t *out, size_t *out_len);

/* ---- fields ---- */

enum status field_number(struct rdata_maker *maker, unsigned octets); /* 1, 2 or 4 */
enum status field_period(struct rdata_maker *maker);
enum status field_name(struct rdata_maker *maker);
enum status field_ipv4(struct rdata_maker *maker);
enum status field_ipv6(struct rdata_maker *maker);
enum status field_string(struct rdata_maker *maker);      /* a character-string */
enum status field_strings(struct rdata_maker *maker);     /* one or more */
enum status field_long_text(struct rdata_maker *maker);   /* without a length */
enum status field_tag(struct rdata_maker *maker);         /* of CAA */
enum status field_algorithm(struct rdata_maker *maker);   /* of DNSSEC, number or mnemonic */
enum status field_certificate(struct rdata_maker *maker); /* the type of a CERT */
enum status field_type(struct rdata_maker *maker);
enum status field_time(struct rdata_maker *maker);
enum status field_types(struct rdata_maker *maker, bool may_be_empty); /* an NSEC bitmap */
enum status field_hex(struct rdata_maker *maker);                      /* all words that are left */
enum status field_base64(struct rdata_maker *maker);                   /* all words that are left */
enum status field_salt(struct rdata_maker *maker);
enum status field_hashed_owner(struct rdata_maker *maker);
enum status field_groups(struct rdata_maker *maker, unsigned count, char separator,
                         unsigned digits); /* hex groups: EUI-48, EUI-64, NID */

/* One word each, so that HIP can put them between lengths. */
enum status field_hex_words(struct rdata_maker *maker, size_t count);
enum status field_base64_words(struct rdata_maker *maker, size_t count);

/* ---- whole rdata of types that fit no pattern (rdata_special.c, rdata_loc.c, rdata_svcb.c) ---- */

enum status rdata_make_apl(struct rdata_maker *maker);
enum status rdata_make_wks(struct rdata_maker *maker);
enum status rdata_make_nsap(struct rdata_maker *maker);
enum status rdata_make_hip(struct rdata_maker *maker);
enum status rdata_make_ipseckey(struct rdata_maker *maker);
enum status rdata_make_amtrelay(struct rdata_maker *maker);
enum status rdata_make_loc(struct rdata_maker *maker);
enum status rdata_make_svcb(struct rdata_maker *maker);

/*
 * What is wrong with rdata in wire form, as a static sentence; NULL when it is
 * what its type says: fields complete, names whole, nothing left over. Types
 * that the tables do not know are opaque and always right.
 */
const char *rdata_check(uint16_t type, const uint8_t *rdata, size_t len);
const char *svcparams_check(const uint8_t *params, size_t len);

/*
 * How a type is written, one letter for each field (rdata_check.c has the key);
 * NULL: in no way but "\#".
 */
const char *rdata_form(uint16_t type);

#endif
