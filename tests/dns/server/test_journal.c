#include "dns/server/journal.h"

#include <pthread.h>

#include "dns/base/clock.h"
#include "dns/base/json.h"
#include "tests/dns/server/folder.h"

enum { PATIENCE_MS = 10000, LINE = 4096 };

static const struct journal_rules rules = { .folder = "state", .size_most = 1 << 24, .keep = 1 };

/* The `index`-th line of the journal as one JSON text without its newline; false: there is none. */
static bool line_at(size_t index, char out[LINE])
{
    FILE *file = fopen("state/journal.jsonl", "r");
    bool found = file != NULL;
    for (size_t i = 0; found && i <= index; i++)
        found = fgets(out, LINE, file) != NULL;
    if (file != NULL)
        fclose(file);
    if (found)
        out[strcspn(out, "\n")] = '\0';
    return found;
}

static size_t line_count(void)
{
    FILE *file = fopen("state/journal.jsonl", "r");
    size_t count = 0;
    int octet;
    if (file == NULL)
        return 0;
    while ((octet = getc(file)) != EOF)
        count += octet == '\n';
    fclose(file);
    return count;
}

static void await_written(struct journal *journal, uint64_t count)
{
    const uint64_t end = clock_monotonic_ms() + PATIENCE_MS;
    while (journal_counts(journal).written < count) {
        if (clock_monotonic_ms() > end)
            fail_msg("only %lu lines are written", (unsigned long)journal_counts(journal).written);
        usleep(1000);
    }
}

static void a_line_says_what_is_known(void **state)
{
    (void)state;
    static const struct {
        struct journal_entry entry;
        const char *rest; /* behind the time */
    } cases[] = {
        { { "order", "a/b", "none", "drain", "new \"disks\"", "alice" },
          ", \"event\": \"order\", \"what\": \"a/b\", \"from\": \"none\", \"to\": \"drain\", "
          "\"why\": \"new \\\"disks\\\"\", \"by\": \"alice\"}" },
        { { .event = "daemon", .to = "start", .why = "" },
          ", \"event\": \"daemon\", \"to\": \"start\"}" },
        { { .event = "reload", .why = "two\nlines" },
          ", \"event\": \"reload\", \"why\": \"two\\nlines\"}" },
    };
    struct journal *journal = journal_open(&rules);
    assert_non_null(journal);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        journal_note(journal, &cases[i].entry);
    journal_close(journal);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char line[LINE], time[32];
        uint64_t wall_ms;
        assert_true(line_at(i, line));
        assert_int_equal(sscanf(line, "{\"time\": \"%24[^\"]\"", time), 1);
        assert_true(clock_scan(time, &wall_ms));
        assert_in_range(wall_ms, clock_wall_ms() - 3600000, clock_wall_ms());
        assert_string_equal(line + strlen("{\"time\": \"2026-11-21T06:30:00.123Z\""),
                            cases[i].rest);
    }
    assert_int_equal(line_count(), COUNT_OF(cases));
}

static void nobody_notes_nothing(void **state)
{
    (void)state;
    journal_note(NULL, &(struct journal_entry){ .event = "daemon" });
    assert_int_equal(journal_counts(NULL).written, 0);
    journal_close(NULL);
}

enum { WRITERS = 4, NOTES = 500 };

static void *note_many(void *journal)
{
    for (unsigned i = 0; i < NOTES; i++)
        journal_note(journal, &(struct journal_entry){ .event = "target", .to = "up" });
    return NULL;
}

static void all_threads_are_heard(void **state)
{
    (void)state;
    pthread_t writers[WRITERS];
    struct journal *journal = journal_open(&rules);
    assert_non_null(journal);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, note_many, journal), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    journal_close(journal);
    assert_int_equal(line_count(), WRITERS * NOTES);
}

/* A folder in the place of the file is as good as a full disk. */
static void a_disk_that_is_full_is_waited_for(void **state)
{
    (void)state;
    char line[LINE];
    make_folder("state");
    make_folder("state/journal.jsonl");
    struct journal *journal = journal_open(&rules);
    assert_non_null(journal);
    for (unsigned i = 0; i < JOURNAL_WAITING + 5; i++)
        journal_note(journal, &(struct journal_entry){ .event = "target", .to = "up" });
    const uint64_t end = clock_monotonic_ms() + PATIENCE_MS;
    while (!journal_counts(journal).failing && clock_monotonic_ms() < end)
        usleep(1000);
    assert_true(journal_counts(journal).failing);
    assert_int_equal(journal_counts(journal).written, 0);
    assert_int_equal(journal_counts(journal).lost, 5);

    assert_int_equal(rmdir("state/journal.jsonl"), 0);
    await_written(journal, JOURNAL_WAITING + 1);
    assert_false(journal_counts(journal).failing);
    journal_close(journal);
    assert_int_equal(line_count(), JOURNAL_WAITING + 1);
    assert_true(line_at(JOURNAL_WAITING, line));
    assert_non_null(strstr(line, "\"event\": \"journal\", \"to\": \"lost\", "
                                 "\"why\": \"5 events found no room\"}"));
}

static void a_disk_that_stays_full_holds_nobody_up(void **state)
{
    (void)state;
    write_file("state", "no folder");
    struct journal *journal = journal_open(&rules);
    assert_non_null(journal);
    journal_note(journal, &(struct journal_entry){ .event = "daemon", .to = "stop" });
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_says_what_is_known, folder_setup, folder_teardown),
        cmocka_unit_test(nobody_notes_nothing),
        cmocka_unit_test_setup_teardown(all_threads_are_heard, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_is_full_is_waited_for, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_stays_full_holds_nobody_up, folder_setup,
                                        folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
