#ifndef MERIDIAN_SERVER_JOURNAL_FILE_H
#define MERIDIAN_SERVER_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The files of the journal: lines are appended whole or not at all, and old
 * files shift by one name when the present one is full. Blocks for as long as
 * the disk does. Thread: the journal's.
 */
#define JOURNAL_FILE "journal.jsonl"

enum { JOURNAL_KEEP_MOST = 100 };

struct journal_rules {
    const char *folder;
    uint64_t size_most; /* octets */
    unsigned keep;      /* old files beside the present one */
};

struct journal_file {
    const struct journal_rules *rules;
    int fd; /* -1: not open */
};

void journal_file_init(struct journal_file *file, const struct journal_rules *rules);
void journal_file_close(struct journal_file *file);

/* False with errno when the lines (with their newlines) could not be written, all in one file. */
bool journal_file_append(struct journal_file *file, const char *lines, size_t len);

#endif
