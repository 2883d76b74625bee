#ifndef MERIDIAN_TESTS_FUZZ_MEMFILE_H
#define MERIDIAN_TESTS_FUZZ_MEMFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Files that only this process has: readers that take a path are given octets
 * of memory. Both are in the folder /proc/self/fd, so that an input can name
 * the second one beside the first: "$INCLUDE 201".
 */
enum { MEMFILE_FIRST = 200, MEMFILE_SECOND = 201 };

#define MEMFILE_FIRST_PATH  "/proc/self/fd/200"
#define MEMFILE_SECOND_PATH "/proc/self/fd/201"

/* Replaces the content of one of the two; the process ends when that cannot be done. */
void memfile_write(int file, const void *octets, size_t len);

/*
 * One input as two files: what follows the first line "%%" is the second.
 * Returns the length of the first.
 */
size_t memfile_split(const uint8_t *octets, size_t len);

#endif
