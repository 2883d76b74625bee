#ifndef MERIDIAN_HEALTH_STATE_FILE_H
#define MERIDIAN_HEALTH_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/probe.h"
#include "health/target.h"

/*
 * A file in which somebody else says who is up:
 *
 *   { "192.0.2.10:8080": "up", "192.0.2.11": true, "helsinki-1": { "up": false, "reason": "moved" } }
 *
 * Of a target counts what stands at its address with port, else at its
 * address, else at its region. IPv6 stands in brackets before a port.
 */
struct state_file;

enum { STATE_FILE_MOST = 4 * 1024 * 1024 };

/*
 * What is in the file; NULL, and why in `reason`, when it cannot be read, is
 * no JSON, or is over the limit. A file that is no regular one is refused
 * rather than waited for.
 */
struct state_file *state_file_load(const char *path, char reason[PROBE_REASON]);
/* The same from octets, written at that time. */
struct state_file *state_file_parse(const char *octets, size_t len, uint64_t written_wall_ms,
                                    char reason[PROBE_REASON]);
void state_file_free(struct state_file *file);

/* The file on disk is not the one that was read. */
bool state_file_is_stale(const struct state_file *file, const char *path);

/*
 * What it says of a target at this time; `file` NULL: nothing, because of
 * `reason`. Nothing, an entry that is none of the above, and a file over
 * `max_age` are settled by `when_unknown` of the probe.
 */
void state_file_judge(const struct state_file *file, const char *reason,
                      const struct target *target, uint64_t now_wall_ms,
                      struct probe_result *result);

#endif
