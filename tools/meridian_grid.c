#include "tools/meridian_grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "dns/base/arena.h"

struct grid {
    struct arena *arena; /* the texts */
    const char **cells;  /* row by row */
    size_t count, cap;
    unsigned columns;
};

struct grid *grid_new(unsigned columns)
{
    assert(columns > 0 && columns <= GRID_COLUMNS);
    struct grid *grid = calloc(1, sizeof *grid);
    if (grid == NULL)
        return NULL;
    grid->columns = columns;
    grid->arena = arena_new();
    if (grid->arena == NULL) {
        free(grid);
        return NULL;
    }
    return grid;
}

void grid_free(struct grid *grid)
{
    if (grid == NULL)
        return;
    arena_free(grid->arena);
    free(grid->cells);
    free(grid);
}

static bool put_borrowed(struct grid *grid, const char *text)
{
    if (text == NULL)
        return false;
    if (grid->count == grid->cap) {
        const size_t cap = grid->cap == 0 ? 64 : grid->cap * 2;
        const char **larger = reallocarray(grid->cells, cap, sizeof *larger);
        if (larger == NULL)
            return false;
        grid->cells = larger;
        grid->cap = cap;
    }
    grid->cells[grid->count++] = text;
    return true;
}

bool grid_put(struct grid *grid, const char *text)
{
    return put_borrowed(grid, arena_string(grid->arena, text != NULL ? text : ""));
}

bool grid_format(struct grid *grid, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return grid_put(grid, text);
}

/* Characters, not octets: continuation octets of UTF-8 take no room of their own. */
static size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void widths_measure(const struct grid *grid, size_t widths[GRID_COLUMNS])
{
    for (size_t i = 0; i < grid->count; i++) {
        const size_t width = text_width(grid->cells[i]);
        if (width > widths[i % grid->columns])
            widths[i % grid->columns] = width;
    }
}

static void pad(size_t count, FILE *to)
{
    fprintf(to, "%*s", (int)count, "");
}

void grid_print(const struct grid *grid, unsigned indent, FILE *to)
{
    size_t widths[GRID_COLUMNS] = { 0 };

    if (grid->count <= grid->columns)
        return;
    widths_measure(grid, widths);
    for (size_t row = 0; row < grid->count; row += grid->columns) {
        size_t owed = indent; /* spaces, printed only when a word follows */
        for (unsigned i = 0; i < grid->columns && row + i < grid->count; i++) {
            const char *text = grid->cells[row + i];
            const size_t width = text_width(text);
            if (width > 0) {
                pad(owed, to);
                fputs(text, to);
                owed = 0;
            }
            owed += widths[i] - width + 2;
        }
        fputc('\n', to);
    }
}
