#include "dns/server/status.h"

#include "dns/base/json.h"
#include "tests/dns/server/stage.h"

/* The document, read back. */
struct document {
    char *text;
    struct report *report;
    struct diag diag;
    struct json_doc *doc;
};

static void document_open(struct stage *stage, struct document *document)
{
    struct json_writer *writer = json_writer_new();
    json_put_object(writer, NULL);
    status_write(&stage->overview, writer);
    json_end(writer);
    document->text = json_writer_finish(writer, 0);
    assert_non_null(document->text);
    document->report = report_new();
    document->diag = (struct diag){ .report = document->report, .file = "status" };
    assert_int_equal(
        json_parse(document->text, strlen(document->text), &document->diag, &document->doc),
        STATUS_OK);
}

static void document_close(struct document *document)
{
    json_free(document->doc);
    report_free(document->report);
    free(document->text);
}

/*
 * The text at a path of keys and indexes, "zones/0/name"; numbers and booleans
 * as they are written. NULL when there is none. Valid until the next call.
 */
static const char *at(const struct document *document, const char *path)
{
    static char out[256];
    struct json_node nodes[16];
    size_t depth = 0;
    char copy[256], *rest = copy, *part;
    snprintf(copy, sizeof copy, "%s", path);
    nodes[0] = json_root(document->doc, &document->diag);
    while ((part = strsep(&rest, "/")) != NULL) {
        const bool found = json_kind(&nodes[depth]) == JSON_KIND_ARRAY
                               ? json_child(&nodes[depth], (size_t)atoi(part), &nodes[depth + 1])
                               : json_member(&nodes[depth], part, &nodes[depth + 1]);
        if (!found)
            return NULL;
        depth++;
    }
    const char *text;
    int64_t number;
    bool truth;
    switch (json_kind(&nodes[depth])) {
    case JSON_KIND_STRING:
        assert_int_equal(json_get_string(&nodes[depth], &text), STATUS_OK);
        snprintf(out, sizeof out, "%s", text);
        return out;
    case JSON_KIND_NUMBER:
        assert_int_equal(json_get_integer(&nodes[depth], INT64_MIN, INT64_MAX, &number), STATUS_OK);
        snprintf(out, sizeof out, "%lld", (long long)number);
        return out;
    case JSON_KIND_BOOL:
        assert_int_equal(json_get_bool(&nodes[depth], &truth), STATUS_OK);
        return truth ? "true" : "false";
    default:
        return "";
    }
}

static void expect(const struct document *document, const char *path, const char *value)
{
    const char *found = at(document, path);
    if (value == NULL ? found != NULL : found == NULL || strcmp(found, value) != 0)
        fail_msg("%s is %s, expected %s", path, found ? found : "missing",
                 value ? value : "nothing");
}

static void tells_a_quiet_server(void **state)
{
    static const struct {
        const char *path, *value;
    } rows[] = {
        { "state", "good" },
        { "generation", "1" },
        { "reloads/good", "0" },
        { "reloads/last/mistakes/0", NULL },
        { "zones/0/name", "app.example" },
        { "zones/0/state", "good" },
        { "zones/0/serial", "1" },
        { "zones/0/mistakes/0", NULL },
        { "zones/0/services/0/name", "web" },
        { "zones/0/services/0/regions/0/name", "here" },
        { "zones/0/services/0/regions/0/health/A", "up" },
        { "zones/0/services/0/regions/0/health/AAAA", NULL },
        { "zones/0/services/0/regions/0/endpoints/0/type", "A" },
        { "zones/0/services/0/regions/0/endpoints/0/data", "192.0.2.10" },
        { "zones/0/services/0/regions/0/endpoints/0/health", "up" },
        { "zones/0/services/0/regions/0/endpoints/0/target", NULL },
        { "zones/0/services/0/regions/1/name", "there" },
        { "zones/1", NULL },
        { "queries/udp4", "0" },
        { "prober/frozen", "false" },
        { "prober/freezes", "0" },
        { "prober/since", NULL },
    };
    struct document document;
    document_open(*state, &document);
    for (size_t i = 0; i < COUNT(rows); i++)
        expect(&document, rows[i].path, rows[i].value);
    document_close(&document);
}

static void reload(struct stage *stage)
{
    const uint64_t ticket = loader_request(stage->loader);
    while (loader_served(stage->loader) < ticket)
        usleep(1000);
}

static void tells_a_zone_that_is_stale_and_why(void **state)
{
    struct stage *stage = *state;
    struct document document;
    replace_file("zones/app.example.zone", "@ IN A 1.2.3\n");
    write_file("zones/bad.example.zone", "nonsense\n");
    reload(stage);
    document_open(stage, &document);
    expect(&document, "state", "mistakes");
    expect(&document, "zones/0/state", "stale");
    expect(&document, "zones/0/serial", "1");
    assert_non_null(strstr(at(&document, "zones/0/mistakes/0"), "zones/app.example.zone:1: "));
    expect(&document, "zones/1/name", "bad.example");
    expect(&document, "zones/1/state", "broken");
    expect(&document, "zones/1/serial", NULL);
    assert_non_null(at(&document, "reloads/last/mistakes/1"));
    document_close(&document);
}

/* Nothing listens on the port: the probe is refused, and the document says so. */
static void tells_a_target_that_is_down_and_why(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_in where;
    char map[1024];
    close(stage_bind(SOCK_DGRAM, &where));
    snprintf(map, sizeof map,
             "{ \"regions\": { \"a\": {} }, \"probes\": { \"p\": { \"type\": \"tcp\","
             "  \"port\": %u, \"interval\": \"60s\", \"timeout\": \"1s\" } },"
             "  \"services\": { \"s\": { \"route\": \"a\", \"probe\": \"p\","
             "    \"endpoints\": { \"a\": { \"A\": [\"127.0.0.1\"] } } } },"
             "  \"names\": { \"www\": \"s\" } }",
             ntohs(where.sin_port));
    replace_file("zones/app.example.map.json", map);
    reload(stage);

    struct document document;
    document_open(stage, &document);
#define REGION "zones/0/services/0/regions/0/"
    expect(&document, REGION "health/A", "down");
    expect(&document, REGION "endpoints/0/health", "down");
    expect(&document, REGION "endpoints/0/last/good", "false");
    assert_non_null(strstr(at(&document, REGION "endpoints/0/last/reason"), "refused"));
    assert_non_null(at(&document, REGION "endpoints/0/since"));
    assert_non_null(at(&document, REGION "endpoints/0/target"));
    document_close(&document);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(tells_a_quiet_server),
        STAGED(tells_a_zone_that_is_stale_and_why),
        STAGED(tells_a_target_that_is_down_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
