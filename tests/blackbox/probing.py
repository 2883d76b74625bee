"""What the tests of probes share: foreign servers, and a service of two regions of which one is
probed as the test says.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import unittest

import dns.exception
from harness import Daemon, Folder, TestCase, app_zone, wait_until

CLOSE = {"interval": "100ms", "timeout": "5s", "fall": 2, "rise": 2, "damping": False}


class Server:
    """One foreign server in a folder of its own, ended by its process."""

    def __init__(self, words, ready):
        self.words = words
        self.ready = ready
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.is_ready, f"{self.words[0]} to answer")

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.words} ended with {self.process.returncode}")
        with contextlib.suppress(OSError, dns.exception.Timeout):
            return self.ready()
        return False

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


def connects(address, port):
    with socket.create_connection((address, port), timeout=1):
        return True


def need(program):
    """The path of a server's program, which may be in sbin; or the test is skipped."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise unittest.SkipTest(f"{program} is not installed")
    return path


class Probes(TestCase):
    """Two regions: `first` is probed as the test says, `second` is always up."""

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = self.stack.enter_context(Folder())
        self.expected = None

    def serve(self, words, ready):
        server = Server(words, ready)
        self.stack.callback(server.stop)
        return server

    @staticmethod
    def probe(probe):
        """Close watch is kept, with the keys that this type has."""
        missing = {"file": ["timeout"], "none": CLOSE}.get(probe["type"], [])
        return {**{key: value for key, value in CLOSE.items() if key not in missing}, **probe}

    def files(self, probe, endpoint="127.0.0.1", **service):
        kind = "AAAA" if ":" in (endpoint["address"] if isinstance(endpoint, dict) else endpoint) \
            else "A"
        other = "2001:db8::2" if kind == "AAAA" else "192.0.2.2"
        table = {
            "regions": {"first": {}, "second": {}},
            "probes": {"p": self.probe(probe), "none": {"type": "none"}},
            "services": {"api": {
                "route": {"failover": ["first", "second"]},
                "probe": "p",
                "endpoints": {"first": {kind: [endpoint]},
                              "second": {kind: [{"address": other, "probe": "none"}]}},
                **service,
            }},
            "names": {"www": "api"},
        }
        self.kind, self.up, self.down = kind, endpoint, other
        if isinstance(endpoint, dict):
            self.up = endpoint["address"]
        return {"zones/app.example.zone": app_zone(), "zones/app.example.map.json": table}

    def start(self, probe, endpoint="127.0.0.1", environment=None, **service):
        with contextlib.ExitStack() as stack:
            for name, value in (environment or {}).items():
                before = os.environ.get(name)
                os.environ[name] = value
                stack.callback(lambda name=name, before=before: os.environ.pop(name)
                               if before is None else os.environ.update({name: before}))
            self.daemon = Daemon(self.files(probe, endpoint, **service))
        self.stack.enter_context(self.daemon)

    def expect_up(self):
        self.expected = "up"
        return self.daemon.wait_for([self.up], "www.app.example", self.kind)

    def expect_down(self):
        self.expected = "down"
        return self.daemon.wait_for([self.down], "www.app.example", self.kind)

    def endpoint(self):
        """The probed endpoint, as /status has it; answers may be a moment ahead of it."""
        def is_there():
            told = self.told()
            return told if "last" in told and self.expected in (None, told["health"]) else None
        return wait_until(is_there, "/status to follow")

    def told(self):
        status = json.loads(self.daemon.http("/status")[1])
        return status["zones"][0]["services"][0]["regions"][0]["endpoints"][0]

    def dies_and_returns(self, server):
        self.expect_up()
        server.stop()
        self.expect_down()
        server.start()
        self.expect_up()
