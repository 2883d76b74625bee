#include "zones/builder.h"

#include "dns/proto/rrtype.h"
#include "tests/zones/zonetext.h"
#include "zones/zone.h"

static const uint8_t address[4] = { 192, 0, 2, 1 };

struct bench {
    struct arena *arena;
    struct report *report;
    struct builder *builder;
    struct diag diag;
};

static struct bench bench_new(void)
{
    struct bench bench = { .arena = arena_new(), .report = report_new() };
    assert_non_null(bench.arena);
    assert_non_null(bench.report);
    bench.builder = builder_new(wire("example."), bench.arena);
    assert_non_null(bench.builder);
    bench.diag = (struct diag){ .report = bench.report, .file = "zone", .line = 0 };
    return bench;
}

static void bench_free(struct bench *bench)
{
    builder_free(bench->builder);
    arena_free(bench->arena);
    report_free(bench->report);
}

/* Each call stands one line further down. */
static enum status add(struct bench *bench, const char *owner, uint16_t type, uint32_t ttl,
                       const void *rdata, size_t len)
{
    bench->diag.line++;
    return builder_add(bench->builder, &bench->diag, wire(owner), type, ttl, rdata, (uint16_t)len);
}

static enum status add_address(struct bench *bench, const char *owner)
{
    return add(bench, owner, RRTYPE_A, 60, address, sizeof address);
}

static void finds_names_in_any_case_and_makes_the_ones_between(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(add_address(&bench, "a.B.c.example."), STATUS_OK);
    assert_int_equal(add_address(&bench, "A.b.C.EXAMPLE."), STATUS_OK); /* a duplicate */
    assert_int_equal(add(&bench, "b.c.example.", RRTYPE_TXT, 60, "\1x", 2), STATUS_OK);

    assert_int_equal(builder_count(bench.builder), 4);
    const struct builder_node *leaf = builder_find(bench.builder, wire("a.b.c.example."));
    assert_non_null(leaf);
    assert_true(name_equal(leaf->parent->owner, wire("b.c.example.")));
    const struct builder_node *ent = builder_find(bench.builder, wire("c.example."));
    assert_non_null(ent);
    assert_int_equal(ent->rrset_count, 0);
    assert_ptr_equal(ent->parent, builder_at(bench.builder, 0));
    assert_null(ent->parent->parent);
    assert_null(builder_find(bench.builder, wire("d.example.")));
    assert_null(builder_find(bench.builder, wire("org.")));
    for (size_t i = 0; i < builder_count(bench.builder); i++) {
        const struct builder_node *node = builder_at(bench.builder, i);
        assert_int_equal(node->index, i);
        assert_true(node->parent == NULL || node->parent->index < i);
    }
    bench_free(&bench);
}

static void tells_what_does_not_belong(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    static const uint8_t mx_lower[] = { 0, 10, 1, 'a', 0 };
    static const uint8_t mx_upper[] = { 0, 10, 1, 'A', 0 };
    assert_int_equal(add_address(&bench, "a.example."), STATUS_OK);
    assert_int_equal(add_address(&bench, "a.example.org."), STATUS_MEANING);
    assert_int_equal(add_address(&bench, "bexample."), STATUS_MEANING);
    assert_int_equal(add_address(&bench, "A.example."), STATUS_OK);
    assert_int_equal(add(&bench, "a.example.", RRTYPE_A, 61, address, 4), STATUS_MEANING);
    assert_int_equal(add(&bench, "a.example.", RRTYPE_MX, 60, mx_lower, 5), STATUS_OK);
    assert_int_equal(add(&bench, "a.example.", RRTYPE_MX, 60, mx_upper, 5), STATUS_OK);
    /* The same octets, but a text is not a name. */
    assert_int_equal(add(&bench, "a.example.", RRTYPE_TXT, 60, "\1a", 2), STATUS_OK);
    assert_int_equal(add(&bench, "a.example.", RRTYPE_TXT, 60, "\1A", 2), STATUS_OK);
    assert_string_equal(
        messages(bench.report),
        "zone:2: a.example.org. is outside the zone example.\n"
        "zone:3: bexample. is outside the zone example.\n"
        "warning zone:4: the A record of a.example. is written twice, first at zone:1\n"
        "zone:5: the A record of a.example. is written twice, here with TTL 61, with 60 at zone:1\n"
        "warning zone:7: the MX record of a.example. is written twice, first at zone:6\n");
    const struct builder_node *node = builder_find(bench.builder, wire("a.example."));
    assert_int_equal(builder_rrset(node, RRTYPE_A)->count, 1);
    assert_int_equal(builder_rrset(node, RRTYPE_MX)->count, 1);
    assert_int_equal(builder_rrset(node, RRTYPE_TXT)->count, 2);
    assert_null(builder_rrset(node, RRTYPE_AAAA));
    bench_free(&bench);
}

static void keeps_its_own_copy_of_where_a_record_stood(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    char file[] = "one.zone";
    bench.diag.file = file;
    assert_int_equal(add_address(&bench, "a.example."), STATUS_OK);
    memcpy(file, "two", 3);
    assert_int_equal(add_address(&bench, "b.example."), STATUS_OK);
    const struct builder_node *a = builder_find(bench.builder, wire("a.example."));
    const struct builder_node *b = builder_find(bench.builder, wire("b.example."));
    assert_string_equal(a->rrsets[0].records[0].mark.file, "one.zone");
    assert_int_equal(a->rrsets[0].records[0].mark.line, 1);
    assert_string_equal(b->rrsets[0].records[0].mark.file, "two.zone");
    bench_free(&bench);
}

static void sorts_types_whatever_their_order(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    for (unsigned i = 0; i < 1000; i++) {
        const uint16_t type = (uint16_t)(1000 + i * 617 % 1000);
        assert_int_equal(add(&bench, "a.example.", type, 60, "x", 1), STATUS_OK);
    }
    const struct builder_node *node = builder_find(bench.builder, wire("a.example."));
    assert_int_equal(node->rrset_count, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(node->rrsets[i].type, 1000 + i);
    bench_free(&bench);
}

/* Duplicates of large rrsets are found by a table; comparing all pairs would take minutes. */
static void takes_as_many_records_as_an_rrset_can_have(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    for (uint32_t i = 0; i < BUILDER_RECORDS; i++)
        assert_int_equal(add(&bench, "a.example.", RRTYPE_A, 60, &i, sizeof i), STATUS_OK);
    assert_int_equal(report_count(bench.report), 0);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(add(&bench, "a.example.", RRTYPE_A, 60, &i, sizeof i), STATUS_OK);
    assert_int_equal(report_warnings(bench.report), 100);
    const uint32_t one_more = BUILDER_RECORDS;
    assert_int_equal(add(&bench, "a.example.", RRTYPE_A, 60, &one_more, 4), STATUS_LIMIT);
    bench_free(&bench);
}

static void steers_names_with_and_without_records(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    const struct service *service = (const struct service *)&bench; /* only its address counts */
    assert_int_equal(builder_steer(bench.builder, wire("new.example."), service), STATUS_OK);
    assert_int_equal(builder_steer(bench.builder, wire("example.org."), service), STATUS_MEANING);
    struct zone *zone;
    assert_int_equal(builder_freeze(bench.builder, "example", &zone), STATUS_OK);
    assert_ptr_equal(zone_node(zone, wire("new.example."))->service, service);
    bench_free(&bench);
}

static void freezes_what_depends_on_nothing_of_the_builder(void **state)
{
    (void)state;
    static const uint8_t soa[] = { 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 };
    struct bench bench = bench_new();
    uint8_t *rdata = malloc(sizeof soa);
    assert_non_null(rdata);
    memcpy(rdata, soa, sizeof soa);
    assert_int_equal(add(&bench, "a.example.", RRTYPE_A, 60, "\1\2\3\4", 4), STATUS_OK);
    assert_int_equal(add(&bench, "Example.", RRTYPE_SOA, 3600, rdata, sizeof soa), STATUS_OK);
    assert_int_equal(add(&bench, "a.example.", RRTYPE_A, 60, "\5\6\7\10", 4), STATUS_OK);
    assert_int_equal(add(&bench, "example.", RRTYPE_NS, 60, "\1n", 3), STATUS_OK);
    struct zone *zone;
    assert_int_equal(builder_freeze(bench.builder, "example", &zone), STATUS_OK);
    free(rdata);
    builder_free(bench.builder);
    bench.builder = NULL;

    assert_true(zone->loaded);
    assert_string_equal(zone->name, "example");
    assert_int_equal(zone->record_count, 4);
    assert_int_equal(zone->node_count, 2);
    assert_ptr_equal(zone->top, zone->nodes);
    assert_true(name_equal(zone->apex, wire("example.")));
    assert_int_equal(zone->apex_labels, 1);
    assert_int_equal(zone->serial, 7);
    assert_int_equal(zone->negative_ttl, 256);
    assert_non_null(zone->ns);

    const struct rrset *rrset = node_rrset(zone_node(zone, wire("A.EXAMPLE.")), RRTYPE_A);
    assert_int_equal(rrset->count, 2);
    assert_int_equal(rrset->ttl, 60);
    assert_int_equal(rrset->rdata_len, 12);
    const uint8_t *at = rrset->rdata;
    uint16_t len;
    assert_memory_equal(rrset_next(&at, &len), "\1\2\3\4", 4);
    assert_memory_equal(rrset_next(&at, &len), "\5\6\7\10", 4);
    assert_int_equal(len, 4);
    assert_ptr_equal(at, rrset->rdata + rrset->rdata_len);
    bench_free(&bench);
}

/* More names than one layer of the builder holds, and records that come late to early names. */
static void a_large_zone_is_frozen_whole_and_without_slack(void **state)
{
    (void)state;
    enum { NAMES = 20000 };
    char owner[64];
    struct bench bench = bench_new();
    for (uint32_t i = 0; i < NAMES; i++) {
        const uint32_t late = i / 2;
        snprintf(owner, sizeof owner, "h%u.sub%u.example.", i, i / 10);
        assert_int_equal(add(&bench, owner, RRTYPE_A, 60, &i, sizeof i), STATUS_OK);
        snprintf(owner, sizeof owner, "h%u.sub%u.example.", late, late / 10);
        assert_int_equal(add(&bench, owner, RRTYPE_AAAA, 60, &i, sizeof i), STATUS_OK);
    }
    const size_t before = arena_footprint(bench.arena);
    struct zone *zone;
    assert_int_equal(builder_freeze(bench.builder, "example", &zone), STATUS_OK);
    assert_int_equal(zone->record_count, 2 * NAMES);
    assert_int_equal(zone->node_count, 1 + NAMES + NAMES / 10);

    size_t octets = (zone->mask + 1) * sizeof *zone->slots;
    for (uint32_t i = 0; i < zone->node_count; i++) {
        const struct node *node = &zone->nodes[i];
        octets += sizeof *node + name_len(node->owner);
        for (uint32_t j = 0; j < node->rrset_count; j++)
            octets += sizeof *node->rrsets + node->rrsets[j].rdata_len;
    }
#ifndef __SANITIZE_ADDRESS__
    assert_in_range(arena_footprint(bench.arena) - before, octets, octets + 1000);
#endif
    builder_free(bench.builder);
    bench.builder = NULL;

    for (uint32_t i = 0; i < NAMES; i++) {
        snprintf(owner, sizeof owner, "h%u.sub%u.example.", i, i / 10);
        const struct node *node = zone_node(zone, wire(owner));
        assert_non_null(node);
        assert_memory_equal(node_rrset(node, RRTYPE_A)->rdata + 2, &i, sizeof i);
        assert_int_equal(node->rrset_count, i < NAMES / 2 ? 2 : 1);
        assert_ptr_equal(node->parent->parent, zone->top);
    }
    assert_true(before < 4096 && octets > 0);
    bench_free(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_names_in_any_case_and_makes_the_ones_between),
        cmocka_unit_test(tells_what_does_not_belong),
        cmocka_unit_test(keeps_its_own_copy_of_where_a_record_stood),
        cmocka_unit_test(sorts_types_whatever_their_order),
        cmocka_unit_test(takes_as_many_records_as_an_rrset_can_have),
        cmocka_unit_test(steers_names_with_and_without_records),
        cmocka_unit_test(freezes_what_depends_on_nothing_of_the_builder),
        cmocka_unit_test(a_large_zone_is_frozen_whole_and_without_slack),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}
