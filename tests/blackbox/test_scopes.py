"""Scopes follow the present state of health, and databases are replaced while the daemon runs."""

import contextlib
import os

from harness import (A_OF, COUNTRY_DATABASE, TOP, Daemon, HealthTarget, TestCase, addresses,
                     app_files, app_zone, ecs_in, wait_until)

CITY_DATABASE = os.path.join(TOP, "tests", "data", "geo", "GeoIP2-City-Test.mmdb")
JAPAN = "133.11.0.0/24"
SWEDEN = "89.160.20.0/24"
AUSTRALIA = "1.128.0.0/24"
PROBE = {"type": "http", "path": "/", "interval": "200ms", "timeout": "150ms", "fall": 2, "rise": 2}
PLACES = {"west": [38.95, -77.45], "east": [60.17, 24.94], "south": [-33.9, 151.2]}
ADDRESS = {"west": "127.0.1.1", "east": "127.0.1.2", "south": "127.0.1.3"}


class World:
    """A daemon that steers by distance between some regions, each with a health target."""

    def __init__(self, stack, *regions):
        self.targets = {name: stack.enter_context(HealthTarget(ADDRESS[name])) for name in regions}
        table = {
            "regions": {name: {"location": PLACES[name]} for name in regions},
            "probes": {name: {**PROBE, "port": self.targets[name].port} for name in regions},
            "services": {"api": {
                "route": {"nearest": "*"},
                "endpoints": {name: {"A": [{"address": ADDRESS[name], "probe": name}]}
                              for name in regions},
            }},
            "names": {"www": "api"},
        }
        self.daemon = stack.enter_context(Daemon(
            {"zones/app.example.zone": app_zone(), "zones/app.example.map.json": table},
            {"geo": {"databases": [COUNTRY_DATABASE]}}))

    def scope(self, client):
        return ecs_in(self.daemon.ask("www.app.example", subnet=client)).scopelen

    def scopes(self):
        """Of clients all over the IPv4 space."""
        return [self.scope(f"{octet}.{octet}.0.0/24") for octet in range(1, 224, 5)]

    def expect(self, region, client):
        self.daemon.wait_for([ADDRESS[region]], "www.app.example", "A", subnet=client)


class Scopes(TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def test_with_one_region_left_nobody_needs_a_scope(self):
        world = World(self.stack, "west", "east")
        world.expect("east", SWEDEN)
        with_both = world.scope(SWEDEN)
        self.assertGreater(with_both, 0)
        world.targets["east"].set("refuse")
        world.expect("west", SWEDEN)
        wait_until(lambda: world.scope(SWEDEN) == 0 and world.scope(JAPAN) == 0, "scope 0")
        world.targets["east"].set("good")
        world.expect("east", SWEDEN)
        # True from the first answer on, without a wait.
        self.assertEqual(world.scope(SWEDEN), with_both)

    def test_two_that_are_left_share_the_world_as_if_there_were_no_third(self):
        world = World(self.stack, "west", "east", "south")
        world.expect("south", AUSTRALIA)
        world.targets["south"].set("refuse")
        world.expect("east", AUSTRALIA)
        two = World(self.stack, "west", "east")
        two.expect("east", AUSTRALIA)
        expected = two.scopes()
        self.assertGreater(max(expected), 0)
        wait_until(lambda: world.scopes() == expected, "the scopes of two regions")


class Databases(TestCase):
    def setUp(self):
        self.contents = {}
        for path in (COUNTRY_DATABASE, CITY_DATABASE):
            with open(path, "rb") as file:
                self.contents[path] = file.read()

    def replace(self, daemon, content):
        """As a careful updater does: beside it, then renamed."""
        daemon.write("next.mmdb", content)
        os.rename(daemon.folder.file("next.mmdb"), daemon.folder.file("geo.mmdb"))

    def test_a_replaced_file_changes_answers(self):
        files = {**app_files(), "geo.mmdb": self.contents[COUNTRY_DATABASE]}
        with Daemon(files, {"geo": {"databases": ["geo.mmdb"]}}) as daemon:
            daemon.wait_for(A_OF["singapore-1"], "www.app.example", "A", subnet=JAPAN)
            # The other file does not know the client: the order of the endpoints.
            self.replace(daemon, self.contents[CITY_DATABASE])
            daemon.wait_for(A_OF["helsinki-1"], "www.app.example", "A", subnet=JAPAN)
            self.replace(daemon, self.contents[COUNTRY_DATABASE])
            daemon.wait_for(A_OF["singapore-1"], "www.app.example", "A", subnet=JAPAN)

    def test_a_file_truncated_in_place_at_any_point_is_told_and_the_old_table_answers(self):
        whole = self.contents[COUNTRY_DATABASE]
        files = {**app_files(), "geo.mmdb": whole}
        with Daemon(files, {"geo": {"databases": ["geo.mmdb"]}}) as daemon:
            daemon.wait_for(A_OF["singapore-1"], "www.app.example", "A", subnet=JAPAN)
            for length in (len(whole) - 1, len(whole) // 3, 100, 0):
                with open(daemon.folder.file("geo.mmdb"), "r+b") as file:
                    file.truncate(length)
                self.assertEqual(daemon.reload().returncode, 1, length)
                self.assertEqual(addresses(daemon.ask("www.app.example", subnet=JAPAN)),
                                 A_OF["singapore-1"])
                self.assertIn("geo.mmdb", daemon.stderr)
            status = daemon.meridian("status", "--json")
            self.assertIn("geo.mmdb", status.stdout)
            daemon.write("geo.mmdb", whole)
            self.assertEqual(daemon.reload().returncode, 0)
