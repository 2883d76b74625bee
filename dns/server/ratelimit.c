#include "dns/server/ratelimit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "dns/base/hash.h"

/*
 * An account in one word, so that it changes in one step:
 *
 *   63      44 43              20 19         0
 *   [  tag    ] [ time, 1/64 s  ] [   debt    ]
 *
 * `debt` is what was sent and not yet earned back, at `time`; it never exceeds
 * one second's worth.
 */
enum {
    SETS = 1 << 15,
    WAYS = 4,
    TAG_BITS = 20,
    TIME_BITS = 24,
    DEBT_BITS = 20,
    TICKS_PER_SECOND = 64
};

_Static_assert(TAG_BITS + TIME_BITS + DEBT_BITS == 64, "an account is one word");
_Static_assert(RATELIMIT_MOST < 1 << DEBT_BITS, "a second's worth fits a debt");

struct ratelimit {
    uint8_t key[16]; /* so that nobody outside can aim at a set */
    _Atomic uint32_t refused; /* counts refusals, for slip */
    _Atomic uint64_t account[SETS][WAYS];
};

struct ratelimit *ratelimit_new(void)
{
    struct ratelimit *table = calloc(1, sizeof *table);

    if (table != NULL && getrandom(table->key, sizeof table->key, 0) != sizeof table->key) {
        free(table);
        return NULL;
    }
    return table;
}

void ratelimit_free(struct ratelimit *table)
{
    free(table);
}

static uint64_t account_tag(uint64_t word)
{
    return word >> (TIME_BITS + DEBT_BITS);
}

static uint32_t account_time(uint64_t word)
{
    return (uint32_t)(word >> DEBT_BITS) & ((1u << TIME_BITS) - 1);
}

static uint32_t account_debt(uint64_t word)
{
    return (uint32_t)word & ((1u << DEBT_BITS) - 1);
}

static uint64_t account_word(uint64_t tag, uint32_t time, uint32_t debt)
{
    return tag << (TIME_BITS + DEBT_BITS) | (uint64_t)time << DEBT_BITS | debt;
}

/* What is still owed at `now` (in ticks, wrapping after three days: an old debt is then forgotten). */
static uint32_t debt_now(uint64_t word, uint32_t now, uint32_t rate)
{
    const uint32_t ticks = (now - account_time(word)) & ((1u << TIME_BITS) - 1);
    const uint64_t earned = (uint64_t)ticks * rate / TICKS_PER_SECOND;
    const uint32_t debt = account_debt(word);

    return earned >= debt ? 0 : debt - (uint32_t)earned;
}

/* The way that holds the account, or the one that owes least and may be taken over. */
static unsigned find_way(struct ratelimit *table, uint32_t set, uint64_t tag, uint32_t now,
                         uint32_t rate)
{
    unsigned best = 0;
    uint32_t least = UINT32_MAX;

    for (unsigned way = 0; way < WAYS; way++) {
        const uint64_t word =
            atomic_load_explicit(&table->account[set][way], memory_order_relaxed);
        if (word != 0 && account_tag(word) == tag)
            return way;
        const uint32_t debt = debt_now(word, now, rate);
        if (debt < least) {
            least = debt;
            best = way;
        }
    }
    return best;
}

/* True when the account had room for one more. */
static bool account_charge(struct ratelimit *table, uint64_t hash, uint32_t now, uint32_t rate)
{
    const uint32_t set = (uint32_t)hash % SETS;
    const uint64_t tag = hash >> (64 - TAG_BITS);
    _Atomic uint64_t *account = &table->account[set][find_way(table, set, tag, now, rate)];
    uint64_t word = atomic_load_explicit(account, memory_order_relaxed);

    for (;;) {
        const bool mine = word != 0 && account_tag(word) == tag;
        const uint32_t debt = mine ? debt_now(word, now, rate) : 0;
        if (debt >= rate)
            return false;
        /* Earning is counted in whole responses: time moves on only when something was earned. */
        const bool stay = mine && debt != 0 && debt == account_debt(word);
        const uint32_t time = stay ? account_time(word) : now;
        const uint64_t next = account_word(tag, time, debt + 1);
        if (atomic_compare_exchange_weak_explicit(account, &word, next, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
}

static bool is_allowed(const struct ratelimit_rules *rules, const struct address *source)
{
    for (size_t i = 0; i < rules->allow_count; i++)
        if (prefix_contains(&rules->allow[i], source))
            return true;
    return false;
}

static uint32_t class_rate(const struct ratelimit_rules *rules, enum response_class kind)
{
    switch (kind) {
    case RESPONSE_ANSWER:
    case RESPONSE_NODATA:
        return rules->answers;
    case RESPONSE_NXDOMAIN:
        return rules->nxdomain;
    case RESPONSE_ERROR:
        return rules->errors;
    }
    return rules->errors;
}

static uint64_t account_hash(const struct ratelimit *table, const struct address *source,
                             enum response_class kind, uint64_t zone)
{
    struct address prefix = *source;
    uint64_t input[3];

    address_mask(&prefix, source->family == FAMILY_V4 ? 24 : 56);
    input[0] = address_key(&prefix);
    input[1] = (uint64_t)kind << 8 | source->family;
    input[2] = kind == RESPONSE_NXDOMAIN ? zone : 0;
    return hash_siphash24(table->key, input, sizeof input);
}

enum ratelimit_verdict ratelimit_charge(struct ratelimit *table,
                                        const struct ratelimit_rules *rules,
                                        const struct address *source, enum response_class kind,
                                        uint64_t zone, uint64_t now_ms)
{
    if (!rules->on || is_allowed(rules, source))
        return RATELIMIT_SEND;

    const uint32_t now =
        (uint32_t)(now_ms * TICKS_PER_SECOND / 1000) & ((1u << TIME_BITS) - 1);
    const uint32_t rate = class_rate(rules, kind);
    if (rate == 0 || account_charge(table, account_hash(table, source, kind, zone), now, rate))
        return RATELIMIT_SEND;

    const uint32_t refused =
        atomic_fetch_add_explicit(&table->refused, 1, memory_order_relaxed) + 1;
    if (rules->slip != 0 && refused % rules->slip == 0)
        return RATELIMIT_SLIP_TRUNCATED;
    return RATELIMIT_DROP;
}
