#include "dns/proto/name.h"

#include <assert.h>
#include <string.h>

/*
 * Length octets are at most 63 and so never look like a letter: a whole wire
 * name can be lower-cased, compared and hashed as one flat run of octets. Eight
 * of them fit in a word; the last, partial word of a run overlaps the one
 * before it, so that nothing is ever read or written beyond the run.
 */
_Static_assert(LABEL_MAX_LEN < 'A', "a length octet must not change with the case");

/* Sets bit 5 of each octet that is an ASCII capital; the other octets stay. */
static uint64_t word_lower(uint64_t word)
{
    const uint64_t each = 0x0101010101010101u;
    const uint64_t seven_bits = word & each * 0x7f;
    const uint64_t from_a = seven_bits + each * (0x80 - 'A');
    const uint64_t beyond_z = seven_bits + each * (0x80 - 'Z' - 1);
    const uint64_t capitals = from_a & ~beyond_z & ~word & each * 0x80;
    return word | capitals >> 2;
}

static void word_lower_into(uint8_t *out, const uint8_t *octets)
{
    const uint64_t word = word_lower(run_word(octets));
    memcpy(out, &word, sizeof word);
}

/* Sixteen octets at once, as most processors have them. */
typedef uint8_t octets16 __attribute__((vector_size(16)));

static inline void sixteen_lower_into(uint8_t *out, const uint8_t *octets)
{
    octets16 sixteen;
    memcpy(&sixteen, octets, sizeof sixteen);
    sixteen |= (octets16)(sixteen - 'A' < 26) & 0x20;
    memcpy(out, &sixteen, sizeof sixteen);
}

static inline void octets_lower(uint8_t *out, const uint8_t *octets, size_t len)
{
    if (len >= 16) {
        for (size_t i = 0; i + 16 < len; i += 16)
            sixteen_lower_into(out + i, octets + i);
        sixteen_lower_into(out + len - 16, octets + len - 16);
    } else if (len >= 8) {
        word_lower_into(out, octets);
        word_lower_into(out + len - 8, octets + len - 8);
    } else {
        for (size_t i = 0; i < len; i++)
            out[i] = octet_lower(octets[i]);
    }
}

static bool word_equal(const uint8_t *a, const uint8_t *b)
{
    return word_lower(run_word(a)) == word_lower(run_word(b));
}

static bool octets_equal_in_any_case(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i + 8 < len; i += 8) {
        if (!word_equal(a + i, b + i))
            return false;
    }
    return word_equal(a + len - 8, b + len - 8);
}

static bool octets_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len < 8) {
        for (size_t i = 0; i < len; i++) {
            if (octet_lower(a[i]) != octet_lower(b[i]))
                return false;
        }
        return true;
    }
    return run_same(a, b, len) || octets_equal_in_any_case(a, b, len);
}

size_t name_len(const uint8_t *name)
{
    size_t at = 0;
    while (name[at] != 0)
        at += name[at] + 1u;
    return at + 1;
}

unsigned name_labels(const uint8_t *name)
{
    unsigned labels = 0;
    for (; *name != 0; name += *name + 1)
        labels++;
    return labels;
}

/*
 * Whether the labels have the same lengths is asked first: it takes few steps,
 * tells most names apart, and makes sure that the octets may be compared at
 * once, for both names are known to be that long.
 */
bool name_equal(const uint8_t *a, const uint8_t *b)
{
    size_t at = 0;
    while (a[at] == b[at]) {
        if (a[at] == 0)
            return octets_equal(a, b, at);
        at += a[at] + 1u;
    }
    return false;
}

/* The ending of `name` that has `len` octets; NULL when no label starts there. */
static const uint8_t *name_suffix(const uint8_t *name, size_t len)
{
    size_t left = name_len(name);
    while (left > len) {
        left -= *name + 1u;
        name += *name + 1;
    }
    return left == len ? name : NULL;
}

bool name_is_under(const uint8_t *name, const uint8_t *ancestor)
{
    const uint8_t *suffix = name_suffix(name, name_len(ancestor));
    return suffix != NULL && name_equal(suffix, ancestor);
}

const uint8_t *name_parent(const uint8_t *name)
{
    return *name != 0 ? name + *name + 1 : name;
}

bool name_is_root(const uint8_t *name)
{
    return *name == 0;
}

bool name_is_wildcard(const uint8_t *name)
{
    return name[0] == 1 && name[1] == '*';
}

/* Where each label starts, the root's included; returns the root's index. */
static unsigned label_starts(const uint8_t *name, uint8_t starts[NAME_MAX_LABELS])
{
    unsigned labels = 0;
    size_t at = 0;
    for (; name[at] != 0; at += name[at] + 1u)
        starts[labels++] = (uint8_t)at;
    starts[labels] = (uint8_t)at;
    return labels;
}

static int label_compare(const uint8_t *a, const uint8_t *b)
{
    const unsigned shorter = a[0] < b[0] ? a[0] : b[0];
    for (unsigned i = 1; i <= shorter; i++) {
        const int difference = octet_lower(a[i]) - octet_lower(b[i]);
        if (difference != 0)
            return difference;
    }
    return a[0] - b[0];
}

int name_compare(const uint8_t *a, const uint8_t *b)
{
    uint8_t starts_a[NAME_MAX_LABELS];
    uint8_t starts_b[NAME_MAX_LABELS];
    unsigned left_a = label_starts(a, starts_a);
    unsigned left_b = label_starts(b, starts_b);

    while (left_a > 0 && left_b > 0) {
        const int order = label_compare(a + starts_a[--left_a], b + starts_b[--left_b]);
        if (order != 0)
            return order;
    }
    return (int)left_a - (int)left_b;
}

size_t name_shared_len(const uint8_t *a, const uint8_t *b)
{
    uint8_t starts_a[NAME_MAX_LABELS];
    uint8_t starts_b[NAME_MAX_LABELS];
    const unsigned labels = label_starts(a, starts_a);
    unsigned left_a = labels;
    unsigned left_b = label_starts(b, starts_b);

    while (left_a > 0 && left_b > 0 &&
           label_compare(a + starts_a[left_a - 1], b + starts_b[left_b - 1]) == 0) {
        left_a--;
        left_b--;
    }
    return starts_a[labels] + 1u - starts_a[left_a];
}

void name_lower(const uint8_t *name, uint8_t out[NAME_MAX_LEN])
{
    octets_lower(out, name, name_len(name));
}

bool name_rebase(const uint8_t *name, const uint8_t *from, const uint8_t *to,
                 uint8_t out[NAME_MAX_LEN])
{
    assert(name_is_under(name, from));
    const size_t kept = name_len(name) - name_len(from);
    const size_t added = name_len(to);
    if (kept + added > NAME_MAX_LEN)
        return false;
    memcpy(out, name, kept);
    memcpy(out + kept, to, added);
    return true;
}

bool name_wildcard(const uint8_t *name, uint8_t out[NAME_MAX_LEN])
{
    const size_t len = name_len(name);
    if (len + 2 > NAME_MAX_LEN)
        return false;
    out[0] = 1;
    out[1] = '*';
    memcpy(out + 2, name, len);
    return true;
}

const uint8_t *name_read(struct reader *reader)
{
    const size_t left = reader_left(reader);
    const uint8_t *name = reader->next;

    for (size_t at = 0; at < left && at < NAME_MAX_LEN; at += name[at] + 1u) {
        if (name[at] == 0)
            return reader_take(reader, at + 1);
        /* RFC 1035 section 4.1.4 pointers, and the label kinds that RFC 6891 5 and 6 gave up. */
        if (name[at] > LABEL_MAX_LEN)
            break;
    }
    reader_fail(reader);
    return NULL;
}

void name_skip(struct reader *reader)
{
    for (size_t len = 1; len <= NAME_MAX_LEN;) {
        const uint8_t octet = reader_u8(reader);
        if (!reader_ok(reader) || octet == 0)
            return;
        if (octet >= 0xc0) {
            reader_u8(reader);
            return;
        }
        if (octet > LABEL_MAX_LEN)
            break;
        reader_take(reader, octet);
        len += octet + 1u;
    }
    reader_fail(reader);
}

bool name_expand(const uint8_t *message, size_t len, size_t at, uint8_t out[NAME_MAX_LEN])
{
    size_t lowest = at; /* a pointer leads to before all that has been read */
    size_t written = 0;

    while (at < len) {
        const size_t octet = message[at];
        if (octet >= 0xc0) {
            if (at + 1 >= len)
                return false;
            at = (octet & 0x3f) << 8 | message[at + 1];
            if (at >= lowest)
                return false;
            lowest = at;
            continue;
        }
        if (octet > LABEL_MAX_LEN || at + octet >= len || written + octet + 1 > NAME_MAX_LEN)
            return false;
        memcpy(out + written, message + at, octet + 1);
        written += octet + 1;
        at += octet + 1;
        if (octet == 0)
            return true;
    }
    return false;
}

/* Letters of either case hash alike: whatever is hashed is in lower case. */
static const uint64_t mix_step = 0x9e3779b97f4a7c15u;
static const uint64_t mix_last = 0xd6e8feb86659fd93u;

static inline uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * mix_step;
    return state ^ state >> 32;
}

/* Up to seven octets as the low end of a word; overlapping loads, but never beyond the run. */
static uint64_t short_load(const uint8_t *octets, size_t len)
{
    if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, octets, sizeof first);
        memcpy(&last, octets + len - 4, sizeof last);
        return first | (uint64_t)last << 8 * (len - 4);
    }
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)octets[i] << 8 * i;
    return word;
}

static inline uint32_t hash_end(uint64_t state)
{
    return (uint32_t)(state * mix_last >> 32);
}

static uint32_t hash_long_label(uint32_t parent, const uint8_t *octets, size_t len)
{
    uint64_t state = parent;
    for (size_t i = 0; i + 8 < len; i += 8)
        state = mix(state, word_lower(run_word(octets + i)));
    return hash_end(mix(state, word_lower(run_word(octets + len - 8))));
}

uint32_t name_hash_root(void)
{
    return 0;
}

uint32_t name_hash_step(uint32_t parent, const uint8_t *label)
{
    const size_t len = label[0];

    return len < 8 ? hash_end(mix(parent, word_lower(short_load(label + 1, len))))
                   : hash_long_label(parent, label + 1, len);
}

/* The same for a label in a key: it is lower case, and a whole word of it can be loaded. */
static inline uint32_t key_hash_step(uint32_t parent, const uint8_t *label)
{
    static const uint64_t low_octets[] = { 0,
                                           0xff,
                                           0xffff,
                                           0xffffff,
                                           0xffffffff,
                                           0xffffffffff,
                                           0xffffffffffff,
                                           0xffffffffffffff,
                                           UINT64_MAX };
    const size_t len = label[0];

    return len <= 8 ? hash_end(mix(parent, run_word(label + 1) & low_octets[len]))
                    : hash_long_label(parent, label + 1, len);
}

uint32_t name_hash(const uint8_t *name)
{
    uint8_t starts[NAME_MAX_LABELS];
    uint32_t hash = name_hash_root();
    for (unsigned i = label_starts(name, starts); i > 0; i--)
        hash = name_hash_step(hash, name + starts[i - 1]);
    return hash;
}

/* Once the labels are known: lower case, and the hashes from the root up. */
static inline void key_complete(struct name_key *key, const uint8_t *name, unsigned labels, size_t len)
{
    key->name = name;
    key->len = (uint8_t)len;
    key->labels = (uint8_t)labels;
    octets_lower(key->lower, name, len);

    uint32_t hash = name_hash_root();
    key->hash[labels] = hash;
    for (unsigned i = labels; i > 0; i--) {
        hash = key_hash_step(hash, key->lower + key->start[i - 1]);
        key->hash[i - 1] = hash;
    }
}

void name_key_init(struct name_key *key, const uint8_t *name)
{
    const unsigned labels = label_starts(name, key->start);
    key_complete(key, name, labels, key->start[labels] + 1u);
}

size_t name_key_read(struct name_key *key, const uint8_t *octets, size_t left)
{
    const size_t most = left < NAME_MAX_LEN ? left : NAME_MAX_LEN;
    unsigned labels = 0;

    for (size_t at = 0; at < most && octets[at] <= LABEL_MAX_LEN; at += octets[at] + 1u) {
        key->start[labels] = (uint8_t)at;
        if (octets[at] == 0) {
            key_complete(key, octets, labels, at + 1);
            return at + 1;
        }
        labels++;
    }
    return 0;
}

bool name_is_lower(const uint8_t *name, const uint8_t *lower, size_t len)
{
    return octets_equal(name, lower, len);
}
