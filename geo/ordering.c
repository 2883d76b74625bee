#include "geo/ordering.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/hash.h"
#include "geo/table.h"

/*
 * Words of a program:
 *
 *   LIST    | 0 | count            ids, two in a word, the first in the lower half
 *   DRAW    | 1 | per | v4 | v6    member count, salt (2 words), members
 *   member                         weight, key (2 words), len, len words
 */
enum { DRAW_HEAD = 4, MEMBER_HEAD = 4 };

#define OP_DRAW UINT32_C(0x80000000)

static uint32_t list_words(uint32_t count)
{
    return 1 + (count + 1) / 2;
}

static uint16_t list_at(const uint32_t *list, uint32_t index)
{
    return (uint16_t)(list[1 + index / 2] >> (index % 2 * 16));
}

static uint64_t get_u64(const uint32_t *words)
{
    return words[0] | (uint64_t)words[1] << 32;
}

static bool bit_set(uint64_t *bits, uint16_t index)
{
    const uint64_t bit = UINT64_C(1) << index % 64;
    const bool before = bits[index / 64] & bit;
    bits[index / 64] |= bit;
    return before;
}

/* ---- composing ------------------------------------------------------------ */

void ordering_draft_init(struct ordering_draft *draft)
{
    *draft = (struct ordering_draft){ 0 };
}

void ordering_draft_release(struct ordering_draft *draft)
{
    free(draft->words);
    *draft = (struct ordering_draft){ 0 };
}

void ordering_draft_clear(struct ordering_draft *draft)
{
    *draft = (struct ordering_draft){ .words = draft->words, .cap = draft->cap };
}

static void put_word(struct ordering_draft *draft, uint32_t word)
{
    if (draft->len == draft->cap) {
        const size_t cap = draft->cap == 0 ? 64 : draft->cap * 2;
        uint32_t *words = realloc(draft->words, cap * sizeof *words);
        if (words == NULL) {
            draft->failed = true;
            return;
        }
        draft->words = words;
        draft->cap = cap;
    }
    draft->words[draft->len++] = word;
}

static void put_u64(struct ordering_draft *draft, uint64_t value)
{
    put_word(draft, (uint32_t)value);
    put_word(draft, (uint32_t)(value >> 32));
}

void ordering_put_region(struct ordering_draft *draft, uint16_t region)
{
    assert(region < REGION_LIMIT);
    /* Outside draws nobody comes twice; then a program that is one LIST can be copied as it is. */
    if (draft->depth == 0 && bit_set(draft->listed, region))
        return;
    if (draft->list == 0) {
        draft->list = draft->len + 1;
        put_word(draft, 0);
    }
    if (draft->failed)
        return;

    const uint32_t count = draft->words[draft->list - 1]++;
    if (count % 2 == 0)
        put_word(draft, region);
    else
        draft->words[draft->len - 1] |= (uint32_t)region << 16;
}

size_t ordering_draw_begin(struct ordering_draft *draft, enum draw_per per, uint64_t salt,
                           uint8_t v4_bits, uint8_t v6_bits)
{
    const size_t draw = draft->len;

    if (draft->depth == ORDERING_DEPTH_LIMIT)
        draft->excessive = true;
    else
        draft->depth++;
    draft->members[draft->depth] = 0;
    draft->list = 0;
    put_word(draft, OP_DRAW | (uint32_t)per << 16 | (uint32_t)v4_bits << 8 | v6_bits);
    put_word(draft, 0);
    put_u64(draft, salt);
    return draw;
}

size_t ordering_member_begin(struct ordering_draft *draft, uint64_t key, uint32_t weight)
{
    const size_t member = draft->len;

    assert(weight > 0);
    draft->list = 0;
    put_word(draft, weight);
    put_u64(draft, key);
    put_word(draft, 0);
    return member;
}

void ordering_member_end(struct ordering_draft *draft, size_t member)
{
    draft->list = 0;
    if (!draft->failed)
        draft->words[member + 3] = (uint32_t)(draft->len - member - MEMBER_HEAD);
}

void ordering_draw_end(struct ordering_draft *draft, size_t draw)
{
    draft->list = 0;
    if (draft->failed || draft->excessive)
        return;

    uint32_t count = 0;
    for (size_t at = draw + DRAW_HEAD; at < draft->len; at += MEMBER_HEAD + draft->words[at + 3])
        count++;
    draft->words[draw + 1] = count;

    const uint32_t below = draft->members[draft->depth--] + count;
    if (below > draft->members[draft->depth])
        draft->members[draft->depth] = below;
    if (below > ORDERING_MEMBERS_LIMIT)
        draft->excessive = true;
}

/* ---- interning ------------------------------------------------------------ */

struct ordering_set {
    uint32_t *words; /* all programs, one behind the other */
    size_t word_count, word_cap;
    size_t *ends; /* where each program ends */
    size_t count, cap;
    uint32_t *slots; /* id + 1 by hash, 0 = free, at most half full; NULL once frozen */
    size_t slot_count;
};

struct ordering_set *ordering_set_new(void)
{
    return calloc(1, sizeof(struct ordering_set));
}

void ordering_set_free(struct ordering_set *set)
{
    if (set == NULL)
        return;
    free(set->words);
    free(set->ends);
    free(set->slots);
    free(set);
}

size_t ordering_count(const struct ordering_set *set)
{
    return set->count;
}

size_t ordering_footprint(const struct ordering_set *set)
{
    return sizeof *set + set->word_cap * sizeof *set->words + set->cap * sizeof *set->ends +
           set->slot_count * sizeof *set->slots;
}

static const uint32_t *program_of(const struct ordering_set *set, uint32_t id, size_t *len)
{
    const size_t start = id == 0 ? 0 : set->ends[id - 1];
    *len = set->ends[id] - start;
    return set->words + start;
}

static uint64_t program_hash(const uint32_t *words, size_t len)
{
    uint64_t hash = len;
    for (size_t i = 0; i < len; i++)
        hash = hash_mix(hash ^ words[i]) + i;
    return hash_mix(hash);
}

/* The slot that holds an equal program, or the free one where it belongs. */
static uint32_t *slot_of(const struct ordering_set *set, const uint32_t *words, size_t len)
{
    const size_t mask = set->slot_count - 1;

    for (size_t at = program_hash(words, len) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &set->slots[at];
        if (*slot == 0)
            return slot;
        size_t its_len;
        const uint32_t *its = program_of(set, *slot - 1, &its_len);
        if (its_len == len && (len == 0 || memcmp(its, words, len * sizeof *words) == 0))
            return slot;
    }
}

static bool grow_slots(struct ordering_set *set)
{
    if (set->count * 2 < set->slot_count)
        return true;

    struct ordering_set wider = *set;
    wider.slot_count = set->slot_count == 0 ? 64 : set->slot_count * 2;
    wider.slots = calloc(wider.slot_count, sizeof *wider.slots);
    if (wider.slots == NULL)
        return false;
    for (uint32_t id = 0; id < set->count; id++) {
        size_t len;
        const uint32_t *words = program_of(set, id, &len);
        *slot_of(&wider, words, len) = id + 1;
    }
    free(set->slots);
    *set = wider;
    return true;
}

/* Room for one more program of `len` words. */
static bool grow_programs(struct ordering_set *set, size_t len)
{
    if (set->count == set->cap) {
        const size_t cap = set->cap == 0 ? 16 : set->cap * 2;
        size_t *ends = realloc(set->ends, cap * sizeof *ends);
        if (ends == NULL)
            return false;
        set->ends = ends;
        set->cap = cap;
    }
    if (set->word_count + len > set->word_cap) {
        const size_t cap = (set->word_count + len) * 3 / 2 + 64;
        uint32_t *words = realloc(set->words, cap * sizeof *words);
        if (words == NULL)
            return false;
        set->words = words;
        set->word_cap = cap;
    }
    return true;
}

enum status ordering_intern(struct ordering_set *set, const struct ordering_draft *draft,
                            uint32_t *id)
{
    if (draft->failed)
        return STATUS_MEMORY;
    if (draft->excessive)
        return STATUS_LIMIT;
    assert(draft->depth == 0);
    if (!grow_slots(set))
        return STATUS_MEMORY;

    uint32_t *slot = slot_of(set, draft->words, draft->len);
    if (*slot == 0) {
        if (set->count == TABLE_VALUE_LIMIT)
            return STATUS_LIMIT;
        if (!grow_programs(set, draft->len))
            return STATUS_MEMORY;
        if (draft->len > 0)
            memcpy(set->words + set->word_count, draft->words, draft->len * sizeof *draft->words);
        set->word_count += draft->len;
        set->ends[set->count++] = set->word_count;
        *slot = (uint32_t)set->count;
    }
    *id = *slot - 1;
    return STATUS_OK;
}

void ordering_set_freeze(struct ordering_set *set)
{
    free(set->slots);
    set->slots = NULL;
    set->slot_count = 0;
    if (set->word_count > 0) {
        uint32_t *words = realloc(set->words, set->word_count * sizeof *words);
        if (words != NULL) {
            set->words = words;
            set->word_cap = set->word_count;
        }
    }
}

/* ---- running -------------------------------------------------------------- */

/* A member that waits for its turn in a heap, the earliest on top. */
struct contender {
    uint64_t arrival;
    const uint32_t *member;
};

/* One run; `pool` holds the heaps of the draws that are open, one behind the other. */
struct run {
    const struct asker *asker;
    uint16_t *out;
    size_t count, cap;
    uint8_t scope;
    size_t used;
    uint64_t seen[REGION_LIMIT / 64];
    struct contender pool[ORDERING_MEMBERS_LIMIT];
};

static bool is_before(const struct contender *a, const struct contender *b)
{
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival;
    return get_u64(a->member + 1) < get_u64(b->member + 1);
}

static void heap_sink(struct contender *heap, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (is_before(&heap[child], &heap[least]))
                least = child;
        if (least == at)
            return;
        const struct contender moved = heap[at];
        heap[at] = heap[least];
        heap[least] = moved;
        at = least;
    }
}

static void run_program(struct run *run, const uint32_t *words, size_t len);

/* Notes what a draw looks at, in the scope. */
static void run_note(struct run *run, enum draw_per per, uint8_t v4_bits, uint8_t v6_bits)
{
    const uint8_t bits = draw_bits(run->asker, v4_bits, v6_bits);

    if (per == DRAW_PER_CLIENT && !run->asker->anonymous && bits > run->scope)
        run->scope = bits;
}

/* Runs the members of a draw in the order drawn; gives back the draw's length in words. */
static size_t run_draw(struct run *run, const uint32_t *draw)
{
    const enum draw_per per = (enum draw_per)(draw[0] >> 16 & 0xff);
    const uint8_t v4_bits = (uint8_t)(draw[0] >> 8), v6_bits = (uint8_t)draw[0];
    const uint64_t ticket = draw_ticket(run->asker, per, get_u64(draw + 2), v4_bits, v6_bits);
    struct contender *heap = &run->pool[run->used];
    size_t count = draw[1], at = DRAW_HEAD;

    for (size_t i = 0; i < count; i++) {
        const uint32_t *member = draw + at;
        heap[i] =
            (struct contender){ draw_arrival(ticket, get_u64(member + 1), member[0]), member };
        at += MEMBER_HEAD + member[3];
    }
    for (size_t i = count / 2; i-- > 0;)
        heap_sink(heap, count, i);
    if (count > 1)
        run_note(run, per, v4_bits, v6_bits);

    run->used += count;
    const size_t used = run->used;
    for (; count > 0 && run->count < run->cap; count--) {
        const uint32_t *member = heap[0].member;
        heap[0] = heap[count - 1];
        heap_sink(heap, count - 1, 0);
        run_program(run, member + MEMBER_HEAD, member[3]);
        run->used = used;
    }
    run->used = (size_t)(heap - run->pool);
    return at;
}

static void run_list(struct run *run, const uint32_t *list)
{
    for (uint32_t i = 0; i < list[0] && run->count < run->cap; i++) {
        const uint16_t region = list_at(list, i);
        if (!bit_set(run->seen, region))
            run->out[run->count++] = region;
    }
}

/* Recursion: as deep as draws are nested, which ordering_intern() bounds. */
static void run_program(struct run *run, const uint32_t *words, size_t len)
{
    for (size_t at = 0; at < len && run->count < run->cap;) {
        if (words[at] & OP_DRAW) {
            at += run_draw(run, words + at);
        } else {
            run_list(run, words + at);
            at += list_words(words[at]);
        }
    }
}

static size_t copy_list(const uint32_t *list, uint16_t *out, size_t cap)
{
    const size_t count = list[0] < cap ? list[0] : cap;
    for (uint32_t i = 0; i < count; i++)
        out[i] = list_at(list, i);
    return count;
}

/* Apart from ordering_run(), so that a plain list does not pay for the large frame. */
static __attribute__((noinline)) size_t run_whole(const uint32_t *words, size_t len,
                                                  const struct asker *asker, uint16_t *out,
                                                  size_t cap, uint8_t *scope)
{
    struct run run; /* not initialized as a whole: the pool is 64 KiB and mostly unused */
    run.asker = asker;
    run.out = out;
    run.count = 0;
    run.cap = cap;
    run.scope = *scope;
    run.used = 0;
    memset(run.seen, 0, sizeof run.seen);

    run_program(&run, words, len);
    *scope = run.scope;
    return run.count;
}

size_t ordering_run(const struct ordering_set *set, uint32_t id, const struct asker *asker,
                    uint16_t *out, size_t cap, uint8_t *scope)
{
    size_t len;
    const uint32_t *words = program_of(set, id, &len);

    if (len == 0)
        return 0;
    if (!(words[0] & OP_DRAW) && len == list_words(words[0]))
        return copy_list(words, out, cap);
    return run_whole(words, len, asker, out, cap, scope);
}

uint16_t ordering_first(const struct ordering_set *set, uint32_t id)
{
    size_t len;
    const uint32_t *words = program_of(set, id, &len);

    return len < 2 || (words[0] & OP_DRAW) ? REGION_NONE : (uint16_t)words[1];
}

/* Regions outside draws are listed once, so nothing in front of the first draw is met again. */
size_t ordering_head(const struct ordering_set *set, uint32_t id, uint16_t *out, size_t cap,
                     bool *whole)
{
    size_t len, at = 0, count = 0;
    const uint32_t *words = program_of(set, id, &len);

    while (at < len && !(words[at] & OP_DRAW) && count < cap) {
        count += copy_list(words + at, out + count, cap - count);
        at += list_words(words[at]);
    }
    *whole = at == len && count < cap;
    return count;
}
