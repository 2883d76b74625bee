#include "health/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/base/duration.h"
#include "dns/base/json.h"

struct state_file {
    struct report *report; /* takes in what the reader of JSON tells; nobody looks */
    struct diag diag;
    struct json_doc *doc;
    struct stat stat; /* as it was read; zero when it came as octets */
    uint64_t written_wall_ms;
};

static void reason_set(char reason[PROBE_REASON], const char *what)
{
    snprintf(reason, PROBE_REASON, "%s", what);
}

static void reason_errno(char reason[PROBE_REASON], int error)
{
    struct probe_result told = { .good = false };
    probe_fail_errno(&told, error);
    reason_set(reason, told.reason);
}

void state_file_free(struct state_file *file)
{
    if (file == NULL)
        return;
    json_free(file->doc);
    report_free(file->report);
    free(file);
}

struct state_file *state_file_parse(const char *octets, size_t len, uint64_t written_wall_ms,
                                    char reason[PROBE_REASON])
{
    struct state_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        reason_set(reason, "out of memory");
        return NULL;
    }
    file->written_wall_ms = written_wall_ms;
    file->report = report_new();
    file->diag = (struct diag){ .report = file->report };
    enum status status = STATUS_MEMORY;
    if (file->report != NULL)
        status = json_parse(octets, len, &file->diag, &file->doc);
    if (status == STATUS_OK) {
        const struct json_node root = json_root(file->doc, &file->diag);
        if (json_kind(&root) == JSON_KIND_OBJECT)
            return file;
    }
    reason_set(reason, status == STATUS_MEMORY ? "out of memory" : "the file is no JSON object");
    state_file_free(file);
    return NULL;
}

/* ---- from disk ---- */

/* A terminated copy of the file; NULL, and told, when it is no good. */
static char *file_read(const char *path, struct stat *stat, char reason[PROBE_REASON])
{
    char *octets = NULL;
    /* Not to wait for a writer, should it be a pipe. */
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, stat) != 0) {
        reason_errno(reason, errno);
        goto out;
    }
    if (!S_ISREG(stat->st_mode) || stat->st_size > STATE_FILE_MOST) {
        reason_set(reason, S_ISREG(stat->st_mode) ? "the file is over 4 MiB" : "not a plain file");
        goto out;
    }
    const size_t cap = (size_t)stat->st_size;
    size_t len = 0;
    octets = malloc(cap + 1);
    while (octets != NULL && len < cap) {
        const ssize_t got = read(fd, octets + len, cap - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (octets == NULL) {
        reason_set(reason, "out of memory");
    } else {
        octets[len] = '\0';
        stat->st_size = (off_t)len;
    }
out:
    if (fd >= 0)
        close(fd);
    return octets;
}

struct state_file *state_file_load(const char *path, char reason[PROBE_REASON])
{
    struct stat stat;
    char *octets = file_read(path, &stat, reason);
    if (octets == NULL)
        return NULL;
    const uint64_t written_ms =
        (uint64_t)stat.st_mtim.tv_sec * 1000 + (uint64_t)stat.st_mtim.tv_nsec / 1000000;
    struct state_file *file = state_file_parse(octets, (size_t)stat.st_size, written_ms, reason);
    free(octets);
    if (file != NULL)
        file->stat = stat;
    return file;
}

bool state_file_is_stale(const struct state_file *file, const char *path)
{
    struct stat now;
    if (stat(path, &now) != 0)
        return true;
    const struct stat *then = &file->stat;
    return now.st_ino != then->st_ino || now.st_dev != then->st_dev ||
           now.st_size != then->st_size || now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != then->st_mtim.tv_nsec ||
           now.st_ctim.tv_sec != then->st_ctim.tv_sec ||
           now.st_ctim.tv_nsec != then->st_ctim.tv_nsec;
}

/* ---- what it says ---- */

static bool entry_find(const struct state_file *file, const struct target *target,
                       struct json_node *root, struct json_node *out)
{
    char address[ADDRESS_TEXT], with_port[ADDRESS_TEXT + 16];
    const bool v6 = target->address.family == FAMILY_V6;
    address_print(&target->address, address);
    snprintf(with_port, sizeof with_port, "%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "",
             target->port);
    *root = json_root(file->doc, &file->diag);
    return (target->port != 0 && json_member(root, with_port, out)) ||
           json_member(root, address, out) ||
           (target->spec.region != NULL && json_member(root, target->spec.region, out));
}

/* true, "up", or { "up": true }. False when it is nothing of that kind. */
static bool entry_read(const struct json_node *entry, bool *up, const char **why)
{
    struct json_node member;
    const char *word;
    switch (json_kind(entry)) {
    case JSON_KIND_BOOL:
        return json_get_bool(entry, up) == STATUS_OK;
    case JSON_KIND_STRING:
        if (json_get_string(entry, &word) != STATUS_OK)
            return false;
        *up = strcmp(word, "up") == 0;
        return *up || strcmp(word, "down") == 0;
    case JSON_KIND_OBJECT:
        if (json_member(entry, "reason", &member) && json_kind(&member) == JSON_KIND_STRING)
            (void)json_get_string(&member, why);
        return json_member(entry, "up", &member) && json_kind(&member) == JSON_KIND_BOOL &&
               json_get_bool(&member, up) == STATUS_OK;
    default:
        return false;
    }
}

/* Nothing usable is said. Whether that counts is the operator's choice. */
static void settle(const struct probe_spec *spec, const char *reason, struct probe_result *result)
{
    probe_fail(result, "%s", reason);
    result->silent = spec->silence == SILENCE_KEEP;
    result->good = spec->silence == SILENCE_UP;
}

static bool is_too_old(const struct state_file *file, const struct probe_spec *spec,
                       uint64_t now_wall_ms)
{
    return spec->max_age_ms != 0 && now_wall_ms > file->written_wall_ms &&
           now_wall_ms - file->written_wall_ms > spec->max_age_ms;
}

void state_file_judge(const struct state_file *file, const char *reason,
                      const struct target *target, uint64_t now_wall_ms,
                      struct probe_result *result)
{
    const struct probe_spec *spec = &target->spec;
    struct json_node root, entry;
    const char *why = NULL;
    bool up = false;

    if (file == NULL) {
        settle(spec, reason, result);
    } else if (is_too_old(file, spec, now_wall_ms)) {
        char age[32], text[PROBE_REASON];
        snprintf(
            text, sizeof text, "the file was last written %s ago",
            duration_print((now_wall_ms - file->written_wall_ms) / 1000 * 1000, age, sizeof age));
        settle(spec, text, result);
    } else if (!entry_find(file, target, &root, &entry)) {
        settle(spec, "the file does not mention it", result);
    } else if (!entry_read(&entry, &up, &why)) {
        settle(spec, "the file says neither up nor down", result);
    } else if (up) {
        result->good = true;
    } else {
        probe_fail(result, "%s", why != NULL ? why : "the file says down");
    }
}
