#include "dns/server/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/base/clock.h"
#include "dns/base/json_writer.h"
#include "dns/base/log.h"
#include "dns/server/journal_file.h"

enum { RETRY_S = 1, BATCH_MOST = 65536, BATCHES_A_FILE = 8 };

/* One line that waits: `text` ends with a newline, which `len` counts. */
struct waiting {
    struct waiting *after;
    char *text;
    size_t len;
};

struct journal {
    struct journal_rules rules;
    char *folder;
    struct journal_file file; /* the thread's, as the two below */
    char *batch;
    size_t batch_cap;
    pthread_t thread;

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t wake;
    bool stopping;
    struct waiting *first, **end;
    unsigned count;
    struct journal_counts counts;
    uint64_t lost_told; /* of counts.lost */
};

/* ---- lines ---- */

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_put_string(writer, key, text);
}

static struct waiting *line_new(const struct journal_entry *entry)
{
    char now[CLOCK_TEXT];
    struct json_writer *writer = json_writer_new();
    struct waiting *line = calloc(1, sizeof *line);
    if (writer == NULL || line == NULL) {
        json_writer_free(writer);
        free(line);
        return NULL;
    }
    json_put_object(writer, NULL);
    json_put_string(writer, "time", clock_print(clock_wall_ms(), now));
    put_text(writer, "event", entry->event);
    put_text(writer, "what", entry->what);
    put_text(writer, "from", entry->from);
    put_text(writer, "to", entry->to);
    put_text(writer, "why", entry->why);
    put_text(writer, "by", entry->by);
    json_end(writer);
    line->text = json_writer_finish(writer, 0);
    if (line->text == NULL) {
        free(line);
        return NULL;
    }
    /* The NUL at its end becomes the newline. */
    line->len = strlen(line->text) + 1;
    line->text[line->len - 1] = '\n';
    return line;
}

static void line_free(struct waiting *line)
{
    if (line == NULL)
        return;
    free(line->text);
    free(line);
}

void journal_note(struct journal *journal, const struct journal_entry *entry)
{
    if (journal == NULL)
        return;
    struct waiting *line = line_new(entry);
    pthread_mutex_lock(&journal->lock);
    const bool room = line != NULL && journal->count < JOURNAL_WAITING;
    const bool first_lost = !room && journal->counts.lost++ == journal->lost_told;
    if (room) {
        *journal->end = line;
        journal->end = &line->after;
        journal->count++;
        pthread_cond_signal(&journal->wake);
    }
    pthread_mutex_unlock(&journal->lock);
    if (!room)
        line_free(line);
    if (first_lost)
        log_warning("the journal has no room left in memory, events are lost");
}

/* ---- the thread ---- */

static void drop_first(struct journal *journal)
{
    struct waiting *line = journal->first;
    journal->first = line->after;
    if (journal->first == NULL)
        journal->end = &journal->first;
    journal->count--;
    journal->counts.written++;
    line_free(line);
}

/* Copies what goes into one write; one line that is longer is written from where it is. */
static unsigned gather(struct journal *journal, const char **lines, size_t *len)
{
    unsigned count = 0;
    *len = 0;
    *lines = journal->batch;
    for (const struct waiting *line = journal->first; line != NULL; line = line->after) {
        if (*len + line->len > journal->batch_cap)
            break;
        memcpy(journal->batch + *len, line->text, line->len);
        *len += line->len;
        count++;
    }
    if (count > 0)
        return count;
    *lines = journal->first->text;
    *len = journal->first->len;
    return 1;
}

/* The lock is held, but not while the file is written. */
static bool write_some(struct journal *journal)
{
    const char *lines;
    size_t len;
    const unsigned count = gather(journal, &lines, &len);
    pthread_mutex_unlock(&journal->lock);
    const bool done = journal_file_append(&journal->file, lines, len);
    const int reason = errno;
    pthread_mutex_lock(&journal->lock);

    const bool was_failing = journal->counts.failing;
    journal->counts.failing = !done;
    if (!done && !was_failing)
        log_warning("%s/%s: cannot be written: %s; events wait in memory", journal->folder,
                    JOURNAL_FILE, strerror(reason));
    if (done && was_failing)
        log_info("%s/%s: is written again", journal->folder, JOURNAL_FILE);
    for (unsigned i = 0; done && i < count; i++)
        drop_first(journal);
    return done;
}

/* What was lost is told once there is room for it again. The lock is held. */
static void tell_lost(struct journal *journal)
{
    const uint64_t lost = journal->counts.lost - journal->lost_told;
    char why[64];
    if (lost == 0)
        return;
    snprintf(why, sizeof why, "%llu events found no room", (unsigned long long)lost);
    struct waiting *line = line_new(
        &(struct journal_entry){ .event = "journal", .to = "lost", .why = why });
    if (line == NULL)
        return;
    journal->lost_told += lost;
    *journal->end = line;
    journal->end = &line->after;
    journal->count++;
}

static void wait_before_retry(struct journal *journal)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RETRY_S;
    /* A new line wakes us too; it must not make us try faster. */
    while (!journal->stopping &&
           pthread_cond_timedwait(&journal->wake, &journal->lock, &until) != ETIMEDOUT)
        continue;
}

static void *journal_main(void *argument)
{
    struct journal *journal = argument;
    pthread_setname_np(pthread_self(), "journal");
    pthread_mutex_lock(&journal->lock);
    for (;;) {
        while (journal->first == NULL && !journal->stopping)
            pthread_cond_wait(&journal->wake, &journal->lock);
        while (journal->first != NULL && write_some(journal))
            continue;
        if (journal->first == NULL)
            tell_lost(journal);
        else if (!journal->stopping)
            wait_before_retry(journal);
        if (journal->stopping && (journal->first == NULL || journal->counts.failing))
            break;
    }
    pthread_mutex_unlock(&journal->lock);
    return NULL;
}

/* ---- beginning and end ---- */

static bool sync_init(struct journal *journal)
{
    pthread_condattr_t monotonic;
    if (pthread_mutex_init(&journal->lock, NULL) != 0)
        return false;
    if (pthread_condattr_init(&monotonic) == 0) {
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        const bool done = pthread_cond_init(&journal->wake, &monotonic) == 0;
        pthread_condattr_destroy(&monotonic);
        if (done)
            return true;
    }
    pthread_mutex_destroy(&journal->lock);
    return false;
}

static void journal_free(struct journal *journal)
{
    while (journal->first != NULL) {
        struct waiting *line = journal->first;
        journal->first = line->after;
        line_free(line);
    }
    journal_file_close(&journal->file);
    pthread_cond_destroy(&journal->wake);
    pthread_mutex_destroy(&journal->lock);
    free(journal->batch);
    free(journal->folder);
    free(journal);
}

struct journal *journal_open(const struct journal_rules *rules)
{
    struct journal *journal = calloc(1, sizeof *journal);
    char *folder = strdup(rules->folder);
    if (journal == NULL || folder == NULL || !sync_init(journal)) {
        free(folder);
        free(journal);
        return NULL;
    }
    journal->folder = folder;
    journal->rules = *rules;
    journal->rules.folder = folder;
    journal->end = &journal->first;
    journal_file_init(&journal->file, &journal->rules);
    /* Files are filled by whole batches: small ones want small batches. */
    const uint64_t share = rules->size_most / BATCHES_A_FILE;
    journal->batch_cap = share < BATCH_MOST ? (size_t)share : BATCH_MOST;
    journal->batch = malloc(BATCH_MOST);
    if (journal->batch == NULL || pthread_create(&journal->thread, NULL, journal_main, journal) != 0) {
        journal_free(journal);
        return NULL;
    }
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    pthread_mutex_lock(&journal->lock);
    journal->stopping = true;
    pthread_cond_signal(&journal->wake);
    pthread_mutex_unlock(&journal->lock);
    pthread_join(journal->thread, NULL);
    journal_free(journal);
}

struct journal_counts journal_counts(struct journal *journal)
{
    struct journal_counts counts = { 0 };
    if (journal == NULL)
        return counts;
    pthread_mutex_lock(&journal->lock);
    counts = journal->counts;
    pthread_mutex_unlock(&journal->lock);
    return counts;
}
