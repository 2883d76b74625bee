#ifndef MERIDIAN_HEALTH_PROBE_READING_H
#define MERIDIAN_HEALTH_PROBE_READING_H

#include <stdbool.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "health/probe_spec.h"

/* Kinds of probe that have keys in common. */
enum {
    ON_WEB = 1 << PROBE_HTTP | 1 << PROBE_HTTPS,
    ON_SERVICE = ON_WEB | 1 << PROBE_TCP | 1 << PROBE_DNS, /* something listens at a port */
    ON_STREAM = ON_WEB | 1 << PROBE_TCP,                   /* over a TCP connection */
    ON_LOCAL = 1 << PROBE_EXEC | 1 << PROBE_FILE,
    ON_ALL = ON_SERVICE | ON_LOCAL | 1 << PROBE_ICMP /* whoever is asked at all */
};

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

/* The same of a path; a relative one counts from the folder of the file that is being read. */
const char *probe_reading_keep_path(struct probe_reading *reading, const char *path);

/* `host`, of those that have one. */
void probe_host_read(struct probe_reading *reading);

/* The keys of one kind alone. */
void probe_web_read(struct probe_reading *reading);
void probe_dns_read(struct probe_reading *reading);
void probe_exec_read(struct probe_reading *reading);
void probe_file_read(struct probe_reading *reading);

void probe_gates_read(struct probe_reading *reading);

#endif
