#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dns/proto/name.h"
#include "tests/mutate/mutation.h"
#include "zones/builder.h"
#include "zones/zonecheck.h"
#include "zones/zonefile.h"

/*
 * mutants [-o FOLDER] [-p] FIRST COUNT ZONE.zone...
 *
 * Loads COUNT spoilt versions of the zone files (their names are the zones'),
 * numbers FIRST and up, each made from the next file in turn. Prints how many
 * were accepted. With -o each accepted one is written to FOLDER/NUMBER.zone, and
 * what we understood to NUMBER.records: "owner ttl type rdata", the names and
 * rdata in hex, the owner in lower case. -p loads the files as they are
 * instead, and tells what is wrong with them.
 */
enum { ROOM = 8192, SLOW_MS = 2000 };

struct base {
    const char *path;
    uint8_t apex[NAME_MAX_LEN];
    char *octets;
    size_t len;
};

struct run {
    const char *folder; /* NULL: nothing is written */
    bool tells;         /* what is wrong with each */
    int memfile;
    char memfile_path[64];
    unsigned long accepted, refused, skipped, slow;
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

/* A range with a number of more than five digits. */
static bool is_endless(const char *at, const char *end)
{
    unsigned digits = 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    for (; at < end && *at != ' ' && *at != '\t' && *at != '\n' && digits < 6; at++)
        digits = *at >= '0' && *at <= '9' ? digits + 1 : 0;
    return digits == 6;
}

/* What a mutant includes, or generates without end, is not ours to wait for. */
static bool is_fit(const struct text *text)
{
    const char *end = text->octets + text->len;
    for (const char *at = text->octets; at + 9 <= end; at++) {
        if (*at != '$')
            continue;
        if (strncasecmp(at, "$INCLUDE", 8) == 0 ||
            (strncasecmp(at, "$GENERATE", 9) == 0 && is_endless(at + 9, end)))
            return false;
    }
    return true;
}

static void base_read(struct base *base, const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t cap = 1 << 20;
    char zone[256];
    const char *slash = strrchr(path, '/');

    snprintf(zone, sizeof zone, "%s", slash != NULL ? slash + 1 : path);
    char *ending = strstr(zone, ".zone");
    if (ending == NULL)
        die(path);
    *ending = '\0';
    base->path = path;
    base->octets = malloc(cap);
    if (file == NULL || base->octets == NULL ||
        !name_from_text(zone, strlen(zone), (const uint8_t *)"", base->apex, NULL))
        die(path);
    /* Lines that include others are left out: a mutant is one file. */
    char *line = NULL;
    size_t line_cap = 0;
    ssize_t len;
    while ((len = getline(&line, &line_cap, file)) > 0 && base->len + (size_t)len <= cap) {
        if (strncasecmp(line, "$INCLUDE", 8) == 0)
            continue;
        memcpy(base->octets + base->len, line, (size_t)len);
        base->len += (size_t)len;
    }
    free(line);
    fclose(file);
}

/* ---- what we understood ---- */

static void print_hex(FILE *out, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%02x", octets[i]);
    if (len == 0)
        fputc('-', out);
}

static void print_records(FILE *out, const struct builder *builder)
{
    for (size_t n = 0; n < builder_count(builder); n++) {
        const struct builder_node *node = builder_at(builder, n);
        uint8_t owner[NAME_MAX_LEN];
        name_lower(node->owner, owner);
        for (uint32_t s = 0; s < node->rrset_count; s++) {
            const struct builder_rrset *rrset = &node->rrsets[s];
            for (uint32_t r = 0; r < rrset->count; r++) {
                print_hex(out, owner, name_len(owner));
                fprintf(out, " %u %u ", rrset->records[r].ttl, rrset->type);
                print_hex(out, rrset->records[r].rdata, rrset->records[r].rdata_len);
                fputc('\n', out);
            }
        }
    }
}

static FILE *open_output(const struct run *run, uint64_t number, const char *ending)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%llu.%s", run->folder, (unsigned long long)number, ending);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        die(path);
    return file;
}

static void keep(const struct run *run, uint64_t number, const struct text *text,
                 const struct base *base, const struct builder *builder)
{
    char apex[NAME_TEXT];
    FILE *file = open_output(run, number, "zone");
    if (fwrite(text->octets, 1, text->len, file) != text->len || fclose(file) != 0)
        die("write");
    file = open_output(run, number, "records");
    fprintf(file, "%s %s\n", name_to_text(base->apex, apex), base->path);
    print_records(file, builder);
    if (fclose(file) != 0)
        die("write");
}

/* ---- loading ---- */

static void load(struct run *run, const struct base *base, const struct text *text, uint64_t number)
{
    struct report *report = report_new();
    struct file_list *files = file_list_new();
    struct arena *arena = arena_new();
    struct builder *builder = builder_new(base->apex, arena);
    const struct diag place = { .report = report, .file = run->memfile_path };

    if (report == NULL || files == NULL || builder == NULL)
        die("memory");
    if (ftruncate(run->memfile, 0) != 0 ||
        pwrite(run->memfile, text->octets, text->len, 0) != (ssize_t)text->len)
        die("memfile");
    enum status status = zonefile_read(run->memfile_path, builder, report, files);
    if (status == STATUS_OK)
        status = zonecheck_run(builder, &place);
    if ((status == STATUS_OK) != (report_mistakes(report) == 0)) {
        fprintf(stderr, "mutant %llu: status %d with %zu mistakes\n", (unsigned long long)number,
                status, report_mistakes(report));
        abort();
    }
    for (size_t i = 0; run->tells && i < report_count(report); i++)
        printf("%s: %s\n", base->path, report_text(report, i));
    if (status != STATUS_OK) {
        run->refused++;
    } else {
        struct zone *zone;
        run->accepted++;
        if (run->folder != NULL)
            keep(run, number, text, base, builder);
        if (builder_freeze(builder, "mutant", &zone) != STATUS_OK)
            abort();
    }
    builder_free(builder);
    arena_free(arena);
    file_list_free(files);
    report_free(report);
}

static unsigned long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

static void run_one(struct run *run, const struct base *base, uint64_t number, bool plain)
{
    struct text text = { malloc(base->len + ROOM), base->len, base->len + ROOM };
    if (text.octets == NULL)
        die("memory");
    memcpy(text.octets, base->octets, base->len);
    if (!plain)
        mutate(&text, number);
    if (!is_fit(&text)) {
        run->skipped++;
    } else {
        const unsigned long began = milliseconds();
        load(run, base, &text, number);
        if (milliseconds() - began > SLOW_MS) {
            fprintf(stderr, "mutant %llu is slow\n", (unsigned long long)number);
            run->slow++;
        }
    }
    free(text.octets);
}

static void memfile_open(struct run *run)
{
    run->memfile = memfd_create("mutant", MFD_CLOEXEC);
    if (run->memfile < 0)
        die("memfd_create");
    snprintf(run->memfile_path, sizeof run->memfile_path, "/proc/self/fd/%d", run->memfile);
}

int main(int argc, char **argv)
{
    struct run run = { 0 };
    bool plain = false;
    int option;

    while ((option = getopt(argc, argv, "o:p")) != -1) {
        if (option == 'o')
            run.folder = optarg;
        plain = run.tells = plain || option == 'p';
    }
    const int base_count = argc - optind - 2;
    if (base_count < 1) {
        fprintf(stderr, "usage: mutants [-o FOLDER] [-p] FIRST COUNT ZONE.zone...\n");
        return 2;
    }
    const uint64_t first = strtoull(argv[optind], NULL, 10);
    const uint64_t count = strtoull(argv[optind + 1], NULL, 10);
    struct base *bases = calloc((size_t)base_count, sizeof *bases);
    if (bases == NULL)
        die("memory");
    for (int i = 0; i < base_count; i++)
        base_read(&bases[i], argv[optind + 2 + i]);
    memfile_open(&run);
    for (uint64_t number = first; number < first + count; number++)
        run_one(&run, &bases[number % (uint64_t)base_count], number, plain);
    printf("%lu accepted, %lu refused, %lu skipped, %lu slow\n", run.accepted, run.refused,
           run.skipped, run.slow);
    for (int i = 0; i < base_count; i++)
        free(bases[i].octets);
    free(bases);
    close(run.memfile);
    return run.slow == 0 ? 0 : 1;
}
