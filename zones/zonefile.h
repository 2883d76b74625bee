#ifndef MERIDIAN_ZONES_ZONEFILE_H
#define MERIDIAN_ZONES_ZONEFILE_H

#include "dns/base/diag.h"
#include "zones/builder.h"

/*
 * Which files a zone was read from, with what identifies their content, so
 * that "unchanged" can be told without reading. Filled by the readers.
 */
struct file_list;
struct file_list *file_list_new(void);
void file_list_free(struct file_list *files);
/* Remembers a file (once) as it is on disk now; a missing file counts as such. */
enum status file_list_add(struct file_list *files, const char *path);
size_t file_list_count(const struct file_list *files);
const char *file_list_path(const struct file_list *files, size_t index);
/* True when any of them differs from what was remembered (size, mtime, inode, presence). */
bool file_list_changed(const struct file_list *files);

/*
 * Reads a zone file, with $ORIGIN, $TTL, $INCLUDE and $GENERATE, into the
 * builder. Goes on after each mistake, so that one run tells them all.
 * Every file read is added to `files`.
 */
enum status zonefile_read(const char *path, struct builder *builder, struct report *report,
                          struct file_list *files) __attribute__((warn_unused_result));

#endif
