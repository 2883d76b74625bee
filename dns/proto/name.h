#ifndef MERIDIAN_PROTO_NAME_H
#define MERIDIAN_PROTO_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/run.h"
#include "dns/proto/reader.h"

/*
 * Domain names in wire form (RFC 1035 section 3.1): length-prefixed labels
 * ending with the root's zero octet, uncompressed. Comparison ignores the case
 * of ASCII letters (RFC 4343); the case given is kept.
 *
 * A bare `const uint8_t *` name is a valid, complete wire name: whoever makes
 * one has checked it.
 */
enum {
    NAME_MAX_LEN = 255,    /* octets, the root's included */
    NAME_MAX_LABELS = 128, /* the root's included */
    LABEL_MAX_LEN = 63,
    NAME_TEXT = 1025 /* every octet as \DDD, dots, NUL */
};

/* Octets of a valid name, the root's included. */
size_t name_len(const uint8_t *name);
/* Labels of a valid name without the root: "." has 0, "www.example." has 2. */
unsigned name_labels(const uint8_t *name);

bool name_equal(const uint8_t *a, const uint8_t *b);
/* True also when they are equal. */
bool name_is_under(const uint8_t *name, const uint8_t *ancestor);
/* Octets of the longest ending that both have, the root's included: at least 1. */
size_t name_shared_len(const uint8_t *a, const uint8_t *b);
/* The name without its first label; the root stays the root. */
const uint8_t *name_parent(const uint8_t *name);
bool name_is_root(const uint8_t *name);
bool name_is_wildcard(const uint8_t *name); /* first label is exactly "*" */
/* Canonical order of RFC 4034 section 6.1: <0, 0, >0. */
int name_compare(const uint8_t *a, const uint8_t *b);

void name_lower(const uint8_t *name, uint8_t out[NAME_MAX_LEN]);
static inline uint8_t octet_lower(uint8_t octet)
{
    return (uint8_t)((unsigned)octet - 'A' < 26 ? octet | 0x20 : octet);
}

/*
 * Replaces the ending `from` of `name` by `to` (DNAME, RFC 6672 section 2.2).
 * False when the result is over 255 octets. `name` must be under `from`.
 */
bool name_rebase(const uint8_t *name, const uint8_t *from, const uint8_t *to,
                 uint8_t out[NAME_MAX_LEN]);

/* "*" in front of `name`; false when that is too long. */
bool name_wildcard(const uint8_t *name, uint8_t out[NAME_MAX_LEN]);

/*
 * A name from a message, which must stand uncompressed in the question
 * (pointers are refused). Fails the reader on a bad label or over 255 octets.
 * Returns it as it stands in the message, NULL on failure.
 */
const uint8_t *name_read(struct reader *reader);
/* Steps over a name that may be compressed, as in the other sections. */
void name_skip(struct reader *reader);
/*
 * The name at offset `at` of a message, pointers followed; each must lead to
 * before the label it follows, so this ends. False when it is cut off, has a
 * bad label or is over 255 octets; `out` holds rubbish then.
 */
bool name_expand(const uint8_t *message, size_t len, size_t at, uint8_t out[NAME_MAX_LEN]);

/*
 * Presentation form, RFC 1035 section 5.1: "\." and "\DDD" understood; a name
 * without a final dot is relative to `origin` (NULL: refused). "@" is no
 * special word here. On failure the reason is a static sentence for *why
 * (which may be NULL). `out` is written only on success.
 */
bool name_from_text(const char *text, size_t len, const uint8_t *origin, uint8_t out[NAME_MAX_LEN],
                    const char **why);
/* With the final dot; special and unprintable octets escaped. Returns `out`. */
char *name_to_text(const uint8_t *name, char out[NAME_TEXT]);
/* The same without the final dot, except for the root: as operators write zones. */
char *name_to_label_text(const uint8_t *name, char out[NAME_TEXT]);

/*
 * A name taken apart for looking up: lower-cased octets, where each label
 * starts, and one hash for each of its suffixes. Suffix 0 is the whole name,
 * suffix `labels` is the root. Hashes are chained from the root
 * (hash(suffix) = step(hash(parent suffix), label)), so name tables anywhere
 * agree on them.
 */
struct name_key {
    const uint8_t *name; /* it was made from, borrowed; case as given */
    uint8_t len;         /* octets */
    uint8_t labels;      /* without the root */
    uint8_t start[NAME_MAX_LABELS];  /* offset of each suffix in `lower` */
    uint8_t lower[NAME_MAX_LEN + 8]; /* whole words can be read at every label */
    uint32_t hash[NAME_MAX_LABELS];  /* hash of each suffix */
};

void name_key_init(struct name_key *key, const uint8_t *name);

/*
 * name_read() and name_key_init() in one walk: the key of a name that stands
 * uncompressed at `octets`, of which there are `left`. Returns the octets of
 * the name; 0 on failure, and the key holds rubbish then.
 */
size_t name_key_read(struct name_key *key, const uint8_t *octets, size_t left);

/* The chain that name_key_init() uses, for whoever builds a table of names. */
uint32_t name_hash(const uint8_t *name);
uint32_t name_hash_root(void);
/* `label` points to the length octet; letters of any case. */
uint32_t name_hash_step(uint32_t parent, const uint8_t *label);

/* True when the `len` octets of `name` are `lower` in any case; the latter is in lower case. */
bool name_is_lower(const uint8_t *name, const uint8_t *lower, size_t len);
/* True when suffix `index` of `key` is `name` (any case), which has `len` octets. */
static inline bool name_key_is(const struct name_key *key, unsigned index, const uint8_t *name,
                               size_t len)
{
    const uint8_t *suffix = key->lower + key->start[index];
    /* Most names are equal to the letter, or not equal at all. */
    return (size_t)(key->lower + key->len - suffix) == len &&
           (run_same(suffix, name, len) || name_is_lower(name, suffix, len));
}

#endif
