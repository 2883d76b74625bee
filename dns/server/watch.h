#ifndef MERIDIAN_SERVER_WATCH_H
#define MERIDIAN_SERVER_WATCH_H

#include <stdbool.h>

/*
 * Files on disk, watched through the folders that hold them (inotify), so that
 * a file replaced by rename is noticed as well as one that is overwritten. A
 * symbolic link is watched at both ends. Thread: one at a time, the loader.
 */
struct watch;

struct watch *watch_new(void); /* NULL when the system has none to give */
void watch_free(struct watch *watch);

/* Readable when something happened. */
int watch_descriptor(const struct watch *watch);

/*
 * Between begin and commit the files and folders are named that shall be
 * watched from now on; ones watched before and not named again are let go at
 * the commit. A folder is watched for everything in it and for its own
 * replacement.
 */
bool watch_begin(struct watch *watch); /* false when memory is out: nothing changes */
void watch_file(struct watch *watch, const char *path);
void watch_folder(struct watch *watch, const char *path);
void watch_commit(struct watch *watch);

/* False when something named could not be watched: somebody has to look by himself. */
bool watch_is_complete(const struct watch *watch);

/* Takes what happened; true when it may concern something that is watched. Never blocks. */
bool watch_read(struct watch *watch);

#endif
