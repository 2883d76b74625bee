"""What the documents promise, held against the program: every key that a parser knows stands in the
JSON Schemas and in the documentation, every example is accepted, and schema and program are of one
mind about what is good and what is not.
"""

import copy
import json
import os
import re
import shutil
import unittest

from harness import COUNTRY_DATABASE, MERIDIAN, TOP, Folder, TestCase, app_zone, run

try:
    import jsonschema
except ImportError:
    jsonschema = None


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def schema(name):
    return json.loads(read("docs", f"{name}.schema.json"))


# ---- the keys that the parsers know ----------------------------------------------------------

# A table of keys by the file it stands in and its first key: where its keys stand in a schema, and
# the document that tells of them.
CONFIGURATION, PROBES = "configuration.md", "probes.md"
TABLES = {
    ("dns/server/config.c", "listen"): ("meridian", "", CONFIGURATION),
    ("dns/server/config_limits.c", "size"): ("meridian", "properties/journal", CONFIGURATION),
    ("dns/server/config_limits.c", "idle"): ("meridian", "properties/tcp", CONFIGURATION),
    ("dns/server/config_limits.c", "secrets"): ("meridian", "properties/cookies", CONFIGURATION),
    ("dns/server/config_limits.c", "answers"): ("meridian", "properties/rate_limit", CONFIGURATION),
    ("dns/server/config_read.c", "file"): ("meridian", "properties/zones", CONFIGURATION),
    ("dns/server/config_read.c", "v4"): ("meridian", "properties/geo/properties/max_scope",
                                         CONFIGURATION),
    ("dns/server/config_read.c", "databases"): ("meridian", "properties/geo", CONFIGURATION),
    ("geo/route_nearest.c", "nearest"): ("map", "$defs/route", CONFIGURATION),
    ("geo/route_failover.c", "failover"): ("map", "$defs/route", CONFIGURATION),
    ("geo/route_weighted.c", "weight"): ("map", "$defs/route", CONFIGURATION),
    ("geo/route_weighted.c", "v4"): ("map", "$defs/route", CONFIGURATION),
    ("geo/route_weighted.c", "weighted"): ("map", "$defs/route", CONFIGURATION),
    ("geo/route_geo.c", "in"): ("map", "$defs/rule", CONFIGURATION),
    ("geo/route_geo.c", "geo"): ("map", "$defs/route", CONFIGURATION),
    ("health/probe_reading_dns.c", "rcode"): ("map", "$defs/expect_reply", PROBES),
    ("health/probe_reading_gates.c", "metric"): ("map", "$defs/gate", PROBES),
    ("health/probe_reading_web.c", "pointer"): ("map", "$defs/expect_response/properties/json",
                                                PROBES),
    ("health/probe_reading_web.c", "status"): ("map", "$defs/expect_response", PROBES),
    ("health/probe_spec_parse.c", "type"): ("map", "$defs/probe", PROBES),
    ("zones/zonemap.c", "regions"): ("map", "", CONFIGURATION),
    ("zones/zonemap_catalog.c", "location"): ("map", "$defs/region", CONFIGURATION),
    ("zones/zonemap_pool.c", "address"): ("map", "$defs/address", CONFIGURATION),
    ("zones/zonemap_pool.c", "name"): ("map", "$defs/cname", CONFIGURATION),
    ("zones/zonemap_pool.c", "rdata"): ("map", "$defs/rdata", CONFIGURATION),
    ("zones/zonemap_service.c", "route"): ("map", "$defs/service", CONFIGURATION),
}
# What else is read as JSON is written by the daemon or by the tool.
FILES_OF_OPERATORS = re.compile(r"^(health|zones|geo)/|^dns/server/config")


def tables_of(path):
    """Every list of strings that ends in NULL and is a table of keys, by its looks."""
    text = read(path)
    for found in re.finditer(r'\*const (?:\w*keys|known)\[\] = \{(.*?)\}', text, re.DOTALL):
        yield re.findall(r'"(\w+)"', found[1])
    for found in re.finditer(r'_form \w+ = \{\s*"\w+", \{(.*?)\}', text, re.DOTALL):
        yield re.findall(r'"(\w+)"', found[1])
    for found in re.finditer(r'^\} keys\[\] = \{(.*?)^\};', text, re.DOTALL | re.MULTILINE):
        yield re.findall(r'\{ "(\w+)"', found[1])


def all_tables():
    for room in ("health", "zones", "geo", "dns/server"):
        for name in sorted(os.listdir(os.path.join(TOP, room))):
            path = f"{room}/{name}"
            if FILES_OF_OPERATORS.match(path) and name.endswith(".c") and \
                    "json_expect_keys" in read(path):
                for keys in tables_of(path):
                    yield path, keys


def at(document, path):
    for step in path.split("/") if path else []:
        document = document[step]
    return document


def property_names(node):
    """All names of properties at this node or anywhere below it."""
    names = set()
    if isinstance(node, dict):
        names |= set(node.get("properties", {}))
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        names |= property_names(below)
    return names


class Keys(TestCase):
    def test_every_table_of_keys_is_known_here(self):
        """A new one must be added above, so that its keys are looked for."""
        self.assertEqual({(path, keys[0]) for path, keys in all_tables()}, set(TABLES))

    def test_every_key_is_in_its_schema_and_documented(self):
        for path, keys in all_tables():
            name, where, document = TABLES[path, keys[0]]
            there = at(schema(name), where)
            in_schema = property_names(there) if where else set(there["properties"])
            told = read("docs", document)
            for key in keys:
                with self.subTest(table=path, key=key):
                    self.assertIn(key, in_schema, f"not in docs/{name}.schema.json at {where}")
                    self.assertRegex(told, rf'[`"|.]{key}[`":]', f"not in docs/{document}")

    def test_the_schemas_have_no_key_that_nobody_reads(self):
        known = {"map": {"comment", "A", "AAAA", "CNAME"}, "meridian": {"comment"}}
        for path, keys in all_tables():
            known[TABLES[path, keys[0]][0]] |= set(keys)
        for name, keys in known.items():
            self.assertEqual(property_names(schema(name)) - keys, set())


# ---- examples --------------------------------------------------------------------------------

TABLE = {
    "regions": {"first": {"location": [60, 25]}, "second": {"location": [50, 12]}},
    "probes": {"none": {"type": "none"}},
    "services": {"api": {
        "route": {"nearest": "*"},
        "probe": "none",
        "endpoints": {"first": {"A": ["192.0.2.1"]}, "second": {"A": ["192.0.2.2"]}}}},
    "names": {"www": "api"},
}
CONFIG = {"listen": ["127.0.0.1:5300"], "zones": "zones"}


def examples():
    """(document, its JSON, as a whole file: "map" or "meridian")."""
    for path in ("README.md", *(f"docs/{name}" for name in sorted(os.listdir(TOP + "/docs"))
                                if name.endswith(".md"))):
        for text in re.findall(r"^```json\n(.*?)^```", read(path), re.DOTALL | re.MULTILINE):
            text = text.strip()
            if re.search(r"^\{.*\}$\n^\{", text, re.MULTILINE):
                continue  # lines of a journal: what the program writes
            example = json.loads(text if text.startswith("{") else "{" + text + "}")
            yield (path, text, *whole_of(example))


def whole_of(example):
    """A fragment, put in its place in a file that has the rest."""
    if "listen" in example or "zones" in example:
        return "meridian", {**CONFIG, **example}
    if "services" in example:
        return "map", example
    table = copy.deepcopy(TABLE)
    if "probes" in example:
        table["probes"].update(example["probes"])
        return "map", table
    if {"weighted", "failover", "nearest", "geo"} & set(example):
        members = list(example["weighted"])
        table["regions"] = {name: {} for name in members}
        table["services"]["api"].update(
            route=example, endpoints={name: {"A": [f"192.0.2.{at}"]}
                                      for at, name in enumerate(members)})
        return "map", table
    raise AssertionError(f"an example of what? {example}")


def check(files):
    """What `meridian check --json` says of them; the zone is app.example."""
    with Folder({"meridian.json": CONFIG, "zones/app.example.zone": app_zone(), **files}) as folder:
        for name in ("GeoLite2-City.mmdb", "geo-whois-asn-country.mmdb"):
            shutil.copy(COUNTRY_DATABASE, folder.file(name))
        done = run(MERIDIAN, "check", "--json", "-c", folder.file("meridian.json"))
        return json.loads(done.stdout)


class Examples(TestCase):
    def test_the_program_takes_every_example(self):
        count = 0
        for path, text, name, whole in examples():
            with self.subTest(path=path, example=text[:200]):
                file = "zones/app.example.map.json" if name == "map" else "meridian.json"
                self.assertEqual(check({file: whole})["mistakes"], [])
                count += 1
        self.assertGreater(count, 10)

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
    def test_the_schemas_take_every_example(self):
        shipped = [("docs/example", "map", json.loads(read("docs/example/zones",
                                                           "app.example.map.json"))),
                   ("docs/example", "meridian", json.loads(read("docs/example/meridian.json")))]
        for path, name, whole in shipped + [(path, name, whole)
                                            for path, _, name, whole in examples()]:
            with self.subTest(path=path, example=whole):
                self.assertEqual(complaints(name, whole), [])

    def test_the_shipped_one_is_good(self):
        done = run(MERIDIAN, "check", "-c", os.path.join(TOP, "docs/example/meridian.json"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def complaints(name, document):
    validator = jsonschema.Draft202012Validator(schema(name))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


# ---- schema and program, side by side --------------------------------------------------------

TIMES = {"interval": ("100ms", "1h"), "timeout": ("10ms", "60s")}
COUNTS = {"fall": (1, 100), "rise": (1, 100)}
ICMP, TCP = {"type": "icmp"}, {"type": "tcp", "port": 7}
HTTP, HTTPS = {"type": "http"}, {"type": "https"}
DNS = {"type": "dns", "qname": "app.example"}
EXEC, FILE = {"type": "exec", "command": ["true"]}, {"type": "file", "file": "up.json"}
NONE = {"type": "none"}
GATE = {"metric": "error_rate", "window": "1m", "down": 0.05, "up": 0.01}
LATENCY = {"metric": "latency_p95", "window": "1m", "down": "2s", "up": "500ms"}

# Of each key: whose it is, what is good, and what is a mistake to both.
KEYS = {
    "interval": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE], ["100ms", "1h", 2, 0.5, "1m30s"],
                 ["soon", True, -1, "5 minutes"]),
    "timeout": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC], ["10ms", "60s", 1], ["1x", [], -1]),
    "fall": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE], [1, 100], [0, 101, "3", 1.5]),
    "rise": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE], [1, 100], [0, 101, None]),
    "jitter": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE], ["0%", "50%", 0, 50],
               ["51%", 51, "10", -1, True]),
    "damping": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE], [True, False], ["yes", 1]),
    "gates": ([HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE],
              [[], [GATE], [LATENCY], [GATE, LATENCY] * 4,
               [{**GATE, "up_for": "24h", "min_samples": 1}],
               [{**GATE, "metric": "availability", "down": 0.9, "up": 1}],
               [{**LATENCY, "metric": "latency_p999"}]],
              [GATE, [GATE] * 9, [{**GATE, "metric": "latency"}],
               [{**GATE, "metric": "latency_p1000"}], [{**GATE, "down": "5s"}],
               [{**GATE, "down": 1.5}], [{**GATE, "min_samples": 0}],
               [{**GATE, "window": "often"}], [{**GATE, "mum": 1}],
               [{"metric": "error_rate", "window": "1m", "down": 0.05}],
               [{"metric": "error_rate", "down": 0.05, "up": 0}]]),
    "port": ([HTTP, HTTPS, TCP, DNS, EXEC, FILE], [1, 65535], [0, 65536, "80"]),
    "path": ([HTTP, HTTPS], ["/", "/a?b=c&d=%20"], ["a", "/a b", "/#a", "", 7]),
    "host": ([HTTP, HTTPS, EXEC], ["www.app.example", "a_b-c"], ["a:80", "", "a..b", ".a", 7]),
    "method": ([HTTP, HTTPS], ["GET", "HEAD", "OPTIONS"], ["CONNECT", "G T", "", 7]),
    "headers": ([HTTP, HTTPS], [{}, {"X-A": "b", "Accept": "*/*"}],
                [[], {"X-A": 7}, {f"X-{n}": "" for n in range(17)}]),
    "verify": ([HTTPS], [True, False], ["no"]),
    "send": ([TCP], ["PING\r\n"], [7]),
    "qname": ([DNS], ["app.example.", "."], ["", 7]),
    "qtype": ([DNS], ["A", "AAAA", "TYPE65280"], ["", 7]),
    "recursion": ([DNS], [True, False], ["yes"]),
    "command": ([EXEC], [["true"], ["a"] * 16], ["true", [], ["a"] * 17, [7]]),
    "file": ([FILE], ["up.json", "/run/up.json"], [7, ""]),
    "max_age": ([FILE], ["1s", "7d"], ["old", -1]),
    "when_unknown": ([FILE], ["keep", "up", "down"], ["unknown", True]),
}
EXPECT = (
    (HTTP, [{}, {"status": 204}, {"status": "200-299"}, {"status": [200, "300-399"]},
            {"body": "ok"}, {"json": {"pointer": "/a/~0~1", "value": None}},
            {"json": {"pointer": "/a", "value": 7.5}}],
     ["ok", {"status": 99}, {"status": 600}, {"status": "2xx"}, {"status": []},
      {"status": [200] * 9}, {"body": 7}, {"json": {"pointer": "a", "value": 1}},
      {"json": {"pointer": "/~2", "value": 1}}, {"json": {"pointer": "/a"}},
      {"json": {"value": 1}}, {"json": {"pointer": "/a", "value": []}}, {"rcode": "NOERROR"}]),
    (TCP, ["+PONG"], [{"body": "x"}, 7]),
    (DNS, [{}, {"rcode": "NXDOMAIN"}, {"rcode": ["NOERROR", "REFUSED"]}, {"answer": True},
           {"answer": "192.0.2.1"}],
     ["NOERROR", {"rcode": "NONE"}, {"rcode": []}, {"answer": 7}, {"status": 200}]),
)


def probe_cases():
    """(probe, whether it is good)."""
    kinds = [HTTP, HTTPS, TCP, ICMP, DNS, EXEC, FILE, NONE]
    for kind in kinds:
        yield kind, True
        yield {**kind, "comment": ["anything"]}, True
        yield {**kind, "prot": 1}, False
    yield {"type": "ping"}, False
    yield {}, False
    yield {"type": "dns"}, False
    yield {"type": "exec"}, False
    yield {"type": "file"}, False
    for key, (owners, good, bad) in KEYS.items():
        for kind in kinds:
            for value in good:
                yield {**kind, key: value}, kind in owners
        for value in bad:
            yield {**owners[0], key: value}, False
    for kind, good, bad in EXPECT:
        for value in good:
            yield {**kind, "expect": value}, True
        for value in bad:
            yield {**kind, "expect": value}, False
    for kind in (ICMP, EXEC, FILE, NONE):
        yield {**kind, "expect": "x"}, False


def edited(**service):
    table = copy.deepcopy(TABLE)
    table["services"]["api"].update(service)
    return table


def endpoint(endpoint, kind="A", **more):
    return edited(endpoints={"first": {kind: endpoint, **more}}, partial_types=True)


def region(**keys):
    table = copy.deepcopy(TABLE)
    table["regions"]["first"].update(keys)
    return table


# (map, whether it is good)
MAPS = (
    (TABLE, True),
    ({**TABLE, "comment": 7}, True),
    ({**TABLE, "name": {}}, False),
    ({**TABLE, "services": []}, False),
    (region(bias=99), True), (region(bias=-99), True), (region(bias=100), False),
    (region(bias=1.5), False), (region(capacity=0.5), True), (region(capacity=0), False),
    (region(tags=["a"]), True), (region(tags="a"), False), (region(location=[91, 0]), False),
    (region(location=[0, 181]), False), (region(location=[1]), False), (region(loc=[1, 2]), False),
    (edited(ttl=0), True), (edited(ttl=2147483647), True), (edited(ttl=-1), False),
    (edited(ttl="30"), False), (edited(ttl_min=5), True), (edited(ttl_min=-1), False),
    (edited(max_down=1), True), (edited(max_down="50%"), True), (edited(max_down="many"), False),
    (edited(max_down=-1), False), (edited(ramp="10m"), True), (edited(ramp="slow"), False),
    (edited(answers=64), True), (edited(answers=65), False),
    (edited(answers=0), False), (edited(spread=2), True), (edited(spread=0), False),
    (edited(min_up=1), True), (edited(min_up="50%"), True), (edited(min_up="0%"), False),
    (edited(min_up=0), False), (edited(min_up="half"), False), (edited(ecs=False), True),
    (edited(ecs=0), False), (edited(partial_types=True), True), (edited(partial_types="yes"), False),
    ({**edited(when_all_down="zonefile"), "names": {"ns1": "api"}}, True),
    (edited(when_all_down=["second", "first"]), True),
    (edited(when_all_down="all"), False), (edited(when_all_down=[]), False),
    (edited(when_all_down=["first", "first"]), False), (edited(probes="none"), False),
    (edited(probe=7), False),
    (edited(route="first"), True), (edited(route={}), False), (edited(route=7), False),
    (edited(route={"nearest": ["first"]}), True), (edited(route={"nearest": []}), False),
    (edited(route={"nearest": "*", "per": "client"}), False),
    (edited(route={"failover": ["first", {"nearest": "*"}]}), True),
    (edited(route={"failover": []}), False), (edited(route={"failover": "first"}), False),
    (edited(route={"weighted": {"first": 60, "second": 40}}), True),
    (edited(route={"weighted": {"first": 60, "second": -1}}), False),
    (edited(route={"weighted": {}}), False),
    (edited(route={"weighted": [{"weight": 1, "to": "first", "name": "a"}]}), True),
    (edited(route={"weighted": [{"to": "first"}]}), False),
    (edited(route={"weighted": {"first": 1}, "per": "query"}), True),
    (edited(route={"weighted": {"first": 1}, "per": "day"}), False),
    (edited(route={"weighted": {"first": 1}, "prefix": {"v4": 20, "v6": 48}}), True),
    (edited(route={"weighted": {"first": 1}, "prefix": {"v4": 33}}), False),
    (edited(route={"geo": [{"in": ["country:DE", "asn:64500"], "to": "first"},
                           {"to": "second"}]}), True),
    (edited(route={"geo": [{"in": ["country:DE"], "to": "first", "fence": True},
                           {"to": "second"}]}), True),
    (edited(route={"geo": [{"in": "country:DE", "to": "first"}, {"to": "second"}]}), False),
    (edited(route={"geo": [{"in": ["land:DE"], "to": "first"}, {"to": "second"}]}), False),
    (edited(route={"geo": [{"in": ["country:DE"]}, {"to": "second"}]}), False),
    (edited(route={"geo": []}), False),
    (endpoint(["192.0.2.1", "192.0.2.3"]), True), (endpoint("192.0.2.1"), False),
    (endpoint([]), False),
    (endpoint([{"address": "192.0.2.1", "weight": 65535, "probe": "none", "port": 1,
                "host": "a.example"}]), True),
    (endpoint([{"address": "192.0.2.1", "weight": 0}]), False),
    (endpoint([{"address": "192.0.2.1", "port": 0}]), False),
    (endpoint([{"address": "192.0.2.1", "hots": "a"}]), False),
    (endpoint([{"weight": 1}]), False),
    (endpoint("cdn.example.", "CNAME"), True), (endpoint(["cdn.example."], "CNAME"), True),
    (endpoint(["a.example.", "b.example."], "CNAME"), False),
    (endpoint({"name": "cdn.example.", "probe": "none", "address": "192.0.2.1"}, "CNAME"), True),
    (endpoint({"name": "cdn.example.", "weight": 1}, "CNAME"), False),
    (endpoint(["1 . alpn=h2"], "HTTPS"), True),
    (endpoint([{"rdata": "\"a\"", "weight": 2}], "TXT"), True),
    (endpoint([{"rdata": "\"a\"", "wait": 2}], "TXT"), False),
    (edited(endpoints={}), False),
)


class Agreement(TestCase):
    def test_of_probes(self):
        cases = list(probe_cases())
        self.assertGreater(len(cases), 300)
        # All in one map: every mistake names its probe.
        table = {**TABLE, "probes": {"none": NONE,
                                     **{f"p{at}": probe for at, (probe, _) in enumerate(cases)}}}
        told = check({"zones/app.example.map.json": table})["mistakes"]
        refused = {int(found) for mistake in told
                   for found in re.findall(r"probes\.p(\d+)\b", mistake)}
        for at, (probe, good) in enumerate(cases):
            with self.subTest(probe=probe):
                self.assertEqual(at not in refused, good, "by the program")
                self.compare(edited(), {"probes": {"p": probe}}, good)

    def test_of_maps(self):
        for table, good in MAPS:
            with self.subTest(table=table):
                told = check({"zones/app.example.map.json": table})["mistakes"]
                self.assertEqual(told == [], good, f"by the program: {told}")
                self.compare(table, {}, good)

    def compare(self, table, more, good):
        if jsonschema is not None:
            told = complaints("map", {**table, **more})
            self.assertEqual(told == [], good, f"by the schema: {told}")


class Schemas(TestCase):
    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
    def test_they_are_schemas(self):
        for name in ("map", "meridian"):
            jsonschema.Draft202012Validator.check_schema(schema(name))

    def test_every_key_of_a_probe_tells_what_it_is(self):
        probe = schema("map")["$defs"]["probe"]["properties"]
        told = {key: value for key, value in probe.items() if key != "comment"}
        for key, value in told.items():
            if key not in ("method", "headers"):
                self.assertIn("description", value, key)
