#ifndef MERIDIAN_ZONES_FILE_LIST_H
#define MERIDIAN_ZONES_FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/base/diag.h"

/*
 * Which files a zone was read from, with what identifies their content, so
 * that "unchanged" can be told without reading. Filled by the readers, before
 * they read: what changes meanwhile is seen. Thread: one at a time.
 */
struct file_list;
struct file_list *file_list_new(void); /* NULL when memory is out */
void file_list_free(struct file_list *files);

/*
 * Remembers a file (once) as it is on disk now; a missing file counts as such.
 * The path is copied. STATUS_MEMORY, told to nobody, is the only failure.
 */
enum status file_list_add(struct file_list *files, const char *path)
    __attribute__((warn_unused_result));
size_t file_list_count(const struct file_list *files);
const char *file_list_path(const struct file_list *files, size_t index);

/* True when any of them differs from what was remembered (size, times, inode, presence). */
bool file_list_changed(const struct file_list *files);

#endif
