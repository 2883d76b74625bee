#include "zones/lookup.h"

#include <stdio.h>

#include "tests/zones/sketch.h"

/* The world of these tests: a zone with everything, its child and a neighbour beside it, a wreck. */
static const struct sketch_record example[] = {
    { "ns.example.", RRTYPE_A, "192.0.2.1" },
    { "www.example.", RRTYPE_A, "192.0.2.80" },
    { "www.example.", RRTYPE_TXT, "hello" },
    /* an ENT: b.ent exists only as the way to a.b.ent */
    { "a.b.ent.example.", RRTYPE_A, "192.0.2.2" },
    /* RFC 4592 section 2.2.1 */
    { "*.wild.example.", RRTYPE_TXT, "any" },
    { "sub.*.wild.example.", RRTYPE_TXT, "literal" },
    { "host1.wild.example.", RRTYPE_A, "192.0.2.3" },
    { "_ssh._tcp.host1.wild.example.", RRTYPE_TXT, "srv" },
    { "*.alias.example.", RRTYPE_CNAME, "www.example." },
    { "*.owner.example.", RRTYPE_CNAME, "*.wild.example." },
    /* aliases */
    { "c1.example.", RRTYPE_CNAME, "c2.example." },
    { "c2.example.", RRTYPE_CNAME, "www.example." },
    { "c-none.example.", RRTYPE_CNAME, "missing.example." },
    { "c-ent.example.", RRTYPE_CNAME, "b.ent.example." },
    { "c-out.example.", RRTYPE_CNAME, "www.foreign.test." },
    { "c-child.example.", RRTYPE_CNAME, "www.child.example." },
    { "c-cut.example.", RRTYPE_CNAME, "host.cut.example." },
    { "c-near.example.", RRTYPE_CNAME, "www.neighbour." },
    { "c-wreck.example.", RRTYPE_CNAME, "www.wreck." },
    { "loop1.example.", RRTYPE_CNAME, "loop2.example." },
    { "loop2.example.", RRTYPE_CNAME, "loop1.example." },
    { "self.example.", RRTYPE_CNAME, "self.example." },
    /* DNAME, RFC 6672 */
    { "d.example.", RRTYPE_DNAME, "wild.example." },
    { "d.example.", RRTYPE_TXT, "beside" },
    { "d-out.example.", RRTYPE_DNAME, "foreign.test." },
    { "d-d.example.", RRTYPE_DNAME, "d.example." },
    { "d-loop.example.", RRTYPE_DNAME, "d-loop.example." },
    { "d-grow.example.", RRTYPE_DNAME,
      "x123456789012345678901234567890123456789.x123456789012345678901234567890123456789."
      "x123456789012345678901234567890123456789.x123456789012345678901234567890123456789."
      "example." },
    /* a zone cut with glue, and one into a zone that we serve ourselves */
    { "cut.example.", RRTYPE_NS, "ns.cut.example." },
    { "cut.example.", RRTYPE_NS, "ns.example." },
    { "cut.example.", RRTYPE_DS, "digest" },
    { "ns.cut.example.", RRTYPE_A, "192.0.2.53" },
    { "deep.cut.example.", RRTYPE_NS, "ns.cut.example." },
    { "child.example.", RRTYPE_NS, "ns.child.example." },
    { "child.example.", RRTYPE_DS, "digest" },
};
static const struct sketch_record child[] = {
    { "www.child.example.", RRTYPE_A, "192.0.2.90" },
    { "up.child.example.", RRTYPE_CNAME, "www.example." },
};
static const struct sketch_record neighbour[] = {
    { "www.neighbour.", RRTYPE_CNAME, "c1.example." },
    { "back.neighbour.", RRTYPE_DNAME, "example." },
};

struct world {
    struct arena *arena;
    struct zonedb *zones;
    struct finding finding;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->arena = arena_new();
    assert_non_null(world->arena);

    const struct zone *zones[] = {
        sketch_zone(world->arena, "example.", example, COUNT(example)),
        sketch_zone(world->arena, "child.example.", child, COUNT(child)),
        sketch_zone(world->arena, "neighbour.", neighbour, COUNT(neighbour)),
        sketch_broken_zone(world->arena, "wreck."),
    };
    assert_int_equal(zonedb_build(zones, COUNT(zones), world->arena, &world->zones), STATUS_OK);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    arena_free(world->arena);
    free(world);
    return 0;
}

static const char *outcome_text(enum outcome outcome)
{
    static const char *const texts[] = {
        [OUTCOME_FOREIGN] = "foreign",   [OUTCOME_UNLOADED] = "unloaded",
        [OUTCOME_ANSWER] = "answer",     [OUTCOME_NODATA] = "nodata",
        [OUTCOME_NXDOMAIN] = "nxdomain", [OUTCOME_DELEGATION] = "delegation",
        [OUTCOME_ALIAS] = "alias",       [OUTCOME_YXDOMAIN] = "yxdomain",
    };
    return texts[outcome];
}

/* "www.example. CNAME; c2.example. CNAME", in the order of the answer section. */
static const char *hops_text(const struct finding *finding, char out[4096])
{
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < finding->hop_count; i++) {
        char owner[NAME_TEXT];
        char type[RRTYPE_TEXT];
        name_to_text(finding->hops[i].owner, owner);
        rrtype_to_text(finding->hops[i].type, type);
        len += (size_t)snprintf(out + len, 4096 - len, "%s%s %s", i == 0 ? "" : "; ", owner, type);
    }
    return out;
}

/* `zone` is where the search ended, NULL for nowhere of ours. */
struct expectation {
    const char *what;
    const char *qname;
    uint16_t qtype;
    enum outcome outcome;
    const char *hops;
    const char *zone;
};

static void find(const struct zonedb *zones, const uint8_t *qname, uint16_t qtype,
                 struct finding *finding)
{
    struct name_key key;
    name_key_init(&key, qname);
    lookup_find(zones, &key, qtype, finding);
}

static void check(struct world *world, const struct expectation *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct expectation *row = &cases[i];
        char hops[4096];

        find(world->zones, wire(row->qname), row->qtype, &world->finding);
        const struct finding *found = &world->finding;
        if (found->outcome != row->outcome)
            fail_msg("%s: %s, expected %s", row->what, outcome_text(found->outcome),
                     outcome_text(row->outcome));
        if (strcmp(hops_text(found, hops), row->hops) != 0)
            fail_msg("%s: '%s', expected '%s'", row->what, hops, row->hops);
        if (row->zone != NULL && !name_equal(found->zone->apex, wire(row->zone)))
            fail_msg("%s: ended in %s, expected %s", row->what, found->zone->name, row->zone);
    }
}

static void finds_what_is_written(void **state)
{
    static const struct expectation cases[] = {
        { "a record", "www.example.", RRTYPE_A, OUTCOME_ANSWER, "www.example. A", "example." },
        { "in another case", "WwW.eXample.", RRTYPE_A, OUTCOME_ANSWER, "WwW.eXample. A",
          "example." },
        { "at the apex", "example.", RRTYPE_SOA, OUTCOME_ANSWER, "example. SOA", "example." },
        { "another type", "www.example.", RRTYPE_MX, OUTCOME_NODATA, "", "example." },
        { "a missing name", "missing.example.", RRTYPE_A, OUTCOME_NXDOMAIN, "", "example." },
        { "below a name", "x.www.example.", RRTYPE_A, OUTCOME_NXDOMAIN, "", "example." },
        { "an ENT", "ent.example.", RRTYPE_A, OUTCOME_NODATA, "", "example." },
        { "an ENT below an ENT", "b.ent.example.", RRTYPE_A, OUTCOME_NODATA, "", "example." },
        { "beside an ENT", "c.ent.example.", RRTYPE_A, OUTCOME_NXDOMAIN, "", "example." },
        { "ANY gives one rrset", "www.example.", RRTYPE_ANY, OUTCOME_ANSWER, "www.example. A",
          "example." },
        { "ANY at an ENT", "ent.example.", RRTYPE_ANY, OUTCOME_NODATA, "", "example." },
        { "ANY at a CNAME", "c1.example.", RRTYPE_ANY, OUTCOME_ANSWER, "c1.example. CNAME",
          "example." },
        { "no zone of ours", "www.foreign.test.", RRTYPE_A, OUTCOME_FOREIGN, "", NULL },
        { "the root", ".", RRTYPE_NS, OUTCOME_FOREIGN, "", NULL },
        { "a suffix that is no ancestor", "wwwexample.", RRTYPE_A, OUTCOME_FOREIGN, "", NULL },
        { "a zone that did not load", "www.wreck.", RRTYPE_A, OUTCOME_UNLOADED, "", "wreck." },
        { "a subzone beside its parent", "www.child.example.", RRTYPE_A, OUTCOME_ANSWER,
          "www.child.example. A", "child.example." },
        { "missing in the subzone", "x.child.example.", RRTYPE_A, OUTCOME_NXDOMAIN, "",
          "child.example." },
    };
    check(*state, cases, COUNT(cases));
}

/* RFC 4592 section 2.2.1 has most of these. */
static void expands_wildcards(void **state)
{
    static const struct expectation cases[] = {
        { "synthesized", "host3.wild.example.", RRTYPE_TXT, OUTCOME_ANSWER,
          "host3.wild.example. TXT", "example." },
        { "several labels", "foo.bar.wild.example.", RRTYPE_TXT, OUTCOME_ANSWER,
          "foo.bar.wild.example. TXT", "example." },
        { "not of that type", "host3.wild.example.", RRTYPE_A, OUTCOME_NODATA, "", "example." },
        { "an existing name hides it", "host1.wild.example.", RRTYPE_TXT, OUTCOME_NODATA, "",
          "example." },
        { "and so does an ENT", "_tcp.host1.wild.example.", RRTYPE_TXT, OUTCOME_NODATA, "",
          "example." },
        { "nothing below an existing name", "x.host1.wild.example.", RRTYPE_TXT, OUTCOME_NXDOMAIN,
          "", "example." },
        { "asked for itself", "*.wild.example.", RRTYPE_TXT, OUTCOME_ANSWER, "*.wild.example. TXT",
          "example." },
        { "a name below the asterisk", "sub.*.wild.example.", RRTYPE_TXT, OUTCOME_ANSWER,
          "sub.*.wild.example. TXT", "example." },
        { "the asterisk is no wildcard for what is below it", "x.*.wild.example.", RRTYPE_TXT,
          OUTCOME_NXDOMAIN, "", "example." },
        { "the parent is not covered", "wild.example.", RRTYPE_TXT, OUTCOME_NODATA, "",
          "example." },
        { "a wildcard CNAME", "x.alias.example.", RRTYPE_A, OUTCOME_ANSWER,
          "x.alias.example. CNAME; www.example. A", "example." },
        { "a CNAME to a wildcard", "x.owner.example.", RRTYPE_TXT, OUTCOME_ANSWER,
          "x.owner.example. CNAME; *.wild.example. TXT", "example." },
    };
    check(*state, cases, COUNT(cases));
}

static void follows_cnames(void **state)
{
    static const struct expectation cases[] = {
        { "a chain", "c1.example.", RRTYPE_A, OUTCOME_ANSWER,
          "c1.example. CNAME; c2.example. CNAME; www.example. A", "example." },
        { "asked for the CNAME", "c1.example.", RRTYPE_CNAME, OUTCOME_ANSWER, "c1.example. CNAME",
          "example." },
        { "ends without the type", "c2.example.", RRTYPE_MX, OUTCOME_NODATA, "c2.example. CNAME",
          "example." },
        { "ends at an ENT", "c-ent.example.", RRTYPE_A, OUTCOME_NODATA, "c-ent.example. CNAME",
          "example." },
        { "ends nowhere", "c-none.example.", RRTYPE_A, OUTCOME_NXDOMAIN, "c-none.example. CNAME",
          "example." },
        { "leaves our zones", "c-out.example.", RRTYPE_A, OUTCOME_ALIAS, "c-out.example. CNAME",
          NULL },
        { "into a zone that did not load", "c-wreck.example.", RRTYPE_A, OUTCOME_ALIAS,
          "c-wreck.example. CNAME", NULL },
        { "below a cut", "c-cut.example.", RRTYPE_A, OUTCOME_DELEGATION, "c-cut.example. CNAME",
          "example." },
        { "into our subzone", "c-child.example.", RRTYPE_A, OUTCOME_ANSWER,
          "c-child.example. CNAME; www.child.example. A", "child.example." },
        { "up from it", "up.child.example.", RRTYPE_A, OUTCOME_ANSWER,
          "up.child.example. CNAME; www.example. A", "example." },
        { "through a neighbour and back", "c-near.example.", RRTYPE_A, OUTCOME_ANSWER,
          "c-near.example. CNAME; www.neighbour. CNAME; c1.example. CNAME; c2.example. CNAME; "
          "www.example. A",
          "example." },
        { "a loop is told once", "loop1.example.", RRTYPE_A, OUTCOME_ALIAS,
          "loop1.example. CNAME; loop2.example. CNAME", NULL },
        { "a loop of one", "self.example.", RRTYPE_A, OUTCOME_ALIAS, "self.example. CNAME", NULL },
    };
    check(*state, cases, COUNT(cases));
}

/* RFC 6672 section 3.2. */
static void redirects_by_dname(void **state)
{
    static const struct expectation cases[] = {
        { "below it", "host1.d.example.", RRTYPE_A, OUTCOME_ANSWER,
          "d.example. DNAME; host1.d.example. CNAME; host1.wild.example. A", "example." },
        { "to a wildcard", "x.y.d.example.", RRTYPE_TXT, OUTCOME_ANSWER,
          "d.example. DNAME; x.y.d.example. CNAME; x.y.wild.example. TXT", "example." },
        { "not at its owner", "d.example.", RRTYPE_TXT, OUTCOME_ANSWER, "d.example. TXT",
          "example." },
        { "nor for a missing type there", "d.example.", RRTYPE_A, OUTCOME_NODATA, "", "example." },
        { "asked for itself", "d.example.", RRTYPE_DNAME, OUTCOME_ANSWER, "d.example. DNAME",
          "example." },
        { "asked for the CNAME it makes", "host1.d.example.", RRTYPE_CNAME, OUTCOME_ANSWER,
          "d.example. DNAME; host1.d.example. CNAME", "example." },
        { "out of our zones", "www.d-out.example.", RRTYPE_A, OUTCOME_ALIAS,
          "d-out.example. DNAME; www.d-out.example. CNAME", NULL },
        { "through two", "host1.d-d.example.", RRTYPE_A, OUTCOME_ANSWER,
          "d-d.example. DNAME; host1.d-d.example. CNAME; d.example. DNAME; host1.d.example. CNAME; "
          "host1.wild.example. A",
          "example." },
        { "a loop is told once", "x.d-loop.example.", RRTYPE_A, OUTCOME_ALIAS,
          "d-loop.example. DNAME; x.d-loop.example. CNAME", NULL },
        { "a name grown too long",
          "x123456789012345678901234567890123456789.xx123456789012345678901234567890123456789."
          "d-grow.example.",
          RRTYPE_A, OUTCOME_YXDOMAIN, "d-grow.example. DNAME", NULL },
        { "from another zone", "www.back.neighbour.", RRTYPE_A, OUTCOME_ANSWER,
          "back.neighbour. DNAME; www.back.neighbour. CNAME; www.example. A", "example." },
    };
    check(*state, cases, COUNT(cases));
}

static void refers_below_cuts(void **state)
{
    static const struct expectation cases[] = {
        { "at the cut", "cut.example.", RRTYPE_A, OUTCOME_DELEGATION, "", "example." },
        { "the cut's own NS", "cut.example.", RRTYPE_NS, OUTCOME_DELEGATION, "", "example." },
        { "below it", "www.cut.example.", RRTYPE_A, OUTCOME_DELEGATION, "", "example." },
        { "glue is no answer", "ns.cut.example.", RRTYPE_A, OUTCOME_DELEGATION, "", "example." },
        { "a cut below a cut is not seen", "x.deep.cut.example.", RRTYPE_A, OUTCOME_DELEGATION, "",
          "example." },
        /* RFC 4035 section 3.1.4.1 */
        { "DS is the parent's", "cut.example.", RRTYPE_DS, OUTCOME_ANSWER, "cut.example. DS",
          "example." },
        { "but not that of a name below", "x.cut.example.", RRTYPE_DS, OUTCOME_DELEGATION, "",
          "example." },
        { "DS of a child that we serve too", "child.example.", RRTYPE_DS, OUTCOME_ANSWER,
          "child.example. DS", "example." },
        { "DS at an apex without its parent", "example.", RRTYPE_DS, OUTCOME_NODATA, "",
          "example." },
    };
    struct world *world = *state;

    check(world, cases, COUNT(cases));
    find(world->zones, wire("x.deep.cut.example."), RRTYPE_A, &world->finding);
    assert_true(name_equal(world->finding.node->owner, wire("cut.example.")));
}

static void stops_at_a_chain_without_end(void **state)
{
    enum { LINKS = FINDING_HOPS + 5 };
    struct world *world = *state;
    struct sketch_record links[LINKS];
    char names[LINKS + 1][32];

    for (unsigned i = 0; i <= LINKS; i++)
        snprintf(names[i], sizeof names[i], "n%u.long.", i);
    for (unsigned i = 0; i < LINKS; i++)
        links[i] = (struct sketch_record){ names[i], RRTYPE_CNAME, names[i + 1] };

    const struct zone *zone = sketch_zone(world->arena, "long.", links, LINKS);
    struct zonedb *zones;
    assert_int_equal(zonedb_build(&zone, 1, world->arena, &zones), STATUS_OK);

    find(zones, wire("n0.long."), RRTYPE_A, &world->finding);
    assert_int_equal(world->finding.outcome, OUTCOME_ALIAS);
    assert_int_equal(world->finding.hop_count, FINDING_HOPS);
    /* One that ends with the last hop is told whole. */
    find(zones, wire("n5.long."), RRTYPE_CNAME, &world->finding);
    assert_int_equal(world->finding.outcome, OUTCOME_ANSWER);
}

static void synthesizes_a_cname_with_the_dnames_ttl(void **state)
{
    struct world *world = *state;
    uint16_t len;

    find(world->zones, wire("Host1.D.example."), RRTYPE_A, &world->finding);
    const struct rrset *cname = world->finding.hops[1].rrset;
    const uint8_t *at = cname->rdata;
    assert_true(name_equal(rrset_next(&at, &len), wire("Host1.wild.example.")));
    assert_int_equal(at - cname->rdata, cname->rdata_len);
    assert_int_equal(cname->ttl, SKETCH_TTL);
}

/* The first zone is the one asked, wherever the chain ends. */
static void names_the_first_zone(void **state)
{
    struct world *world = *state;

    find(world->zones, wire("c-child.example."), RRTYPE_A, &world->finding);
    assert_string_equal(world->finding.first_zone->name, "example");
    assert_string_equal(world->finding.zone->name, "child.example");
    find(world->zones, wire("c-out.example."), RRTYPE_A, &world->finding);
    assert_string_equal(world->finding.first_zone->name, "example");
    find(world->zones, wire("foreign."), RRTYPE_A, &world->finding);
    assert_null(world->finding.first_zone);
}

static void gives_additional_nodes(void **state)
{
    static const struct {
        const char *what;
        const char *name;
        bool glue;
        bool found;
    } cases[] = {
        { "an address of the zone", "ns.example.", false, true },
        { "an address of the subzone", "www.child.example.", false, true },
        { "glue for a referral", "ns.cut.example.", true, true },
        { "glue for anybody else", "ns.cut.example.", false, false },
        { "a missing name", "missing.example.", false, false },
        { "a wildcard is not expanded", "x.wild.example.", false, false },
        { "below a DNAME", "x.d.example.", false, false },
        { "outside", "ns.foreign.test.", false, false },
        { "in a zone that did not load", "ns.wreck.", false, false },
    };
    struct world *world = *state;
    const struct zone *parent = zonedb_get(world->zones, wire("example."));

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct node *node =
            lookup_additional(world->zones, wire(cases[i].name), cases[i].glue ? parent : NULL);
        if ((node != NULL) != cases[i].found)
            fail_msg("%s: %s", cases[i].what, node != NULL ? "given" : "not given");
        if (node != NULL)
            assert_true(name_equal(node->owner, wire(cases[i].name)));
    }
}

/* A steered name answers by its service for the types it offers, by the zone file for the others. */
static void hands_steered_names_to_their_service(void **state)
{
    static const struct sketch_record records[] = {
        { "www.steered.", RRTYPE_A, "192.0.2.1" },
        { "www.steered.", RRTYPE_MX, "mail.steered." },
        { "to.steered.", RRTYPE_CNAME, "www.steered." },
    };
    static const uint16_t types[] = { RRTYPE_A, RRTYPE_AAAA };
    static const uint16_t cname_type[] = { RRTYPE_CNAME };
    static const struct service addresses = { .name = "web", .types = types, .type_count = 2 };
    static const struct service alias = { .name = "cdn", .types = cname_type, .type_count = 1 };
    static const struct {
        const char *what;
        const char *qname;
        uint16_t qtype;
        enum outcome outcome;
        const struct service *service; /* of the last hop */
        uint16_t type;
        bool has_rrset;
        uint8_t hops;
    } cases[] = {
        { "offered, with a last resort", "www.steered.", RRTYPE_A, OUTCOME_ANSWER, &addresses,
          RRTYPE_A, true, 1 },
        { "offered, without one", "www.steered.", RRTYPE_AAAA, OUTCOME_ANSWER, &addresses,
          RRTYPE_AAAA, false, 1 },
        { "ANY", "www.steered.", RRTYPE_ANY, OUTCOME_ANSWER, &addresses, RRTYPE_A, true, 1 },
        { "not offered: the zone file's", "www.steered.", RRTYPE_MX, OUTCOME_ANSWER, NULL,
          RRTYPE_MX, true, 1 },
        { "in neither", "www.steered.", RRTYPE_TXT, OUTCOME_NODATA, NULL, 0, false, 0 },
        { "behind an alias", "to.steered.", RRTYPE_AAAA, OUTCOME_ANSWER, &addresses, RRTYPE_AAAA,
          false, 2 },
        { "a name that only the map has", "cdn.steered.", RRTYPE_A, OUTCOME_ALIAS, &alias,
          RRTYPE_CNAME, false, 1 },
        { "its CNAME asked for", "cdn.steered.", RRTYPE_CNAME, OUTCOME_ANSWER, &alias, RRTYPE_CNAME,
          false, 1 },
        { "a steered wildcard", "x.any.steered.", RRTYPE_A, OUTCOME_ANSWER, &addresses, RRTYPE_A,
          false, 1 },
    };
    struct world *world = *state;
    struct builder *builder = sketch_begin(world->arena, "steered.", records, COUNT(records));

    assert_int_equal(builder_steer(builder, wire("www.steered."), &addresses), STATUS_OK);
    assert_int_equal(builder_steer(builder, wire("cdn.steered."), &alias), STATUS_OK);
    assert_int_equal(builder_steer(builder, wire("*.any.steered."), &addresses), STATUS_OK);
    const struct zone *zone = sketch_freeze(builder);
    struct zonedb *zones;
    assert_int_equal(zonedb_build(&zone, 1, world->arena, &zones), STATUS_OK);

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct finding *found = &world->finding;
        find(zones, wire(cases[i].qname), cases[i].qtype, &world->finding);
        if (found->outcome != cases[i].outcome || found->hop_count != cases[i].hops)
            fail_msg("%s: %s with %u hops", cases[i].what, outcome_text(found->outcome),
                     found->hop_count);
        if (cases[i].hops == 0)
            continue;
        const struct hop *last = &found->hops[found->hop_count - 1];
        if (last->service != cases[i].service || last->type != cases[i].type ||
            (last->rrset != NULL) != cases[i].has_rrset)
            fail_msg("%s: the wrong last hop", cases[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_what_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(expands_wildcards, setup, teardown),
        cmocka_unit_test_setup_teardown(follows_cnames, setup, teardown),
        cmocka_unit_test_setup_teardown(redirects_by_dname, setup, teardown),
        cmocka_unit_test_setup_teardown(refers_below_cuts, setup, teardown),
        cmocka_unit_test_setup_teardown(stops_at_a_chain_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(synthesizes_a_cname_with_the_dnames_ttl, setup, teardown),
        cmocka_unit_test_setup_teardown(names_the_first_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_additional_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(hands_steered_names_to_their_service, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
