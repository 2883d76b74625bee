#ifndef MERIDIAN_TESTS_ZONES_ZONETEXT_H
#define MERIDIAN_TESTS_ZONES_ZONETEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/proto/name.h"
#include "zones/builder.h"
#include "zones/zonefile.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* What the twins of the zone file's readers share: a folder of their own, and a zone read from it. */

static inline const uint8_t *wire(const char *text)
{
    static uint8_t names[8][NAME_MAX_LEN];
    static unsigned turn;
    uint8_t *name = names[turn++ % 8];
    const char *why = NULL;
    if (!name_from_text(text, strlen(text), NULL, name, &why))
        fail_msg("%s: %s", text, why);
    return name;
}

/* The path of a file in a folder that lasts as long as the process; one buffer. */
static inline const char *scratch_path(const char *name)
{
    static char folder[64];
    static char path[128];
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/meridian-zones-XXXXXX");
        assert_non_null(mkdtemp(folder));
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline void scratch_write(const char *name, const char *text, size_t len)
{
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void scratch_remove(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_path(""));
    assert_int_equal(system(command), 0);
}

/* A zone and everything that reading one needs. */
struct reading {
    struct arena *arena;
    struct builder *builder;
    struct report *report;
    struct file_list *files;
    enum status status;
};

static inline struct reading reading_of(const char *apex, const char *path)
{
    struct reading reading = { .arena = arena_new(), .report = report_new(),
                               .files = file_list_new() };
    assert_non_null(reading.arena);
    assert_non_null(reading.report);
    assert_non_null(reading.files);
    reading.builder = builder_new(wire(apex), reading.arena);
    assert_non_null(reading.builder);
    reading.status = zonefile_read(path, reading.builder, reading.report, reading.files);
    return reading;
}

static inline void reading_free(struct reading *reading)
{
    builder_free(reading->builder);
    arena_free(reading->arena);
    report_free(reading->report);
    file_list_free(reading->files);
}

/* Every message, each behind "mistake " or "warning ", without the folder; one buffer. */
static inline const char *messages(const struct report *report)
{
    static char text[8192];
    const char *folder = scratch_path("");
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < report_count(report); i++) {
        const char *message = report_text(report, i);
        char plain[2048];
        size_t len = 0;
        while (*message != '\0' && len < sizeof plain - 1) {
            if (strncmp(message, folder, strlen(folder)) == 0)
                message += strlen(folder);
            else
                plain[len++] = *message++;
        }
        plain[len] = '\0';
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s\n",
                                 report_severity(report, i) == SEVERITY_WARNING ? "warning " : "",
                                 plain);
        assert_true(used < sizeof text);
    }
    return text;
}

#endif
