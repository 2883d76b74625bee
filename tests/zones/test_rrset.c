#include "zones/rrset.h"

#include <stdio.h>

#include "tests/zones/sketch.h"

/* Every name of an rrset in turn: what is written of it, then where its pointer leads. */
static const char *cuts_text(const struct rrset *rrset, char out[512])
{
    const struct rrset_cut *cut = rrset_cuts(rrset);
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < (unsigned)rrset->count * rrset->names; i++, cut++) {
        used += (size_t)snprintf(out + used, 512 - used, "%s%u of %u", i > 0 ? ", " : "", cut->kept,
                                 cut->len);
        if (cut->kept < cut->len)
            used += (size_t)snprintf(out + used, 512 - used, " %s %u",
                                     cut->base == RRSET_BASE_OWNER ? "owner" : "first",
                                     cut->distance);
    }
    return out;
}

static const struct {
    const char *what;
    struct sketch_record records[3];
    enum rrset_form form;
    unsigned lead;
    const char *cuts;
} cases[] = {
    { "an address has no name", { { "a.example.", RRTYPE_A, "192.0.2.1" } }, RRSET_ALONE, 0, "" },
    { "the owner's zone", { { "a.example.", RRTYPE_CNAME, "b.example." } }, RRSET_ALONE, 0,
      "2 of 11 owner 9" },
    { "the owner itself", { { "a.example.", RRTYPE_CNAME, "a.example." } }, RRSET_ALONE, 0,
      "0 of 11 owner 11" },
    { "below the owner, in any case", { { "a.example.", RRTYPE_MX, "mx.A.Example." } },
      RRSET_ALONE, 2, "3 of 14 owner 11" },
    { "nothing in common", { { "a.example.", RRTYPE_CNAME, "b.test." } }, RRSET_ALONE, 0,
      "8 of 8" },
    { "the root is not pointed at", { { "a.example.", RRTYPE_MX, "." } }, RRSET_ALONE, 2,
      "1 of 1" },
    { "a wildcard's own label is none",
      { { "*.w.example.", RRTYPE_CNAME, "x.*.w.example." } }, RRSET_ALONE, 0, "4 of 15 owner 11" },
    { "a later name points to the first",
      { { "a.example.", RRTYPE_MX, "mx1.mail.test." }, { "a.example.", RRTYPE_MX, "mx2.mail.test." } },
      RRSET_ALONE, 2, "15 of 15, 4 of 15 first 4" },
    { "into what of the first is written",
      { { "a.example.", RRTYPE_MX, "mx1.sub.example." },
        { "a.example.", RRTYPE_MX, "mx2.sub.example." } },
      RRSET_ALONE, 2, "8 of 17 owner 9, 4 of 17 first 4" },
    { "but not beyond",
      { { "a.example.", RRTYPE_MX, "mx1.example." }, { "a.example.", RRTYPE_MX, "mx2.example." } },
      RRSET_ALONE, 2, "4 of 13 owner 9, 4 of 13 owner 9" },
    { "servers have addresses",
      { { "cut.example.", RRTYPE_NS, "ns.cut.example." } }, RRSET_HELPED, 0, "3 of 16 owner 13" },
    { "newer types are written in full", { { "a.example.", RRTYPE_DNAME, "b.example." } },
      RRSET_ALONE, 0, "" },
    { "a service binding has company", { { "a.example.", RRTYPE_HTTPS, "b.example." } },
      RRSET_HELPED, 0, "" },
    { "rdata that is too short for its type is left alone",
      { { "a.example.", RRTYPE_PTR, "\3ab" } }, RRSET_UNKNOWN, 0, NULL },
    { "an unknown type has no names", { { "a.example.", 65280, "\3abc" } }, RRSET_ALONE, 0, "" },
};

static void knows_where_names_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        size_t count = 0;
        while (count < COUNT(cases[i].records) && cases[i].records[count].owner != NULL)
            count++;
        const struct zone *zone = sketch_zone(arena, "example.", cases[i].records, count);
        const struct node *node = zone_node(zone, wire(cases[i].records[0].owner));
        assert_non_null(node);
        const struct rrset *rrset = node_rrset(node, cases[i].records[0].type);
        assert_non_null(rrset);
        char text[512];
        if (rrset->form != cases[i].form)
            fail_msg("%s: form %u", cases[i].what, rrset->form);
        if (cases[i].cuts != NULL && rrset->lead != cases[i].lead)
            fail_msg("%s: %u octets lead", cases[i].what, rrset->lead);
        if (cases[i].cuts != NULL && strcmp(cuts_text(rrset, text), cases[i].cuts) != 0)
            fail_msg("%s: %s", cases[i].what, text);
        arena_free(arena);
    }
}

static void knows_both_names_of_an_soa(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct zone *zone = sketch_zone(arena, "example.", NULL, 0);
    char text[512];

    assert_int_equal(zone->soa->form, RRSET_ALONE);
    assert_string_equal(cuts_text(zone->soa, text), "0 of 9 owner 9, 0 of 9 owner 9");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_where_names_end),
        cmocka_unit_test(knows_both_names_of_an_soa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
