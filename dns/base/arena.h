#ifndef MERIDIAN_BASE_ARENA_H
#define MERIDIAN_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bump allocation for one frozen part: many small pieces, freed in one call.
 * Freed and not yet given memory is poisoned under AddressSanitizer.
 * Thread: the builder of the part; once frozen, what was given may be read by
 * any thread.
 */
struct arena;

struct arena *arena_new(void); /* NULL when memory is out */
void arena_free(struct arena *arena);

/*
 * `size` zeroed octets aligned to `align` (a power of two, at most 64).
 * NULL when memory is out. A size of 0 gives a valid, unusable pointer.
 */
void *arena_alloc(struct arena *arena, size_t size, size_t align)
    __attribute__((alloc_size(2), malloc));

/* Copies, NULL when memory is out. arena_string() adds the final NUL. */
void *arena_copy(struct arena *arena, const void *octets, size_t size, size_t align);
char *arena_string(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Zeroed array of `count` elements; NULL also when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size, size_t align);

/*
 * Makes room for pieces of `size` octets together, alignment included, in one
 * chunk: a new one of just that size unless the current one has it. For whoever
 * knows what comes, so that nothing is left over. False when memory is out.
 */
bool arena_reserve(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/*
 * All is in place and will be read for long: large chunks may move to large
 * pages. Whoever looks for one of a million names misses the TLB at each step
 * else. Not before: while it is written, the system would clear and compact
 * memory in the time of whoever shares our processor; now it does so by and by.
 */
void arena_settle(const struct arena *arena);

/* Octets taken from the system, slack included. */
size_t arena_footprint(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, type, count) \
    ((type *)arena_array((arena), (count), sizeof(type), _Alignof(type)))

#endif
