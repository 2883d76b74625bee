"""What programs ask the server: /metrics, /status, /healthz, and the same by the tool."""

import json
import re
import shutil
import subprocess

from harness import (COUNTRY_DATABASE, MERIDIAN, REGIONS, Daemon, HealthTarget, TestCase, app_map,
                     app_zone, run, wait_until)

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}]*\})? (-?[0-9.eE+-]+|NaN|[+-]Inf)$')


def metrics_of(daemon):
    """{'name{label="x"}': value}; a line that is no sample and no comment fails."""
    status, text = daemon.http("/metrics")
    assert status == 200
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


def total(metrics, *words):
    """The sum of all samples that hold every word."""
    return sum(value for name, value in metrics.items() if all(word in name for word in words))


class Http(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.target = HealthTarget("127.0.1.1")
        table = app_map(endpoints={name: {"A": ["127.0.1.1"]} for name in REGIONS}, probe="up")
        table["probes"] = {"up": {"type": "http", "port": cls.target.port, "path": "/healthz",
                                  "interval": "200ms"}}
        files = {"zones/app.example.zone": app_zone(), "zones/app.example.map.json": table,
                 "zones/broken.example.zone": app_zone("bad IN A 1.2.3\n")}
        cls.daemon = Daemon(files, {"geo": {"databases": [COUNTRY_DATABASE]}})
        cls.daemon.wait_for(["127.0.1.1"], "www.app.example", subnet="193.166.3.0/24")

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass
        cls.target.close()

    def test_healthz(self):
        self.assertEqual(self.daemon.http("/healthz")[0], 200)

    def test_what_is_not_there(self):
        for path in ("/", "/nonsense", "/metrics/x", "/../etc/passwd"):
            self.assertEqual(self.daemon.http(path)[0], 404, path)

    def test_counters_count(self):
        before = metrics_of(self.daemon)
        for _ in range(7):
            self.daemon.ask("www.app.example", "A", subnet="193.166.3.0/24")
        for _ in range(5):
            self.daemon.ask("missing.app.example", "A", tcp=True)

        def grown(*words):
            return total(metrics_of(self.daemon), *words) - total(before, *words)
        wait_until(lambda: grown("queries", "udp") >= 7)
        wait_until(lambda: grown("queries", "tcp") >= 5)
        wait_until(lambda: grown("NXDOMAIN") >= 5)
        wait_until(lambda: grown("app.example", "api", "helsinki-1") >= 7)

    def test_metrics_keep_to_conventions(self):
        """Names and units as Prometheus wants them, no series twice; promtool says so, too."""
        text = self.daemon.http("/metrics")[1]
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
        helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
        self.assertEqual(sorted(kinds), sorted(helps))
        for name, kind in kinds.items():
            with self.subTest(name=name):
                self.assertRegex(name, r"^meridian_[a-z0-9]+(_[a-z0-9]+)*$")
                self.assertEqual(kind, "counter" if name.endswith("_total") else "gauge")
                self.assertNotRegex(name, r"_(ms|us|milliseconds|minutes|percent|count|sum)$")
                if re.search(r"(^|_)(time|duration|latency|age|timestamp)(_|$)", name):
                    self.assertTrue(name.endswith("_seconds"))
        series = re.findall(r"^([^#].*) \S+$", text, re.MULTILINE)
        self.assertEqual(len(series), len(set(series)))
        promtool = shutil.which("promtool")
        if promtool:
            done = subprocess.run([promtool, "check", "metrics"], input=text, text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_status(self):
        status, text = self.daemon.http("/status")
        self.assertEqual(status, 200)
        told = json.loads(text)
        by_tool = self.daemon.meridian("status", "--json")
        self.assertEqual(by_tool.returncode, 0, by_tool)
        self.assertEqual(sorted(json.loads(by_tool.stdout)), sorted(told))
        for word in ("helsinki-1", "api", "127.0.1.1", "geo-whois-asn-country", "broken.example",
                     "1.2.3"):
            self.assertIn(word, text)

    def test_the_tool(self):
        done = self.daemon.meridian("status")
        self.assertEqual(done.returncode, 0, done)
        for word in ("helsinki-1", "up", "broken.example"):
            self.assertIn(word, done.stdout)
        done = run(MERIDIAN, "status", "-s", self.daemon.folder.file("meridian.sock"))
        self.assertEqual(done.returncode, 0, done)
        done = run(MERIDIAN, "status", "-s", self.daemon.folder.file("nobody.sock"))
        self.assertEqual(done.returncode, 1, done)
        # A zone is refused on disk, so a reload says no, and why.
        done = self.daemon.meridian("reload")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("broken.example.zone", done.stdout + done.stderr)

    def test_health_shows(self):
        self.target.set("bad")
        try:
            wait_until(lambda: '"down"' in self.daemon.http("/status")[1])
        finally:
            self.target.set("good")
        wait_until(lambda: '"down"' not in self.daemon.http("/status")[1])
