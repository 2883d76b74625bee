#ifndef MERIDIAN_TOOLS_GRID_H
#define MERIDIAN_TOOLS_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Rows of words, printed as columns that line up. The first row is the
 * heading. Texts are copied; columns are as wide as their widest word, counted
 * in characters of UTF-8; the last column is never padded.
 */
struct grid;

enum { GRID_COLUMNS = 16 };

struct grid *grid_new(unsigned columns); /* at most GRID_COLUMNS; NULL: no memory */
void grid_free(struct grid *grid);

/* The next cell, row by row; NULL is an empty one. False when memory is out. */
bool grid_put(struct grid *grid, const char *text);
bool grid_format(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Every line starts with `indent` spaces. Prints nothing when there is no row below the heading. */
void grid_print(const struct grid *grid, unsigned indent, FILE *to);

#endif
