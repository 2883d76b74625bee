#ifndef MERIDIAN_TESTS_SERVER_FOLDER_H
#define MERIDIAN_TESTS_SERVER_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/base/diag.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* A folder of its own for each test, which is the working directory meanwhile. */
struct folder {
    char path[32];
    char before[4096];
};

static inline int folder_setup(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    strcpy(folder->path, "/tmp/meridian-XXXXXX");
    assert_non_null(getcwd(folder->before, sizeof folder->before));
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(chdir(folder->path), 0);
    *state = folder;
    return 0;
}

static inline int folder_unlink(const char *path, const struct stat *there, int kind,
                                struct FTW *walk)
{
    (void)there;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int folder_teardown(void **state)
{
    struct folder *folder = *state;
    assert_int_equal(chdir(folder->before), 0);
    nftw(folder->path, folder_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return 0;
}

/* Writes a file in place. */
static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Writes it beside and renames, as careful programs do. */
static inline void replace_file(const char *path, const char *text)
{
    write_file("replacement", text);
    assert_int_equal(rename("replacement", path), 0);
}

static inline void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0755), 0);
}

/* True when some message holds `part`. */
static inline bool report_has(const struct report *report, const char *part)
{
    for (size_t i = 0; i < report_count(report); i++) {
        if (strstr(report_text(report, i), part) != NULL)
            return true;
    }
    return false;
}

static inline void report_print(const struct report *report)
{
    for (size_t i = 0; i < report_count(report); i++)
        print_message("  %s\n", report_text(report, i));
}

/* A zone that any server would load, with one TXT record to tell versions apart. */
static inline void write_zone(const char *path, const char *apex, const char *word)
{
    char text[512];
    snprintf(text, sizeof text,
             "$ORIGIN %s.\n$TTL 60\n@ IN SOA ns hostmaster 1 3600 600 86400 60\n@ IN NS ns\n"
             "ns IN A 192.0.2.1\ntxt IN TXT \"%s\"\n",
             apex, word);
    replace_file(path, text);
}

#endif
