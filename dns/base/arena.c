#include "dns/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
/* A poisoned gap behind every piece, so that one octet too far is seen. */
enum { GAP = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
enum { GAP = 0 };
#endif

/*
 * Chunks double from the first to the last size: ten thousand small zones stay
 * small, and a zone of a million records takes few chunks. Large ones are
 * mapped, so that freeing them gives the memory back to the system whatever
 * else was allocated meanwhile.
 */
enum {
    CHUNK_FIRST = 1024,
    CHUNK_LAST = 1024 * 1024,
    CHUNK_MAPPED = 128 * 1024, /* from this size on */
    CHUNK_HUGE = 4 * 1024 * 1024,
    ALIGN_MOST = 64
};

struct chunk {
    struct chunk *next;
    size_t size; /* octets in `octets` */
    size_t used;
    unsigned char octets[];
};

struct arena {
    struct chunk *current; /* the one we fill, then all older ones */
    size_t next_size;
    size_t footprint;
};

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return NULL;
    arena->next_size = CHUNK_FIRST;
    arena->footprint = sizeof *arena;
    return arena;
}

static bool is_mapped(size_t total)
{
    /* A sanitizer knows more about what malloc() gave. */
    return GAP == 0 && total >= CHUNK_MAPPED;
}

static void chunk_free(struct chunk *chunk)
{
    const size_t total = sizeof *chunk + chunk->size;
    ASAN_UNPOISON_MEMORY_REGION(chunk->octets, chunk->size);
    if (is_mapped(total))
        munmap(chunk, total);
    else
        free(chunk);
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->current; chunk != NULL;) {
        struct chunk *next = chunk->next;
        chunk_free(chunk);
        chunk = next;
    }
    free(arena);
}

static struct chunk *chunk_new(struct arena *arena, size_t size)
{
    struct chunk *chunk;
    const size_t total = sizeof *chunk + size;
    if (is_mapped(total)) {
        /* Zero already. */
        chunk = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (chunk == MAP_FAILED)
            return NULL;
    } else {
        chunk = calloc(1, total);
        if (chunk == NULL)
            return NULL;
    }
    chunk->size = size;
    ASAN_POISON_MEMORY_REGION(chunk->octets, size);
    arena->footprint += total;
    return chunk;
}

/* The offset of the next piece in the chunk, aligned; SIZE_MAX when it does not fit. */
static size_t chunk_offset(const struct chunk *chunk, size_t size, size_t align)
{
    const uintptr_t at = (uintptr_t)(chunk->octets + chunk->used);
    const size_t offset = chunk->used + (size_t)(-at & (align - 1));
    if (offset > chunk->size || chunk->size - offset < size)
        return SIZE_MAX;
    return offset;
}

/* A chunk with room for `need` octets, put in its place among the others. */
static struct chunk *arena_grow(struct arena *arena, size_t need)
{
    const bool outsized = need > arena->next_size / 4;
    struct chunk *chunk = chunk_new(arena, outsized ? need : arena->next_size - sizeof *chunk);
    if (chunk == NULL)
        return NULL;

    if (outsized && arena->current != NULL) {
        /* A large piece has a chunk of its own; the current one still has room for small ones. */
        chunk->next = arena->current->next;
        arena->current->next = chunk;
        return chunk;
    }
    chunk->next = arena->current;
    arena->current = chunk;
    if (!outsized && arena->next_size < CHUNK_LAST)
        arena->next_size *= 2;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
    assert(align != 0 && (align & (align - 1)) == 0 && align <= ALIGN_MOST);
    if (size > PTRDIFF_MAX - sizeof(struct chunk) - ALIGN_MOST - GAP)
        return NULL;

    struct chunk *chunk = arena->current;
    size_t offset = chunk != NULL ? chunk_offset(chunk, size, align) : SIZE_MAX;
    if (offset == SIZE_MAX) {
        chunk = arena_grow(arena, size + ALIGN_MOST + GAP);
        if (chunk == NULL)
            return NULL;
        offset = chunk_offset(chunk, size, align);
        assert(offset != SIZE_MAX);
    }

    unsigned char *piece = chunk->octets + offset;
    const size_t end = offset + size + GAP;
    chunk->used = end < chunk->size ? end : chunk->size;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return piece;
}

bool arena_reserve(struct arena *arena, size_t size)
{
    if (size > PTRDIFF_MAX - sizeof(struct chunk))
        return false;
    if (arena->current != NULL && chunk_offset(arena->current, size, 1) != SIZE_MAX)
        return true;
    struct chunk *chunk = chunk_new(arena, size);
    if (chunk == NULL)
        return false;
    chunk->next = arena->current;
    arena->current = chunk;
    return true;
}

void arena_settle(const struct arena *arena)
{
#ifdef MADV_HUGEPAGE
    for (struct chunk *chunk = arena->current; chunk != NULL; chunk = chunk->next) {
        const size_t total = sizeof *chunk + chunk->size;
        if (is_mapped(total) && total >= CHUNK_HUGE)
            (void)madvise(chunk, total, MADV_HUGEPAGE); /* a wish: the system may have none */
    }
#else
    (void)arena;
#endif
}

void *arena_copy(struct arena *arena, const void *octets, size_t size, size_t align)
{
    void *copy = arena_alloc(arena, size, align);
    if (copy != NULL && size != 0)
        memcpy(copy, octets, size);
    return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text) + 1, 1);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0)
        return NULL;

    char *text = arena_alloc(arena, (size_t)len + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)len + 1, format, arguments);
    va_end(arguments);
    return text;
}

void *arena_array(struct arena *arena, size_t count, size_t size, size_t align)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total, align);
}

size_t arena_footprint(const struct arena *arena)
{
    return arena->footprint;
}
