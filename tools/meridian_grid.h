#ifndef MERIDIAN_TOOLS_GRID_H
#define MERIDIAN_TOOLS_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Rows of words, printed as columns that line up. The first row is the
 * heading. Texts are copied; columns are as wide as their widest word, counted
 * in characters of UTF-8; the last column is never padded, and goes to lines of
 * its own below the row where it would leave the width of the page
 * (meridian_wrap.h).
 */
struct grid;

enum { GRID_COLUMNS = 16 };

struct grid *grid_new(unsigned columns); /* at most GRID_COLUMNS; NULL: no memory */
void grid_free(struct grid *grid);

/* The next cell, row by row; NULL is an empty one. False when memory is out. */
bool grid_put(struct grid *grid, const char *text);
bool grid_format(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A remark of its own lines below the row of the last cell. False when memory is out. */
bool grid_note(struct grid *grid, const char *text);

/* No row below the heading. */
bool grid_is_empty(const struct grid *grid);

/* Every line starts with `indent` spaces. Prints nothing when there is no row below the heading. */
void grid_print(const struct grid *grid, unsigned indent, FILE *to);

#endif
