"""RFC 7871, EDNS client subnet: the option validated, echoed, and told how far an answer reaches."""

import dns.edns
import dns.flags

from harness import (A_OF, Daemon, TestCase, addresses, app_map, app_zone, ecs_in, ede_in,
                     make_query, query_socket, rcode_of, rrset_texts)

HELSINKI, VIRGINIA, SINGAPORE = (sorted(A_OF[name])
                                 for name in ("helsinki-1", "virginia-1", "singapore-1"))
EXTRA = """\
plain IN A 192.0.2.80
to-www IN CNAME www
to-to-www IN CNAME to-www
to-plain IN CNAME plain
under IN DNAME app.example.
cut IN NS ns.cut
ns.cut IN A 192.0.2.53
*.wild IN CNAME www
"""
ROUTE = {"geo": [{"in": ["net:203.0.113.0/24", "net:2001:db8:77::/48"], "to": "virginia-1"},
                 {"in": ["net:127.0.0.0/8"], "to": "singapore-1"},
                 {"to": "helsinki-1"}]}
ECS = 8


def files():
    site = app_map(ROUTE)
    site["services"]["own"] = dict(site["services"]["api"], ecs=False)
    site["names"]["own"] = "own"
    site["names"]["*.any"] = "api"
    return {"zones/app.example.zone": app_zone(EXTRA), "zones/app.example.map.json": site,
            "zones/broken.example.zone": "@ IN SOA this is no SOA\n"}


class Rfc7871(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(files())

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def raw(self, data, name="www.app.example", rrtype="A", **how):
        return self.daemon.ask(name, rrtype, options=[dns.edns.GenericOption(ECS, data)], **how)

    def scope_of(self, name, subnet, rrtype="A", **how):
        got = self.daemon.ask(name, rrtype, subnet=subnet, **how)
        return ecs_in(got).scopelen


class Section6Validation(Rfc7871):
    def test_what_is_refused(self):
        for what, data in (
                ("nothing", b""), ("three octets", b"\0\1\0"),
                ("scope set", b"\0\1\x18\x18\xcb\0\x71"),
                ("an octet too few", b"\0\1\x18\0\xcb\0"),
                ("an octet too many", b"\0\1\x18\0\xcb\0\x71\0"),
                ("a bit beyond the prefix", b"\0\1\x17\0\xcb\0\x71"),
                ("the last bit beyond", b"\0\1\x14\0\xcb\0\x71"),
                ("IPv4 /33", b"\0\1\x21\0\xcb\0\x71\1\0"),
                ("IPv6 /129", b"\0\2\x81\0" + bytes(17)),
                ("an address with source 0", b"\0\1\0\0\xcb"),
                ("family 3", b"\0\3\0\0"), ("family 0 with an address", b"\0\0\x08\0\x0a"),
                ("family 65535", b"\xff\xff\x18\0\xcb\0\x71")):
            for tcp in (False, True):
                with self.subTest(what, tcp=tcp):
                    got = self.raw(data, tcp=tcp)
                    self.assertEqual(rcode_of(got), "FORMERR")
                    self.assertEqual((got.answer, got.authority), ([], []))
                    self.assertEqual(got.edns, 0)
                    self.assertIsNone(ecs_in(got))

    def test_what_is_taken(self):
        for what, data in (
                ("/24", b"\0\1\x18\0\xcb\0\x71"), ("/32", b"\0\1\x20\0\xcb\0\x71\7"),
                ("/17, a partial octet", b"\0\1\x11\0\xcb\0\0"), ("/1", b"\0\1\1\0\x80"),
                ("IPv6 /56", b"\0\2\x38\0\x20\1\x0d\xb8\0\x77\0"),
                ("IPv6 /128", b"\0\2\x80\0" + bytes(15) + b"\1"),
                ("source 0", b"\0\1\0\0"), ("IPv6 source 0", b"\0\2\0\0")):
            with self.subTest(what):
                got = self.raw(data)
                self.assertEqual(rcode_of(got), "NOERROR")
                echo = next(option for option in got.options if option.otype == ECS).to_wire()
                self.assertEqual(echo[:3] + echo[4:], data[:3] + data[4:])

    def test_dig_subnet_0(self):
        """`dig +subnet=0` names no family at all; dnspython would not read the echo."""
        query = make_query("www.app.example", options=[dns.edns.GenericOption(ECS, bytes(4))])
        with query_socket(self.daemon) as sock:
            sock.send(query.to_wire())
            got = sock.recv(4096)
        self.assertEqual(got[3] & 15, 0)
        self.assertTrue(got.endswith(b"\0\x08\0\4\0\0\0\0"))

    def test_the_first_of_two_counts(self):
        options = [dns.edns.ECSOption("203.0.113.0", 24), dns.edns.ECSOption("198.51.100.0", 24)]
        got = self.daemon.ask("www.app.example", options=options)
        self.assertEqual(addresses(got), VIRGINIA)
        self.assertEqual([option.address for option in got.options if option.otype == ECS],
                         ["203.0.113.0"])


class Section7Echo(Rfc7871):
    def test_in_every_kind_of_answer(self):
        for name, rrtype, rcode, scope in (
                ("www.app.example", "A", "NOERROR", 24),
                ("plain.app.example", "A", "NOERROR", 0),
                ("to-plain.app.example", "A", "NOERROR", 0),
                ("www.app.example", "MX", "NOERROR", 0),
                ("missing.app.example", "A", "NXDOMAIN", 0),
                ("x.cut.app.example", "A", "NOERROR", 0),
                ("www.foreign.test", "A", "REFUSED", 0),
                ("www.broken.example", "A", "SERVFAIL", 0),
                ("app.example", "AXFR", "REFUSED", 0)):
            with self.subTest(name=name, rrtype=rrtype):
                got = self.daemon.ask(name, rrtype, subnet="203.0.113.0/24")
                echo = ecs_in(got)
                self.assertEqual(rcode_of(got), rcode)
                self.assertEqual((echo.family, echo.address, echo.srclen, echo.scopelen),
                                 (1, "203.0.113.0", 24, scope))

    def test_not_without_the_option(self):
        for edns in (None, 0):
            self.assertIsNone(ecs_in(self.daemon.ask("www.app.example", edns=edns)))

    def test_not_when_it_is_switched_off(self):
        with Daemon(files(), {"geo": {"ecs": False}}) as daemon:
            got = daemon.ask("www.app.example", subnet="203.0.113.0/24")
            self.assertIsNone(ecs_in(got))
            self.assertEqual(addresses(got), SINGAPORE)

    def test_in_a_refusal_of_form(self):
        """The option is sound, something else is not: a cookie of three octets."""
        cookie = dns.edns.GenericOption(10, b"abc")
        got = self.daemon.ask("www.app.example", subnet="203.0.113.0/24", options=[cookie])
        self.assertEqual((rcode_of(got), ecs_in(got).address), ("FORMERR", "203.0.113.0"))

    def test_over_tcp(self):
        self.assertEqual(self.scope_of("www.app.example", "203.0.113.0/24", tcp=True), 24)


class Section7Scope(Rfc7871):
    def test_where_it_was_steered(self):
        for subnet, expected, scope in (
                ("203.0.113.0/24", VIRGINIA, 24), ("203.0.113.7/32", VIRGINIA, 24),
                ("2001:db8:77::/56", ["198.51.100.10"], 48)):
            got = self.daemon.ask("www.app.example", subnet=subnet)
            self.assertEqual(addresses(got), expected)
            self.assertEqual(ecs_in(got).scopelen, scope)
        got = self.daemon.ask("www.app.example", subnet="198.51.100.0/24")
        self.assertEqual(addresses(got), HELSINKI)
        self.assertTrue(0 < ecs_in(got).scopelen <= 24)

    def test_a_scope_longer_than_the_source(self):
        """The first address of the block sent decides, for as few as have that answer."""
        got = self.daemon.ask("www.app.example", subnet="203.0.112.0/20")
        self.assertEqual(addresses(got), HELSINKI)
        self.assertGreaterEqual(ecs_in(got).scopelen, 24)

    def test_source_prefix_zero(self):
        """Section 7.1.2: the client does not want to be steered by its address."""
        for subnet in ("0.0.0.0/0", "::/0"):
            got = self.daemon.ask("www.app.example", subnet=subnet)
            self.assertEqual((addresses(got), ecs_in(got).scopelen), (HELSINKI, 0))

    def test_a_service_that_goes_by_the_resolver(self):
        got = self.daemon.ask("own.app.example", subnet="203.0.113.0/24")
        self.assertEqual((addresses(got), ecs_in(got).scopelen), (SINGAPORE, 0))

    def test_wildcards_are_steered_alike(self):
        got = self.daemon.ask("x.y.any.app.example", subnet="203.0.113.0/24")
        self.assertEqual((addresses(got), ecs_in(got).scopelen), (VIRGINIA, 24))


class Section7Aliases(Rfc7871):
    """Section 7.2.1: of a chain that ends in a steered name only the first alias is told."""

    def test_only_the_first(self):
        for name in ("to-www.app.example.", "to-to-www.app.example.", "x.wild.app.example."):
            with self.subTest(name):
                got = self.daemon.ask(name, subnet="203.0.113.0/24")
                self.assertEqual([text[0] for text in rrset_texts(got.answer)], [name])
                self.assertEqual((ecs_in(got).scopelen, bool(got.flags & dns.flags.AA)), (0, True))
                self.assertEqual(got.authority, [])

    def test_a_dname_with_its_cname(self):
        got = self.daemon.ask("www.under.app.example", subnet="203.0.113.0/24")
        self.assertEqual([text[2] for text in rrset_texts(got.answer)], ["DNAME", "CNAME"])
        self.assertEqual(ecs_in(got).scopelen, 0)

    def test_the_whole_chain_otherwise(self):
        self.assertEqual(addresses(self.daemon.ask("to-www.app.example")), SINGAPORE)
        got = self.daemon.ask("to-plain.app.example", subnet="203.0.113.0/24")
        self.assertEqual(addresses(got), ["192.0.2.80"])


class AddressesOfNobody(Rfc7871):
    """An address that no client can have is looked up like any other.

    Section 11.2 would have the resolver's own address stand in for it. But blocks of the scope are
    wide: 120.0.0.0/5 holds 127.0.0.0/8, and every address of a block is to get one answer.
    """

    def test_it_is_looked_up(self):
        for subnet, region in (("127.0.0.1/32", SINGAPORE), ("0.0.0.0/8", HELSINKI),
                               ("169.254.1.0/24", HELSINKI), ("224.0.0.0/24", HELSINKI),
                               ("255.255.255.255/32", HELSINKI), ("::1/128", HELSINKI),
                               ("fe80::/64", HELSINKI), ("ff02::/64", HELSINKI)):
            with self.subTest(subnet):
                got = self.daemon.ask("www.app.example", subnet=subnet)
                self.assertEqual(addresses(got), region)
                self.assertGreater(ecs_in(got).scopelen, 0)

    def test_private_addresses_are_like_any_other(self):
        for subnet in ("10.0.0.0/24", "192.168.0.0/24", "172.16.0.0/24", "100.64.0.0/24"):
            with self.subTest(subnet):
                got = self.daemon.ask("www.app.example", subnet=subnet)
                self.assertEqual(addresses(got), HELSINKI)
                self.assertTrue(0 < ecs_in(got).scopelen <= 24)

    def test_static_data_has_no_scope(self):
        self.assertEqual(self.scope_of("plain.app.example", "127.0.0.1/32"), 0)


class EdeBesideEcs(Rfc7871):
    def test_both_fit(self):
        got = self.daemon.ask("www.broken.example", subnet="203.0.113.0/24")
        self.assertEqual(ede_in(got)[0], 14)
        self.assertIsNotNone(ecs_in(got))


del Rfc7871  # the base has no tests of its own
