#include "zones/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status complain(const struct diag *place, const char *path, const char *reason)
{
    if (place->file != NULL && strcmp(place->file, path) == 0)
        return diag_error(place, STATUS_IO, "cannot be read: %s", reason);
    return diag_error(place, STATUS_IO, "%s cannot be read: %s", path, reason);
}

/* Reads to the end, which may not be where stat() saw it. False with errno set. */
static bool read_all(int fd, size_t expected, char **text, size_t *len)
{
    size_t cap = expected + 1;
    size_t used = 0;
    char *octets = malloc(cap);
    while (octets != NULL) {
        const ssize_t got = read(fd, octets + used, cap - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got < 0)
                break;
            *text = octets;
            *len = used;
            return true;
        }
        used += (size_t)got;
        if (used < cap)
            continue;
        cap *= 2;
        char *grown = realloc(octets, cap);
        if (grown == NULL)
            break;
        octets = grown;
    }
    const int reason = errno;
    free(octets);
    errno = reason;
    return false;
}

enum status textfile_read(const char *path, const struct diag *place, char **text, size_t *len)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return complain(place, path, strerror(errno));

    enum status result = STATUS_OK;
    struct stat status;
    if (fstat(fd, &status) != 0)
        result = complain(place, path, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        result = complain(place, path, strerror(EISDIR));
    else if (!S_ISREG(status.st_mode))
        result = complain(place, path, "it is not a regular file");
    else if (!read_all(fd, (size_t)status.st_size, text, len))
        result = complain(place, path, strerror(errno));
    close(fd);
    return result;
}

void textfile_forget(char *text, size_t from, size_t to)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    /* Nobody else's octets are on these pages: both ends are inside of what malloc() gave. */
    const uintptr_t first = ((uintptr_t)text + from + page - 1) / page * page;
    const uintptr_t behind = ((uintptr_t)text + to) / page * page;
    if (behind > first)
        (void)madvise((void *)first, behind - first, MADV_DONTNEED);
}
