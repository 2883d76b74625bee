#include "zones/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/zones/house.h"

static void nothing_is_in_force_before_the_first_publish(void **state)
{
    (void)state;
    snapshot_join();
    assert_null(snapshot_enter());
    snapshot_leave();
    snapshot_quit();
}

static void publishing_gives_back_what_was_in_force(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    house_build(&house, "");
    struct snapshot *first = house.now;
    house.now = NULL;
    house_build(&house, "");
    struct snapshot *second = house.now;
    house.now = NULL;

    snapshot_join();
    assert_null(snapshot_publish(first));
    assert_ptr_equal(snapshot_enter(), first);
    snapshot_leave();
    assert_ptr_equal(snapshot_publish(second), first);
    assert_ptr_equal(snapshot_enter(), second);
    snapshot_leave();
    assert_ptr_equal(snapshot_publish(NULL), second);
    snapshot_quit();
    snapshot_free(first, house.builder);
    snapshot_free(second, house.builder);
    house_close(&house);
}

/* What a worker does, without end: look at all of the generation in force. */
struct watcher {
    _Atomic bool stop;
    _Atomic uint64_t seen; /* the last generation looked at */
    bool went_back;
};

static void *watch(void *argument)
{
    struct watcher *watcher = argument;
    snapshot_join();
    while (!atomic_load(&watcher->stop)) {
        const struct snapshot *now = snapshot_enter();
        if (now != NULL) {
            /* A freed zone is poisoned memory: the sanitizer would see this read. */
            const struct zone *zone = now->zones->zones[0];
            watcher->went_back |= now->generation < watcher->seen || !zone->loaded ||
                                  strcmp(zone->name, "app.example") != 0;
            atomic_store(&watcher->seen, now->generation);
        }
        snapshot_leave();
    }
    snapshot_quit();
    return NULL;
}

enum { GENERATIONS = 60 };

static void readers_see_whole_generations_only(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    house_write(&house, "app.zone", PLAIN_ZONE);
    house_write(&house, "app.map.json", GOOD_MAP);
    house_zone(&house, "app.example", "app.zone", "app.map.json");

    struct watcher watcher = { 0 };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, watch, &watcher), 0);
    struct snapshot *before = NULL;
    for (unsigned i = 0; i < GENERATIONS; i++) {
        char zone[256];
        snprintf(zone, sizeof zone, PLAIN_ZONE "n%u A 192.0.2.1\n", i * i * i);
        file_write(house.folder, "app.zone", zone);
        struct snapshot *next;
        assert_int_equal(snapshot_build(house.builder, &house.sources, before, house.report, &next),
                         STATUS_OK);
        assert_ptr_equal(snapshot_publish(next), before);
        snapshot_free(before, house.builder);
        before = next;
    }
    while (atomic_load(&watcher.seen) != GENERATIONS)
        usleep(1000);
    atomic_store(&watcher.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(watcher.went_back);
    assert_ptr_equal(snapshot_publish(NULL), before);
    house.now = before;
    house_close(&house);
}

static void names_its_files_once(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    house_write(&house, "regions.json", "{ 'eu': {}, 'us': {} }");
    static const char map[] = "{ 'regions': 'regions.json', 'services': { 'api': { 'route': {"
                              " 'failover': ['eu', 'us'] }, " ENDPOINTS " } }, " NAMES " }";
    house_write(&house, "a.zone", PLAIN_ZONE);
    house_write(&house, "a.map.json", map);
    house_write(&house, "b.zone", PLAIN_ZONE "$INCLUDE b.inc\n");
    house_write(&house, "b.inc", "www A 192.0.2.1\n");
    house_write(&house, "b.map.json", map);
    house_copy(&house, CITIES, "world.mmdb");
    house.databases[house.sources.database_count++] = house_path(&house, "world.mmdb");
    house_zone(&house, "a.example", "a.zone", "a.map.json");
    house_zone(&house, "b.example", "b.zone", "b.map.json");
    house_build(&house, "");

    static const char *const expected[] = { "world.mmdb", "a.zone", "a.map.json", "regions.json",
                                            "b.zone",     "b.inc",  "b.map.json" };
    assert_int_equal(snapshot_file_count(house.now), COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_string_equal(snapshot_file(house.now, i) + strlen(house.folder) + 1, expected[i]);

    /* Each of them is noticed. */
    for (size_t i = 1; i < COUNT(expected); i++) {
        assert_false(snapshot_files_changed(house.now));
        char path[128];
        snprintf(path, sizeof path, "%s/%s", house.folder, expected[i]);
        FILE *file = fopen(path, "a");
        assert_non_null(file);
        fputc('\n', file);
        assert_int_equal(fclose(file), 0);
        if (!snapshot_files_changed(house.now))
            fail_msg("a change of %s is not seen", expected[i]);
        house_build(&house, "");
    }
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_in_force_before_the_first_publish),
        cmocka_unit_test(publishing_gives_back_what_was_in_force),
        cmocka_unit_test(readers_see_whole_generations_only),
        cmocka_unit_test(names_its_files_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
