"""One map with every kind of slip: `meridian check` names them all in one run, each at its path.

Mistakes refuse the map; warnings are about what works, but hardly as it was meant. The lists are
exact: what is not planted is not told.
"""

import json
import re

from harness import MERIDIAN, MERIDIAND, Folder, TestCase, app_zone, run

CONFIG = {"listen": ["127.0.0.1:5300"], "zones": "zones",
          "geo": {"max_scope": {"v4": 24, "v6": 56}}}
MAP = "zones/app.example.map.json"

REGIONS = {
    "helsinki-1": {"location": [60.17, 24.94]},
    "virginia-1": {"location": [38.95, -77.45]},
    "singapore-1": {"location": [103.82, 1.35]},  # swapped
    "nowhere-1": {"location": [1, 181]},
    "cdn-a": {},
    "mars-1": {"bias": 100},
}

PROBES = {
    "healthz": {"type": "http", "port": 8080},
    "portless": {"type": "tcp"},
    "forgotten": {"type": "icmp"},
    "odd": {"type": "icmp", "timeout": "soon"},
}


def pool(number, v6=True):
    return {"A": [f"192.0.2.{number}"], **({"AAAA": [f"2001:db8::{number}"]} if v6 else {})}


def service(route, **more):
    return {"route": route, "endpoints": {"helsinki-1": pool(10), "virginia-1": pool(20)}, **more}


def geo(*entries, default="helsinki-1"):
    return {"geo": [{"in": list(wanted), "to": to} for wanted, to in entries] + [{"to": default}]}


SERVICES = {
    "codes": service(geo(
        (["country:UK", "country:GB", "country:EU", "country:ZQ", "country:xa"], "virginia-1"),
        (["continent:Europe", "continent:DE", "continent:EU"], "virginia-1"),
        (["subdivision:UK-ENG", "subdivision:US/CA", "subdivision:California",
          "subdivision:US-CA"], "virginia-1"),
        (["city:UK/London", "city:London", "city:GB/London"], "virginia-1"),
        (["contry:DE", "asn:AS64500", "asn:64500", "country:gb"], "virginia-1"),
        (["net:192.0.2.0/25", "net:192.0.2.1/24", "net:2001:db8::/57", "net:192.0.2.0/24"],
         "virginia-1"))),
    "routes": service({"failover": ["helsinky-1", {"nearst": "*"}, {"geo": [
        {"in": ["country:DE"], "to": "singapore-1"}, {"in": [], "to": "helsinki-1"}]}]}),
    "rules": service(geo(
        (["net:10.0.0.0/8"], "helsinki-1"),
        (["net:10.0.0.0/9", "net:10.128.0.0/9"], "virginia-1"),
        (["country:DE", "continent:NA"],
         geo((["country:DE", "continent:EU", "continent:AS", "net:10.1.0.0/16"], "virginia-1"),
             (["city:US/Boston", "country:US"], "virginia-1"))),
        (["country:US"], {"failover": ["virginia-1", {"nearest": "*"}, "helsinki-1"]}))),
    "narrow": service(geo((["country:DE"], geo(
        (["country:FR", "city:DE/Berlin", "city:AT/Wien", "subdivision:DE-BE", "continent:EU"],
         "virginia-1"))))),
    "everybody": service(geo((["net:0.0.0.0/0", "net:::/0"], "virginia-1"),
                             (["country:SE"], "helsinki-1"))),
    "lonely": service("helsinki-1"),
    "probed": service({"nearest": "*"}, probe="portless", min_up=2),
    "typo": service({"nearest": "*"}, probe="helthz", when_all_down=["helsinki-1", "helsinki-2"],
                    endpoints={"helsinki-1": {"A": ["192.0.2.11", "192.0.2.12", "192.0.2.11"]},
                               "virginia-1": {"A": ["192.0.2.12"]},
                               "virginia-2": {"A": ["192.0.2.300"]}}),
    "types": service({"nearest": ["helsinki-1", "cdn-a", "singapore-1"]},
                     endpoints={"helsinki-1": pool(10), "cdn-a": pool(30, v6=False),
                                "singapore-1": pool(40), "nowhere-1": pool(50)}),
    "nameless": service("virginia-1", endpoints={"virginia-1": pool(20)}),
}

NAMES = {name: name for name in SERVICES if name != "nameless"}
NAMES["www"] = "lonly"

IN = "services.codes.route.geo"
RULE = "services.rules.route.geo"

# (path, what the message must hold)
MISTAKES = [
    ("regions.singapore-1.location", "latitude and longitude look swapped"),
    ("regions.nowhere-1.location[1]", "181 is not in -180..180"),
    ("regions.mars-1.bias", "100 is not in -99..99"),
    ("probes.odd.timeout", "soon"),
    (f"{IN}[0].in[0]", "did you mean 'country:GB'?"),
    (f"{IN}[0].in[2]", "did you mean 'continent:EU'?"),
    (f"{IN}[0].in[3]", "ZQ is no country's code (ISO 3166-1)"),
    (f"{IN}[1].in[0]", "did you mean 'continent:EU'?"),
    (f"{IN}[1].in[1]", "did you mean 'country:DE'?"),
    (f"{IN}[2].in[0]", "did you mean 'subdivision:GB-ENG'?"),
    (f"{IN}[2].in[1]", "did you mean 'subdivision:US-CA'?"),
    (f"{IN}[2].in[2]", "such as subdivision:US-CA"),
    (f"{IN}[3].in[0]", "did you mean 'city:GB/London'?"),
    (f"{IN}[3].in[1]", "such as city:GB/London"),
    (f"{IN}[4].in[0]", "did you mean 'country:DE'?"),
    (f"{IN}[4].in[1]", "such as asn:64500"),
    (f"{IN}[4].in[3]", "country:gb is used before, in entry 0"),
    (f"{IN}[5].in[0]", "longer than max_scope, /24"),
    (f"{IN}[5].in[1]", "did you mean net:192.0.2.0/24?"),
    (f"{IN}[5].in[2]", "longer than max_scope, /56"),
    ("services.routes.route.failover[0]", "did you mean 'helsinki-1'?"),
    ("services.routes.route.failover[1].nearst", "did you mean 'nearest'?"),
    ("services.routes.route.failover[2].geo", "has no default"),
    ("services.routes.route.failover[2].geo[0].to", "region 'singapore-1'"),
    ("services.routes.route.failover[2].geo[1].in", "expected a list of selectors"),
    ("services.probed.endpoints.helsinki-1.A[0]", "no port"),
    ("services.probed.endpoints.helsinki-1.AAAA[0]", "no port"),
    ("services.probed.endpoints.virginia-1.A[0]", "no port"),
    ("services.probed.endpoints.virginia-1.AAAA[0]", "no port"),
    ("services.typo.probe", "did you mean 'healthz'?"),
    ("services.typo.when_all_down[1]", "did you mean 'helsinki-1'?"),
    ("services.typo.endpoints.helsinki-1.A[2]", "twice"),
    ("services.typo.endpoints.virginia-2", "did you mean 'virginia-1'?"),
    ("services.typo.endpoints.virginia-2.A[0]", "'192.0.2.300' is not an IPv4 address"),
    ("services.types.endpoints.cdn-a", "has no AAAA, but 'helsinki-1' has"),
    ("names.www", "did you mean 'lonely'?"),
]

WARNINGS = [
    (f"{IN}[0].in[4]", "only a database of your own"),
    (f"{RULE}[0].in[0]", "longer networks of this route hold all of it"),
    (f"{RULE}[2].to.geo[0].in[3]", "entry 1 of the geo route around this one takes them first"),
    (f"{RULE}[2].to.geo[1].in[1]", "entry 3 of the geo route around this one takes them first"),
    (f"{RULE}[3].to.failover[2]", "never comes into play"),
    ("services.narrow.route.geo[0].to.geo[0].in[0]", "nobody whom entry 0"),
    ("services.narrow.route.geo[0].to.geo[0].in[2]", "nobody whom entry 0"),
    ("services.everybody.route.geo[1].in[0]", "the networks of this route hold every address"),
    ("services.lonely.endpoints.virginia-1", "nobody is sent there"),
    ("services.probed.endpoints.helsinki-1.A", "min_up is 2"),
    ("services.probed.endpoints.helsinki-1.AAAA", "min_up is 2"),
    ("services.probed.endpoints.virginia-1.A", "min_up is 2"),
    ("services.probed.endpoints.virginia-1.AAAA", "min_up is 2"),
    ("services.typo.endpoints.virginia-1", "192.0.2.12 is an address of 'helsinki-1' too"),
    ("services.types.route.nearest[1]", "no location"),
    ("services.types.endpoints.nowhere-1", "nobody is sent there"),
    ("services.typo", "has no AAAA, although service 'codes' has"),
    ("services.nameless", "no name leads to this service"),
    ("regions.mars-1", "no service has endpoints in this region"),
    ("probes.healthz", "no service uses this probe"),
    ("probes.forgotten", "no service uses this probe"),
    ("probes.odd", "no service uses this probe"),
]


class MapChecks(TestCase):
    @classmethod
    def setUpClass(cls):
        table = {"regions": REGIONS, "probes": PROBES, "services": SERVICES,
                 "names": NAMES}
        cls.folder = Folder({"meridian.json": CONFIG, "zones/app.example.zone": app_zone(),
                             MAP: table})
        cls.folder.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__(None, None, None)

    def check(self, *more):
        return run(MERIDIAN, "check", "-c", "meridian.json", *more, cwd=self.folder.path)

    def expect(self, lines, planted):
        """Each line belongs to one that was planted, and each of those has its line."""
        told = []
        for line in lines:
            self.assertTrue(line.startswith(f"{MAP}: "), line)
            told.append(re.match(r"(\S+): (.*)", line[len(MAP) + 2:]).groups())
        left = list(told)
        for path, word in planted:
            found = [row for row in left if row[0] == path and word in row[1]]
            with self.subTest(path=path):
                self.assertEqual(len(found), 1, f"'{word}' at {path}; told:\n" +
                                 "\n".join(": ".join(row) for row in told if row[0] == path))
                left.remove(found[0])
        self.assertEqual(left, [], "told, but not planted")

    def test_all_in_one_run(self):
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.expect(done.stdout.splitlines(), MISTAKES)
        *warnings, summary = done.stderr.splitlines()
        self.expect([line.removeprefix("warning: ") for line in warnings], WARNINGS)
        self.assertEqual(summary, f"{len(MISTAKES)} mistakes, {len(WARNINGS)} warnings")

    def test_the_same_by_json(self):
        done = self.check("--json")
        self.assertEqual(done.returncode, 1)
        told = json.loads(done.stdout)
        self.assertFalse(told["ok"])
        self.expect(told["mistakes"], MISTAKES)
        self.expect(told["warnings"], WARNINGS)

    def test_the_daemon_checks_alike(self):
        done = run(MERIDIAND, "-t", "-c", "meridian.json", cwd=self.folder.path)
        self.assertEqual(done.returncode, 1)
        text = done.stdout + done.stderr
        for path, word in MISTAKES + WARNINGS:
            with self.subTest(path=path):
                self.assertRegex(text, re.escape(f"{MAP}: {path}: ") + ".*" + re.escape(word))


class NoFalseAlarms(TestCase):
    def test_a_rich_map_without_a_slip(self):
        route = geo(
            (["net:10.0.0.0/8", "asn:64500"], "virginia-1"),
            (["country:GB", "city:GB/London", "subdivision:GB-ENG", "continent:EU"],
             geo((["city:GB/London"], "helsinki-1"), (["country:GB"], "virginia-1"))),
            (["net:10.1.0.0/16"], {"failover": ["helsinki-1", {"nearest": "*"}]}),
            default={"weighted": {"helsinki-1": 60, "virginia-1": 40}})
        table = {"regions": {name: REGIONS[name] for name in ("helsinki-1", "virginia-1")},
                 "probes": {"healthz": PROBES["healthz"]},
                 "services": {"web": service(route, probe="healthz")}, "names": {"@": "web"}}
        with Folder({"meridian.json": CONFIG, "zones/app.example.zone": app_zone(),
                     MAP: table}) as folder:
            done = run(MERIDIAN, "check", "-c", "meridian.json", cwd=folder.path)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertNotIn("warning:", done.stderr)
