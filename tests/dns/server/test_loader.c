#include "dns/server/loader.h"

#include "tests/dns/server/stage.h"

/* The TXT that the generation in force gives at txt.ZONE: its text, or "" without an answer. */
static const char *word_of(struct stage *stage, const char *zone)
{
    static char word[256];
    char qname[256];
    uint8_t response[1232];
    struct address source;
    snprintf(qname, sizeof qname, "txt.%s.", zone);
    const struct request request = request_for(qname, RRTYPE_TXT);
    assert_true(address_parse("192.0.2.1", &source));

    const struct snapshot *snapshot = snapshot_enter();
    const size_t len = answerer_stream(&stage->answerer, snapshot, &source, request.octets,
                                       request.len, response, sizeof response);
    snapshot_leave();
    word[0] = '\0';
    if (len > 12 && response[7] == 1) {
        /* The rdata ends the answer: one character-string. */
        for (size_t at = request.len; at < len; at++) {
            if (at + 1 + response[at] == len && response[at] > 0) {
                memcpy(word, response + at + 1, response[at]);
                word[response[at]] = '\0';
            }
        }
    }
    return word;
}

struct hope {
    struct stage *stage;
    const char *zone, *word;
};

static bool is_word(void *context)
{
    const struct hope *hope = context;
    return strcmp(word_of(hope->stage, hope->zone), hope->word) == 0;
}

static void expect_word(struct stage *stage, const char *zone, const char *word)
{
    struct hope hope = { stage, zone, word };
    stage_until(stage, is_word, &hope, word);
}

struct errand {
    struct loader *loader;
    uint64_t ticket;
};

static bool is_served(void *context)
{
    const struct errand *errand = context;
    return loader_served(errand->loader) >= errand->ticket;
}

static struct loader_outcome reload(struct stage *stage, struct report *report)
{
    struct errand errand = { stage->loader, loader_request(stage->loader) };
    struct loader_outcome outcome;
    stage_until(stage, is_served, &errand, "a reload");
    loader_outcome(stage->loader, &outcome, report);
    return outcome;
}

static void a_request_is_served_and_told(void **state)
{
    struct stage *stage = *state;
    struct report *report = report_new();
    const struct loader_outcome outcome = reload(stage, report);
    assert_true(outcome.good && outcome.in_force);
    assert_string_equal(loader_outcome_text(&outcome), "good");
    assert_int_equal(outcome.good_count, 1);
    assert_int_equal(outcome.refused_count, 0);
    assert_true(outcome.generation >= 2);
    assert_int_equal(report_count(report), 0);
    assert_true(stage->loads >= 1);
    report_free(report);
}

static void a_change_on_disk_needs_no_request(void **state)
{
    struct stage *stage = *state;
    assert_string_equal(word_of(stage, "app.example"), "one");
    write_zone("zones/app.example.zone", "app.example", "two");
    expect_word(stage, "app.example", "two");
    write_zone("zones/new.example.zone", "new.example", "fresh");
    expect_word(stage, "new.example", "fresh");
    assert_int_equal(unlink("zones/new.example.zone"), 0);
    expect_word(stage, "new.example", "");
    /* It listens on after a change, and to files that came later. */
    write_zone("zones/app.example.zone", "app.example", "three");
    expect_word(stage, "app.example", "three");
}

static void a_bad_zone_keeps_its_old_content_and_others_go_on(void **state)
{
    struct stage *stage = *state;
    struct report *report = report_new();
    write_zone("zones/other.example.zone", "other.example", "one");
    assert_true(reload(stage, NULL).good);

    replace_file("zones/app.example.zone", "@ IN A 1.2.3\n");
    write_zone("zones/other.example.zone", "other.example", "two");
    const struct loader_outcome outcome = reload(stage, report);
    assert_false(outcome.good);
    assert_true(outcome.in_force);
    assert_string_equal(loader_outcome_text(&outcome), "mistakes");
    assert_true(report_has(report, "zones/app.example.zone:1: "));
    assert_string_equal(word_of(stage, "app.example"), "one");
    assert_string_equal(word_of(stage, "other.example"), "two");

    /* As long as the file is bad every reload says so. */
    assert_false(reload(stage, NULL).good);
    write_zone("zones/app.example.zone", "app.example", "mended");
    assert_true(reload(stage, NULL).good);
    assert_string_equal(word_of(stage, "app.example"), "mended");
    report_free(report);
}

static void a_bad_configuration_changes_nothing(void **state)
{
    struct stage *stage = *state;
    struct report *report = report_new();
    const struct loader_outcome before = reload(stage, NULL);
    replace_file("meridian.json", "{ \"listen\": [] }");
    write_zone("zones/app.example.zone", "app.example", "two");
    const struct loader_outcome outcome = reload(stage, report);
    assert_false(outcome.good || outcome.in_force);
    assert_string_equal(loader_outcome_text(&outcome), "refused");
    assert_true(outcome.generation >= before.generation);
    assert_true(outcome.refused_count >= 1);
    assert_true(report_has(report, "meridian.json: listen: "));
    assert_true(report_has(report, "the key 'zones' is missing"));
    assert_string_equal(word_of(stage, "app.example"), "one");

    replace_file("meridian.json", stage_config);
    expect_word(stage, "app.example", "two");
    report_free(report);
}

static void a_missing_folder_changes_nothing(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(rename("zones", "gone"), 0);
    const struct loader_outcome outcome = reload(stage, NULL);
    assert_false(outcome.in_force);
    assert_string_equal(word_of(stage, "app.example"), "one");
    write_zone("gone/app.example.zone", "app.example", "back");
    assert_int_equal(rename("gone", "zones"), 0);
    expect_word(stage, "app.example", "back");
}

static void the_start_is_refused_without_a_configuration(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct board *board = board_new();
    struct loader *loader = loader_new("none.json", board);
    assert_false(loader_first(loader, report));
    assert_true(report_has(report, "none.json: "));
    loader_close(loader);
    board_free(board);
    report_free(report);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(a_request_is_served_and_told),
        STAGED(a_change_on_disk_needs_no_request),
        STAGED(a_bad_zone_keeps_its_old_content_and_others_go_on),
        STAGED(a_bad_configuration_changes_nothing),
        STAGED(a_missing_folder_changes_nothing),
        cmocka_unit_test_setup_teardown(the_start_is_refused_without_a_configuration, folder_setup,
                                        folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
