#include "dns/server/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/base/intern.h"

/* Something appears or goes: any name may matter, a link on the way to a file among them. */
static const uint32_t ENTRY_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
/* The contents of one name change. */
static const uint32_t CONTENT_EVENTS = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
static const uint32_t SELF_EVENTS = IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW;

struct folder {
    int wd; /* -1: not watched */
    bool all;
};

/* What is watched. Folder ids are those of `paths`; `names` holds "ID/NAME". */
struct set {
    struct intern *paths;
    struct intern *names;
    struct folder *folders;
    size_t cap;
    bool complete;
};

struct watch {
    int fd;
    struct set now, next;
};

static void set_release(struct set *set)
{
    intern_free(set->paths);
    intern_free(set->names);
    free(set->folders);
    *set = (struct set){ 0 };
}

static bool set_init(struct set *set)
{
    *set = (struct set){ .paths = intern_new(), .names = intern_new(), .complete = true };
    if (set->paths != NULL && set->names != NULL)
        return true;
    set_release(set);
    return false;
}

struct watch *watch_new(void)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd >= 0 && set_init(&watch->now))
        return watch;
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    close(watch->fd);
    set_release(&watch->now);
    set_release(&watch->next);
    free(watch);
}

int watch_descriptor(const struct watch *watch)
{
    return watch->fd;
}

bool watch_begin(struct watch *watch)
{
    set_release(&watch->next);
    return set_init(&watch->next);
}

/* The folder's entry in the next set, watched; NULL when memory is out. */
static struct folder *folder_add(struct watch *watch, const char *path, uint32_t *id)
{
    struct set *set = &watch->next;
    const uint32_t count = intern_count(set->paths);
    *id = intern_add_text(set->paths, path);
    if (*id == INTERN_NONE)
        return NULL;
    if (*id < count)
        return &set->folders[*id];

    if (*id == set->cap) {
        const size_t cap = set->cap == 0 ? 16 : set->cap * 2;
        struct folder *more = reallocarray(set->folders, cap, sizeof *more);
        if (more == NULL)
            return NULL;
        set->folders = more;
        set->cap = cap;
    }
    struct folder *folder = &set->folders[*id];
    folder->all = false;
    folder->wd = inotify_add_watch(watch->fd, path,
                                   ENTRY_EVENTS | CONTENT_EVENTS | IN_DELETE_SELF | IN_MOVE_SELF);
    if (folder->wd < 0)
        set->complete = false;
    return folder;
}

/* Watches one name in its folder. */
static void name_add(struct watch *watch, const char *path)
{
    struct set *set = &watch->next;
    char folder[PATH_MAX], name[NAME_MAX + 16];
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    uint32_t id;

    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (folder_add(watch, folder, &id) == NULL) {
        set->complete = false;
        return;
    }
    const int len = snprintf(name, sizeof name, "%u/%s", id, base);
    if (len < 0 || (size_t)len >= sizeof name || intern_add_text(set->names, name) == INTERN_NONE)
        set->complete = false;
}

void watch_file(struct watch *watch, const char *path)
{
    struct stat there;
    char target[PATH_MAX];
    if (watch->next.paths == NULL)
        return;
    name_add(watch, path);
    if (lstat(path, &there) == 0 && S_ISLNK(there.st_mode) && realpath(path, target) != NULL)
        name_add(watch, target);
}

void watch_folder(struct watch *watch, const char *path)
{
    char trimmed[PATH_MAX];
    uint32_t id;
    if (watch->next.paths == NULL)
        return;

    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    snprintf(trimmed, sizeof trimmed, "%.*s", (int)len, path);
    watch_file(watch, trimmed);
    struct folder *folder = folder_add(watch, trimmed, &id);
    if (folder != NULL)
        folder->all = true;
    else
        watch->next.complete = false;
}

static bool has_wd(const struct set *set, int wd)
{
    for (uint32_t i = 0; i < intern_count(set->paths); i++) {
        if (set->folders[i].wd == wd)
            return true;
    }
    return false;
}

void watch_commit(struct watch *watch)
{
    if (watch->next.paths == NULL)
        return;
    for (uint32_t i = 0; i < intern_count(watch->now.paths); i++) {
        const int wd = watch->now.folders[i].wd;
        if (wd >= 0 && !has_wd(&watch->next, wd))
            inotify_rm_watch(watch->fd, wd);
    }
    set_release(&watch->now);
    watch->now = watch->next;
    watch->next = (struct set){ 0 };
}

bool watch_is_complete(const struct watch *watch)
{
    return watch->now.complete;
}

static bool concerns_us(const struct set *set, const struct inotify_event *event)
{
    if ((event->mask & (ENTRY_EVENTS | SELF_EVENTS)) != 0)
        return true;
    if ((event->mask & CONTENT_EVENTS) == 0 || event->len == 0)
        return false;

    /* Two paths may lead to one folder, which then has one descriptor. */
    for (uint32_t i = 0; i < intern_count(set->paths); i++) {
        if (set->folders[i].wd != event->wd)
            continue;
        char name[NAME_MAX + 16];
        const int len = snprintf(name, sizeof name, "%u/%s", i, event->name);
        if (set->folders[i].all || intern_find(set->names, name, (size_t)len) != INTERN_NONE)
            return true;
    }
    return false;
}

bool watch_read(struct watch *watch)
{
    union {
        struct inotify_event align;
        char octets[16384];
    } buffer;
    bool concerned = false;

    for (;;) {
        const ssize_t count = read(watch->fd, &buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return concerned;
        for (const char *at = buffer.octets; at < buffer.octets + count;) {
            const struct inotify_event *event = (const void *)at;
            concerned = concerned || concerns_us(&watch->now, event);
            at += sizeof *event + event->len;
        }
    }
}
