"""Mistakes planted in every kind of file: each is found, at its place, all in one run."""

import json

from harness import COUNTRY_DATABASE, MERIDIAN, MERIDIAND, Folder, TestCase, app_map, app_zone, run

# Lines of a zone file that are wrong, with a word that the message must hold.
ZONE_LINES = [
    ("bad-a IN A 192.0.2.256", "192.0.2.256"),
    ("bad-aaaa IN AAAA 2001:db8::12345", "2001:db8::12345"),
    ("bad-type IN ADDRESS 192.0.2.1", "ADDRESS"),
    ("bad-ttl 12x IN A 192.0.2.1", "12x"),
    ("big-ttl 4294967296 IN A 192.0.2.1", "4294967296"),
    ("bad-class CH A 192.0.2.1", "CH"),
    ("big-mx IN MX 70000 www", "70000"),
    ("no-mx IN MX 10", "name"),
    ("bad-name IN CNAME two..dots", "two..dots"),
    ("long-label" + "x" * 60 + " IN A 192.0.2.1", "63"),
    ("outside.example. IN A 192.0.2.1", "outside"),
    ('no-quote IN TXT "open', "quote"),
    ("odd-hex IN DS 1 13 2 ABC", "hex"),
    ("bad-generic IN TYPE65280 \\# 4 0A0000", "4"),
    ("bad-base64 IN DNSKEY 257 3 13 !!!!", "!!!!"),
    ("many-words IN A 192.0.2.1 192.0.2.2", "192.0.2.2"),
    ("alone IN", "type"),
    ("$TTL soon", "soon"),
    ("$ORIGIN", "$ORIGIN"),
    ("$INCLUDE missing.inc", "missing.inc"),
    ("$GENERATE 5-1 g$ A 192.0.2.$", "5-1"),
    ("$UNKNOWN x", "$UNKNOWN"),
    ("@ IN SOA ns1 hostmaster 2 2 2 2 2", "SOA"),
    ("beside IN CNAME www\nbeside IN A 192.0.2.1", "CNAME"),
    ("two-cnames IN CNAME www\ntwo-cnames IN CNAME ns1", "CNAME"),
    ("ttls 60 IN A 192.0.2.1\nttls 61 IN A 192.0.2.2", "TTL"),
    ("deleg IN NS ns.deleg", "ns.deleg"),
    ("below IN DNAME www\nx.below IN A 192.0.2.1", "DNAME"),
    ("meta IN ANY 192.0.2.1", "ANY"),
]

# What is changed in a good map; the path that must be told; a word.
MAP_CHANGES = [
    (lambda m: m.update(service={}), "service", "services"),
    (lambda m: m["regions"]["virginia-1"].update(location=[99, 0]),
     "regions.virginia-1.location", "99"),
    (lambda m: m["regions"]["singapore-1"].update(bias=100), "regions.singapore-1.bias", "99"),
    (lambda m: m["regions"]["singapore-1"].update(locaton=[1, 1]), "regions.singapore-1.locaton",
     "location"),
    (lambda m: m["services"]["api"].update(ttl="soon"), "services.api.ttl", ""),
    (lambda m: m["services"]["api"].update(route={"nearst": "*"}), "services.api.route", "nearest"),
    (lambda m: m["services"]["api"]["endpoints"]["helsinki-1"].update(A=["192.0.2.300"]),
     "services.api.endpoints.helsinki-1.A[0]", "192.0.2.300"),
    (lambda m: m["services"]["api"]["endpoints"]["virginia-1"].update(AAAA=["192.0.2.1"]),
     "services.api.endpoints.virginia-1.AAAA[0]", "192.0.2.1"),
    (lambda m: m["services"]["api"].update(probe="helthz"), "services.api.probe", "healthz"),
    (lambda m: m["services"]["api"].update(min_up="110%"), "services.api.min_up", "110"),
    (lambda m: m["services"].update(
        partial={"route": "helsinki-1", "endpoints": {
            "helsinki-1": {"A": ["192.0.2.1"]}, "virginia-1": {"AAAA": ["2001:db8::1"]}}}),
     "services.partial", "partial_types"),
    (lambda m: m["services"].update(
        stray={"route": "helsinki-1", "endpoints": {"mars-1": {"A": ["192.0.2.1"]}}}),
     "services.stray.endpoints.mars-1", "mars-1"),
    (lambda m: m["services"]["api"].update(when_all_down="zonefile"), "names.www", "zone file"),
    (lambda m: m["names"].update({"www2": "apy"}), "names.www2", "apy"),
    (lambda m: m["names"].update({"x.other.example.": "api"}), "names.x.other.example.", "outside"),
    (lambda m: m["names"].update({"a..b": "api"}), "names.a..b", "a..b"),
    (lambda m: m["probes"]["healthz"].update(timout="1s"), "probes.healthz.timout", "timeout"),
    (lambda m: m["probes"]["healthz"].update(interval="often"), "probes.healthz.interval", "often"),
    (lambda m: m["probes"]["healthz"].update(type="htp"), "probes.healthz.type", "http"),
    (lambda m: m["probes"]["healthz"].update(port=70000), "probes.healthz.port", "70000"),
]

CONFIG_MISTAKES = {
    "listen": ["127.0.0.1:5300", "not-an-address", "127.0.0.1:5300"],
    "worker": 2,
    "edns_size": 100,
    "geo": {"databases": ["missing.mmdb", "noise.mmdb"], "max_scope": {"v4": 33}},
    "http": 7,
    "tcp": {"idle": "never"},
    "explain": ["127.0.0.1/33"],
    "zones": "zones",
}
CONFIG_PLACES = [("listen[1]", "not-an-address"), ("listen[2]", "127.0.0.1:5300"),
                 ("worker", "workers"), ("edns_size", "512"), ("geo.max_scope.v4", "32"),
                 ("http", ""), ("tcp.idle", "never"), ("explain[0]", "127.0.0.1/33")]

PROBES = {"healthz": {"type": "http", "port": 8080, "path": "/healthz"}}
GOOD_CONFIG = {"listen": ["127.0.0.1:5300"], "zones": "zones"}


def good_map():
    table = app_map()
    table["probes"] = json.loads(json.dumps(PROBES))
    return table


def check(folder):
    return run(MERIDIAN, "check", "-c", "meridian.json", cwd=folder.path)


class Planted(TestCase):
    def expect_place(self, lines, place, word):
        found = [line for line in lines if line.startswith(place + ":")]
        self.assertTrue(found, f"nothing told at {place}; told:\n" + "\n".join(lines))
        self.assertTrue(any(word in line[len(place):] for line in found),
                        f"no '{word}' told at {place}: {found}")

    def test_in_a_zone_file_all_in_one_run(self):
        text = app_zone("www IN A 192.0.2.80\n")
        places = []
        for line, word in ZONE_LINES:
            text += line + "\n"
            places.append((f"zones/app.example.zone:{text.count(chr(10))}", word))
        # Of two records that contradict each other either may be told, so a pair counts as one.
        with Folder({"meridian.json": GOOD_CONFIG, "zones/app.example.zone": text}) as folder:
            done = check(folder)
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        for (place, word), (source, _) in zip(places, ZONE_LINES):
            with self.subTest(source=source):
                if source.startswith(("two-cnames", "beside", "ttls", "below")):
                    name, number = place.split(":")
                    if not any(line.startswith(place + ":") for line in lines):
                        place = f"{name}:{int(number) - 1}"
                self.expect_place(lines, place, word)

    def test_each_alone_is_the_only_thing_told(self):
        """A mistake draws no complaint about its innocent neighbours."""
        head = app_zone("www IN A 192.0.2.80\n")
        first = head.count("\n") + 1
        for line, word in ZONE_LINES:
            with self.subTest(line=line), Folder({
                    "meridian.json": GOOD_CONFIG,
                    "zones/app.example.zone": head + line + "\nafter IN A 192.0.2.9\n"}) as folder:
                done = check(folder)
                self.assertEqual(done.returncode, 1)
                last = first + line.count("\n")
                for told in done.stdout.splitlines():
                    number = int(told.split(":")[1])
                    self.assertTrue(first <= number <= last, told)
                self.assertIn(word, done.stdout)

    def test_in_an_included_file(self):
        zone = app_zone("$INCLUDE more/hosts.inc\nwrong IN A 1.2.3\n")
        with Folder({"meridian.json": GOOD_CONFIG, "zones/app.example.zone": zone,
                     "zones/more/hosts.inc":
                         "good IN A 192.0.2.1\nbad IN A 300.0.0.1\n"}) as folder:
            lines = check(folder).stdout.splitlines()
        self.expect_place(lines, "zones/more/hosts.inc:2", "300.0.0.1")
        self.expect_place(lines, f"zones/app.example.zone:{zone.count(chr(10))}", "1.2.3")

    def test_each_in_a_map(self):
        for change, path, word in MAP_CHANGES:
            table = good_map()
            change(table)
            with self.subTest(path=path, word=word), Folder({
                    "meridian.json": GOOD_CONFIG, "zones/app.example.zone": app_zone(),
                    "zones/app.example.map.json": table}) as folder:
                done = check(folder)
                self.assertEqual(done.returncode, 1, done)
                told = [line for line in done.stdout.splitlines()
                        if line.startswith(f"zones/app.example.map.json: {path}")]
                self.assertTrue(told, f"nothing told at {path}:\n{done.stdout}")
                self.assertIn(word, " ".join(told))

    def test_all_in_a_map_in_one_run(self):
        independent = [row for row in MAP_CHANGES if row[1] != "services.api.probe"]
        table = good_map()
        for change, _, _ in independent:
            change(table)
        with Folder({"meridian.json": GOOD_CONFIG, "zones/app.example.zone": app_zone(),
                     "zones/app.example.map.json": table}) as folder:
            done = check(folder)
        for _, path, word in independent:
            with self.subTest(path=path):
                told = [line for line in done.stdout.splitlines()
                        if line.startswith(f"zones/app.example.map.json: {path}")]
                self.assertTrue(told, f"nothing told at {path}:\n{done.stdout}")
                self.assertIn(word, " ".join(told))

    def test_json_syntax_has_a_line(self):
        with Folder({"meridian.json": GOOD_CONFIG, "zones/app.example.zone": app_zone(),
                     "zones/app.example.map.json": '{\n "regions": {},\n "names": [}\n'}) as folder:
            self.expect_place(check(folder).stdout.splitlines(), "zones/app.example.map.json:3", "")
        with Folder({"meridian.json": '{ "listen": [],\n "listen": [] }'}) as folder:
            self.assertIn("listen", check(folder).stdout)

    def test_in_files_shared_by_maps(self):
        table = good_map()
        regions = {**table["regions"], "nowhere-1": {"location": [0, 181]}}
        table.update(regions="../regions.json", probes="../probes.json")
        with Folder({"meridian.json": GOOD_CONFIG, "zones/app.example.zone": app_zone(),
                     "zones/app.example.map.json": table, "regions.json": regions,
                     "probes.json": {"healthz": {**PROBES["healthz"], "rise": 0}}}) as folder:
            done = check(folder)
        self.assertRegex(done.stdout, r"regions\.json: nowhere-1\.location\[1\]: .*180")
        self.assertRegex(done.stdout, r"probes\.json: healthz\.rise: ")

    def test_in_meridian_json_zones_and_databases_all_in_one_run(self):
        with Folder({"meridian.json": CONFIG_MISTAKES, "noise.mmdb": b"\x00\xff" * 5000,
                     "zones/app.example.zone": app_zone("bad IN A 1.2.3.4.5\n"),
                     "zones/second.example.zone": "@ 60 IN A 192.0.2.1\n",
                     "zones/third.example.zone": app_zone(),
                     "zones/third.example.map.json": {"services": 7}}) as folder:
            done = check(folder)
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        for path, word in CONFIG_PLACES:
            with self.subTest(path=path):
                self.expect_place(lines, f"meridian.json: {path}", word)
        for word in ("missing.mmdb", "noise.mmdb", "1.2.3.4.5", "zones/second.example.zone",
                     "SOA", "zones/third.example.map.json: services"):
            with self.subTest(word=word):
                self.assertIn(word, done.stdout)

    def test_a_map_without_its_zone(self):
        with Folder({"meridian.json": GOOD_CONFIG, "zones/app.example.zone": app_zone(),
                     "zones/orphan.example.map.json": good_map()}) as folder:
            done = check(folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("orphan.example", done.stdout)


class Good(TestCase):
    FILES = {"meridian.json": {**GOOD_CONFIG, "comment": "fine",
                               "geo": {"databases": [COUNTRY_DATABASE]}},
             "zones/app.example.zone": app_zone(), "zones/app.example.map.json": good_map()}

    def test_nothing_to_tell(self):
        with Folder(self.FILES) as folder:
            for done in (check(folder), run(MERIDIAND, "-t", "-c", "meridian.json",
                                            cwd=folder.path)):
                self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_json(self):
        with Folder(self.FILES) as folder:
            done = run(MERIDIAN, "check", "--json", "-c", folder.file("meridian.json"))
            self.assertEqual(json.loads(done.stdout)["ok"], True)
            folder.write("zones/app.example.zone", "@ IN A 1.2.3\n")
            done = run(MERIDIAN, "check", "--json", "-c", folder.file("meridian.json"))
            self.assertEqual(done.returncode, 1)
            told = json.loads(done.stdout)
            self.assertFalse(told["ok"])
            self.assertTrue(any("1.2.3" in text for text in told["mistakes"]))
