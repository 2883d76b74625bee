"""Health: a region whose check fails loses its clients, and gets them back."""

import contextlib

from harness import (COUNTRY_DATABASE, REGIONS, Daemon, HealthTarget, TestCase, addresses,
                     app_map, app_zone, ede_in, free_port, rcode_of, wait_until)

CLIENT = {"FI": "193.166.3.0/24", "US": "8.8.8.0/24", "JP": "133.11.0.0/24"}

# Each region is one loopback address, where its health target listens.
ADDRESS_OF = {name: f"127.0.1.{index + 1}" for index, name in enumerate(REGIONS)}

PROBE = {"type": "http", "path": "/healthz", "interval": "150ms", "timeout": "5s", "fall": 2,
         "rise": 2, "jitter": "10%"}


class Regions:
    """One health target for each region, all on the same port."""

    def __init__(self, modes=None):
        self.port = free_port()
        self.targets = {name: HealthTarget(address, self.port, (modes or {}).get(name, "good"))
                        for name, address in ADDRESS_OF.items()}

    def __getitem__(self, name):
        return self.targets[name]

    def close(self):
        for target in self.targets.values():
            target.close()

    def files(self, probe=None, zone=None, **service):
        endpoints = {name: {"A": [address]} for name, address in ADDRESS_OF.items()}
        table = app_map(**{"endpoints": endpoints, "probe": "healthz", **service})
        probe = {**PROBE, "port": self.port, **(probe or {})}
        table["probes"] = {"healthz": {key: value for key, value in probe.items()
                                       if value is not None}}
        return {"zones/app.example.zone": zone or app_zone(), "zones/app.example.map.json": table}


class Health(TestCase):
    def start(self, modes=None, config=None, run=True, **files):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.regions = Regions(modes)
        stack.callback(self.regions.close)
        self.daemon = Daemon(self.regions.files(**files),
                             {"geo": {"databases": [COUNTRY_DATABASE]}, **(config or {})}, run)
        # The daemon must end well even when the test did not come to its end.
        stack.enter_context(self.daemon)

    def expect(self, region, client="FI", name="www.app.example"):
        return self.daemon.wait_for([ADDRESS_OF[region]], name, "A", subnet=CLIENT[client])


class Steering(Health):
    def test_a_failing_region_loses_its_clients_and_gets_them_back(self):
        self.start()
        self.expect("helsinki-1")
        for bad in ("bad", "refuse"):
            self.regions["helsinki-1"].set(bad)
            self.expect("falkenstein-1")
            self.expect("virginia-1", "US")  # who was elsewhere stays there
            self.regions["helsinki-1"].set("good")
            self.expect("helsinki-1")
        self.assertIn("/healthz", self.regions["helsinki-1"].paths)

    def test_a_target_that_hangs_is_down(self):
        self.start(probe={"timeout": "400ms"})
        self.expect("helsinki-1")
        self.regions["helsinki-1"].set("hang")
        self.expect("falkenstein-1")
        self.regions["helsinki-1"].set("good")
        self.expect("helsinki-1")

    def test_regions_fail_one_after_the_other(self):
        self.start()
        for region, following in (("helsinki-1", "falkenstein-1"), ("falkenstein-1", "virginia-1"),
                                  ("virginia-1", "singapore-1")):
            self.expect(region)
            self.regions[region].set("bad")
            self.expect(following)

    def test_scope_stays_true_while_a_region_is_down(self):
        self.start({"helsinki-1": "bad"})
        answer = self.expect("falkenstein-1")
        self.assertGreater(answer.options[0].scopelen, 0)

    def test_tcp_probes(self):
        self.start(probe={"type": "tcp", "path": None})
        self.expect("helsinki-1")
        self.regions["helsinki-1"].set("refuse")
        self.expect("falkenstein-1")

    def test_one_failure_is_not_enough(self):
        """fall 100: more failures than this test can make."""
        self.start(probe={"fall": 100})
        self.expect("helsinki-1")
        self.regions["helsinki-1"].set("bad")
        asked = self.regions["helsinki-1"].asked
        wait_until(lambda: self.regions["helsinki-1"].asked >= asked + 5)
        answer = self.daemon.ask("www.app.example", "A", subnet=CLIENT["FI"])
        self.assertEqual(addresses(answer), [ADDRESS_OF["helsinki-1"]])


class FirstRound(Health):
    def test_a_region_dead_at_start_is_never_answered(self):
        self.start({"helsinki-1": "refuse"})
        seen = set()

        def settled():
            answer = self.daemon.ask("www.app.example", "A", subnet=CLIENT["FI"])
            seen.add((rcode_of(answer), *addresses(answer)))
            return answer.answer
        wait_until(settled)
        self.assertLessEqual(seen, {("SERVFAIL",), ("NOERROR", ADDRESS_OF["falkenstein-1"])})

    def test_before_the_verdict_servfail_and_static_data_is_answered(self):
        self.start({name: "hang" for name in REGIONS}, probe={"timeout": "60s"})
        answer = self.daemon.ask("www.app.example", "A", subnet=CLIENT["FI"])
        self.assertEqual(rcode_of(answer), "SERVFAIL")
        self.assertEqual(ede_in(answer)[0], 14)
        self.assertEqual(rcode_of(self.daemon.ask("app.example", "SOA")), "NOERROR")
        self.assertEqual(addresses(self.daemon.ask("ns1.app.example", "A")), ["192.0.2.1"])
        # Steering never changes what exists, not even now.
        self.assertEqual(rcode_of(self.daemon.ask("www.app.example", "TXT")), "NOERROR")
        self.assertEqual(rcode_of(self.daemon.ask("missing.app.example", "A")), "NXDOMAIN")


class AllDown(Health):
    """Regions go one by one: several at once could be taken for the prober's own failure."""

    def take_all_down(self):
        order = ["helsinki-1", "falkenstein-1", "virginia-1", "singapore-1"]
        for region, following in zip(order, order[1:]):
            self.expect(region)
            self.regions[region].set("bad")
            self.expect(following)
        self.regions["singapore-1"].set("bad")

    def test_serve_all_is_the_default(self):
        self.start()
        self.take_all_down()
        self.expect("helsinki-1")
        self.expect("virginia-1", "US")
        self.regions["virginia-1"].set("good")
        self.expect("virginia-1")

    def test_zonefile(self):
        records = "".join(f"{name} 60 IN A 192.0.2.99\n" for name in ("@", "www", "api"))
        self.start(when_all_down="zonefile", zone=app_zone(records))
        self.take_all_down()
        answer = self.daemon.wait_for(["192.0.2.99"], "www.app.example", "A", subnet=CLIENT["FI"])
        self.assertEqual(answer.answer[0].ttl, 60)
        self.regions["helsinki-1"].set("good")
        self.expect("helsinki-1")

    def test_a_list(self):
        self.start(when_all_down=["virginia-1", "helsinki-1"])
        self.take_all_down()
        self.expect("virginia-1")

    def test_a_plain_region_that_is_down_is_all_down(self):
        self.start(route="helsinki-1")
        self.expect("helsinki-1", "US")
        asked = self.regions["helsinki-1"].asked
        self.regions["helsinki-1"].set("bad")
        wait_until(lambda: self.regions["helsinki-1"].asked >= asked + 5)
        self.expect("helsinki-1", "US")

    def test_failover(self):
        self.start(route={"failover": ["singapore-1", "helsinki-1"]})
        self.expect("singapore-1")
        self.regions["singapore-1"].set("bad")
        self.expect("helsinki-1")
        self.regions["singapore-1"].set("good")
        self.expect("singapore-1")


class Endpoints(Health):
    """Two addresses in Helsinki, one of them at Singapore's target."""

    def start_with(self, **service):
        endpoints = {name: {"A": [address]} for name, address in ADDRESS_OF.items()
                     if name != "singapore-1"}
        endpoints["helsinki-1"]["A"].append(ADDRESS_OF["singapore-1"])
        self.start(endpoints=endpoints, **service)
        self.both = sorted([ADDRESS_OF["helsinki-1"], ADDRESS_OF["singapore-1"]])
        self.daemon.wait_for(self.both, "www.app.example", "A", subnet=CLIENT["FI"])

    def test_an_endpoint_that_is_down_leaves_the_answer(self):
        self.start_with()
        self.regions["singapore-1"].set("bad")
        self.expect("helsinki-1")
        self.regions["singapore-1"].set("good")
        self.daemon.wait_for(self.both, "www.app.example", "A", subnet=CLIENT["FI"])

    def test_fewer_than_min_up_take_the_region_down(self):
        for least in ("75%", "100%"):
            with self.subTest(min_up=least):
                self.start_with(min_up=least)
                self.regions["singapore-1"].set("bad")
                self.expect("falkenstein-1")
                self.regions["singapore-1"].set("good")
                self.daemon.wait_for(self.both, "www.app.example", "A", subnet=CLIENT["FI"])

    def test_one_target_for_all_that_use_it(self):
        """Two services with the same endpoints: probes of one."""
        self.start()
        self.expect("helsinki-1")
        table = self.regions.files()["zones/app.example.map.json"]
        table["services"]["second"] = dict(table["services"]["api"])
        table["names"]["second"] = "second"
        self.daemon.write("zones/app.example.map.json", table)
        self.expect("helsinki-1", name="second.app.example")
        status = self.daemon.http("/status")[1]
        self.assertEqual(status.count(f"http://{ADDRESS_OF['helsinki-1']}:{self.regions.port}"),
                         status.count(f"http://{ADDRESS_OF['virginia-1']}:{self.regions.port}"))


class Families(Health):
    def test_an_ipv6_outage_does_not_take_ipv4_away(self):
        self.start()
        self.expect("helsinki-1")
        table = self.regions.files()["zones/app.example.map.json"]
        for name, endpoint in table["services"]["api"]["endpoints"].items():
            endpoint["AAAA"] = [{"address": "2001:db8::1", "probe": "none"}]
            if name == "helsinki-1":
                endpoint["AAAA"] = [{"address": "::1", "port": free_port()}]
        table["probes"]["none"] = {"type": "none"}
        self.daemon.write("zones/app.example.map.json", table)
        self.daemon.wait_for(["2001:db8::1"], "www.app.example", "AAAA", subnet=CLIENT["FI"])
        self.expect("helsinki-1")
