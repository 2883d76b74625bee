#ifndef MERIDIAN_SERVER_JOURNAL_H
#define MERIDIAN_SERVER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/server/journal_file.h"

/*
 * What happened and who did it, one JSON object a line, in `journal.jsonl` of
 * the state folder:
 *
 *   {"time": "2026-11-21T06:30:00.123Z", "event": "order", "what": "helsinki-1",
 *    "from": "none", "to": "drain", "why": "new disks", "by": "alice"}
 *
 * When a line would make the file longer than `size_most`, the file becomes
 * journal.jsonl.1, that one .2, and so on up to `keep`. A file that somebody
 * else moved away is begun anew.
 *
 * Lines wait in memory, at most JOURNAL_WAITING, for a thread that writes them:
 * whoever notes something never waits for a disk. While the disk is full or
 * gone they go on waiting; what finds no room is counted, told in the log and,
 * later, in the journal itself.
 */
struct journal;

enum { JOURNAL_WAITING = 65536 };

/* Members that are NULL or empty are left out. Nothing is kept of the pointers. */
struct journal_entry {
    const char *event; /* "target", "region", "freeze", "order", "reload", "daemon", "journal" */
    const char *what;  /* about whom */
    const char *from, *to;
    const char *why;
    const char *by;
};

/* Starts the thread. NULL when memory or threads are out. */
struct journal *journal_open(const struct journal_rules *rules);

/* Writes what waits, if it can, and ends the thread. NULL is fine. */
void journal_close(struct journal *journal);

/* Notes it, with the present time. No journal (NULL): nothing. Thread: any but a worker. */
void journal_note(struct journal *journal, const struct journal_entry *entry);

struct journal_counts {
    uint64_t written; /* lines */
    uint64_t lost;    /* found no room, or memory was out */
    bool failing;     /* the last attempt to write failed */
};
struct journal_counts journal_counts(struct journal *journal); /* zeros for NULL. Thread: any. */

#endif
