"""The main job on real input: each client gets its nearest region, told with a true scope."""

import ipaddress
import random
import unittest

import dns.flags

from harness import (A_OF, AAAA_OF, COUNTRY_DATABASE, HAS_IPV6, REGIONS, Daemon, TestCase,
                     addresses, app_files, ecs_in, rcode_of)
from oracle import Oracle, random_clients

GEO = {"databases": [COUNTRY_DATABASE]}

CLIENTS_V4 = {
    "Finland": ("193.166.3.0/24", "helsinki-1"),
    "Germany": ("141.30.0.0/24", "falkenstein-1"),
    "United States": ("8.8.8.0/24", "virginia-1"),
    "Japan": ("133.11.0.0/24", "singapore-1"),
    "Brazil": ("200.160.0.0/24", "virginia-1"),
    "Kenya": ("41.204.160.0/24", "falkenstein-1"),
    "Australia": ("1.128.0.0/24", "singapore-1"),
}
CLIENTS_V6 = {
    "Finland": ("2001:708::/48", "helsinki-1"),
    "Germany": ("2a01:4f8::/48", "falkenstein-1"),
    "United States": ("2600:1f00::/48", "virginia-1"),
    "Japan": ("2400:289e:a2a8::/48", "singapore-1"),
    "Brazil": ("2804:14c::/48", "virginia-1"),
    "Kenya": ("2c0f:e880:ec2e::/48", "falkenstein-1"),
    "Australia": ("2001:8003::/48", "singapore-1"),
}
REGION_OF = {address: region for of in (A_OF, AAAA_OF) for region, them in of.items()
             for address in them}


def region_in(answer):
    """The one region that all addresses of the answer belong to."""
    regions = {REGION_OF[address] for address in addresses(answer)}
    assert len(regions) == 1, answer
    return regions.pop()


class MainJob(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(app_files(), {"geo": GEO})

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def ways(self):
        servers = ["127.0.0.1"] + (["::1"] if HAS_IPV6 else [])
        return [(server, tcp) for server in servers for tcp in (False, True)]

    def check(self, rrtype, subnet, region, server, tcp):
        answer = self.daemon.ask("www.app.example", rrtype, subnet=subnet, address=server, tcp=tcp)
        expected = (A_OF if rrtype == "A" else AAAA_OF)[region]
        self.assertEqual(addresses(answer), sorted(expected))
        self.assertTrue(answer.flags & dns.flags.AA)
        self.assertEqual(answer.answer[0].ttl, 30)
        asked = ipaddress.ip_network(subnet)
        ecs = ecs_in(answer)
        self.assertEqual((ecs.family, ecs.srclen, ipaddress.ip_address(ecs.address)),
                         (1 if asked.version == 4 else 2, asked.prefixlen, asked[0]))
        self.assertTrue(0 < ecs.scopelen <= (24 if asked.version == 4 else 56), ecs.scopelen)

    def test_clients_of_seven_countries(self):
        for clients in (CLIENTS_V4, CLIENTS_V6):
            for country, (subnet, region) in clients.items():
                for rrtype in ("A", "AAAA"):
                    for server, tcp in self.ways():
                        with self.subTest(country, subnet=subnet, rrtype=rrtype, server=server,
                                          tcp=tcp):
                            self.check(rrtype, subnet, region, server, tcp)

    def test_the_apex_is_steered_too(self):
        answer = self.daemon.ask("app.example", "A", subnet="133.11.0.0/24")
        self.assertEqual(addresses(answer), A_OF["singapore-1"])

    def test_a_client_that_nobody_knows_gets_the_order_of_endpoints(self):
        for subnet in ("10.0.0.0/24", "127.5.5.0/24", "fd00::/48"):
            answer = self.daemon.ask("www.app.example", "A", subnet=subnet)
            self.assertEqual(region_in(answer), "helsinki-1", subnet)
            self.assertGreater(ecs_in(answer).scopelen, 0, subnet)

    def test_without_a_subnet_the_source_address_counts(self):
        answer = self.daemon.ask("www.app.example", "A", edns=0)
        self.assertEqual(region_in(answer), "helsinki-1")
        self.assertIsNone(ecs_in(answer))

    def test_source_prefix_zero_is_not_steered(self):
        for subnet in ("0.0.0.0/0", "::/0"):
            answer = self.daemon.ask("www.app.example", "A", subnet=subnet)
            self.assertEqual(region_in(answer), "helsinki-1")
            self.assertEqual((ecs_in(answer).srclen, ecs_in(answer).scopelen), (0, 0))

    def test_scope_is_zero_where_nothing_was_steered(self):
        for name, rrtype, rcode in (("app.example", "SOA", "NOERROR"),
                                    ("www.app.example", "TXT", "NOERROR"),
                                    ("missing.app.example", "A", "NXDOMAIN"),
                                    ("www.foreign.test", "A", "REFUSED")):
            answer = self.daemon.ask(name, rrtype, subnet="193.166.3.0/24")
            self.assertEqual(rcode_of(answer), rcode)
            self.assertEqual(ecs_in(answer).scopelen, 0, name)
            self.assertEqual(ecs_in(answer).srclen, 24, name)

    def test_any_prefix_length_is_taken(self):
        """A short prefix is padded, a long one looked at as far as the database is fine."""
        for length in (1, 8, 13, 20, 25, 32):
            network = ipaddress.ip_network(f"193.166.3.0/{length}", strict=False)
            answer = self.daemon.ask("www.app.example", "A", subnet=str(network))
            ecs = ecs_in(answer)
            self.assertEqual((ecs.srclen, ipaddress.ip_address(ecs.address)),
                             (length, network[0]))
            self.assertEqual(region_in(answer), Oracle(REGIONS).nearest(network[0]))

    def test_addresses_of_a_region_take_turns(self):
        firsts = set()
        for _ in range(64):
            answer = self.daemon.ask("www.app.example", "A", subnet="193.166.3.0/24")
            firsts.add(answer.answer[0][0].address)
        self.assertEqual(sorted(firsts), A_OF["helsinki-1"])


class Independent(TestCase):
    """Thousands of clients against a computation that shares nothing with the server but data."""

    CLIENTS = 2500

    def check_clients(self, version, grain, config):
        oracle = Oracle(REGIONS, grain=grain)
        chance = random.Random(20240229 + version)
        most = grain[0] if version == 4 else grain[1]
        blocks = {}
        with Daemon(app_files(), {"geo": {**GEO, **config}}) as daemon:
            for client in random_clients(chance, version, self.CLIENTS, oracle):
                subnet = ipaddress.ip_network((client, 24 if version == 4 else 56), strict=False)
                answer = daemon.ask("www.app.example", "A", subnet=str(subnet))
                region = region_in(answer)
                self.assertEqual(region, oracle.nearest(subnet[0]), subnet)
                scope = ecs_in(answer).scopelen
                self.assertLessEqual(scope, most, subnet)
                block = ipaddress.ip_network((subnet[0], scope), strict=False)
                blocks[block] = region
                self.check_block(oracle, chance, block, region)
        self.check_partition(blocks)

    def check_block(self, oracle, chance, block, region):
        """RFC 7871: for scope s every address of that block gets the same answer."""
        for number in [0, block.num_addresses - 1] + [chance.randrange(block.num_addresses)
                                                      for _ in range(6)]:
            self.assertEqual(oracle.nearest(block[number]), region, f"{block[number]} in {block}")

    def check_partition(self, blocks):
        """Blocks are equal or apart: in order, each begins after the one before has ended."""
        last = None
        for block in sorted(blocks):
            if last is not None:
                self.assertGreater(block[0], last[-1], f"{block} overlaps {last}")
            last = block

    def test_ipv4(self):
        self.check_clients(4, (24, 56), {})

    def test_ipv6(self):
        self.check_clients(6, (24, 56), {})

    def test_a_coarser_max_scope(self):
        self.check_clients(4, (16, 32), {"max_scope": {"v4": 16, "v6": 32}})

    def test_clients_embedded_in_ipv6_stand_where_their_ipv4_does(self):
        oracle = Oracle(REGIONS)
        with Daemon(app_files(), {"geo": GEO}) as daemon:
            for subnet, region in CLIENTS_V4.values():
                inner = int(ipaddress.ip_network(subnet)[0])
                self.assertEqual(oracle.nearest(ipaddress.ip_address(inner)), region)
                for outer in (ipaddress.IPv6Network((0x2002 << 112 | inner << 80, 40)),
                              ipaddress.IPv6Network((0x64ff9b << 96 | inner, 120))):
                    answer = daemon.ask("www.app.example", "A", subnet=str(outer))
                    self.assertEqual(region_in(answer), region, outer)


class Databases(TestCase):
    def test_without_a_database_everybody_gets_the_order_of_endpoints(self):
        with Daemon(app_files()) as daemon:
            for subnet, _ in list(CLIENTS_V4.values()) + list(CLIENTS_V6.values()):
                answer = daemon.ask("www.app.example", "A", subnet=subnet)
                self.assertEqual(region_in(answer), "helsinki-1")

    def test_ecs_switched_off(self):
        with Daemon(app_files(), {"geo": {**GEO, "ecs": False}}) as daemon:
            answer = daemon.ask("www.app.example", "A", subnet="133.11.0.0/24")
            self.assertEqual(region_in(answer), "helsinki-1")
            self.assertIsNone(ecs_in(answer))


class Routes(TestCase):
    def ask_all(self, **service):
        with Daemon(app_files(**service), {"geo": GEO}) as daemon:
            return {country: region_in(daemon.ask("www.app.example", "A", subnet=subnet))
                    for country, (subnet, _) in CLIENTS_V4.items()}

    def test_a_plain_region(self):
        self.assertEqual(set(self.ask_all(route="virginia-1").values()), {"virginia-1"})

    def test_failover_takes_the_first(self):
        got = self.ask_all(route={"failover": ["singapore-1", "helsinki-1"]})
        self.assertEqual(set(got.values()), {"singapore-1"})

    def test_nearest_of_a_list(self):
        got = self.ask_all(route={"nearest": ["helsinki-1", "singapore-1"]})
        self.assertEqual(got["Germany"], "helsinki-1")
        self.assertEqual(got["United States"], "helsinki-1")
        self.assertEqual(got["Japan"], "singapore-1")

    def test_policies_nest(self):
        got = self.ask_all(route={"failover": [{"nearest": ["virginia-1", "singapore-1"]},
                                               "helsinki-1"]})
        self.assertEqual(got["Finland"], "virginia-1")
        self.assertEqual(got["Australia"], "singapore-1")

    def test_a_service_that_ignores_the_subnet(self):
        with Daemon(app_files(ecs=False), {"geo": GEO}) as daemon:
            answer = daemon.ask("www.app.example", "A", subnet="133.11.0.0/24")
            self.assertEqual(region_in(answer), "helsinki-1")
            self.assertEqual(ecs_in(answer).scopelen, 0)


if __name__ == "__main__":
    unittest.main()
