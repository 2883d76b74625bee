#ifndef MERIDIAN_TESTS_SERVER_DESK_FIXTURE_H
#define MERIDIAN_TESTS_SERVER_DESK_FIXTURE_H

#include "dns/server/desk.h"
#include "tests/dns/server/stage.h"

/* A desk on a stage, whose state folder is "state". */
struct office {
    struct stage *stage;
    struct journal *journal;
    struct desk *desk;
};

static inline void office_obey(void *context)
{
    const struct office *office = context;
    steward_obey(office->stage->steward, clock_monotonic_ms());
}

/* The desk opens (again): what was kept is in force, though the steward was not told. */
static inline void office_open(struct office *office)
{
    static const struct journal_rules rules = { .folder = "state", .size_most = 1 << 20, .keep = 1 };
    office->journal = journal_open(&rules);
    office->desk = desk_new(&(struct desk_parts){ .loop = office->stage->loop,
                                                  .folder = "state",
                                                  .orders = office->stage->orders,
                                                  .journal = office->journal,
                                                  .obey = office_obey,
                                                  .context = office });
    assert_non_null(office->desk);
    office->stage->overview.desk = office->desk;
    office->stage->overview.journal = office->journal;
    office_obey(office);
}

static inline void office_close(struct office *office)
{
    desk_free(office->desk);
    journal_close(office->journal);
}

static inline int office_setup(void **state)
{
    struct office *office = calloc(1, sizeof *office);
    assert_non_null(office);
    assert_int_equal(stage_setup((void **)&office->stage), 0);
    make_folder("state");
    office_open(office);
    *state = office;
    return 0;
}

static inline int office_teardown(void **state)
{
    struct office *office = *state;
    office_close(office);
    stage_teardown((void **)&office->stage);
    free(office);
    return 0;
}

/* What the desk answers to a request, valid until the next. */
static inline const char *office_ask(struct office *office, const char *request)
{
    static char text[65536];
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "request" };
    struct json_doc *doc;
    struct json_writer *writer = json_writer_new();
    assert_true(report != NULL && writer != NULL);
    assert_int_equal(json_parse(request, strlen(request), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    json_put_object(writer, NULL);
    desk_command(office->desk, &root, 1000, writer);
    json_end(writer);
    char *answer = json_writer_finish(writer, 0);
    assert_non_null(answer);
    snprintf(text, sizeof text, "%s", answer);
    free(answer);
    json_free(doc);
    report_free(report);
    return text;
}

/* "up", "drained", ... of the service web, type A. */
static inline const char *office_state(const char *region)
{
    const char *text = "nowhere";
    size_t count;
    const struct snapshot *snapshot = snapshot_enter();
    const struct service *const *services = snapshot_zone_services(snapshot, 0, &count);
    for (uint16_t i = 0; i < services[0]->region_count; i++) {
        if (strcmp(services[0]->regions[i].name, region) == 0)
            text = overview_pool_text(
                pool_board_get(snapshot->pools, services[0]->regions[i].pools[0].id));
    }
    snapshot_leave();
    return text;
}

#endif
