#include "zones/file_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What stat() said; all zero for a file that is not there. */
struct trace {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed; /* a copy may keep the old mtime, this one moves all the same */
};

struct file {
    char *path;
    struct trace trace;
};

struct file_list {
    struct file *files;
    size_t count;
    size_t cap;
};

struct file_list *file_list_new(void)
{
    return calloc(1, sizeof(struct file_list));
}

void file_list_free(struct file_list *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->count; i++)
        free(files->files[i].path);
    free(files->files);
    free(files);
}

static struct trace trace_of(const char *path)
{
    struct trace trace = { .size = 0 };
    struct stat status;
    if (stat(path, &status) != 0)
        return trace;
    trace.device = status.st_dev;
    trace.inode = status.st_ino;
    trace.size = status.st_size;
    trace.modified = status.st_mtim;
    trace.changed = status.st_ctim;
    return trace;
}

static bool time_equal(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool trace_equal(const struct trace *a, const struct trace *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           time_equal(&a->modified, &b->modified) && time_equal(&a->changed, &b->changed);
}

enum status file_list_add(struct file_list *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->files[i].path, path) == 0)
            return STATUS_OK;
    }
    if (files->count == files->cap) {
        const size_t cap = files->cap == 0 ? 4 : files->cap * 2;
        struct file *grown = realloc(files->files, cap * sizeof *grown);
        if (grown == NULL)
            return STATUS_MEMORY;
        files->files = grown;
        files->cap = cap;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return STATUS_MEMORY;
    files->files[files->count++] = (struct file){ copy, trace_of(path) };
    return STATUS_OK;
}

size_t file_list_count(const struct file_list *files)
{
    return files->count;
}

const char *file_list_path(const struct file_list *files, size_t index)
{
    return files->files[index].path;
}

bool file_list_changed(const struct file_list *files)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct trace now = trace_of(files->files[i].path);
        if (!trace_equal(&now, &files->files[i].trace))
            return true;
    }
    return false;
}
