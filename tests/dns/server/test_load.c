#include "dns/server/load.h"

#include "health/board.h"
#include "tests/dns/server/folder.h"

struct play {
    struct folder *folder;
    struct board *board;
    struct snapshot_builder *builder;
    struct load_secrets secrets;
    struct report *report;
    struct load load;
};

static int play_setup(void **state)
{
    struct play *play = calloc(1, sizeof *play);
    folder_setup((void **)&play->folder);
    play->board = board_new();
    play->builder = snapshot_builder_new(play->board);
    play->report = report_new();
    assert_int_equal(load_secrets_init(&play->secrets), STATUS_OK);
    make_folder("zones");
    write_zone("zones/a.example.zone", "a.example", "one");
    *state = play;
    return 0;
}

static int play_teardown(void **state)
{
    struct play *play = *state;
    snapshot_free(play->load.snapshot, play->builder);
    load_release(&play->load);
    report_free(play->report);
    snapshot_builder_free(play->builder);
    board_free(play->board);
    folder_teardown((void **)&play->folder);
    free(play);
    return 0;
}

static enum status run(struct play *play, const struct snapshot *previous, struct load *load)
{
    return load_run("meridian.json", play->builder, &play->secrets, previous, play->report, load);
}

static void the_configuration_shapes_the_generation(void **state)
{
    struct play *play = *state;
    write_file("meridian.json",
               "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\", \"edns_size\": 1000,"
               "  \"minimal_responses\": false, \"identity\": \"me\", \"version\": \"v\","
               "  \"explain\": [\"::1\"], \"tcp\": { \"idle\": \"3s\" },"
               "  \"geo\": { \"ecs\": false }, \"rate_limit\": { \"errors\": 9 } }");
    assert_int_equal(run(play, NULL, &play->load), STATUS_OK);
    assert_true(play->load.config_good && play->load.listed);
    const struct serving *serving = &play->load.snapshot->serving;
    assert_int_equal(serving->edns_size, 1000);
    assert_false(serving->minimal_responses);
    assert_false(serving->ecs);
    assert_string_equal(serving->identity, "me");
    assert_string_equal(serving->version, "v");
    assert_int_equal(serving->explain_count, 1);
    assert_int_equal(serving->tcp_idle_100ms, 30);
    assert_int_equal(serving->rate_limit.errors, 9);
    assert_true(serving->cookies.rotating);
    assert_memory_equal(serving->cookies.secret[0], play->secrets.cookie_master, COOKIE_SECRET_LEN);
}

static void given_secrets_replace_our_own(void **state)
{
    struct play *play = *state;
    write_file("meridian.json",
               "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\","
               "  \"cookies\": { \"secrets\": [\"11111111111111111111111111111111\"] } }");
    assert_int_equal(run(play, NULL, &play->load), STATUS_OK);
    const struct cookie_secrets *cookies = &play->load.snapshot->serving.cookies;
    assert_false(cookies->rotating);
    assert_int_equal(cookies->count, 1);
    assert_int_equal(cookies->secret[0][15], 0x11);
}

/* What a checker wants: configuration, folder, zone and map in one run. */
static void the_first_load_tells_the_mistakes_of_every_file(void **state)
{
    struct play *play = *state;
    write_file("meridian.json", "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\", \"x\": 1 }");
    write_file("zones/lone.map.json", "{}");
    write_file("zones/bad.example.zone", "@ IN A 1.2.3\n");
    assert_int_not_equal(run(play, NULL, &play->load), STATUS_OK);
    assert_false(play->load.config_good);
    assert_non_null(play->load.snapshot);
    assert_true(report_has(play->report, "meridian.json: x: unknown key"));
    assert_true(report_has(play->report, "zones/lone.map.json: "));
    assert_true(report_has(play->report, "zones/bad.example.zone:1: "));
}

static void a_reload_stops_at_a_bad_configuration(void **state)
{
    struct play *play = *state;
    write_file("meridian.json", "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\" }");
    assert_int_equal(run(play, NULL, &play->load), STATUS_OK);
    write_file("meridian.json", "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\", \"x\": 1 }");
    struct load next;
    assert_int_not_equal(run(play, play->load.snapshot, &next), STATUS_OK);
    assert_false(next.config_good);
    assert_null(next.snapshot);
    load_release(&next);
}

static void a_mistake_in_the_folder_alone_is_a_mistake(void **state)
{
    struct play *play = *state;
    write_file("meridian.json", "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\" }");
    write_file("zones/a..b.zone", "");
    assert_int_not_equal(run(play, NULL, &play->load), STATUS_OK);
    assert_true(play->load.config_good && play->load.listed);
    assert_int_equal(play->load.snapshot->zones->count, 1);
}

static void without_the_folder_there_is_no_generation(void **state)
{
    struct play *play = *state;
    write_file("meridian.json", "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"nowhere\" }");
    assert_int_not_equal(run(play, NULL, &play->load), STATUS_OK);
    assert_true(play->load.config_good);
    assert_false(play->load.listed);
    assert_null(play->load.snapshot);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_setup, play_teardown)
    const struct CMUnitTest tests[] = {
        PLAY(the_configuration_shapes_the_generation),
        PLAY(given_secrets_replace_our_own),
        PLAY(the_first_load_tells_the_mistakes_of_every_file),
        PLAY(a_reload_stops_at_a_bad_configuration),
        PLAY(a_mistake_in_the_folder_alone_is_a_mistake),
        PLAY(without_the_folder_there_is_no_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
