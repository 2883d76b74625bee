#include "zones/zone.h"

#include "dns/proto/rrtype.h"
#include "tests/zones/zonetext.h"

/* A zone with everything that ties nodes together. Rdata does not matter here. */
static const struct {
    const char *owner;
    uint16_t type;
} records[] = {
    { "example.", RRTYPE_SOA },
    { "example.", RRTYPE_NS },
    { "www.example.", RRTYPE_A },
    { "*.example.", RRTYPE_TXT },
    { "deep.ent.example.", RRTYPE_A },
    { "*.ent.example.", RRTYPE_A },
    { "inner.*.ent.example.", RRTYPE_A },
    { "sub.example.", RRTYPE_NS },
    { "sub.example.", RRTYPE_DS },
    { "ns.sub.example.", RRTYPE_A },
    { "below.sub.example.", RRTYPE_NS },
    { "x.below.sub.example.", RRTYPE_A },
    { "alias.example.", RRTYPE_DNAME },
    { "a.b.alias.example.", RRTYPE_A },
};

static struct zone *sketch(struct arena *arena)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "zone" };
    struct builder *builder = builder_new(wire("example."), arena);
    assert_non_null(builder);
    for (size_t i = 0; i < COUNT(records); i++)
        assert_int_equal(builder_add(builder, &diag, wire(records[i].owner), records[i].type, 60,
                                     (const uint8_t *)"\0\0\0\0", 4),
                         STATUS_OK);
    struct zone *zone;
    assert_int_equal(builder_freeze(builder, "example", &zone), STATUS_OK);
    builder_free(builder);
    report_free(report);
    return zone;
}

static const char *owner_of(const struct node *node, char out[NAME_TEXT])
{
    return node != NULL ? name_to_text(node->owner, out) : "";
}

static const struct {
    const char *name;
    bool exists;
    unsigned rrset_count;
    const char *parent, *wildcard, *cut, *dname;
} nodes[] = {
    { "example.", true, 2, "", "*.example.", "", "" },
    { "WWW.Example.", true, 1, "example.", "", "", "" },
    { "*.example.", true, 1, "example.", "", "", "" },
    { "ent.example.", true, 0, "example.", "*.ent.example.", "", "" },
    { "deep.ent.example.", true, 1, "ent.example.", "", "", "" },
    { "*.ent.example.", true, 1, "ent.example.", "", "", "" },
    { "inner.*.ent.example.", true, 1, "*.ent.example.", "", "", "" },
    { "sub.example.", true, 2, "example.", "", "sub.example.", "" },
    { "ns.sub.example.", true, 1, "sub.example.", "", "sub.example.", "" },
    { "below.sub.example.", true, 1, "sub.example.", "", "sub.example.", "" },
    { "x.below.sub.example.", true, 1, "below.sub.example.", "", "sub.example.", "" },
    { "alias.example.", true, 1, "example.", "", "", "" },
    { "b.alias.example.", true, 0, "alias.example.", "", "", "alias.example." },
    { "a.b.alias.example.", true, 1, "b.alias.example.", "", "", "alias.example." },
    { "nothing.example.", false, 0, "", "", "", "" },
    { "www.www.example.", false, 0, "", "", "", "" },
    { "example.org.", false, 0, "", "", "", "" },
    { ".", false, 0, "", "", "", "" },
};

static void ties_names_to_what_governs_them(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zone *zone = sketch(arena);
    for (size_t i = 0; i < COUNT(nodes); i++) {
        char text[NAME_TEXT];
        const struct node *node = zone_node(zone, wire(nodes[i].name));
        if ((node != NULL) != nodes[i].exists)
            fail_msg("%s %s", nodes[i].name, node != NULL ? "found" : "missing");
        if (node == NULL)
            continue;
        if (node->rrset_count != nodes[i].rrset_count)
            fail_msg("%s has %u rrsets", nodes[i].name, node->rrset_count);
        if (strcmp(owner_of(node->parent, text), nodes[i].parent) != 0)
            fail_msg("%s: parent %s", nodes[i].name, text);
        if (strcmp(owner_of(node->wildcard, text), nodes[i].wildcard) != 0)
            fail_msg("%s: wildcard %s", nodes[i].name, text);
        if (strcmp(owner_of(node->cut, text), nodes[i].cut) != 0)
            fail_msg("%s: cut %s", nodes[i].name, text);
        if (strcmp(owner_of(node->dname, text), nodes[i].dname) != 0)
            fail_msg("%s: dname %s", nodes[i].name, text);
    }
    arena_free(arena);
}

static void finds_every_suffix_of_a_key(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zone *zone = sketch(arena);
    struct name_key key;
    name_key_init(&key, wire("No.Deep.ENT.example."));
    assert_null(zone_find(zone, &key, 0));
    assert_ptr_equal(zone_find(zone, &key, 1), zone_node(zone, wire("deep.ent.example.")));
    assert_ptr_equal(zone_find(zone, &key, 2), zone_node(zone, wire("ent.example.")));
    assert_ptr_equal(zone_find(zone, &key, 3), zone->top);
    assert_null(zone_find(zone, &key, 4));
    arena_free(arena);
}

static void finds_rrsets_by_type(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zone *zone = sketch(arena);
    assert_int_equal(node_rrset(zone->top, RRTYPE_SOA)->type, RRTYPE_SOA);
    assert_int_equal(node_rrset(zone->top, RRTYPE_NS)->type, RRTYPE_NS);
    assert_null(node_rrset(zone->top, RRTYPE_A));
    assert_null(node_rrset(zone->top, RRTYPE_ANY));
    assert_null(node_rrset(zone_node(zone, wire("ent.example.")), RRTYPE_A));
    arena_free(arena);
}

static void finds_nothing_in_a_zone_that_is_not_loaded(void **state)
{
    (void)state;
    const struct zone zone = { .apex = wire("example."), .name = "example" };
    assert_null(zone_node(&zone, wire("example.")));
}

static void finds_each_of_many_names(void **state)
{
    (void)state;
    enum { NAMES = 20000 };
    struct arena *arena = arena_new();
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "zone" };
    struct builder *builder = builder_new(wire("example."), arena);
    char text[64];
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof text, "h%u.d%u.example.", i, i % 100);
        assert_int_equal(builder_add(builder, &diag, wire(text), RRTYPE_A, 60,
                                     (const uint8_t *)"abcd", 4),
                         STATUS_OK);
    }
    struct zone *zone;
    assert_int_equal(builder_freeze(builder, "example", &zone), STATUS_OK);
    builder_free(builder);
    assert_int_equal(zone->node_count, NAMES + 100 + 1);
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof text, "H%u.D%u.example.", i, i % 100);
        const struct node *node = zone_node(zone, wire(text));
        assert_non_null(node);
        assert_true(name_equal(node->owner, wire(text)));
        snprintf(text, sizeof text, "h%u.d%u.example.", i, (i + 1) % 100);
        assert_null(zone_node(zone, wire(text)));
    }
    report_free(report);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_names_to_what_governs_them),
        cmocka_unit_test(finds_every_suffix_of_a_key),
        cmocka_unit_test(finds_rrsets_by_type),
        cmocka_unit_test(finds_nothing_in_a_zone_that_is_not_loaded),
        cmocka_unit_test(finds_each_of_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
