#include "tools/meridian_grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "dns/base/arena.h"
#include "tools/meridian_wrap.h"

enum { GAP = 2, NOTE_INDENT = 4 }; /* between columns; beyond that of its row */

struct note {
    size_t cell; /* the last one before it */
    const char *text;
    struct note *next;
};

struct grid {
    struct arena *arena; /* the texts */
    const char **cells;  /* row by row */
    size_t count, cap;
    unsigned columns;
    struct note *notes, **notes_end; /* in the order of their rows */
};

struct grid *grid_new(unsigned columns)
{
    assert(columns > 0 && columns <= GRID_COLUMNS);
    struct grid *grid = calloc(1, sizeof *grid);
    if (grid == NULL)
        return NULL;
    grid->columns = columns;
    grid->notes_end = &grid->notes;
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

bool grid_note(struct grid *grid, const char *text)
{
    struct note *note = ARENA_NEW(grid->arena, struct note);
    if (note == NULL || grid->count == 0)
        return false;
    *note = (struct note){ .cell = grid->count - 1, .text = arena_string(grid->arena, text) };
    if (note->text == NULL)
        return false;
    *grid->notes_end = note;
    grid->notes_end = &note->next;
    return true;
}

static void widths_measure(const struct grid *grid, size_t widths[GRID_COLUMNS])
{
    for (size_t i = 0; i < grid->count; i++) {
        const size_t width = wrap_text_width(grid->cells[i]);
        if (width > widths[i % grid->columns])
            widths[i % grid->columns] = width;
    }
}

static void pad(size_t count, FILE *to)
{
    fprintf(to, "%*s", (int)count, "");
}

/* The widest row without its last cell, which begins behind that. */
static size_t last_column(const struct grid *grid, unsigned indent,
                          const size_t widths[GRID_COLUMNS])
{
    size_t at = indent;
    for (unsigned i = 0; i + 1 < grid->columns; i++)
        at += widths[i] + GAP;
    return at;
}

static void row_print(const struct grid *grid, size_t row, unsigned indent,
                      const size_t widths[GRID_COLUMNS], FILE *to)
{
    size_t owed = indent; /* spaces, printed only when a word follows */
    const char *below = NULL;
    for (unsigned i = 0; i < grid->columns && row + i < grid->count; i++) {
        const char *text = grid->cells[row + i];
        const size_t width = wrap_text_width(text);
        if (i > 0 && i + 1 == grid->columns &&
            last_column(grid, indent, widths) + width > WRAP_WIDTH) {
            below = text;
            break;
        }
        if (width > 0) {
            pad(owed, to);
            fputs(text, to);
            owed = 0;
        }
        owed += widths[i] - width + GAP;
    }
    fputc('\n', to);
    if (below != NULL)
        wrap_print(below, indent + NOTE_INDENT, to);
}

bool grid_is_empty(const struct grid *grid)
{
    return grid->count <= grid->columns;
}

void grid_print(const struct grid *grid, unsigned indent, FILE *to)
{
    size_t widths[GRID_COLUMNS] = { 0 };
    const struct note *note = grid->notes;

    if (grid_is_empty(grid))
        return;
    widths_measure(grid, widths);
    for (size_t row = 0; row < grid->count; row += grid->columns) {
        row_print(grid, row, indent, widths, to);
        for (; note != NULL && note->cell < row + grid->columns; note = note->next)
            wrap_print(note->text, indent + NOTE_INDENT, to);
    }
}
