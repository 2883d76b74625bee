"""What explain prints is what docs/explain.md says it prints: no member more, none less."""

import json
import os
import re
import socket
import sys

from harness import (COUNTRY_DATABASE, PATIENCE, TOP, Daemon, HealthTarget, TestCase, app_map,
                     app_zone, wait_until)

sys.path.insert(0, os.path.join(TOP, "tests", "oracle"))

from replay import replay  # noqa: E402

DOCUMENT = os.path.join(TOP, "docs", "explain.md")
CITY = os.path.join(TOP, "tests", "data", "geo", "GeoIP2-City-Test.mmdb")
ASN = os.path.join(TOP, "tests", "data", "geo", "GeoLite2-ASN-Test.mmdb")

LONDON = "81.2.69.144/32"
CHANGCHUN = "175.16.199.0/24"  # of the city database
US_AS = "12.81.92.0/24"  # of the AS database


def words(text):
    return set(re.findall(r"`([a-z_0-9]+)`", text))


class Document:
    """The tables of the document: members by heading, and what a row says of a member."""

    def __init__(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            text = file.read()
        self.tables = {}
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            head, _, *rows = [[cell.strip() for cell in line.strip("|\n").split(" | ")]
                              for line in table.splitlines()]
            self.tables.setdefault(head[0], []).append(rows)
        self.text = text

    def rows(self, head, index):
        return self.tables[head][index]

    def members(self, head, index=0):
        return set().union(*(words(row[0]) for row in self.rows(head, index)))

    def of(self, member, index):
        """What the row of a member speaks of."""
        return set().union(*(words(row[-1]) for row in self.rows("member", index)
                             if member in words(row[0])))


def site():
    """Every policy, every kind of service."""
    table = app_map()
    regions = table["regions"]
    regions["helsinki-2"] = dict(regions["helsinki-1"], bias=0)
    regions["cdn-a"] = {"bias": 7}
    endpoints = table["services"]["api"]["endpoints"]
    table["probes"] = {"alive": {"type": "http", "port": 1, "interval": "100ms", "timeout": "90ms"}}
    route = {"geo": [
        {"in": ["net:10.0.0.0/8"], "to": {"failover": ["virginia-1", "helsinki-1"]}, "fence": True},
        {"in": ["country:GB"], "to": {"weighted": {"helsinki-1": 60, "virginia-1": 40}}},
        {"to": {"nearest": "*"}}]}
    table["services"]["deep"] = {"route": route, "endpoints": endpoints}
    table["services"]["twins"] = {
        "route": {"nearest": "*"},
        "endpoints": {"helsinki-1": {"A": ["192.0.2.10"]}, "helsinki-2": {"A": ["192.0.2.11"]},
                      "cdn-a": {"A": ["192.0.2.12"]}}}
    table["services"]["watched"] = {
        "route": {"nearest": "*"}, "probe": "alive",
        "endpoints": {"helsinki-1": {"A": ["127.0.0.1"]}, "virginia-1": {"A": ["127.0.0.2"]}}}
    table["names"].update(deep="deep", twins="twins", watched="watched")
    return table


class Members(TestCase):
    """Explanations of everything there is; each is replayed from itself, too."""

    @classmethod
    def setUpClass(cls):
        cls.target = HealthTarget(address="127.0.0.1")
        table = site()
        table["probes"]["alive"]["port"] = cls.target.port
        cls.daemon = Daemon(
            {"zones/app.example.zone": app_zone("to IN CNAME deep\nplain IN A 192.0.2.80\n"),
             "zones/app.example.map.json": table},
            {"geo": {"databases": [CITY, ASN, COUNTRY_DATABASE]}, "explain": ["127.0.0.1/32"]})
        cls.document = Document()
        wait_until(lambda: cls.explain("watched", "10.0.0.0/8")["choice"] != "not ready")
        cls.steered = [cls.explain(name, client) for name in ("deep", "to", "twins", "watched")
                       for client in (LONDON, US_AS, CHANGCHUN, "193.166.3.2", "10.1.2.0/24", "0.0.0.0/0",
                                      "2002:5102:4590::/48", "2001:218::/32")]
        cls.steered.append(cls.explain("twins", LONDON, "--offline"))
        cls.others = [cls.explain(name, LONDON) for name in ("plain", "missing")]
        cls.others.append(cls.explain("www.foreign.test.", LONDON))

    @classmethod
    def tearDownClass(cls):
        cls.target.close()
        with cls.daemon:
            pass

    @classmethod
    def explain(cls, name, client, *more):
        name = name if name.endswith(".") else f"{name}.app.example"
        done = cls.daemon.meridian("explain", name, "A", "--client", client, "--json", *more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def same(self, documented, objects, what):
        printed = set().union(*(set(value) for value in objects))
        self.assertEqual(printed - documented, set(), f"printed of {what}, but not documented")
        self.assertEqual(documented - printed, set(), f"documented of {what}, but never printed")

    def test_of_every_explanation(self):
        always = {"client", "name", "type", "generation", "outcome", "steered", "records", "ttl",
                  "steps"}
        documented = self.document.members("member", 0)
        self.assertLessEqual(always, documented)
        for why in self.others + self.steered:
            self.assertLessEqual(always, set(why))
        self.same(documented - {"error", "offline"}, self.others, "names that are not steered")

    def test_of_steered_names(self):
        documented = self.document.members("member", 0) | self.document.members("member", 1)
        self.same(documented - {"error"}, self.steered, "steered names")

    def test_of_objects_inside(self):
        def all_of(key):
            return [item for why in self.steered for item in why.get(key, [])]

        of = self.document.of
        self.same(of("rules", 1), [why["rules"] for why in self.steered], "rules")
        self.same(of("max_scope", 1), [why["max_scope"] for why in self.steered], "max_scope")
        self.same(of("place", 1), [why["place"] for why in self.steered], "place")
        self.same(of("candidates", 1), all_of("candidates"), "candidates")
        # A file that changed or cannot be read is another test's; so is a region that comes back.
        self.same(of("databases", 1) - {"changed", "error"}, all_of("databases"), "databases")
        also = words(re.search(r"A region also has (.*?)\n\n", self.document.text, re.S)[1])
        self.same((of("regions", 1) | also) - {"endpoints", "ramp", "taken_back"},
                  all_of("regions"), "regions")

    def test_of_pools(self):
        pools = [pool for why in self.steered for region in why["regions"]
                 for pool in region["pools"].values()]
        self.same(self.document.members("member of a pool"), pools, "pools")
        endpoints = [endpoint for pool in pools for endpoint in pool["endpoints"]]
        row = next(row for row in self.document.rows("member of a pool", 0) if "`endpoints`" in row[0])
        self.same(words(row[-1]), endpoints, "endpoints")

    def test_of_decisions(self):
        found = {}

        def gather(node):
            kind = next((key for key in ("nearest", "failover", "weighted", "geo") if key in node),
                        "a region")
            printed = found.setdefault(kind, set())
            printed |= set(node)
            inner = node["geo"] if kind == "geo" else node
            printed |= set(inner)
            for item in inner.get("nearest", []) + inner.get("weighted", []):
                printed |= set(item)
            for below in ([inner[key] for key in ("to", "default") if key in inner] +
                          inner.get("failover", []) +
                          [item["to"] for item in inner.get("weighted", [])]):
                gather(below)

        for why in self.steered:
            gather(why["decision"])
        rows = {row[0]: words(row[1]) for row in self.document.rows("policy", 0)}
        self.assertEqual(set(found), set(rows))
        for kind, printed in found.items():
            self.same(rows[kind] - {"endpoints", "null"}, [printed], kind)

    def test_each_follows_from_itself(self):
        for why in self.steered:
            with self.subTest(name=why["name"], client=why["client"]):
                replay(why)

    def test_an_error_is_alone(self):
        request = {"command": "explain", "name": "a..b", "client": "192.0.2.1"}
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(self.daemon.folder.file("meridian.sock"))
            control.sendall(json.dumps(request).encode() + b"\n")
            told = json.loads(b"".join(iter(lambda: control.recv(65536), b"")))
        self.assertEqual(set(told) - {"ok"}, {"error"})


class ThreePrints(TestCase):
    """By dig, by the daemon, by the files: the same steps."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon({"zones/app.example.zone": app_zone("to IN CNAME deep\n"
                                                                "plain IN A 192.0.2.80\n"),
                             "zones/app.example.map.json": {
                                 **site(), "probes": {"alive": {"type": "none"}}}},
                            {"geo": {"databases": [CITY, ASN, COUNTRY_DATABASE]},
                             "explain": ["127.0.0.1/32"]})

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    @staticmethod
    def still(steps):
        """Addresses are rotated from answer to answer: in one order here."""
        answers = sorted(step for step in steps if step.startswith("answer: "))
        return [answers.pop(0) if step.startswith("answer: ") else step for step in steps]

    def by_dig(self, name, client):
        answer = self.daemon.ask(f"_explain.{name}", "TXT", subnet=client)
        return [rdata.strings[0].decode() for rdata in answer.answer[0]]

    def by_command(self, name, client, *more):
        done = self.daemon.meridian("explain", name, "--client", client, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_are_one_explanation(self):
        for name in ("www", "deep", "to", "twins", "watched", "plain", "missing"):
            for client in ("81.2.69.0/24", "12.81.92.0/24", "193.166.0.0/16", "10.1.2.0/24",
                           "2001:218::/32", "2002:5102:4590::/48"):
                name = name if "." in name else f"{name}.app.example"
                with self.subTest(name=name, client=client):
                    told = self.still(self.by_dig(name, client))
                    why = json.loads(self.by_command(name, client, "--json"))
                    self.assertEqual(self.still(why["steps"]), told)
                    offline = json.loads(self.by_command(name, client, "--json", "--offline"))
                    self.assertEqual(self.still(offline["steps"]), told)
                    for more in ((), ("--offline",)):
                        lines = self.by_command(name, client, *more).splitlines()
                        files = [line for line in lines if line.startswith("database ")]
                        self.assertEqual(self.still(lines[:len(lines) - len(files)]), told)
                        self.assertEqual(len(files), len(why.get("databases", [])))

    def test_a_database_is_told_by_its_record(self):
        out = self.by_command("deep.app.example", CHANGCHUN)
        line = next(line for line in out.splitlines() if line.startswith(f"database {CITY}: "))
        for word in ("network 175.16.199.0/24", "country CN", "city Changchun", "accuracy_km 100"):
            self.assertIn(word, line)
