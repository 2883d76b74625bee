#include "dns/base/strata.h"

#include <stdbool.h>
#include <stdlib.h>

/* A layer is closed once it is as large as this; a small thing has one that stays small. */
enum { LAYER = 1024 * 1024 };

struct layer {
    struct arena *arena;
    uint32_t until; /* the last member with a piece in it */
};

struct strata {
    struct layer *layers;
    size_t first; /* those before it are gone */
    size_t count;
    size_t cap;
};

struct strata *strata_new(void)
{
    return calloc(1, sizeof(struct strata));
}

void strata_free(struct strata *strata)
{
    if (strata == NULL)
        return;
    for (size_t i = strata->first; i < strata->count; i++)
        arena_free(strata->layers[i].arena);
    free(strata->layers);
    free(strata);
}

static struct layer *layer_add(struct strata *strata)
{
    if (strata->count == strata->cap) {
        const size_t cap = strata->cap == 0 ? 1 : strata->cap * 2;
        struct layer *layers = reallocarray(strata->layers, cap, sizeof *layers);
        if (layers == NULL)
            return NULL;
        strata->layers = layers;
        strata->cap = cap;
    }
    struct arena *arena = arena_new();
    /* After the first one it is clear that there is much to come. */
    if (arena == NULL || (strata->count > 0 && !arena_reserve(arena, LAYER - 4096))) {
        arena_free(arena);
        return NULL;
    }
    struct layer *layer = &strata->layers[strata->count++];
    *layer = (struct layer){ .arena = arena };
    return layer;
}

static bool is_full(const struct layer *layer)
{
    return arena_footprint(layer->arena) >= LAYER;
}

struct arena *strata_arena(struct strata *strata, uint32_t member)
{
    struct layer *layer =
        strata->count > strata->first ? &strata->layers[strata->count - 1] : NULL;
    if (layer == NULL || is_full(layer))
        layer = layer_add(strata);
    if (layer == NULL)
        return NULL;
    if (layer->until < member)
        layer->until = member;
    return layer->arena;
}

void strata_done(struct strata *strata, uint32_t member)
{
    while (strata->first < strata->count && strata->layers[strata->first].until <= member)
        arena_free(strata->layers[strata->first++].arena);
}
