#include "geo/view.h"

#include <stdlib.h>

#include "dns/base/courtesy.h"
#include "geo/spans.h"

struct view {
    struct table *v4, *v6;
    bool uniform; /* every address of both families has one number */
};

/* Walks a table from block to block; neighbours that became alike are joined. */
static enum status widen(const struct table *from, const uint32_t *values, struct table **out)
{
    struct spans spans;
    enum status status;

    spans_init(&spans);
    for (uint64_t key = 0;;) {
        courtesy_spent(50);
        const struct table_leaf leaf = table_find(from, key);
        status = spans_append(&spans, key, values[leaf.value]);
        const uint64_t last = leaf.prefix_len >= 64 ? key : key | UINT64_MAX >> leaf.prefix_len;
        if (status != STATUS_OK || last == UINT64_MAX)
            break;
        key = last + 1;
    }
    if (status == STATUS_OK)
        status = table_build(&spans, out);
    spans_release(&spans);
    return status;
}

enum status view_build(const struct table *v4, const struct table *v6, const uint32_t *values,
                       struct view **out)
{
    struct view *view = calloc(1, sizeof *view);

    *out = NULL;
    if (view == NULL)
        return STATUS_MEMORY;
    enum status status = widen(v4, values, &view->v4);
    if (status == STATUS_OK)
        status = widen(v6, values, &view->v6);
    if (status != STATUS_OK) {
        view_free(view);
        return status;
    }
    view->uniform = table_leaf_count(view->v4) == 1 && table_leaf_count(view->v6) == 1 &&
                    table_find(view->v4, 0).value == table_find(view->v6, 0).value;
    *out = view;
    return STATUS_OK;
}

void view_free(struct view *view)
{
    if (view == NULL)
        return;
    table_free(view->v4);
    table_free(view->v6);
    free(view);
}

static const struct table *table_of(const struct view *view, unsigned family)
{
    return family == FAMILY_V4 ? view->v4 : view->v6;
}

uint32_t view_find(const struct view *view, const struct standing *at, uint8_t *scope)
{
    const struct table_leaf leaf = table_find(table_of(view, at->asker.family), at->asker.key);

    *scope = view->uniform ? 0 : standing_scope(at, leaf.prefix_len);
    return leaf.value;
}

size_t view_block_count(const struct view *view, unsigned family)
{
    return table_leaf_count(table_of(view, family));
}

size_t view_footprint(const struct view *view)
{
    return sizeof *view + table_footprint(view->v4) + table_footprint(view->v6);
}
