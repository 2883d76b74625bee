"""What a steered name can answer with besides addresses, where it can stand, who shares what, and
what a weighted draw keeps when everything around it changes."""

import collections
import json

import dns.rdatatype

from harness import (COUNTRY_DATABASE, REGIONS, Daemon, TestCase, app_files, app_map, app_zone,
                     ecs_in, rcode_of, rrset_texts, wait_until)

GEO = {"databases": [COUNTRY_DATABASE]}
FINLAND, AMERICA = "193.166.3.0/24", "12.0.0.0/24"


def table(services, names, **more):
    return {"regions": {name: {"location": list(place)} for name, place in REGIONS.items()},
            "services": services, "names": names, **more}


def near(endpoints, **more):
    """Helsinki for Finland, Virginia for America."""
    return {"route": {"nearest": "*"},
            "endpoints": dict(zip(("helsinki-1", "virginia-1"), endpoints)), **more}


class Types(TestCase):
    @classmethod
    def setUpClass(cls):
        services = {
            "web": near([{"A": ["192.0.2.10"], "HTTPS": ["1 . alpn=h2 ipv4hint=192.0.2.10"],
                          "TXT": ['"region=helsinki-1"']},
                         {"A": ["192.0.2.20"], "HTTPS": ["1 . alpn=h2 ipv4hint=192.0.2.20"],
                          "TXT": ['"region=virginia-1"']}]),
            "cdn": near([{"CNAME": "eu.cdn.example.net."}, {"CNAME": "us.cdn.example.net."}]),
        }
        zone = app_zone("*.shop IN A 192.0.2.250\nbasket.shop IN A 192.0.2.251\n"
                        "www IN MX 10 ns1\n")
        cls.daemon = Daemon({"zones/app.example.zone": zone, "zones/app.example.map.json": table(
            services, {"@": "web", "www": "web", "*.shop": "web", "cdn": "cdn", "*.cdn": "cdn"})},
            {"geo": GEO})

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def data(self, name, rrtype, subnet):
        answer = self.daemon.ask(name, rrtype, subnet=subnet)
        self.assertEqual(rcode_of(answer), "NOERROR")
        return [(owner, kind, rdata) for owner, _, kind, rdata in rrset_texts(answer.answer)]

    def test_https_and_txt_tell_regions_apart(self):
        for subnet, octet, region in ((FINLAND, 10, "helsinki-1"), (AMERICA, 20, "virginia-1")):
            [(_, kind, rdata)] = self.data("www.app.example", "HTTPS", subnet)
            self.assertEqual(kind, "HTTPS")
            self.assertIn(f"192.0.2.{octet}", rdata)
            [(_, _, rdata)] = self.data("www.app.example", "TXT", subnet)
            self.assertEqual(rdata, f'"region={region}"')

    def test_a_cname_to_a_cdn(self):
        for subnet, where in ((FINLAND, "eu"), (AMERICA, "us")):
            for name in ("cdn.app.example", "any.cdn.app.example"):
                for rrtype in ("A", "AAAA", "CNAME", "TXT"):
                    self.assertEqual(self.data(name, rrtype, subnet),
                                     [(f"{name}.", "CNAME", f"{where}.cdn.example.net.")])
            answer = self.daemon.ask("cdn.app.example", "A", subnet=subnet)
            self.assertGreater(ecs_in(answer).scopelen, 0)

    def test_a_wildcard_is_steered_and_gives_way_to_names(self):
        for subnet, octet in ((FINLAND, 10), (AMERICA, 20)):
            for name in ("a.shop.app.example", "a.b.shop.app.example"):
                self.assertEqual(self.data(name, "A", subnet),
                                 [(f"{name}.", "A", f"192.0.2.{octet}")])
            self.assertEqual(self.data("basket.shop.app.example", "A", subnet),
                             [("basket.shop.app.example.", "A", "192.0.2.251")])
            self.assertEqual(self.data("shop.app.example", "A", subnet), [], "it only exists")

    def test_the_apex_keeps_what_a_zone_needs(self):
        self.assertEqual(self.data("app.example", "A", AMERICA),
                         [("app.example.", "A", "192.0.2.20")])
        for rrtype in ("SOA", "NS"):
            self.assertTrue(self.data("app.example", rrtype, AMERICA))

    def test_types_that_the_service_lacks_come_from_the_zone_file(self):
        self.assertEqual(self.data("www.app.example", "MX", FINLAND),
                         [("www.app.example.", "MX", "10 ns1.app.example.")])
        self.assertEqual(self.data("www.app.example", "AAAA", FINLAND), [])


class Weights(TestCase):
    def test_of_endpoints_decide_who_is_among_the_first(self):
        service = {"route": "helsinki-1", "answers": 1, "endpoints": {"helsinki-1": {
            "A": [{"address": "192.0.2.1", "weight": 90}, {"address": "192.0.2.2", "weight": 10}]}}}
        files = {"zones/app.example.zone": app_zone(),
                 "zones/app.example.map.json": table({"web": service}, {"www": "web"})}
        with Daemon(files, {"rate_limit": False}) as daemon:
            seen = collections.Counter(daemon.ask("www.app.example", "A").answer[0][0].address
                                       for _ in range(400))
        self.assertEqual(sum(seen.values()), 400)
        self.assertGreater(seen["192.0.2.1"], 300)
        self.assertGreater(seen["192.0.2.2"], 10)


class Shared(TestCase):
    """Two zones take their regions and probes from the same files."""

    def test_regions_and_probes_by_file(self):
        regions = {name: {"location": list(place)} for name, place in REGIONS.items()}
        one, two = app_map(probe="alive"), app_map(probe="alive")
        for each in (one, two):
            each.update(regions="../shared/regions.json", probes="../shared/probes.json")
        two["services"]["second"] = dict(two["services"]["api"], ttl=77)
        two["names"]["second"] = "second"
        files = {"zones/app.example.zone": app_zone(), "zones/app.example.map.json": one,
                 "zones/two.example.zone": app_zone().replace("app.example", "two.example"),
                 "zones/two.example.map.json": two, "shared/regions.json": regions,
                 "shared/probes.json": {"alive": {"type": "none"}, "unused-here": {"type": "none"}}}
        names = ("www.app.example", "www.two.example", "second.two.example")
        with Daemon(files, {"geo": GEO}) as daemon:
            def where():
                return {daemon.ask(name, "AAAA", subnet=FINLAND).answer[0][0].address
                        for name in names}
            self.assertEqual(where(), {"2001:db8:1::10"})
            # The places of two regions change: both zones follow.
            regions["helsinki-1"], regions["singapore-1"] = (regions["singapore-1"],
                                                             regions["helsinki-1"])
            daemon.folder.write("shared/regions.json", json.dumps(regions))
            wait_until(lambda: where() == {"2001:db8:4::10"}, "both zones to follow")


class Draws(TestCase):
    """Weighted: the same client gets the same answer on every server and after every restart."""

    CLIENTS = [f"{10 + i % 90}.{i * 7 % 256}.{i % 256}.0/24" for i in range(600)]

    def shares(self, weights):
        """{client: region} as a server of its own answers."""
        files = app_files(route={"weighted": weights})
        with Daemon(files, {"rate_limit": False}) as daemon:
            told = {}
            for client in self.CLIENTS:
                answer = daemon.ask("www.app.example", "AAAA", subnet=client)
                told[client] = answer.answer[0][0].address
                self.assertEqual(ecs_in(answer).scopelen, 24)
            return told

    def test_are_kept(self):
        three = {"helsinki-1": 50, "virginia-1": 30, "singapore-1": 20}
        first = self.shares(three)
        self.assertEqual(self.shares(three), first, "another server, or the same after a restart")
        self.assertEqual(self.shares(dict(reversed(three.items()))), first, "another order")

        counts = collections.Counter(first.values())
        for address, share in (("2001:db8:1::10", 300), ("2001:db8:3::10", 180),
                               ("2001:db8:4::10", 120)):
            self.assertAlmostEqual(counts[address], share, delta=60)

        two = self.shares({"helsinki-1": 50, "virginia-1": 30})
        moved = {client for client in first if first[client] != two[client]}
        self.assertEqual(moved, {client for client, address in first.items()
                                 if address == "2001:db8:4::10"}, "its own clients and nobody else")

    def test_types_of_a_name_are_drawn_alike(self):
        files = app_files(route={"weighted": {"helsinki-1": 1, "virginia-1": 1}})
        with Daemon(files, {"rate_limit": False}) as daemon:
            for client in self.CLIENTS[:60]:
                v4 = daemon.ask("www.app.example", "A", subnet=client)
                v6 = daemon.ask("www.app.example", "AAAA", subnet=client)
                self.assertEqual(v4.answer[0][0].address.startswith("192.0.2.1"),
                                 v6.answer[0][0].address == "2001:db8:1::10")
                self.assertEqual(v4.answer[0].rdtype, dns.rdatatype.A)
