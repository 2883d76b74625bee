#include "dns/server/explain.h"

#include "tests/dns/server/explained.h"

/* The JSON in one line; the caller frees it. */
static char *explain(const struct scene *scene, const struct explain_request *request, bool *good)
{
    struct json_writer *writer = json_writer_new();
    assert_non_null(writer);
    json_put_object(writer, NULL);
    *good = explain_json(&scene->snapshot, request, NULL, writer);
    json_end(writer);
    char *text = json_writer_finish(writer, 0);
    assert_non_null(text);
    return text;
}

static void tells_place_order_health_and_answer(void **state)
{
    static const struct {
        const char *what;
        struct explain_request request;
        const char *a, *aaaa;
        const char *has[6];
    } cases[] = {
        { "Finland, all up",
          { "www.example", "A", "193.166.3.0/24" },
          "uuu",
          "uuu",
          { "\"country\": \"FI\"", "\"address_from\": \"ecs\"", "\"region\": \"helsinki\"",
            "\"choice\": \"healthy\"", "\"192.0.2.10\", \"192.0.2.11\"", "\"ttl\": 30" } },
        { "Finland, Helsinki down",
          { "www.example.", "A", "193.166.3.0/24" },
          "duu",
          "uuu",
          { "\"health\": \"down\", \"removed\": true", "\"choice\": \"healthy\"",
            "\"region\": \"frankfurt\"", "\"192.0.2.20\"" } },
        { "by source address",
          { "www.example", NULL, "193.166.3.2" },
          "uuu",
          "uuu",
          { "\"type\": \"A\"", "\"address_from\": \"source\"", "\"scope\": 0" } },
        { "by an IPv6 subnet",
          { "www.example", NULL, "2001:708::/32" },
          "uuu",
          "uuu",
          { "\"type\": \"AAAA\"", "\"country\": \"FI\"", "\"2001:db8::10\"" } },
        { "all down",
          { "www.example", "A", "193.166.3.0/24" },
          "ddd",
          "uuu",
          { "\"choice\": \"all down\"", "\"192.0.2.10\"" } },
        { "not probed yet",
          { "www.example", "A", "193.166.3.0/24" },
          "?uu",
          "uuu",
          { "\"choice\": \"not ready\"", "\"records\": []" } },
        { "nobody knows the client",
          { "www.example", "A", "10.1.2.0/24" },
          "uuu",
          "uuu",
          { "\"fix\": \"unknown\"", "\"region\": \"helsinki\"" } },
        { "behind an alias",
          { "to.example", "A", "193.166.3.0/24" },
          "uuu",
          "uuu",
          { "\"name\": \"to.example.\"", "\"service\": \"web\"", "\"192.0.2.10\"" } },
        { "not steered",
          { "plain.example", "A", "193.166.3.0/24" },
          "uuu",
          "uuu",
          { "\"steered\": false", "\"192.0.2.80\"", "\"ttl\": 3600" } },
        { "not there",
          { "missing.example", "A", "193.166.3.0/24" },
          "uuu",
          "uuu",
          { "does not exist", "\"steered\": false", "\"ttl\": 300" } },
        { "not ours",
          { "foreign.test", "A", "193.166.3.0/24" },
          "uuu",
          "uuu",
          { "no zone here holds the name" } },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        bool good;
        scene_health(world->scene, cases[i].a, cases[i].aaaa);
        char *text = explain(world->scene, &cases[i].request, &good);
        assert_true(good);
        for (size_t j = 0; j < COUNT(cases[i].has) && cases[i].has[j] != NULL; j++)
            if (strstr(text, cases[i].has[j]) == NULL)
                fail_msg("%s: no %s in %s", cases[i].what, cases[i].has[j], text);
        free(text);
    }
}

static void refuses_requests_without_sense(void **state)
{
    static const struct {
        struct explain_request request;
        const char *word;
    } cases[] = {
        { { "www..example", "A", "192.0.2.1" }, "www..example" },
        { { "www.example", "A", "192.0.2.256" }, "192.0.2.256" },
        { { "www.example", "A", "192.0.2.0/33" }, "192.0.2.0/33" },
        { { "www.example", "AAAAA", "192.0.2.1" }, "AAAAA" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        bool good;
        char *text = explain(world->scene, &cases[i].request, &good);
        assert_false(good);
        if (strncmp(text, "{\"error\":", 9) != 0 || strstr(text, cases[i].word) == NULL)
            fail_msg("%s", text);
        free(text);
    }
}

struct steps {
    char text[16384];
};

/* The TXT strings, one a line. */
static bool explain_by_txt(const struct scene *scene, const char *qname, bool ecs,
                           struct steps *out)
{
    static uint8_t rdata[EXPLAIN_RDATA];
    struct request request = request_for(qname, RRTYPE_TXT);
    const struct client client = { .source = scene_address("127.0.0.1") };
    struct message query;
    struct rrset rrset;

    if (ecs)
        add_opt(&request, 1232, "\0\x08\0\x07\0\1\x18\0\xc1\xa6\3", 11); /* 193.166.3.0/24 */
    assert_true(message_parse(request.octets, request.len, &query));
    assert_int_equal(query.rcode, RCODE_NOERROR);
    assert_true(explain_is_asked(&query, &client, &scene->snapshot));
    if (!explain_txt(&query, &client, &scene->snapshot, rdata, &rrset))
        return false;

    const uint8_t *at = rrset.rdata;
    out->text[0] = '\0';
    assert_int_equal(rrset.ttl, 0);
    for (unsigned i = 0; i < rrset.count; i++) {
        uint16_t len;
        const uint8_t *record = rrset_next(&at, &len);
        assert_int_equal(record[0] + 1, len);
        strncat(out->text, (const char *)record + 1, record[0]);
        strcat(out->text, "\n");
    }
    assert_int_equal(at - rrset.rdata, rrset.rdata_len);
    return true;
}

static void tells_the_same_steps_by_txt(void **state)
{
    struct world *world = *state;
    struct prefix list;
    struct steps steps;

    assert_true(prefix_parse("127.0.0.0/8", &list));
    world->scene->snapshot.serving.explain = &list;
    world->scene->snapshot.serving.explain_count = 1;

    assert_true(explain_by_txt(world->scene, "_explain.www.example.", true, &steps));
    static const char *const has[] = { "193.166.3.0/24, by client subnet",
                                       "FI",
                                       "1. helsinki",
                                       "3. virginia",
                                       "answer: 192.0.2.10",
                                       "TTL 30, scope /" };
    for (size_t i = 0; i < COUNT(has); i++)
        if (strstr(steps.text, has[i]) == NULL)
            fail_msg("no '%s' in:\n%s", has[i], steps.text);

    assert_true(explain_by_txt(world->scene, "_explain.www.example.", false, &steps));
    assert_non_null(strstr(steps.text, "127.0.0.1/32, by source address"));
    assert_true(explain_by_txt(world->scene, "_explain.missing.example.", false, &steps));
    assert_non_null(strstr(steps.text, "does not exist"));
    assert_false(explain_by_txt(world->scene, "_explain.foreign.test.", false, &steps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_place_order_health_and_answer),
        cmocka_unit_test(refuses_requests_without_sense),
        cmocka_unit_test(tells_the_same_steps_by_txt),
    };
    return cmocka_run_group_tests(tests, explained_setup, explained_teardown);
}
