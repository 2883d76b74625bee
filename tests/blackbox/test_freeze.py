"""The prober that is cut off from the world moves nobody; a region that dies alone goes."""

import json
import signal
import subprocess
import sys

from harness import (COUNTRY_DATABASE, HAS_IPV6, REGIONS, Daemon, TestCase, addresses, app_map,
                     app_zone, free_port, wait_until)

CLIENT = {"FI": "193.166.3.0/24", "US": "8.8.8.0/24"}
ADDRESS_OF = {name: f"127.0.2.{index + 1}" for index, name in enumerate(REGIONS)}

# Close enough for a test, slow enough for a busy machine; damping would keep revived ones away.
PROBE = {"type": "http", "path": "/", "interval": "200ms", "timeout": "2s", "fall": 2, "rise": 1,
         "damping": False}

# One process for several regions: a signal takes them all away in the same moment.
SERVER = """
import http.server, socket, sys, threading
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    def __init__(self, address):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, int(sys.argv[1])), Answer)
servers = [Server(address) for address in sys.argv[2:]]
print("ready", flush=True)
for server in servers:
    threading.Thread(target=server.serve_forever).start()
"""


class Servers:
    def __init__(self, port, regions):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(port), *(ADDRESS_OF[name] for name in regions)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError("the servers did not start")

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Freeze(TestCase):
    def serve(self, *regions):
        servers = Servers(self.port, regions)
        self.addCleanup(servers.kill)
        return servers

    def start(self, *groups, probe=None, **service):
        """One process for each group of regions; the daemon knows them all."""
        self.port = free_port()
        servers = [self.serve(*group) for group in groups]
        names = [name for group in groups for name in group]
        table = app_map(endpoints={name: {"A": [ADDRESS_OF[name]]} for name in names},
                        probe="p", **service)
        table["probes"] = {"p": {**PROBE, "port": self.port, **(probe or {})}}
        self.daemon = Daemon({"zones/app.example.zone": app_zone(),
                              "zones/app.example.map.json": table},
                             {"geo": {"databases": [COUNTRY_DATABASE]}})
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None)
        wait_until(lambda: self.healths() == ["up"] * len(names), "first results")
        return servers

    def healths(self):
        """Of every endpoint, as /status has them."""
        service = json.loads(self.daemon.http("/status")[1])["zones"][0]["services"][0]
        return [endpoint["health"] for region in service["regions"]
                for endpoint in region["endpoints"]]

    def expect(self, region, client="FI"):
        self.daemon.wait_for([ADDRESS_OF[region]], "www.app.example", "A", subnet=CLIENT[client])

    def answer(self, client="FI"):
        return addresses(self.daemon.ask("www.app.example", "A", subnet=CLIENT[client]))

    def prober(self):
        return json.loads(self.daemon.http("/status")[1])["prober"]

    def expect_frozen(self):
        wait_until(lambda: self.prober()["frozen"], "a frozen prober")

    def test_all_hang_and_nobody_is_moved(self):
        everything, = self.start(REGIONS)
        self.expect("helsinki-1")
        self.expect("virginia-1", "US")
        everything.signal(signal.SIGSTOP)
        self.expect_frozen()
        ignored = self.prober()["ignored"]
        wait_until(lambda: self.prober()["ignored"] > ignored + 8, "failures that do not count")
        self.assertEqual(self.answer(), [ADDRESS_OF["helsinki-1"]])
        self.assertEqual(self.answer("US"), [ADDRESS_OF["virginia-1"]])

        self.assertIn("FROZEN", self.daemon.meridian("status").stdout)
        metrics = self.daemon.http("/metrics")[1]
        self.assertIn("\nmeridian_prober_frozen 1\n", metrics)
        self.assertRegex(metrics, r'meridian_probes_total\{target="[^"]*",result="ignored"\} [1-9]')
        everything.signal(signal.SIGCONT)
        wait_until(lambda: not self.prober()["frozen"], "the end of the freeze")
        self.assertNotIn(" down after ", self.daemon.stderr)
        self.assertIn("prober: frozen", self.daemon.stderr)
        self.assertIn("prober: no longer frozen", self.daemon.stderr)
        self.assertEqual(self.prober()["freezes"], 1)

    def test_all_are_killed_and_one_comes_back(self):
        everything, = self.start(list(REGIONS)[:3])
        self.expect("helsinki-1")
        everything.kill()
        self.expect_frozen()
        self.assertEqual(self.answer(), [ADDRESS_OF["helsinki-1"]])
        self.serve("virginia-1")
        self.expect("virginia-1")
        self.assertFalse(self.prober()["frozen"])
        self.assertEqual(self.healths(), ["down", "down", "up"])

    def test_one_region_alone_goes_and_so_does_the_last(self):
        one, other = self.start(["helsinki-1"], ["falkenstein-1"])
        self.expect("helsinki-1")
        one.kill()
        self.expect("falkenstein-1")
        other.kill()
        self.expect("helsinki-1")  # all down is answered as if all were up
        self.assertEqual(self.prober()["freezes"], 0)
        self.serve("falkenstein-1")
        self.expect("falkenstein-1")

    def test_a_region_that_hangs_goes_while_another_lives(self):
        one, _ = self.start(["helsinki-1"], ["falkenstein-1", "virginia-1"])
        self.expect("helsinki-1")
        one.signal(signal.SIGSTOP)
        self.expect("falkenstein-1")
        self.assertFalse(self.prober()["frozen"])
        one.signal(signal.SIGCONT)
        self.expect("helsinki-1")

    def test_two_of_three_die_together_and_the_third_lives(self):
        pair, _ = self.start(["helsinki-1", "falkenstein-1"], ["virginia-1"])
        self.expect("helsinki-1")
        pair.kill()
        self.expect("virginia-1")
        self.assertFalse(self.prober()["frozen"])

    def test_a_freeze_outlives_a_reload(self):
        everything, = self.start(list(REGIONS)[:2])
        self.expect("helsinki-1")
        everything.signal(signal.SIGSTOP)
        self.expect_frozen()
        self.daemon.write("zones/app.example.zone", app_zone("new IN A 192.0.2.77\n"))
        self.daemon.wait_for(["192.0.2.77"], "new.app.example")
        self.assertTrue(self.prober()["frozen"])
        self.assertEqual(self.answer(), [ADDRESS_OF["helsinki-1"]])
        everything.signal(signal.SIGCONT)
        wait_until(lambda: not self.prober()["frozen"], "the end of the freeze")


class Hosts(TestCase):
    """A CNAME is probed at the host it names, as the system resolves it."""

    def test_a_cname_follows_the_health_of_its_host(self):
        port = free_port()
        addresses_of_localhost = ["127.0.0.1"] + (["::1"] if HAS_IPV6 else [])
        table = {
            "regions": {"cdn-a": {}, "cdn-b": {}, "cdn-c": {}},
            "probes": {"p": {**PROBE, "port": port}, "none": {"type": "none"}},
            "services": {"cdn": {
                "route": {"failover": ["cdn-a", "cdn-b", "cdn-c"]},
                "endpoints": {
                    "cdn-a": {"CNAME": {"name": "a.cdn.example.", "probe": "p",
                                        "host": "no-such-host.invalid"}},
                    "cdn-b": {"CNAME": {"name": "b.cdn.example.", "probe": "p",
                                        "host": "localhost"}},
                    "cdn-c": {"CNAME": "c.cdn.example."}}}},
            "names": {"www": "cdn"},
        }
        process = subprocess.Popen([sys.executable, "-c", SERVER, str(port),
                                    *addresses_of_localhost],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        with Daemon({"zones/app.example.zone": app_zone(),
                     "zones/app.example.map.json": table}) as daemon:
            def target():
                return [rdata.to_text() for rrset in daemon.ask("www.app.example", "CNAME").answer
                        for rdata in rrset]
            wait_until(lambda: target() == ["b.cdn.example."], "the second CDN")
            self.assertIn("'no-such-host.invalid' is not resolved", daemon.http("/status")[1])
            process.kill()
            wait_until(lambda: target() == ["c.cdn.example."], "the third CDN")
