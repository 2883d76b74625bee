#ifndef MERIDIAN_HEALTH_PROBE_READING_H
#define MERIDIAN_HEALTH_PROBE_READING_H

#include <stdbool.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "health/probe_spec.h"

/*
 * What the parts of probe_spec_parse() share: the entry that is being read,
 * where its strings go, and whether all was well so far. Reading goes on after
 * a mistake, so that one run tells them all. Thread: the loader.
 */
struct probe_reading {
    const struct json_node *object;
    struct probe_spec *spec;
    struct arena *arena;
    enum status status; /* the first that was not STATUS_OK; every one has been told */
};

void probe_reading_note(struct probe_reading *reading, enum status status);
/* Tells that memory is out. */
void probe_reading_no_memory(struct probe_reading *reading);

/* The member of that name, when the type of the entry is among the bits of `on_types`. */
bool probe_reading_member(const struct probe_reading *reading, const char *key, unsigned on_types,
                          struct json_node *out);

/* A string of the document, or NULL when it is no good string; that has been told then. */
const char *probe_reading_text(struct probe_reading *reading, const struct json_node *node);
/* Keeps a string for as long as the entry lives; NULL, and told, when memory is out. */
const char *probe_reading_keep(struct probe_reading *reading, const char *text);

/* The keys of http and https alone. */
void probe_web_read(struct probe_reading *reading);

#endif
