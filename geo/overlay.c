#include "geo/overlay.h"

#include <stdlib.h>

/* The nets around the current key, each longer than the one before: at most one of each length. */
struct open_nets {
    uint32_t index[65];
    size_t depth;
};

static uint64_t net_first(const struct prefix *net)
{
    return address_key(&net->address);
}

static uint64_t net_last(const struct prefix *net)
{
    return net->len >= 64 ? net_first(net) : net_first(net) | UINT64_MAX >> net->len;
}

static void append(struct overlay *overlay, uint64_t start, uint32_t net)
{
    if (overlay->count > 0 && overlay->items[overlay->count - 1].start == start)
        overlay->count--;
    overlay->items[overlay->count++] = (struct overlay_span){ start, net };
}

/* Closes the innermost net: what was around it goes on behind it. */
static void close_net(struct overlay *overlay, const struct prefix *nets, struct open_nets *open)
{
    const uint64_t last = net_last(&nets[open->index[--open->depth]]);

    if (last != UINT64_MAX)
        append(overlay, last + 1, open->depth > 0 ? open->index[open->depth - 1] : OVERLAY_NONE);
}

enum status overlay_build(const struct prefix *nets, size_t count, unsigned family,
                          struct overlay *out)
{
    struct open_nets open = { .depth = 0 };

    *out = (struct overlay){ NULL, 0 };
    if (count >= OVERLAY_NONE / 2)
        return STATUS_MEMORY;
    /* Each net begins one span and ends in another. */
    out->items = malloc((2 * count + 1) * sizeof *out->items);
    if (out->items == NULL)
        return STATUS_MEMORY;

    append(out, 0, OVERLAY_NONE);
    for (uint32_t i = 0; i < count; i++) {
        if (nets[i].address.family != family)
            continue;
        while (open.depth > 0 && net_last(&nets[open.index[open.depth - 1]]) < net_first(&nets[i]))
            close_net(out, nets, &open);
        append(out, net_first(&nets[i]), i);
        open.index[open.depth++] = i;
    }
    while (open.depth > 0)
        close_net(out, nets, &open);
    return STATUS_OK;
}

void overlay_release(struct overlay *overlay)
{
    free(overlay->items);
    *overlay = (struct overlay){ NULL, 0 };
}
