"""meridian and three of its elders, each serving the same folder of zones on a free port."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

import dns.flags
import dns.message

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))
import harness  # noqa: E402

WINDOW = 100      # questions outstanding
PATIENCE = 60     # seconds for a server to start


class Server:
    """One name server process over `folder`, which holds ORIGIN.zone for each origin."""

    name = ""

    def __init__(self, folder, origins):
        self.folder = folder
        self.origins = origins
        self.port = harness.free_port()
        self.home = os.path.join(folder, self.name)
        os.mkdir(self.home)
        self.log = open(os.path.join(self.home, "log"), "wb")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, cwd=self.home)
        self.await_answers()

    def command(self):
        raise NotImplementedError

    def path(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def zone_file(self, origin):
        return os.path.join(self.folder, f"{origin}.zone")

    def await_answers(self):
        deadline = time.monotonic() + PATIENCE
        query = dns.message.make_query(self.origins[-1], "SOA").to_wire()
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            answer = self.ask_all([query], patience=0.2)[0]
            if answer is not None and answer[3] & 15 == 0:
                return
        self.stop()
        with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"{self.name} did not start:\n{log.read()[-4000:]}")

    def ask_all(self, wires, patience=5.0):
        """The answers in order, None where none came. Each wire's id is its index."""
        answers = [None] * len(wires)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            channel.connect(("127.0.0.1", self.port))
            channel.setblocking(False)
            for start in range(0, len(wires), WINDOW):
                self.ask_window(channel, wires, answers, range(start, min(start + WINDOW, len(wires))),
                                patience)
        return answers

    def ask_window(self, channel, wires, answers, window, patience):
        for index in window:
            channel.send(index.to_bytes(2, "big") + wires[index][2:])
        missing = set(window)
        deadline = time.monotonic() + patience
        while missing and time.monotonic() < deadline:
            if not select.select([channel], [], [], 0.05)[0]:
                continue
            try:
                answer = channel.recv(65535)
            except (BlockingIOError, ConnectionRefusedError):
                time.sleep(0.01)
                continue
            index = int.from_bytes(answer[:2], "big")
            if index in missing:
                missing.discard(index)
                answers[index] = answer

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Meridian(Server):
    name = "meridian"

    def command(self):
        config = self.path("meridian.json", json.dumps({
            "listen": [f"127.0.0.1:{self.port}"], "workers": 1, "rate_limit": False,
            "http": f"127.0.0.1:{harness.free_port()}", "control": "control.sock", "state": "state",
            "zones": {origin: {"file": self.zone_file(origin)} for origin in self.origins},
        }))
        return [os.path.join(harness.BUILD, "meridiand"), "-c", config]


class Nsd(Server):
    name = "nsd"

    def command(self):
        config = f"""server:
    ip-address: 127.0.0.1@{self.port}
    username: ""
    chroot: ""
    zonesdir: "{self.folder}"
    database: ""
    pidfile: "{self.home}/pid"
    xfrdfile: "{self.home}/xfrd.state"
    zonelistfile: "{self.home}/zone.list"
    xfrdir: "{self.home}"
    rrl-ratelimit: 0
    server-count: 1
    minimal-responses: yes
remote-control:
    control-enable: no
"""
        for origin in self.origins:
            config += f'zone:\n    name: "{origin}"\n    zonefile: "{self.zone_file(origin)}"\n'
        return ["nsd", "-d", "-c", self.path("nsd.conf", config)]


class Knot(Server):
    name = "knot"

    def command(self):
        config = f"""server:
    listen: 127.0.0.1@{self.port}
    rundir: "{self.home}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.home}"
log:
  - target: stderr
    any: warning
zone:
"""
        for origin in self.origins:
            config += f'  - domain: "{origin}"\n    file: "{self.zone_file(origin)}"\n'
            config += "    semantic-checks: off\n    zonefile-load: whole\n    journal-content: none\n"
        return ["knotd", "-c", self.path("knot.conf", config)]


class Bind(Server):
    name = "bind"

    def command(self):
        config = f"""options {{
    directory "{self.home}";
    listen-on port {self.port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    minimal-responses yes;
    zero-no-soa-ttl no;
    empty-zones-enable no;
    notify no;
    rate-limit {{ responses-per-second 0; }};
}};
controls {{ }};
"""
        for origin in self.origins:
            config += (f'zone "{origin}" {{ type primary; file "{self.zone_file(origin)}"; '
                       "check-names ignore; check-mx ignore; check-integrity no; };\n")
        return ["named", "-g", "-n", "1", "-c", self.path("named.conf", config)]


ALL = [Meridian, Nsd, Knot, Bind]
