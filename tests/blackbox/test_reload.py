"""Reloading: good changes take effect, mistakes keep what was, and no query is lost."""

import contextlib
import signal
import threading

from harness import (A_OF, COUNTRY_DATABASE, REGIONS, Daemon, TestCase, addresses, app_files,
                     app_map, app_zone, rcode_of, wait_until)

FINLAND = "193.166.3.0/24"
GEO = {"geo": {"databases": [COUNTRY_DATABASE]}}


def zone_with(address):
    return app_zone(f"host IN A {address}\n")


class Reloading(TestCase):
    def start(self, files=None, config=None):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        files = files or {**app_files(), "zones/other.example.zone": zone_with("192.0.2.51")}
        self.daemon = stack.enter_context(Daemon(files, {**GEO, **(config or {})}))

    def host(self, zone="other.example"):
        return addresses(self.daemon.ask(f"host.{zone}"))


class Changes(Reloading):
    def test_sighup(self):
        self.start()
        self.daemon.write("zones/other.example.zone", zone_with("192.0.2.52"))
        self.daemon.hup()
        self.daemon.wait_for(["192.0.2.52"], "host.other.example")

    def test_without_a_signal(self):
        self.start()
        for address in ("192.0.2.52", "192.0.2.53"):
            self.daemon.write("zones/other.example.zone", zone_with(address))
            self.daemon.wait_for([address], "host.other.example")

    def test_reload_returns_when_the_answers_are_in_force(self):
        self.start()
        for turn in range(10):
            address = f"192.0.2.{60 + turn}"
            self.daemon.write("zones/other.example.zone", zone_with(address))
            done = self.daemon.reload()
            self.assertEqual(done.returncode, 0, done)
            self.assertEqual(self.host(), [address])

    def test_a_new_zone_and_a_zone_that_goes(self):
        self.start()
        self.daemon.write("zones/new.example.zone", zone_with("192.0.2.61"))
        self.daemon.wait_for(["192.0.2.61"], "host.new.example")
        self.daemon.folder.remove("zones/new.example.zone")
        wait_until(lambda: rcode_of(self.daemon.ask("host.new.example")) == "REFUSED")

    def test_a_map_changes_and_goes(self):
        self.start()
        self.assertEqual(addresses(self.daemon.ask("www.app.example", subnet=FINLAND)),
                         A_OF["helsinki-1"])
        self.daemon.write("zones/app.example.map.json", app_map(route="virginia-1"))
        self.daemon.wait_for(A_OF["virginia-1"], "www.app.example", subnet=FINLAND)
        self.daemon.folder.remove("zones/app.example.map.json")
        wait_until(lambda: rcode_of(self.daemon.ask("www.app.example")) == "NXDOMAIN")

    def test_an_included_file_and_a_shared_one(self):
        table = app_map(route="helsinki-1")
        regions = table["regions"]
        table["regions"] = "../regions.json"
        table["services"]["api"]["route"] = {"nearest": ["helsinki-1", "virginia-1"]}
        self.start({"zones/app.example.zone": app_zone("$INCLUDE hosts.inc\n"),
                    "zones/hosts.inc": "host IN A 192.0.2.71\n",
                    "zones/app.example.map.json": table, "regions.json": regions})
        self.assertEqual(self.host("app.example"), ["192.0.2.71"])
        self.daemon.write("zones/hosts.inc", "host IN A 192.0.2.72\n")
        self.daemon.wait_for(["192.0.2.72"], "host.app.example")
        # Helsinki moves to the other side of the world.
        regions["helsinki-1"] = {"location": [-60, -155]}
        self.daemon.write("regions.json", regions)
        self.daemon.wait_for(A_OF["virginia-1"], "www.app.example", subnet=FINLAND)

    def test_the_configuration(self):
        self.start()
        self.daemon.config.update(version="here I am", identity="hel-9")
        self.daemon.write("meridian.json", self.daemon.config)
        self.daemon.hup()

        def version():
            answer = self.daemon.ask("version.bind", "TXT", rrclass="CH")
            return answer.answer and answer.answer[0][0].strings == (b"here I am",)
        wait_until(version)


class Mistakes(Reloading):
    def test_a_zone_keeps_its_file_and_map_together_while_others_change(self):
        self.start()
        # The zone file is good and new, the map is wrong: neither takes effect.
        self.daemon.write("zones/app.example.zone", zone_with("192.0.2.99"))
        broken = app_map(route="virginia-1")
        broken["names"]["www"] = "nobody"
        self.daemon.write("zones/app.example.map.json", broken)
        self.daemon.write("zones/other.example.zone", zone_with("192.0.2.52"))
        self.assertEqual(self.daemon.reload().returncode, 1)
        self.assertEqual(self.host(), ["192.0.2.52"])
        self.assertEqual(rcode_of(self.daemon.ask("host.app.example")), "NXDOMAIN")
        self.assertEqual(addresses(self.daemon.ask("www.app.example", subnet=FINLAND)),
                         A_OF["helsinki-1"])
        self.assertIn("names.www", self.daemon.stderr)

        # And the other way round: the map is good, the zone file is wrong.
        self.daemon.write("zones/app.example.zone", app_zone("host IN A 192.0.2.999\n"))
        self.daemon.write("zones/app.example.map.json", app_map(route="virginia-1"))
        self.assertEqual(self.daemon.reload().returncode, 1)
        self.assertEqual(addresses(self.daemon.ask("www.app.example", subnet=FINLAND)),
                         A_OF["helsinki-1"])

        self.daemon.write("zones/app.example.zone", zone_with("192.0.2.99"))
        self.assertEqual(self.daemon.reload().returncode, 0)
        self.assertEqual(self.host("app.example"), ["192.0.2.99"])
        self.assertEqual(addresses(self.daemon.ask("www.app.example", subnet=FINLAND)),
                         A_OF["virginia-1"])

    def test_a_wrong_configuration_changes_nothing(self):
        self.start()
        good = dict(self.daemon.config)
        self.daemon.write("zones/other.example.zone", zone_with("192.0.2.52"))
        self.daemon.wait_for(["192.0.2.52"], "host.other.example")
        self.daemon.write("meridian.json", {**good, "edns_size": 7, "zones": "elsewhere"})
        done = self.daemon.reload()
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("edns_size", done.stdout + done.stderr)
        self.assertEqual(self.host(), ["192.0.2.52"])
        self.daemon.write("meridian.json", good)
        self.assertEqual(self.daemon.reload().returncode, 0)

    def test_a_broken_database_leaves_the_old_one_answering(self):
        with open(COUNTRY_DATABASE, "rb") as file:
            database = file.read()
        self.start({**app_files(), "geo.mmdb": database}, {"geo": {"databases": ["geo.mmdb"]}})
        japan = "133.11.0.0/24"
        self.daemon.wait_for(A_OF["singapore-1"], "www.app.example", subnet=japan)
        # Truncated in place, as a careless copy does.
        with open(self.daemon.folder.file("geo.mmdb"), "r+b") as file:
            file.truncate(len(database) // 2)
        self.assertEqual(self.daemon.reload().returncode, 1)
        self.assertEqual(addresses(self.daemon.ask("www.app.example", subnet=japan)),
                         A_OF["singapore-1"])
        self.assertIn("geo.mmdb", self.daemon.stderr)
        self.daemon.write("geo.mmdb", database)
        self.assertEqual(self.daemon.reload().returncode, 0)


class NothingIsLost(Reloading):
    RELOADS = 50

    def test_queries_during_reloads(self):
        """Every query gets an answer, by UDP and by TCP, while the zone changes under it."""
        self.start({"zones/app.example.zone": app_zone("host IN A 192.0.2.1\n")})
        done = threading.Event()
        lost = []
        seen = set()

        def ask_on(tcp):
            while not done.is_set():
                try:
                    seen.update(addresses(self.daemon.ask("host.app.example", tcp=tcp)) or ["none"])
                except Exception as error:  # whatever went wrong, a query was lost
                    lost.append(error)
        askers = [threading.Thread(target=ask_on, args=(tcp,)) for tcp in (False, False, True)]
        for asker in askers:
            asker.start()
        try:
            for turn in range(self.RELOADS):
                address = f"192.0.2.{turn + 2}"
                self.daemon.write("zones/app.example.zone", zone_with(address))
                self.daemon.hup()
                self.daemon.wait_for([address], "host.app.example")
        finally:
            done.set()
            for asker in askers:
                asker.join()
        self.assertEqual(lost, [])
        self.assertNotIn("none", seen)
        self.assertGreater(len(seen), 10)

    def test_signals_in_a_burst(self):
        self.start()
        for _ in range(100):
            self.daemon.signal(signal.SIGHUP)
        self.daemon.write("zones/other.example.zone", zone_with("192.0.2.52"))
        self.daemon.wait_for(["192.0.2.52"], "host.other.example")


class Together(Reloading):
    def test_what_changed_together_appears_together(self):
        """A zone and its map, replaced one after the other: no answer mixes old and new."""
        def files(turn):
            address = f"192.0.2.{turn}"
            table = app_map(endpoints={name: {"A": [address]} for name in REGIONS})
            return zone_with(address), table
        zone, table = files(100)
        self.start({"zones/app.example.zone": zone, "zones/app.example.map.json": table})
        for turn in range(101, 106):
            zone, table = files(turn)
            self.daemon.write("zones/app.example.zone", zone)
            self.daemon.write("zones/app.example.map.json", table)
            new = [f"192.0.2.{turn}"]

            def changed():
                # The map's answer asked first: when it is new, the zone's must be, too.
                steered = addresses(self.daemon.ask("www.app.example"))
                host = self.host("app.example")
                if steered == new:
                    self.assertEqual(host, new)
                return steered == new
            wait_until(changed)
