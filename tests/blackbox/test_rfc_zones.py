"""What the RFCs say about names and records: one class for each RFC, one zone for all."""

import dns.flags
import dns.rdatatype

from harness import Daemon, TestCase, make_query, query_socket, rcode_of

ZONE = r"""
$TTL 3600
@ 7200 IN SOA ns1 hostmaster 7 7200 3600 1209600 900
@ IN NS ns1
@ IN NS ns.other.test.
ns1 IN A 192.0.2.1
ns1 IN AAAA 2001:db8::1
www IN A 192.0.2.80
www IN A 192.0.2.81
www IN AAAA 2001:db8::80
mail IN MX 10 www
srv IN SRV 0 5 80 www
alias IN CNAME www
alias2 IN CNAME alias
lost IN CNAME missing
out IN CNAME www.other.test.
loop1 IN CNAME loop2
loop2 IN CNAME loop1
self IN CNAME self
to-cut IN CNAME x.cut
to-wild IN CNAME x.wild
a.b.ent IN TXT "deep"
*.wild IN TXT "star"
*.wild IN MX 5 www
exact.wild IN A 192.0.2.90
below.host.wild IN A 192.0.2.91
*.cwild IN CNAME www
*.bad IN CNAME missing
tree IN DNAME www
forest IN DNAME forest.other.test.
wood IN DNAME deep
x.deep IN A 192.0.2.92
tree IN A 192.0.2.93
long IN DNAME LONG
unknown IN TYPE65280 \# 5 0102030405
unknown IN A \# 4 C0000263
named IN TYPE65281 \# 12 03777777056f746865720000
cut IN NS ns1.cut
cut IN NS ns2.cut
cut IN NS ns1
cut IN NS ns.other.test.
cut IN DS 12345 13 2 0101010101010101010101010101010101010101010101010101010101010101
ns1.cut IN A 192.0.2.101
ns1.cut IN AAAA 2001:db8::101
ns2.cut IN A 192.0.2.102
Mixed.CaSe IN TXT "Mixed"
svc IN HTTPS 1 . alpn=h2
svc IN A 192.0.2.110
pool IN SVCB 1 www alpn=h2
pool IN SVCB 2 ns1 alpn=h3
apex-like IN HTTPS 0 svc
chain1 IN SVCB 0 chain2
chain2 IN SVCB 0 pool
ring1 IN SVCB 0 ring2
ring2 IN SVCB 0 ring1
off IN SVCB 0 .
off IN A 192.0.2.111
""".replace("LONG", ".".join(["l" * 63] * 3) + ".other.test.")
BIG = "".join(f'big IN TXT "{index:0200d}"\n' for index in range(10))
MANY = "".join(f"many IN NS ns{index}.many\nns{index}.many IN A 198.51.100.{index}\n"
               f"ns{index}.many IN AAAA 2001:db8:5::{index}\n" for index in range(1, 31))
FEW = "".join(f"few IN NS ns{index}.few\nns{index}.few IN A 198.51.100.{index}\n"
              for index in range(1, 7))
SIBLING = "".join(f"kin IN NS ns{index}.many\n" for index in range(1, 31))
ORIGIN = "main.example."
SOA = "@ 900 SOA ns1 hostmaster 7 7200 3600 1209600 900"
FILES = {"zones/main.example.zone": ZONE + BIG + MANY + FEW + SIBLING}


class Server(TestCase):
    config = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(FILES, cls.config)

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    @staticmethod
    def short(section):
        """Sorted "owner ttl TYPE rdata"; names relative to the zone, "@" its apex."""
        def relative(text):
            return text[:-len(ORIGIN) - 1] if text.endswith("." + ORIGIN) else \
                "@" if text == ORIGIN else text
        return sorted(" ".join([relative(rrset.name.to_text().lower()), str(rrset.ttl),
                                dns.rdatatype.to_text(rrset.rdtype),
                                *map(relative, rdata.to_text().split())])
                      for rrset in section for rdata in rrset)

    def check(self, name, rrtype="A", rcode="NOERROR", *, answer=(), authority=(), additional=(),
              aa=True, tcp=False, **how):
        with self.subTest(name=name, rrtype=rrtype):
            full = name if name.endswith(".") else ORIGIN if name == "@" else f"{name}.{ORIGIN}"
            got = self.daemon.ask(full, rrtype, tcp=tcp, **how)
            self.assertEqual(rcode_of(got), rcode)
            self.assertEqual(bool(got.flags & dns.flags.AA), aa)
            for section, expected in ((got.answer, answer), (got.authority, authority),
                                      (got.additional, additional)):
                self.assertEqual(self.short(section), sorted(expected))
            return got

    def nodata(self, name, rrtype="A"):
        self.check(name, rrtype, authority=[SOA])

    def nxdomain(self, name, rrtype="A", answer=()):
        self.check(name, rrtype, "NXDOMAIN", answer=answer, authority=[SOA])


WWW = ["www 3600 A 192.0.2.80", "www 3600 A 192.0.2.81"]
WWW6 = ["www 3600 AAAA 2001:db8::80"]
NS1 = ["ns1 3600 A 192.0.2.1", "ns1 3600 AAAA 2001:db8::1"]
CUT = ["cut 3600 NS ns1.cut", "cut 3600 NS ns2.cut", "cut 3600 NS ns1", "cut 3600 NS ns.other.test."]
GLUE = ["ns1.cut 3600 A 192.0.2.101", "ns1.cut 3600 AAAA 2001:db8::101",
        "ns2.cut 3600 A 192.0.2.102"]


class Rfc1034Algorithm(Server):
    def test_answers(self):
        self.check("www", answer=WWW)
        self.check("@", "SOA", answer=[SOA.replace(" 900 SOA", " 7200 SOA")])
        self.check("@", "NS", answer=["@ 3600 NS ns1", "@ 3600 NS ns.other.test."], additional=NS1)

    def test_referrals(self):
        for name in ("cut", "x.cut", "y.x.cut", "ns1.cut"):
            self.check(name, authority=CUT, additional=GLUE + NS1, aa=False)
        self.check("cut", "NS", authority=CUT, additional=GLUE + NS1, aa=False)

    def test_chains(self):
        self.check("alias2", answer=["alias2 3600 CNAME alias", "alias 3600 CNAME www"] + WWW)
        self.check("alias2", "CNAME", answer=["alias2 3600 CNAME alias"])
        self.check("out", answer=["out 3600 CNAME www.other.test."])

    def test_loops_end(self):
        """Section 3.6.2: what is known is told, each record once."""
        self.check("loop1", answer=["loop1 3600 CNAME loop2", "loop2 3600 CNAME loop1"])
        self.check("self", answer=["self 3600 CNAME self"])

    def test_a_chain_into_a_cut(self):
        self.check("to-cut", answer=["to-cut 3600 CNAME x.cut"], authority=CUT,
                   additional=GLUE + NS1)


class Rfc2181Clarifications(Server):
    def test_one_ttl_and_no_record_twice(self):
        got = self.daemon.ask("www.main.example")
        self.assertEqual(len(got.answer), 1)
        self.assertEqual(len(got.answer[0]), 2)

    def test_tc_only_for_what_is_needed(self):
        """Section 9: additional data that does not fit is no reason for TC."""
        sizes = [size for size in range(512, 1232)
                 if not self.daemon.ask("kin.main.example", edns=0, payload=size).flags &
                 dns.flags.TC]
        self.assertTrue(sizes, "the NS alone fit, and their addresses are none of the cut's")
        got = self.daemon.ask("kin.main.example", edns=0, payload=sizes[0])
        self.assertLess(len(got.additional), 60)

    def test_whole_rrsets(self):
        """Section 5: part of an RRset is not an RRset."""
        for payload, edns in ((512, None), (512, 0), (1232, 0), (2000, 0)):
            got = self.daemon.ask("big.main.example", "TXT", edns=edns, payload=payload)
            self.assertTrue(got.flags & dns.flags.TC)
            self.assertEqual((got.answer, got.authority), ([], []))
        got = self.daemon.ask("big.main.example", "TXT", tcp=True)
        self.assertEqual((len(got.answer[0]), got.flags & dns.flags.TC), (10, 0))


class Rfc2308Negative(Server):
    def test_the_soa_lives_as_long_as_the_answer(self):
        """Section 3: the lesser of the SOA's TTL (7200) and its MINIMUM (900)."""
        self.nodata("www", "TXT")
        self.nxdomain("missing")

    def test_the_lesser_is_the_ttl(self):
        zone = "$TTL 60\n@ IN SOA ns1 host 1 2 3 4 900\n@ IN NS ns1\nns1 IN A 192.0.2.1\n"
        with Daemon({"zones/short.example.zone": zone}) as daemon:
            self.assertEqual(daemon.ask("no.short.example").authority[0].ttl, 60)

    def test_behind_an_alias(self):
        self.nxdomain("lost", answer=["lost 3600 CNAME missing"])
        self.check("alias", "TXT", answer=["alias 3600 CNAME www"], authority=[SOA])


class Rfc4343Case(Server):
    def test_kept_as_asked(self):
        for name in ("WWW.MAIN.EXAMPLE.", "wWw.MaIn.eXaMpLe.", "MIXED.case.main.example."):
            rrtype = "TXT" if "case" in name.lower() else "A"
            got = self.daemon.ask(name, rrtype)
            self.assertEqual(got.question[0].name.to_text(), name)
            self.assertEqual(got.answer[0].name.to_text(), name)

    def test_only_ascii_letters_fold(self):
        for octet in (b"[", b"{", b"\xe4", b"\xc4", b"@", b"`"):
            wire = make_query("www.main.example").to_wire().replace(b"\3www", b"\3ww" + octet)
            with query_socket(self.daemon) as sock:
                sock.send(wire)
                self.assertEqual(sock.recv(512)[3] & 15, 3)


class Rfc4592Wildcards(Server):
    def test_synthesis(self):
        self.check("x.wild", "TXT", answer=['x.wild 3600 TXT "star"'])
        self.check("y.x.wild", "TXT", answer=['y.x.wild 3600 TXT "star"'])
        self.check("to-wild", "TXT", answer=["to-wild 3600 CNAME x.wild", 'x.wild 3600 TXT "star"'])
        self.check("x.cwild", answer=["x.cwild 3600 CNAME www"] + WWW)
        self.nxdomain("x.bad", answer=["x.bad 3600 CNAME missing"])

    def test_the_star_itself(self):
        self.check("*.wild", "TXT", answer=['*.wild 3600 TXT "star"'])
        self.check("x.*.wild", "TXT", "NXDOMAIN", authority=[SOA])

    def test_no_synthesis(self):
        """Sections 2.2.1 and 3.3.1: what exists is not matched, nor what is below it."""
        self.nodata("exact.wild", "TXT")
        self.nodata("host.wild", "TXT")           # an empty non-terminal
        self.nxdomain("other.host.wild", "TXT")
        self.nxdomain("x.exact.wild", "TXT")
        self.nodata("wild", "TXT")
        self.nodata("x.wild", "A")


class Rfc6672Dname(Server):
    def test_redirection(self):
        self.check("x.wood", answer=["wood 3600 DNAME deep", "x.wood 3600 CNAME x.deep",
                                     "x.deep 3600 A 192.0.2.92"])
        self.check("y.x.forest", answer=["forest 3600 DNAME forest.other.test.",
                                         "y.x.forest 3600 CNAME y.x.forest.other.test."])
        self.nxdomain("x.tree", answer=["tree 3600 DNAME www", "x.tree 3600 CNAME x.www"])

    def test_the_owner_is_not_redirected(self):
        self.check("tree", answer=["tree 3600 A 192.0.2.93"])
        self.check("tree", "DNAME", answer=["tree 3600 DNAME www"])
        self.nodata("tree", "TXT")

    def test_too_long(self):
        """Section 2.2: YXDOMAIN when the name made would be over 255 octets."""
        got = self.daemon.ask("x" * 60 + ".long.main.example")
        self.assertEqual(rcode_of(got), "YXDOMAIN")
        self.assertEqual([rrset.rdtype for rrset in got.answer], [dns.rdatatype.DNAME])
        self.assertEqual(rcode_of(self.daemon.ask("x.long.main.example")), "NOERROR")


class Rfc3597Unknown(Server):
    def test_opaque(self):
        self.check("unknown", "TYPE65280", answer=[r"unknown 3600 TYPE65280 \# 5 0102030405"])
        self.check("unknown", "A", answer=["unknown 3600 A 192.0.2.99"])

    def test_names_inside_are_not_compressed(self):
        for name, rrtype, inside in (("named", "TYPE65281", b"\3www\5other\0\0"),
                                     ("srv", "SRV", b"\3www\4main\7example\0"),
                                     ("tree", "DNAME", b"\3www\4main\7example\0")):
            with query_socket(self.daemon) as sock:
                sock.send(make_query(f"{name}.main.example", rrtype).to_wire())
                self.assertTrue(sock.recv(512).endswith(inside))


class Rfc8020Nxdomain(Server):
    def test_there_is_nothing_below_what_is_not(self):
        self.nodata("ent", "TXT")
        self.nodata("b.ent", "TXT")
        self.check("a.b.ent", "TXT", answer=['a.b.ent 3600 TXT "deep"'])
        self.nxdomain("x.ent")
        self.nxdomain("a.x.ent")


class Rfc6604Rcode(Server):
    def test_the_last_name_decides_the_rcode_the_first_the_aa(self):
        self.nxdomain("lost", answer=["lost 3600 CNAME missing"])
        got = self.daemon.ask("to-cut.main.example")
        self.assertEqual((rcode_of(got), bool(got.flags & dns.flags.AA)), ("NOERROR", True))


class Rfc4035ParentSide(Server):
    def test_ds_at_a_cut(self):
        """Section 3.1.4.1: the parent's, with authority."""
        self.check("cut", "DS", answer=["cut 3600 DS 12345 13 2 " + "01" * 32])
        self.check("few", "DS", authority=[SOA])
        self.check("x.cut", "DS", authority=CUT, additional=GLUE + NS1, aa=False)

    def test_ds_at_the_apex(self):
        self.nodata("@", "DS")


class Rfc8482Any(Server):
    def test_one_rrset(self):
        for tcp in (False, True):
            for name in ("www", "ns1", "@", "x.wild", "unknown"):
                got = self.daemon.ask(ORIGIN if name == "@" else f"{name}.{ORIGIN}", "ANY", tcp=tcp)
                self.assertEqual((rcode_of(got), len(got.answer)), ("NOERROR", 1))
        self.check("alias", "ANY", answer=["alias 3600 CNAME www"])
        self.nodata("ent", "ANY")
        self.nxdomain("missing", "ANY")
        self.check("x.cut", "ANY", authority=CUT, additional=GLUE + NS1, aa=False)


class Rfc9471Glue(Server):
    """All addresses of servers at or below the cut, or TC."""

    def test_all_of_it(self):
        for size in range(512, 1233, 16):
            for name, servers, addresses in (("few", 6, 6), ("many", 30, 60)):
                got = self.daemon.ask(f"x.{name}.main.example", edns=0, payload=size)
                if not got.flags & dns.flags.TC:
                    self.assertEqual(len(got.authority[0]), servers)
                    self.assertEqual(sum(len(rrset) for rrset in got.additional), addresses)

    def test_truncated_where_it_must_be(self):
        self.assertFalse(self.daemon.ask("x.few.main.example").flags & dns.flags.TC)
        self.assertTrue(self.daemon.ask("x.many.main.example", edns=0).flags & dns.flags.TC)
        got = self.daemon.ask("x.many.main.example", tcp=True)
        self.assertEqual((sum(map(len, got.additional)), got.flags & dns.flags.TC), (60, 0))

    def test_other_addresses_may_be_missing(self):
        """The servers of "kin" are in another cut of the zone: sibling glue is a courtesy."""
        got = self.daemon.ask("x.kin.main.example", edns=0)
        self.assertEqual((len(got.authority[0]), got.flags & dns.flags.TC), (30, 0))


class Rfc9460Svcb(Server):
    """Section 4.1: the additional section brings what the target has."""

    def test_addresses_of_the_target(self):
        self.check("svc", "HTTPS", answer=['svc 3600 HTTPS 1 . alpn="h2"'],
                   additional=["svc 3600 A 192.0.2.110"])
        self.check("pool", "SVCB", additional=WWW + WWW6 + NS1,
                   answer=['pool 3600 SVCB 1 www alpn="h2"', 'pool 3600 SVCB 2 ns1 alpn="h3"'])

    def test_aliases_are_followed(self):
        self.check("apex-like", "HTTPS", answer=["apex-like 3600 HTTPS 0 svc"],
                   additional=['svc 3600 HTTPS 1 . alpn="h2"', "svc 3600 A 192.0.2.110"])
        self.check("chain1", "SVCB", answer=["chain1 3600 SVCB 0 chain2"],
                   additional=["chain2 3600 SVCB 0 pool", 'pool 3600 SVCB 1 www alpn="h2"',
                               'pool 3600 SVCB 2 ns1 alpn="h3"'] + WWW + WWW6 + NS1)

    def test_rings_end(self):
        self.check("ring1", "SVCB", answer=["ring1 3600 SVCB 0 ring2"],
                   additional=["ring2 3600 SVCB 0 ring1"])

    def test_no_service(self):
        """Section 2.5.1: "." in AliasMode."""
        self.check("off", "SVCB", answer=["off 3600 SVCB 0 ."])


class MinimalResponses(Server):
    def test_nothing_that_is_not_needed(self):
        self.check("mail", "MX", answer=["mail 3600 MX 10 www"])
        self.check("srv", "SRV", answer=["srv 3600 SRV 0 5 80 www"])

    def test_switched_off(self):
        with Daemon(FILES, {"minimal_responses": False}) as self.daemon:
            apex = ["@ 3600 NS ns1", "@ 3600 NS ns.other.test."]
            self.check("www", answer=WWW, authority=apex, additional=NS1)
            self.check("mail", "MX", answer=["mail 3600 MX 10 www"], authority=apex,
                       additional=WWW + WWW6 + NS1)
            self.check("@", "NS", answer=apex, additional=NS1)
            self.nodata("www", "TXT")
            self.nxdomain("missing")


del Server  # the base has no tests of its own
