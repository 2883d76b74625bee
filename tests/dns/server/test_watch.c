#include "dns/server/watch.h"

#include <poll.h>

#include "tests/dns/server/folder.h"

/* Watches data/a, data/link (to other/target) and everything in zones/. */
static struct watch *watch_all(void)
{
    struct watch *watch = watch_new();
    assert_non_null(watch);
    make_folder("data");
    make_folder("other");
    make_folder("zones");
    write_file("data/a", "1");
    write_file("other/target", "1");
    assert_int_equal(symlink("../other/target", "data/link"), 0);
    assert_true(watch_begin(watch));
    watch_file(watch, "data/a");
    watch_file(watch, "data/link");
    watch_folder(watch, "zones/");
    watch_commit(watch);
    assert_true(watch_is_complete(watch));
    assert_false(watch_read(watch));
    return watch;
}

static void replace_a(void)
{
    replace_file("data/a", "2");
}
static void overwrite_a(void)
{
    write_file("data/a", "2");
}
static void remove_a(void)
{
    assert_int_equal(unlink("data/a"), 0);
}
static void overwrite_target(void)
{
    write_file("other/target", "2");
}
static void replace_target(void)
{
    replace_file("other/target", "2");
}
static void turn_link(void)
{
    assert_int_equal(symlink("../other/new", "data/new"), 0);
    assert_int_equal(rename("data/new", "data/link"), 0);
}
static void add_zone(void)
{
    write_file("zones/new.zone", "");
}
static void replace_folder(void)
{
    make_folder("zones.new");
    assert_int_equal(rename("zones.new", "zones"), 0);
}

static const struct {
    const char *what;
    void (*change)(void);
} changes[] = {
    { "a file replaced by rename", replace_a },
    { "a file overwritten in place", overwrite_a },
    { "a file removed", remove_a },
    { "the far end of a link overwritten", overwrite_target },
    { "the far end of a link replaced", replace_target },
    { "a link that leads elsewhere now", turn_link },
    { "a new file in the folder", add_zone },
    { "the folder itself replaced", replace_folder },
};

static void notices_every_kind_of_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        void *folder;
        folder_setup(&folder);
        struct watch *watch = watch_all();
        changes[i].change();
        struct pollfd polled = { .fd = watch_descriptor(watch), .events = POLLIN };
        if (poll(&polled, 1, 0) != 1 || !watch_read(watch))
            fail_msg("not noticed: %s", changes[i].what);
        assert_false(watch_read(watch));
        watch_free(watch);
        folder_teardown(&folder);
    }
}

/* A log that grows beside the configuration must not make the loader look all the time. */
static void what_others_write_is_nobody_s_business(void **state)
{
    (void)state;
    write_file("log", "x");
    write_file("mine", "x");
    struct watch *watch = watch_new();
    assert_true(watch_begin(watch));
    watch_file(watch, "mine");
    watch_commit(watch);
    FILE *log = fopen("log", "a");
    fputs("more", log);
    fclose(log);
    assert_false(watch_read(watch));
    write_file("mine", "y");
    assert_true(watch_read(watch));
    watch_free(watch);
}

static void a_commit_lets_go_of_what_is_not_named_again(void **state)
{
    (void)state;
    struct watch *watch = watch_all();
    assert_true(watch_begin(watch));
    watch_file(watch, "data/a");
    watch_commit(watch);
    watch_read(watch);
    write_file("zones/new.zone", "");
    write_file("other/target", "2");
    assert_false(watch_read(watch));
    write_file("data/a", "2");
    assert_true(watch_read(watch));
    watch_free(watch);
}

static void says_so_when_a_folder_is_missing(void **state)
{
    (void)state;
    struct watch *watch = watch_new();
    assert_true(watch_begin(watch));
    watch_file(watch, "nowhere/a");
    watch_commit(watch);
    assert_false(watch_is_complete(watch));
    watch_free(watch);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_every_kind_of_change),
        IN_FOLDER(what_others_write_is_nobody_s_business),
        IN_FOLDER(a_commit_lets_go_of_what_is_not_named_again),
        IN_FOLDER(says_so_when_a_folder_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
