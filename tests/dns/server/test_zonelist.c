#include "dns/server/zonelist.h"

#include "tests/dns/server/folder.h"

/* A configuration over the folder "zones", as config_load() gives it. */
static struct config *config_of_folder(void)
{
    struct config *config;
    struct report *report = report_new();
    write_file("meridian.json", "{ \"listen\": [\"127.0.0.1\"], \"zones\": \"zones\" }");
    assert_int_equal(config_load("meridian.json", report, &config), STATUS_OK);
    report_free(report);
    return config;
}

/* "name=file" or "name=file+map", separated by blanks. */
static char *list_text(const struct zonelist *list, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct zone_source *zone = &list->zones[i];
        len += (size_t)snprintf(out + len, cap - len, "%s%s=%s%s%s", i > 0 ? " " : "", zone->name,
                                zone->file, zone->map != NULL ? "+" : "",
                                zone->map != NULL ? zone->map : "");
        assert_true(len < cap);
    }
    return out;
}

static const struct {
    const char *what;
    const char *files[5];
    const char *list;
    const char *told; /* NULL: no mistake */
} cases[] = {
    { "nothing", { NULL }, "", NULL },
    { "a zone", { "a.example.zone" }, "a.example=zones/a.example.zone", NULL },
    { "a zone with its map", { "a.zone", "a.map.json" }, "a=zones/a.zone+zones/a.map.json", NULL },
    { "in the order of names", { "b.zone", "a.zone" }, "a=zones/a.zone b=zones/b.zone", NULL },
    { "the root", { "root.zone", "root.map.json" }, ".=zones/root.zone+zones/root.map.json", NULL },
    { "other people's files",
      { "README", "a.zone~", ".hidden.zone", ".zone", "a.json" },
      "",
      NULL },
    { "a map alone keeps its zone",
      { "a.map.json" },
      "a=zones/a.zone+zones/a.map.json",
      "zones/a.map.json: there is no zone file a.zone beside this map" },
    { "a name that is none",
      { "a..b.zone", "c.zone" },
      "c=zones/c.zone",
      "zones/a..b.zone: 'a..b' is no name of a zone" },
    { "the same name in other letters",
      { "A.zone", "a.zone" },
      "a=zones/a.zone",
      "zones/A.zone: another file holds the zone A too" },
};

static void lists_what_the_folder_holds(void **state)
{
    (void)state;
    struct config *config = config_of_folder();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[1024], path[256];
        make_folder("zones");
        for (size_t k = 0; k < 5 && cases[i].files[k] != NULL; k++) {
            snprintf(path, sizeof path, "zones/%s", cases[i].files[k]);
            write_file(path, "");
        }
        struct zonelist list;
        struct report *report = report_new();
        assert_int_equal(zonelist_read(config, report, &list), STATUS_OK);
        if (strcmp(list_text(&list, text, sizeof text), cases[i].list) != 0)
            fail_msg("%s: %s", cases[i].what, text);
        assert_int_equal(report_mistakes(report), cases[i].told != NULL);
        if (cases[i].told != NULL && !report_has(report, cases[i].told))
            fail_msg("%s: not told: %s", cases[i].what, cases[i].told);
        report_free(report);
        zonelist_release(&list);
        nftw("zones", folder_unlink, 16, FTW_DEPTH | FTW_PHYS);
    }
    config_free(config);
}

static void a_missing_folder_is_no_empty_one(void **state)
{
    (void)state;
    struct config *config = config_of_folder();
    struct zonelist list;
    struct report *report = report_new();
    assert_int_equal(zonelist_read(config, report, &list), STATUS_IO);
    assert_true(report_has(report, "meridian.json: zones: the folder 'zones' cannot be read"));
    report_free(report);
    config_free(config);
}

static void notices_another_list(void **state)
{
    (void)state;
    struct config *config = config_of_folder();
    struct report *report = report_new();
    struct zonelist before, after;
    make_folder("zones");
    write_file("zones/a.zone", "");
    assert_int_equal(zonelist_read(config, report, &before), STATUS_OK);
    assert_int_equal(zonelist_read(config, report, &after), STATUS_OK);
    assert_true(zonelist_equal(&before, &after));
    zonelist_release(&after);

    write_file("zones/a.map.json", "");
    assert_int_equal(zonelist_read(config, report, &after), STATUS_OK);
    assert_false(zonelist_equal(&before, &after));
    zonelist_release(&after);
    zonelist_release(&before);
    report_free(report);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_what_the_folder_holds, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_no_empty_one, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(notices_another_list, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
