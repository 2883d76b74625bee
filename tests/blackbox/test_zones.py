"""What a zone says, as the wire says it: RFC 1034 4.3.2, 2308, 4592, 6672, 8482."""

import re
import subprocess

import dns.flags
import dns.message
import dns.name
import dns.rdatatype

from harness import Daemon, TestCase, ede_in, make_query, query_socket, rcode_of, rrset_texts

ZONE = """\
$TTL 3600
@ IN SOA ns1 hostmaster 7 7200 3600 1209600 300
@ IN NS ns1
@ IN NS ns.other.example.
ns1 IN A 192.0.2.1
ns1 IN AAAA 2001:db8::1
www IN A 192.0.2.80
www IN TXT "hello"
; ENT
a.b.ent IN A 192.0.2.2
; RFC 4592 section 2.2.1
*.wild IN TXT "any"
host1.wild IN A 192.0.2.3
_ssh._tcp.host1.wild IN SRV 0 0 22 host1.wild
*.alias IN CNAME www
; chains
c1 IN CNAME c2
c2 IN CNAME www
c-none IN CNAME missing
c-out IN CNAME www.elsewhere.test.
c-other IN CNAME www.other.example.
c-sub IN CNAME www.sub
c-cut IN CNAME host.cut
loop1 IN CNAME loop2
loop2 IN CNAME loop1
; DNAME
d IN DNAME wild
d IN TXT "beside"
d-other IN DNAME other.example.
d-long IN DNAME {long}
; delegations
cut IN NS ns.cut
cut IN NS ns1
cut IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.cut IN A 192.0.2.53
ns.cut IN AAAA 2001:db8::53
plain-cut IN NS ns.elsewhere.test.
sub IN NS ns1.sub
sub IN DS 2 13 2 1111111111111111111111111111111111111111111111111111111111111111
ns1.sub IN A 192.0.2.60
mail IN MX 10 www
""".replace("{long}", ".".join(["x" * 50] * 4))

OTHER = """\
$TTL 3600
@ IN SOA ns hostmaster 8 7200 3600 1209600 7200
@ IN NS ns
ns IN A 192.0.2.5
www IN A 192.0.2.85
back IN CNAME c1.main.example.
"""

SUB = """\
$TTL 3600
@ IN SOA ns1 hostmaster 9 7200 3600 1209600 60
@ IN NS ns1
ns1 IN A 192.0.2.60
www IN A 192.0.2.90
"""

BIG = ("$TTL 3600\n@ IN SOA ns hostmaster 1 7200 3600 1209600 300\n@ IN NS ns\n"
       "ns IN A 192.0.2.9\n" +
       "".join(f'big IN TXT "{index:0200d}"\n' for index in range(100)) +
       "".join(f"many IN A 10.{index // 200}.{index % 200}.1\n" for index in range(1000)))

FILES = {"zones/main.example.zone": ZONE, "zones/other.example.zone": OTHER,
         "zones/sub.main.example.zone": SUB, "zones/large.example.zone": BIG}


class Wire(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(FILES)

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def check(self, name, rrtype, rcode="NOERROR", answer=(), authority=(), additional=(),
              aa=True, **how):
        """Sections are records like "www A 192.0.2.80", owners relative to main.example."""
        with self.subTest(name=name, rrtype=rrtype):
            got = self.daemon.ask(self.absolute(name), rrtype, **how)
            self.assertEqual(rcode_of(got), rcode)
            self.assertEqual(bool(got.flags & dns.flags.AA), aa, got)
            self.assertFalse(got.flags & dns.flags.RA)
            for section, expected in ((got.answer, answer), (got.authority, authority),
                                      (got.additional, additional)):
                self.assertEqual(self.short(section), sorted(expected), got)
            return got

    @staticmethod
    def absolute(name):
        if name.endswith("."):
            return name
        return "main.example." if name == "@" else f"{name}.main.example."

    @staticmethod
    def short(section):
        return sorted(re.sub(r"\.?main\.example\.", "", f"{owner} {rrtype} {rdata}")
                      for owner, _, rrtype, rdata in rrset_texts(section))


SOA = " SOA ns1 hostmaster 7 7200 3600 1209600 300"
SUB_SOA = "sub SOA ns1.sub hostmaster.sub 9 7200 3600 1209600 60"


class Names(Wire):
    def test_records(self):
        self.check("www", "A", answer=["www A 192.0.2.80"])
        self.check("www", "TXT", answer=['www TXT "hello"'])
        self.check("mail", "MX", answer=["mail MX 10 www"])
        self.check("@", "SOA", answer=[SOA])

    def test_negative_answers_carry_the_soa_with_its_negative_ttl(self):
        for name, rrtype, rcode in (("www", "MX", "NOERROR"), ("missing", "A", "NXDOMAIN"),
                                    ("x.www", "A", "NXDOMAIN")):
            got = self.check(name, rrtype, rcode, authority=[SOA])
            self.assertEqual(got.authority[0].ttl, 300)
        got = self.daemon.ask("missing.other.example", "A")
        self.assertEqual(got.authority[0].ttl, 3600)  # MINIMUM is 7200, the SOA's own TTL less

    def test_ent_exists(self):
        for name in ("ent", "b.ent", "_tcp.host1.wild"):
            self.check(name, "A", authority=[SOA])
        self.check("c.ent", "A", "NXDOMAIN", authority=[SOA])

    def test_wildcards(self):
        self.check("host3.wild", "TXT", answer=['host3.wild TXT "any"'])
        self.check("foo.bar.wild", "TXT", answer=['foo.bar.wild TXT "any"'])
        self.check("host3.wild", "A", authority=[SOA])
        self.check("host1.wild", "TXT", authority=[SOA])
        self.check("x.host1.wild", "TXT", "NXDOMAIN", authority=[SOA])
        self.check("_telnet._tcp.host1.wild", "TXT", "NXDOMAIN", authority=[SOA])
        self.check("*.wild", "TXT", answer=['*.wild TXT "any"'])
        self.check("ghost.*.wild", "TXT", "NXDOMAIN", authority=[SOA])
        self.check("wild", "TXT", authority=[SOA])
        self.check("x.y.alias", "A", answer=["x.y.alias CNAME www", "www A 192.0.2.80"])

    def test_cname_chains(self):
        self.check("c1", "A", answer=["c1 CNAME c2", "c2 CNAME www", "www A 192.0.2.80"])
        self.check("c1", "CNAME", answer=["c1 CNAME c2"])
        self.check("c2", "MX", answer=["c2 CNAME www"], authority=[SOA])
        self.check("c-none", "A", "NXDOMAIN", answer=["c-none CNAME missing"], authority=[SOA])
        self.check("c-out", "A", answer=["c-out CNAME www.elsewhere.test."])
        self.check("c-other", "A", answer=["c-other CNAME www.other.example.",
                                           "www.other.example. A 192.0.2.85"])
        self.check("back.other.example.", "A",
                   answer=["back.other.example. CNAME c1", "c1 CNAME c2", "c2 CNAME www",
                           "www A 192.0.2.80"])
        self.check("c-sub", "A", answer=["c-sub CNAME www.sub", "www.sub A 192.0.2.90"])

    def test_a_chain_may_end_in_a_referral(self):
        got = self.daemon.ask("c-cut.main.example", "A")
        self.assertEqual(self.short(got.answer), ["c-cut CNAME host.cut"])
        self.assertIn("cut NS ns.cut", self.short(got.authority))
        self.assertIn("ns.cut A 192.0.2.53", self.short(got.additional))

    def test_loops_end(self):
        self.check("loop1", "A", answer=["loop1 CNAME loop2", "loop2 CNAME loop1"])

    def test_dname(self):
        self.check("x.d", "TXT", answer=["d DNAME wild", "x.d CNAME x.wild", 'x.wild TXT "any"'])
        self.check("d", "TXT", answer=['d TXT "beside"'])
        self.check("d", "DNAME", answer=["d DNAME wild"])
        self.check("d", "A", authority=[SOA])
        self.check("www.d-other", "A",
                   answer=["d-other DNAME other.example.", "www.d-other CNAME www.other.example.",
                           "www.other.example. A 192.0.2.85"])

    def test_a_dname_that_makes_the_name_too_long(self):
        got = self.daemon.ask(self.absolute("y" * 60 + ".d-long"), "A")
        self.assertEqual(rcode_of(got), "YXDOMAIN")
        self.assertEqual(got.answer[0].rdtype, dns.rdatatype.DNAME)

    def test_any_gives_one_rrset(self):
        got = self.daemon.ask("www.main.example", "ANY")
        self.assertEqual(len(got.answer), 1)
        self.assertEqual(rcode_of(got), "NOERROR")
        self.check("ent", "ANY", authority=[SOA])
        self.check("missing", "ANY", "NXDOMAIN", authority=[SOA])


class Delegations(Wire):
    GLUE = ["ns.cut A 192.0.2.53", "ns.cut AAAA 2001:db8::53", "ns1 A 192.0.2.1",
            "ns1 AAAA 2001:db8::1"]

    def test_referrals(self):
        for name in ("cut", "host.cut", "ns.cut", "a.b.c.cut"):
            for rrtype in ("A", "NS", "ANY", "SOA"):
                self.check(name, rrtype, authority=["cut NS ns.cut", "cut NS ns1"],
                           additional=self.GLUE, aa=False)
        self.check("x.plain-cut", "A", authority=["plain-cut NS ns.elsewhere.test."], aa=False)

    def test_ds_is_the_parents(self):
        ds = "cut DS 1 13 2 " + "0" * 64
        self.check("cut", "DS", answer=[ds])
        self.check("plain-cut", "DS", authority=[SOA])
        self.check("x.cut", "DS", authority=["cut NS ns.cut", "cut NS ns1"], additional=self.GLUE,
                   aa=False)

    def test_a_subzone_beside_its_parent(self):
        self.check("www.sub", "A", answer=["www.sub A 192.0.2.90"])
        self.check("x.sub", "A", "NXDOMAIN", authority=[SUB_SOA])
        self.check("sub", "SOA", answer=[SUB_SOA])
        self.check("sub", "NS", answer=["sub NS ns1.sub"], additional=["ns1.sub A 192.0.2.60"])
        self.check("sub", "DS", answer=["sub DS 2 13 2 " + "1" * 64])


class Messages(Wire):
    def test_case_is_kept_as_asked(self):
        for name in ("WwW.MaIn.ExAmPlE.", "C1.MAIN.example.", "X.wIlD.main.EXAMPLE."):
            got = self.daemon.ask(name, "TXT")
            self.assertEqual(got.question[0].name.to_text(), name)
            self.assertEqual(got.answer[0].name.to_text(), name)

    def test_out_of_zone_is_refused(self):
        for name in ("www.foreign.test.", ".", "example.", "xmain.example."):
            got = self.daemon.ask(name, "A", edns=0)
            self.assertEqual(rcode_of(got), "REFUSED")
            self.assertEqual((got.answer, got.authority), ([], []))
            self.assertEqual(ede_in(got)[0], 20)

    def test_flags(self):
        got = self.daemon.ask("www.main.example", "A", flags=dns.flags.RD | dns.flags.CD)
        self.assertEqual(got.flags, dns.flags.QR | dns.flags.AA | dns.flags.RD)  # RFC 4035 3.1.6
        got = self.daemon.ask("www.main.example", "A", flags=dns.flags.AD)
        self.assertEqual(got.flags, dns.flags.QR | dns.flags.AA)

    def test_truncation(self):
        for payload, edns in ((512, None), (512, 0), (1232, 0), (4096, 0)):
            query = make_query("big.large.example", "TXT", edns=edns, payload=payload)
            with query_socket(self.daemon) as sock:
                sock.send(query.to_wire())
                wire = sock.recv(65535)
            got = dns.message.from_wire(wire)
            self.assertTrue(got.flags & dns.flags.TC)
            self.assertEqual(got.answer, [])
            self.assertLessEqual(len(wire), min(payload, 1232))

    def test_tcp_has_it_whole(self):
        got = self.daemon.ask("big.large.example", "TXT", tcp=True)
        self.assertFalse(got.flags & dns.flags.TC)
        self.assertEqual(len(got.answer[0]), 100)
        got = self.daemon.ask("many.large.example", "A", tcp=True)
        self.assertEqual(len(got.answer[0]), 1000)

    def test_dig_retries_over_tcp(self):
        command = ["dig", "@127.0.0.1", "-p", str(self.daemon.port), "+noall", "+answer",
                   "big.large.example", "TXT"]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.assertEqual(len([line for line in out.splitlines() if "IN\tTXT" in line]), 100)

    def test_edns_size_of_the_configuration(self):
        with Daemon(FILES, {"edns_size": 4096}) as daemon:
            query = make_query("big.large.example", "TXT", edns=0, payload=4096)
            got = daemon.exchange(query)
            self.assertEqual(got.payload, 4096)

    def test_courtesies_when_asked_for(self):
        with Daemon(FILES, {"minimal_responses": False}) as daemon:
            got = daemon.ask("mail.main.example", "MX")
            self.assertIn(" NS ns1", self.short(got.authority))
            self.assertIn("www A 192.0.2.80", self.short(got.additional))


class Reading(TestCase):
    """Zone files in the shapes that RFC 1035 allows."""

    def test_every_way_to_write_it(self):
        zone = """\
$origin form.example.
$ttl 1h
@ 1d IN SOA ns1.form.example. host\\.master (
        2024010101 ; serial
        2h 1h ; refresh and retry
        2w 5m )
  IN NS ns1
ns1 IN 60 A 192.0.2.1
    60 IN A 192.0.2.2
    AAAA 2001:db8::1
$ORIGIN sub
www A 192.0.2.3
@ TXT "two strings" "in one" ; comment
quoted TXT "a;b" "\\"c\\"" \\100\\"
$ORIGIN form.example.
$GENERATE 1-3 host$ A 192.0.2.1$
unknown TYPE65280 \\# 4 0A000001
$INCLUDE more.inc more
last A 192.0.2.4"""
        files = {"zones/form.example.zone": zone.replace("\n", "\r\n"),
                 "zones/more.inc": "here A 192.0.2.5\n"}
        with Daemon(files) as daemon:
            for name, rrtype, expected in (
                    ("@", "SOA", [(86400, "ns1.form.example. host\\.master.form.example. "
                                          "2024010101 7200 3600 1209600 300")]),
                    ("ns1", "A", [(60, "192.0.2.1"), (60, "192.0.2.2")]),
                    ("ns1", "AAAA", [(3600, "2001:db8::1")]),
                    ("www.sub", "A", [(3600, "192.0.2.3")]),
                    ("sub", "TXT", [(3600, '"two strings" "in one"')]),
                    ("quoted.sub", "TXT", [(3600, '"a;b" "\\"c\\"" "d\\""')]),
                    ("host2", "A", [(3600, "192.0.2.12")]),
                    ("unknown", "TYPE65280", [(3600, "\\# 4 0a000001")]),
                    ("here.more", "A", [(3600, "192.0.2.5")]),
                    ("last", "A", [(3600, "192.0.2.4")])):
                owner = "form.example." if name == "@" else f"{name}.form.example."
                got = daemon.ask(owner, rrtype)
                self.assertEqual(sorted((ttl, rdata) for _, ttl, _, rdata in
                                        rrset_texts(got.answer)), expected, got)

    def test_the_root_zone(self):
        zone = ("@ 60 IN SOA a. b. 1 2 3 4 5\n@ 60 IN NS ns.\nns 60 IN A 192.0.2.1\n"
                "test 60 IN NS ns.test.\nns.test 60 IN A 192.0.2.2\n")
        with Daemon({"zones/root.zone": zone}) as daemon:
            self.assertEqual(rcode_of(daemon.ask(".", "SOA")), "NOERROR")
            self.assertEqual(rcode_of(daemon.ask("missing.", "A")), "NXDOMAIN")
            got = daemon.ask("x.test.", "A")
            self.assertEqual(got.authority[0].name, dns.name.from_text("test."))
