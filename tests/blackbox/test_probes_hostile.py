"""Targets that drip, flood, redirect, reset or answer nonsense are failed probes and nothing more:
each is told with its reason, what the daemon holds stays small, and nobody else notices.
"""

import contextlib
import json
import os
import random
import re
import resource
import time
import unittest
import unittest.mock

import hostile
from harness import (MERIDIAND, SANITIZED, Daemon, Folder, HealthTarget, TestCase, addresses,
                     app_zone, wait_until)
from hostile import Hostile, HostileName

# By the manner: how the reason has to read.
TIMED_OUT = "timed out after 500ms"
BY_HTTP = {
    hostile.says_nothing: TIMED_OUT,
    hostile.drips_its_header: TIMED_OUT,
    hostile.drips_its_body: TIMED_OUT,
    hostile.drips_at_once: "HTTP/0.9",
    hostile.sends_gigabytes: "the body is over 1024 KiB",
    hostile.sends_gigabytes_in_chunks: "the body is over 1024 KiB",
    hostile.sends_headers_without_end: "the header is over 64 KiB",
    hostile.sends_one_header_without_end: "the header is (too long|over)|[Tt]oo large",
    hostile.says_continue_for_ever: "the header is over 64 KiB",
    hostile.redirects_to_itself: "HTTP 302",
    hostile.redirects_to_a_file: "HTTP 301",
    hostile.resets_at_once: "reset",
    hostile.resets_half_way: "reset|closed with",
    hostile.closes_at_once: "[Ee]mpty reply|reset",
    hostile.closes_half_way: "closed with 93 bytes remaining",
    hostile.sends_garbage: "HTTP/0.9|header|[Uu]nsupported|[Ww]eird|[Nn]ul",
    hostile.sends_garbage_for_ever: "HTTP/0.9|header|[Ww]eird|[Nn]ul",
    hostile.sends_a_broken_chunk: "hexadecimal|chunk",
    hostile.sends_a_status_that_is_none: ".",
}
BY_HTTPS = {
    hostile.says_nothing: TIMED_OUT,
    hostile.begins_a_handshake: TIMED_OUT,
    hostile.drips_at_once: TIMED_OUT,
    hostile.sends_garbage_at_once: "TLS: wrong version number",
    hostile.sends_garbage_for_ever: "TLS: |reset",
    hostile.redirects_at_once: "TLS: wrong version number",
    hostile.resets_at_once: "reset",
    hostile.closes_at_once: "TLS: |reset",
}
BY_TCP = {
    hostile.says_nothing: TIMED_OUT,
    hostile.drips_at_once: TIMED_OUT,
    hostile.sends_garbage_for_ever: r"16 KiB without '\+PONG'",
    hostile.resets_at_once: "reset|broken pipe|closed before",
    hostile.closes_at_once: r"closed before '\+PONG' came|reset",
    hostile.sends_garbage: r"closed before '\+PONG' came|reset",
}


def flipped(query, *places):
    reply = bytearray(query)
    reply[2] |= 0x80
    for place in places:
        reply[place] ^= 0xff
    return bytes(reply)


BY_DNS = {
    "nothing": (lambda query: [], TIMED_OUT),
    "its own question": (lambda query: [query], TIMED_OUT),
    "another id": (lambda query: [flipped(query, 0)] * 50, TIMED_OUT),
    "another name": (lambda query: [flipped(query, 13)], TIMED_OUT),
    "noise": (lambda query: [random.Random(n).randbytes(400) for n in range(50)],
              TIMED_OUT),
    "a header and no more": (lambda query: [flipped(query)[:12]], TIMED_OUT),
    "an answer that is not there": (lambda query: [flipped(query)[:6] + b"\0\x63" +
                                                   flipped(query)[8:]], "the answer is broken"),
    "no answer": (lambda query: [flipped(query)], "no A record"),
}


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) / 1024


@contextlib.contextmanager
def few_files(most):
    """A daemon that is started in here may open no more files than that; None: as many as we."""
    with Folder() as folder:
        folder.write("meridiand", f'#!/bin/sh\nulimit -n {most}\nexec {MERIDIAND} "$@"\n')
        os.chmod(folder.file("meridiand"), 0o755)
        with unittest.mock.patch("harness.MERIDIAND",
                                 folder.file("meridiand") if most else MERIDIAND):
            yield


class Watched(TestCase):
    """Each region is one endpoint with a probe of its own; the last of them is a good one."""

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.good = self.stack.enter_context(HealthTarget("127.0.0.1"))

    def start(self, probes, files=None, wait=True):
        """`probes` by the name of their region: the probe, and the address that it asks."""
        probes = {**probes, "good": ({"type": "http", "port": self.good.port, "timeout": "20s"},
                                     self.good.address)}
        table = {
            "regions": {name: {} for name in probes},
            "probes": {name: {"interval": "200ms", "damping": False, **probe}
                       for name, (probe, _) in probes.items()},
            "services": {"api": {
                "route": {"failover": list(probes)},
                "endpoints": {name: {"A": [{"address": address, "probe": name}]}
                              for name, (_, address) in probes.items()}}},
            "names": {"www": "api"},
        }
        self.daemon = self.stack.enter_context(Daemon(
            {"zones/app.example.zone": app_zone(), "zones/app.example.map.json": table},
            start=False))
        with few_files(files):
            self.daemon.start()
        if wait:
            wait_until(lambda: addresses(self.daemon.ask("www.app.example")))

    def endpoints(self):
        status = json.loads(self.daemon.http("/status")[1])
        return {region["name"]: region["endpoints"][0]
                for region in status["zones"][0]["services"][0]["regions"]}

    def results(self, name, result):
        """How many probes of that region's target ended so."""
        target = self.endpoints()[name]["target"]
        return int(re.search(rf'meridian_probes_total\{{target="{re.escape(target)}",'
                             rf'result="{result}"\}} (\d+)', self.daemon.http("/metrics")[1])[1])

    def expect_failures(self, reasons):
        """All of them fail again and again, each for its reason, while the good one is well."""
        before = self.results("good", "good")
        for name in reasons:
            wait_until(lambda name=name: self.results(name, "bad") >= 6, f"{name} to fail")
        wait_until(lambda: self.results("good", "good") >= before + 6)
        told = self.endpoints()
        for name, reason in reasons.items():
            with self.subTest(name=name):
                self.assertEqual(told[name]["health"], "down")
                self.assertRegex(told[name]["last"]["reason"], reason)
                self.assertEqual(self.results(name, "good"), 0)
        self.assertEqual(told["good"]["health"], "up")
        self.assertEqual(self.results("good", "bad"), 0)
        # Each was told once, however often it failed.
        self.assertEqual(self.daemon.stderr.count("warning"), len(reasons), self.daemon.stderr)


class Hostility(Watched):
    def meet(self, manners, probe):
        servers = {manner.__name__: self.stack.enter_context(Hostile(manner, f"127.0.0.{at}"))
                   for at, manner in enumerate(manners, 2)}
        reasons = {manner.__name__: reason for manner, reason in manners.items()}
        # Only who is expected to hang may be given up: a busy machine hangs a little, too.
        patience = {name: "500ms" if reason == TIMED_OUT else "20s"
                    for name, reason in reasons.items()}
        self.start({name: ({**probe, "port": server.port, "timeout": patience[name]},
                           server.address) for name, server in servers.items()})
        self.expect_failures(reasons)
        self.assertLess(open_files(self.daemon.process.pid), 60 + 16 * len(servers))
        if not SANITIZED:
            self.assertLess(peak_mib(self.daemon.process.pid), 150)

    def test_by_http(self):
        self.meet(BY_HTTP, {"type": "http"})

    def test_by_http_when_the_body_matters(self):
        expect = {"json": {"pointer": "/db/0/state", "value": "green"}, "body": "green"}
        manners = {manner: BY_HTTP[manner] for manner in (
            hostile.drips_its_body, hostile.sends_gigabytes, hostile.sends_gigabytes_in_chunks,
            hostile.resets_half_way, hostile.closes_half_way, hostile.sends_garbage_for_ever)}
        self.meet(manners, {"type": "http", "expect": expect})

    def test_by_https(self):
        self.meet(BY_HTTPS, {"type": "https", "verify": False})

    def test_by_tcp(self):
        self.meet(BY_TCP, {"type": "tcp", "send": "PING\r\n", "expect": "+PONG"})

    def test_by_dns(self):
        servers = {name: self.stack.enter_context(HostileName(reply, f"127.0.0.{at}"))
                   for at, (name, (reply, _)) in enumerate(BY_DNS.items(), 2)}
        reasons = {name: reason for name, (_, reason) in BY_DNS.items()}
        self.start({name: ({"type": "dns", "qname": "www.app.example", "port": server.port,
                            "timeout": "500ms" if reasons[name] == TIMED_OUT else "20s",
                            "expect": {"answer": True}}, server.address)
                    for name, server in servers.items()})
        self.expect_failures(reasons)

    def test_by_command(self):
        """Commands that write without end, hang without end, or leave others behind."""
        commands = {"writes": ("exec yes", "wrote more than 1024 KiB"),
                    "shouts": ("exec cat /dev/zero", "wrote more than 1024 KiB"),
                    "dies": ("kill -9 $$", "killed by signal 9"),
                    "hangs": ("exec sleep 987", TIMED_OUT),
                    "lingers": ("sleep 987 & sleep 987", TIMED_OUT)}
        folder = self.stack.enter_context(Folder())
        probes = {}
        for at, (name, (command, reason)) in enumerate(commands.items(), 2):
            folder.write(name, f"#!/bin/sh\n{command}\n")
            os.chmod(folder.file(name), 0o755)
            probes[name] = ({"type": "exec", "command": [folder.file(name)],
                             "timeout": "500ms" if reason == TIMED_OUT else "20s"},
                            f"127.0.0.{at}")
        self.start(probes)
        self.expect_failures({name: reason for name, (_, reason) in commands.items()})
        self.assertLess(open_files(self.daemon.process.pid), 60 + 2 * 32)


class Bounds(Watched):
    def flat(self, count, probe):
        """So many endpoints of one probe, in a region each; names that sort."""
        return {f"r{at:03}": (probe, f"127.0.{1 + at // 250}.{1 + at % 250}") for at in range(count)}

    @unittest.skipUnless(os.geteuid() == 0, "only root may listen at a device")
    def test_few_descriptors_make_probes_wait(self):
        """More targets than files may be open, and none that answers in time: all are probed."""
        with Hostile(hostile.says_nothing, everywhere=True) as server:
            self.start(self.flat(300, {"type": "tcp", "port": server.port, "expect": "never",
                                       "interval": "1s", "timeout": "500ms"}), files=128)
            self.assertLessEqual(open_files(self.daemon.process.pid), 128)
            told = self.endpoints()
        self.assertEqual({told[name]["health"] for name in told if name != "good"}, {"down"})
        self.assertEqual({told[name]["last"]["reason"] for name in told if name != "good"},
                         {TIMED_OUT})
        self.assertEqual(told["good"]["health"], "up")
        self.assertEqual(self.results("good", "bad"), 0)
        self.assertNotIn("no descriptor", self.daemon.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root may listen at a device")
    def test_no_descriptors_at_all_are_told_in_a_few_lines(self):
        """Then nothing is known of a target, and nobody is taken down for it."""
        with Hostile(hostile.closes_at_once, everywhere=True) as server:
            self.start(self.flat(200, {"type": "tcp", "port": server.port, "interval": "100ms",
                                       "timeout": "20s"}))
            lines = self.daemon.stderr.count("\n")
            pid = self.daemon.process.pid
            limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            # What is open stays open; nothing new is for a while.
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limit[1]))
            wait_until(lambda: "no descriptor or memory" in self.daemon.stderr)
            time.sleep(2)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
            seen = server.seen
            wait_until(lambda: server.seen > seen + 400)
            self.assertEqual({told["health"] for told in self.endpoints().values()}, {"up"})
        # 200 targets ten times a second: thousands, if each were told.
        self.assertLess(self.daemon.stderr.count("\n") - lines, 400)

    def test_commands_that_hang_keep_nobody_waiting(self):
        """They have 32 places of their own, however often they would be asked."""
        self.start(self.flat(80, {"type": "exec", "command": ["sleep", "987"], "timeout": "60s",
                                  "interval": "100ms"}), files=256, wait=False)
        before = wait_until(lambda: self.results("good", "good"))
        wait_until(lambda: self.results("good", "good") >= before + 10)
        self.assertEqual(self.results("good", "bad"), 0)
        self.assertLess(open_files(self.daemon.process.pid), 60 + 2 * 32)
