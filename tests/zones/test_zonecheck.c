#include "zones/zonecheck.h"

#include "tests/zones/zonetext.h"

#define HEAD "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n" /* four lines */
#define SIGNED " 5 2 60 20300101000000 20240101000000 1 example. AA==\n"

static const struct {
    const char *what;
    const char *text;
    const char *messages;
} cases[] = {
    { "a zone as it should be", HEAD, "" },
    { "no SOA and no NS", "$TTL 60\na A 192.0.2.1\n",
      "zone: the zone has no SOA at its apex example.\n"
      "zone: the zone has no NS at its apex example.\n" },
    { "an empty file", "",
      "zone: the zone has no SOA at its apex example.\n"
      "zone: the zone has no NS at its apex example.\n" },
    { "a second SOA", HEAD "@ SOA ns h 2 2 3 4 5\n",
      "zone:5: a second SOA, the first is at zone:2 (RFC 1035 section 5.2)\n" },
    { "a SOA elsewhere", HEAD "a SOA ns h 2 2 3 4 5\n",
      "zone:5: SOA at a.example., but the apex is example.\n" },

    { "CNAME and A", HEAD "a CNAME ns\na A 192.0.2.2\n",
      "zone:6: a.example. has A beside the CNAME at zone:5 (RFC 1034 section 3.6.2)\n" },
    { "CNAME and TXT and MX", HEAD "a TXT x\na MX 1 .\na CNAME ns\n",
      "zone:6: a.example. has MX beside the CNAME at zone:7 (RFC 1034 section 3.6.2)\n"
      "zone:5: a.example. has TXT beside the CNAME at zone:7 (RFC 1034 section 3.6.2)\n" },
    { "CNAME at the apex", HEAD "@ CNAME ns\n",
      "zone:3: example. has NS beside the CNAME at zone:5 (RFC 1034 section 3.6.2)\n"
      "zone:2: example. has SOA beside the CNAME at zone:5 (RFC 1034 section 3.6.2)\n" },
    { "two CNAMEs", HEAD "a CNAME ns\na CNAME b\n",
      "zone:6: a second CNAME at a.example., the first is at zone:5\n" },
    { "CNAME with DNSSEC's own", HEAD "a CNAME ns\na NSEC b CNAME RRSIG NSEC\na RRSIG CNAME" SIGNED,
      "" },

    { "DNAME alone", HEAD "a DNAME b.\n", "" },
    { "DNAME beside other data", HEAD "a DNAME b.\na TXT x\n", "" },
    { "two DNAMEs", HEAD "a DNAME b.\na DNAME c.\n",
      "zone:6: a second DNAME at a.example., the first is at zone:5\n" },
    { "a name below a DNAME", HEAD "a DNAME b.\nx.y.a TXT x\n",
      "zone:6: x.y.a.example. lies below the DNAME of a.example. (RFC 6672 section 2.4)\n" },
    { "a DNAME below a delegation hides nothing", HEAD "s NS o.\na.s DNAME b.\nx.a.s A 192.0.2.2\n",
      "warning zone:6: the DNAME record of a.s.example. is never answered: s.example. is delegated\n" },
    { "DNAME at a delegation", HEAD "a NS o.\na DNAME b.\n",
      "zone:6: a.example. has DNAME and NS, which is for an apex only (RFC 6672 section 2.3)\n"
      "warning zone:6: the DNAME record of a.example. is never answered: a.example. is delegated\n" },

    { "TTLs that differ", HEAD "a 1 A 192.0.2.2\na 2 A 192.0.2.3\na 1 A 192.0.2.4\n",
      "zone:6: TTL 2 of the A record of a.example. differs from 1 at zone:5 (RFC 2181 section 5.2)\n" },
    { "TTLs of signatures follow what they cover",
      HEAD "a 1 A 192.0.2.2\na 2 TXT x\na 1 RRSIG A" SIGNED "a 2 RRSIG TXT" SIGNED, "" },

    { "a delegation with its glue", HEAD "s NS ns.s\nns.s A 192.0.2.2\n", "" },
    { "a delegation with a server elsewhere", HEAD "s NS ns.org.\n", "" },
    { "missing glue", HEAD "s NS ns.s\n",
      "zone:5: name server ns.s.example. of s.example. has no address (glue)\n" },
    { "missing glue at the cut itself", HEAD "s NS s\n",
      "zone:5: name server s.example. of s.example. has no address (glue)\n" },
    { "glue that is no address", HEAD "s NS ns.s\nns.s TXT x\n",
      "zone:5: name server ns.s.example. of s.example. has no address (glue)\n"
      "warning zone:6: the TXT record of ns.s.example. is never answered: s.example. is delegated\n" },
    { "a server of the parent's", HEAD "s NS x\n",
      "zone:5: name server x.example. of s.example. has no address\n" },
    { "a server under a wildcard", HEAD "s NS x.w\n*.w A 192.0.2.2\n", "" },
    { "a server that is a CNAME", HEAD "s NS x\nx CNAME ns\n",
      "zone:5: name server x.example. of s.example. is a CNAME (RFC 2181 section 10.3)\n" },
    { "a server below a DNAME", HEAD "s NS x.d\nd DNAME o.\n",
      "zone:5: name server x.d.example. of s.example. lies below a DNAME\n" },
    { "a sibling without glue", HEAD "s NS ns.t\nt NS o.\n",
      "warning zone:5: name server ns.t.example. of s.example. has no address here\n" },
    { "an apex server without an address", "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n",
      "zone:3: name server ns.example. of example. has no address\n" },
    { "data at and below a delegation",
      HEAD "s NS o.\ns TXT x\ns A 192.0.2.2\nx.s MX 1 nobody\nt.s NS y.t.s\n",
      "warning zone:6: the TXT record of s.example. is never answered: s.example. is delegated\n"
      "warning zone:8: the MX record of x.s.example. is never answered: s.example. is delegated\n"
      "warning zone:9: the NS record of t.s.example. is never answered: s.example. is delegated\n" },
    { "a wildcard that delegates", HEAD "*.w NS o.\n",
      "warning zone:5: *.w.example. delegates by a wildcard, which is undefined (RFC 4592 section 4.2)\n" },
    { "a star in the middle", HEAD "a.*.b TXT x\n", "" },
    { "DS at a delegation", HEAD "s NS o.\ns DS 1 8 99 00\n", "" },
    { "DS without NS", HEAD "s DS 1 8 99 00\n",
      "zone:5: s.example. has DS but no NS: it is no delegation (RFC 4035 section 2.4)\n" },
    { "DS at the apex", HEAD "@ DS 1 8 99 00\n",
      "zone:5: DS at the apex: it belongs into the zone above (RFC 4035 section 2.4)\n" },

    { "mail to nowhere", HEAD "@ MX 1 mail\n",
      "warning zone:5: MX leads to mail.example., which does not exist\n" },
    { "mail to a CNAME", HEAD "@ MX 1 mail\nmail CNAME ns\n",
      "warning zone:5: MX leads to mail.example., which is a CNAME\n" },
    { "a service at a name without address", HEAD "_s._tcp SRV 1 1 1 x\nx TXT x\n",
      "warning zone:5: SRV leads to x.example., which has no address\n" },
    { "mail that is well led", HEAD "@ MX 1 ns\n@ MX 2 o.\n@ MX 3 a.w\n*.w A 192.0.2.2\nn MX 0 .\n", "" },
    { "as many addresses as a message holds", HEAD "$GENERATE 1-2339 big AAAA 2001:db8::${0,1,x}\n",
      "" },
    { "one address more", HEAD "\n$GENERATE 1-2340 big AAAA 2001:db8::${0,1,x}\n",
      "warning zone:6: the 2340 AAAA records of big.example. take at least 65549 octets, and no "
      "message has more than 65535: they are never answered\n" },
    { "mail through other hands", HEAD "@ MX 1 x.s\ns NS o.\n@ MX 2 x.d\nd DNAME o.\n", "" },
};

/* What else is wrong when a record could not be read: nothing that it may have mended. */
static const struct {
    const char *what;
    const char *text;
    const char *messages; /* behind that of the reader */
} broken[] = {
    { "the SOA", "$TTL 60\n@ SOA ns h 1 x 3 4 5\n@ NS ns\nns A 192.0.2.1\n", "" },
    { "a SOA whose owner is none", "$TTL 60\nx..x SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n",
      "" },
    { "the NS", "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS a..b\n", "" },
    { "an address", "$TTL 60\n@ NS ns\nns A 192.0.2.300\n@ MX 1 m\ns NS ns.s\nt NS x.s\n",
      "zone: the zone has no SOA at its apex example.\n"
      "warning zone:4: MX leads to m.example., which does not exist\n"
      "zone:5: name server ns.s.example. of s.example. has no address (glue)\n"
      "warning zone:6: name server x.s.example. of t.example. has no address here\n" },
    { "an address, beside what is certain",
      HEAD "C AAAA y\n@ NS c\nc CNAME ns\n@ MX 1 c\nm A 5\n@ MX 1 m\n",
      "zone:6: name server c.example. of example. is a CNAME (RFC 2181 section 10.3)\n"
      "warning zone:8: MX leads to c.example., which is a CNAME\n" },
    { "a text", "$TTL 60\n@ TXT \n@ NS ns\n",
      "zone: the zone has no SOA at its apex example.\n"
      "zone:3: name server ns.example. of example. has no address\n" },
    { "all but a text", "$TTL 60\n@ TXT\n",
      "zone: the zone has no SOA at its apex example.\n"
      "zone: the zone has no NS at its apex example.\n" },
    { "a TTL that is nowhere", "@ TXT x\n@ 5 NS ns\n",
      "zone: the zone has no SOA at its apex example.\n"
      "zone:2: name server ns.example. of example. has no address\n" },
    { "the TTL of the NS", "@ NS x.\n@ SOA ns h 1 2 3 4 5\n", "" },
    { "a type", "$TTL 60\n@ SOAP ns h 1 2 3 4 5\n", "" },
    { "a type of another name", "$TTL 60\n@ NS x.\na SOAP x\n",
      "zone: the zone has no SOA at its apex example.\n" },
    { "a DS without its NS", HEAD "s DS 1 8 99 00\ns NS\n", "" },
    { "an inclusion", "$TTL 60\n$INCLUDE nothing\n", "" },
    { "an origin", "$TTL 60\n$ORIGIN a..b\n@ SOA ns h 1 2 3 4 5\n", "" },
    { "a generator", "$TTL 60\n@ SOA ns h 1 2 3 4 5\n$GENERATE 1-3 n$ NS a..b\n", "" },
    { "a generator of unknown things", "$TTL 60\n$GENERATE 1-3 n$\n", "" },
    { "a generator of something else", "$TTL 60\n@ NS x.\n$GENERATE 1-3 n$ A 192.0.2.$$$\n",
      "zone: the zone has no SOA at its apex example.\n" },
    { "a directive", "$TTL 60\n$INCLUDED addresses\n", "" },
    { "a quote", "$TTL 60\nn1 TXT \"x\n", "" },
};

static void calls_nothing_missing_that_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        scratch_write("zone", broken[i].text, strlen(broken[i].text));
        struct reading reading = reading_of("example.", scratch_path("zone"));
        if (reading.status == STATUS_OK)
            fail_msg("%s: %s", broken[i].what, messages(reading.report));
        char path[128];
        snprintf(path, sizeof path, "%s", scratch_path("zone"));
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = path };
        const enum status status = zonecheck_run(reading.builder, &diag);
        if (strcmp(messages(report), broken[i].messages) != 0)
            fail_msg("%s:\n%s", broken[i].what, messages(report));
        assert_int_equal(status == STATUS_OK, report_mistakes(report) == 0);
        report_free(report);
        reading_free(&reading);
    }
}

static void judges_zones_as_the_rfcs_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scratch_write("zone", cases[i].text, strlen(cases[i].text));
        struct reading reading = reading_of("example.", scratch_path("zone"));
        if (reading.status != STATUS_OK)
            fail_msg("%s: %s", cases[i].what, messages(reading.report));
        char path[128];
        snprintf(path, sizeof path, "%s", scratch_path("zone"));
        const struct diag diag = { .report = reading.report, .file = path };
        const enum status status = zonecheck_run(reading.builder, &diag);
        if (strcmp(messages(reading.report), cases[i].messages) != 0)
            fail_msg("%s:\n%s", cases[i].what, messages(reading.report));
        if ((status == STATUS_OK) != (report_mistakes(reading.report) == 0))
            fail_msg("%s: status %d", cases[i].what, status);
        reading_free(&reading);
    }
}

static void takes_a_steered_name_for_one_with_addresses(void **state)
{
    (void)state;
    static const char text[] = HEAD "@ MX 1 www\n";
    scratch_write("zone", text, sizeof text - 1);
    struct reading reading = reading_of("example.", scratch_path("zone"));
    const struct diag diag = { .report = reading.report, .file = "zone" };
    const struct service *service = (const struct service *)text; /* only its address counts */
    assert_int_equal(builder_steer(reading.builder, wire("www.example."), service), STATUS_OK);
    assert_int_equal(zonecheck_run(reading.builder, &diag), STATUS_OK);
    assert_int_equal(report_count(reading.report), 0);
    reading_free(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_zones_as_the_rfcs_do),
        cmocka_unit_test(calls_nothing_missing_that_was_written),
        cmocka_unit_test(takes_a_steered_name_for_one_with_addresses),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}
