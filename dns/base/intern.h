#ifndef MERIDIAN_BASE_INTERN_H
#define MERIDIAN_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Octet strings to small dense ids, in order of first sight: 0, 1, 2 ...
 * Equal strings get equal ids. The set owns copies; they stay where they are
 * until the set is freed. Thread: one at a time.
 */
struct intern;

enum { INTERN_NONE = UINT32_MAX };

struct intern *intern_new(void); /* NULL when memory is out */
void intern_free(struct intern *set);

/* INTERN_NONE when memory is out. */
uint32_t intern_add(struct intern *set, const void *octets, size_t len);
uint32_t intern_add_text(struct intern *set, const char *text);
/* INTERN_NONE when absent. */
uint32_t intern_find(const struct intern *set, const void *octets, size_t len);

uint32_t intern_count(const struct intern *set);
/* The octets of an id, followed by a NUL that is not counted in *len (which may be NULL). */
const void *intern_get(const struct intern *set, uint32_t id, size_t *len);

#endif
