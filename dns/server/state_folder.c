#include "dns/server/state_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/base/clock.h"

/* What describes which service goes to whom is nobody else's business. */
enum { FOLDER_MODE = 0750, FILE_MODE = 0640 };

static enum status tell(const struct diag *diag, const char *what)
{
    return diag_error(diag, STATUS_IO, "%s: %s", what, strerror(errno));
}

/* ---- giving it away ---- */

static bool is_ours(const char *name)
{
    static const char *const begin[] = { "orders.json", "journal.jsonl" };
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return true;
    }
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Not through a link: whoever had the folder before may have laid one to a file of root's. */
static bool give_file(int folder, const char *name, const struct privileges *privileges)
{
    struct stat there;
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = fstat(fd, &there) == 0;
    if (done && S_ISREG(there.st_mode) && there.st_nlink == 1 && there.st_uid == 0)
        done = fchown(fd, privileges->uid, privileges->gid) == 0;
    close(fd);
    return done;
}

/* Calls give_file() for all our files; false as soon as there is a file of somebody else. */
static bool each_is_ours(DIR *files, const struct privileges *privileges, bool give)
{
    const struct dirent *entry;
    rewinddir(files);
    while ((entry = readdir(files)) != NULL) {
        if (!is_ours(entry->d_name))
            return false;
        if (give && entry->d_name[0] != '.')
            (void)give_file(dirfd(files), entry->d_name, privileges);
    }
    return true;
}

static enum status give_folder(DIR *files, const struct privileges *privileges,
                               const struct diag *diag)
{
    struct stat there;
    if (fstat(dirfd(files), &there) != 0)
        return tell(diag, "the folder cannot be used");
    if (!privileges->drop || there.st_uid != 0 || !each_is_ours(files, privileges, false))
        return STATUS_OK;
    (void)each_is_ours(files, privileges, true);
    if (fchown(dirfd(files), privileges->uid, privileges->gid) != 0)
        return tell(diag, "the folder cannot be given away");
    return STATUS_OK;
}

enum status state_folder_prepare(const char *path, const struct privileges *privileges,
                                 const struct diag *diag)
{
    if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST)
        return tell(diag, "the folder cannot be made");
    DIR *files = opendir(path);
    if (files == NULL)
        return tell(diag, "the folder cannot be opened");
    const enum status status = give_folder(files, privileges, diag);
    closedir(files);
    return status;
}

/* ---- using it ---- */

enum status state_folder_check(const char *path, const struct diag *diag)
{
    if (access(path, W_OK | X_OK) != 0)
        return tell(diag, "nothing can be kept in this folder");
    return STATUS_OK;
}

static int folder_open(const char *path, const struct diag *diag)
{
    /* It may have been taken away, or its parent made, since the start. */
    if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST) {
        (void)tell(diag, "the folder cannot be made");
        return -1;
    }
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        (void)tell(diag, "the folder cannot be opened");
    return fd;
}

static bool write_all(int fd, const char *octets, size_t len)
{
    while (len > 0) {
        const ssize_t written = write(fd, octets, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        octets += written;
        len -= (size_t)written;
    }
    return true;
}

/* Closes the file in any case. */
static bool fill(int fd, const char *octets, size_t len)
{
    const bool done = write_all(fd, octets, len) && fsync(fd) == 0;
    const int reason = errno;
    const bool closed = close(fd) == 0;
    if (!done)
        errno = reason;
    return done && closed;
}

enum status state_folder_replace(const char *path, const char *name, const char *octets, size_t len,
                                 const struct diag *diag)
{
    char fresh[STATE_FOLDER_NAME];
    enum status status = STATUS_OK;
    snprintf(fresh, sizeof fresh, "%s.new", name);
    const int folder = folder_open(path, diag);
    if (folder < 0)
        return STATUS_IO;

    const int fd =
        openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0 || !fill(fd, octets, len) || renameat(folder, fresh, folder, name) != 0) {
        status = tell(diag, "cannot be written");
        if (fd >= 0)
            (void)unlinkat(folder, fresh, 0);
    } else if (fsync(folder) != 0) {
        /* The rename itself must outlive a power cut. */
        status = tell(diag, "cannot be made durable");
    }
    close(folder);
    return status;
}

enum status state_folder_set_aside(const char *path, const char *name, uint64_t now_wall_ms,
                                   const struct diag *diag, char aside[STATE_FOLDER_NAME])
{
    char now[CLOCK_TEXT];
    snprintf(aside, STATE_FOLDER_NAME, "%s.damaged-%s", name, clock_print(now_wall_ms, now));
    const int folder = folder_open(path, diag);
    if (folder < 0)
        return STATUS_IO;
    enum status status = STATUS_OK;
    if (renameat(folder, name, folder, aside) != 0)
        status = tell(diag, "cannot be renamed");
    close(folder);
    return status;
}
