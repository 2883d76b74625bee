#include "dns/server/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_TEXT = 4096 };

/* The present file, or the `age`-th old one. */
static bool path_of(const struct journal_file *file, unsigned age, char out[PATH_TEXT])
{
    const int len = age == 0 ? snprintf(out, PATH_TEXT, "%s/%s", file->rules->folder, JOURNAL_FILE)
                             : snprintf(out, PATH_TEXT, "%s/%s.%u", file->rules->folder,
                                        JOURNAL_FILE, age);
    if (len >= PATH_TEXT)
        errno = ENAMETOOLONG;
    return len < PATH_TEXT;
}

void journal_file_init(struct journal_file *file, const struct journal_rules *rules)
{
    *file = (struct journal_file){ .rules = rules, .fd = -1 };
}

void journal_file_close(struct journal_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* A line that was cut short, by a crash or a full disk, must not swallow the next one. */
static bool mend_end(int fd)
{
    char last = '\n';
    const off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
        return false;
    return last == '\n' || write(fd, "\n", 1) == 1;
}

static bool file_open(struct journal_file *file)
{
    char path[PATH_TEXT];
    if (!path_of(file, 0, path))
        return false;
    (void)mkdir(file->rules->folder, 0750); /* it may have been taken away */
    file->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (file->fd >= 0 && mend_end(file->fd))
        return true;
    const int reason = errno;
    journal_file_close(file);
    errno = reason;
    return false;
}

/* Somebody else has moved or removed what we write to. */
static bool is_moved(const struct journal_file *file, const struct stat *ours)
{
    char path[PATH_TEXT];
    struct stat there;
    return !path_of(file, 0, path) || stat(path, &there) != 0 || there.st_ino != ours->st_ino ||
           there.st_dev != ours->st_dev;
}

static bool rotate(struct journal_file *file)
{
    char from[PATH_TEXT], to[PATH_TEXT];
    journal_file_close(file);
    for (unsigned age = file->rules->keep; age > 0; age--) {
        if (!path_of(file, age - 1, from) || !path_of(file, age, to))
            return false;
        if (rename(from, to) != 0 && errno != ENOENT)
            return false;
    }
    if (file->rules->keep == 0 && (!path_of(file, 0, from) || unlink(from) != 0))
        return false;
    return file_open(file);
}

static bool write_whole(int fd, const char *lines, size_t len)
{
    while (len > 0) {
        const ssize_t count = write(fd, lines, len);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        lines += count;
        len -= (size_t)count;
    }
    return true;
}

/* Half of it is taken back; where even that fails, the next opening ends it. */
static bool write_or_undo(struct journal_file *file, off_t end, const char *lines, size_t len)
{
    if (write_whole(file->fd, lines, len))
        return true;
    const int reason = errno;
    const int undone = ftruncate(file->fd, end);
    (void)undone;
    journal_file_close(file);
    errno = reason;
    return false;
}

bool journal_file_append(struct journal_file *file, const char *lines, size_t len)
{
    struct stat ours;
    if (file->fd >= 0 && (fstat(file->fd, &ours) != 0 || is_moved(file, &ours)))
        journal_file_close(file);
    if (file->fd < 0 && !file_open(file))
        return false;
    if (fstat(file->fd, &ours) != 0)
        return false;
    if (ours.st_size > 0 && (uint64_t)ours.st_size + len > file->rules->size_most) {
        if (!rotate(file) || fstat(file->fd, &ours) != 0)
            return false;
    }
    return write_or_undo(file, ours.st_size, lines, len);
}
