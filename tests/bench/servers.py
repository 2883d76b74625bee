"""The servers that are measured, each in a folder of its own, on a free port of loopback.

All of them get one worker (or as many as asked for), their rate limits off, and nothing
to log but mistakes. A peer that is not installed is skipped.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import world

sys.path.insert(0, os.path.join(world.TOP, "tests", "blackbox"))
import harness  # noqa: E402

PATIENCE = 300   # seconds that a server may take to start or to reload
PROGRAMS = os.environ.get("MERIDIAN_BUILD") or os.path.join(world.TOP, "build")
TOOLS = os.environ.get("MERIDIAN_TOOLS") or os.path.join(PROGRAMS, "tools")

_running = set()


@atexit.register
def stop_all():
    for server in list(_running):
        server.stop()


def query_wire(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)


class Server:
    """One server over a workloads.Site, on the processors `cores`."""

    name = ""
    program = ""
    steers = False   # by ECS
    serves = True    # DNS at all
    tcp = True

    def __init__(self, site, cores, workers=1):
        self.site = site
        self.cores = cores
        self.workers = workers
        self.port = harness.free_port()
        self.home = os.path.join(site.folder, self.name)
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home)
        self.process = None

    # -- what each server tells about itself --

    @classmethod
    def installed(cls):
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    @classmethod
    def version(cls):
        return ""

    def command(self):
        raise NotImplementedError

    def reload(self):
        """Asks for the files to be read again; need not wait for it."""
        self.process.send_signal(signal.SIGHUP)

    # -- its life --

    def path(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def start(self):
        """Seconds until the first right answer to a question about the static zone."""
        command = self.command()
        with open(os.path.join(self.home, "log"), "wb") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home,
                preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        _running.add(self)
        self.await_answer(lambda answer: answer[3] & 15 == 0)
        return time.monotonic() - begin

    def await_answer(self, good, name="h0.static.test", kind=1):
        """Asks until good(answer); how long that took, in seconds."""
        query = query_wire(name, kind)
        begin = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.connect(("127.0.0.1", self.port))
            channel.settimeout(0.2)
            while time.monotonic() < begin + PATIENCE and self.process.poll() is None:
                try:
                    channel.send(query)
                    if good(channel.recv(4096)):
                        return time.monotonic() - begin
                    time.sleep(0.002)
                except OSError:
                    time.sleep(0.002)
        with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"{self.name} does not answer:\n{log.read()[-3000:]}")

    def stop(self):
        _running.discard(self)
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        self.start_seconds = self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # -- what it costs --

    def processes(self):
        """The process and all its descendants."""
        found = [self.process.pid]
        for pid in found:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    found += [int(child) for child in children.read().split()]
        return found

    def memory(self):
        """Proportional set size of all its processes, in octets."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                for line in rollup:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
        return total

    def cpu_seconds(self):
        """Processor time used so far, that of threads and children that have ended included."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            total += sum(int(ticks) for ticks in fields[11:15])
        return total / os.sysconf("SC_CLK_TCK")


def first_line(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return (done.stdout.splitlines() or [""])[0]


class Meridian(Server):
    name = "meridian"
    steers = True

    @classmethod
    def installed(cls):
        path = os.path.join(PROGRAMS, "meridiand")
        return path if os.access(path, os.X_OK) else None

    @classmethod
    def version(cls):
        return first_line([os.path.join(PROGRAMS, "meridiand"), "-V"])

    def command(self):
        self.config = {
            "listen": [f"127.0.0.1:{self.port}"], "workers": self.workers, "rate_limit": False,
            "zones": self.site.zones, "http": f"127.0.0.1:{harness.free_port()}",
            "control": "control.sock", "state": "state",
        }
        if self.site.database:
            self.config["geo"] = {"databases": [self.site.database], "ecs": True}
        config = self.path("meridian.json", json.dumps(self.config))
        return [os.path.join(PROGRAMS, "meridiand"), "-c", config]


class Gdnsd(Server):
    name = "gdnsd"
    program = "gdnsd"
    steers = True

    @classmethod
    def version(cls):
        done = subprocess.run(["gdnsd", "-h"], capture_output=True, text=True, check=False)
        return next((line for line in done.stderr.splitlines() if "version" in line), "gdnsd")

    def geo(self):
        points = " ".join(f"{name} => [ {lat}, {lon} ]"
                          for name, (lat, lon) in world.REGIONS.items())
        addresses = " ".join(f"{name} => {at}" for name, at in world.ADDRESS_OF.items())
        return f"""plugins => {{ geoip => {{
  maps => {{ world => {{
    geoip2_db => "{self.site.database}"
    datacenters => [ {", ".join(world.REGIONS)} ]
    auto_dc_coords => {{ {points} }}
  }} }}
  resources => {{ api => {{ map => world, service_types => up, dcmap => {{ {addresses} }} }} }}
}} }}
"""

    def command(self):
        zones = os.path.join(self.home, "zones")
        os.mkdir(zones)
        self.link_static()
        if self.site.steered:
            with open(self.site.zone_file("steered.test"), encoding="ascii") as plain:
                text = plain.read()
            text += "".join(f"h{i} 30 DYNA geoip!api\n" for i in range(self.site.steered))
            with open(os.path.join(zones, "steered.test"), "w", encoding="ascii") as out:
                out.write(text)
        self.path("config", f"""options => {{
  listen => 127.0.0.1:{self.port}
  udp_threads = {self.workers}, tcp_threads = {self.workers}
  run_dir = "{self.home}/run", state_dir = "{self.home}/state"
}}
{self.geo() if self.site.steered else ""}""")
        return ["gdnsd", "-c", self.home, "start"]

    def link_static(self):
        """gdnsd wants regular files; a hard link to the site's file is one."""
        path = os.path.join(self.home, "zones", "static.test")
        if os.path.exists(path):
            os.unlink(path)
        os.link(self.site.zone_file("static.test"), path)

    def reload(self):
        self.link_static()
        self.control = subprocess.Popen(["gdnsdctl", "-c", self.home, "-t", "300", "reload-zones"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if getattr(self, "control", None):
            self.control.wait()
        super().stop()


class Nsd(Server):
    name = "nsd"
    program = "nsd"

    @classmethod
    def version(cls):
        return first_line(["nsd", "-v"])

    def command(self):
        config = f"""server:
    ip-address: 127.0.0.1@{self.port}
    username: ""
    chroot: ""
    zonesdir: "{self.site.zones}"
    database: ""
    pidfile: "{self.home}/pid"
    xfrdfile: "{self.home}/xfrd.state"
    zonelistfile: "{self.home}/zone.list"
    xfrdir: "{self.home}"
    rrl-ratelimit: 0
    server-count: {self.workers}
    reuseport: {"yes" if self.workers > 1 else "no"}
    minimal-responses: yes
remote-control:
    control-enable: no
zone:
    name: "static.test"
    zonefile: "{self.site.zone_file("static.test")}"
"""
        return ["nsd", "-d", "-c", self.path("nsd.conf", config)]


class Knot(Server):
    name = "knot"
    program = "knotd"

    @classmethod
    def version(cls):
        return first_line(["knotd", "-V"])

    def config(self, modules="", more=""):
        return f"""server:
    listen: 127.0.0.1@{self.port}
    rundir: "{self.home}"
    udp-workers: {self.workers}
    tcp-workers: {self.workers}
    background-workers: 1
    edns-client-subnet: on
database:
    storage: "{self.home}"
log:
  - target: stderr
    any: warning
{modules}
zone:
  - domain: static.test
    file: "{self.site.zone_file("static.test")}"
    semantic-checks: off
    zonefile-load: whole
    journal-content: none
{more}"""

    def command(self):
        return ["knotd", "-c", self.path("knot.conf", self.config())]


class KnotGeo(Knot):
    """Knot with its geoip module on the steered zone: an answer for each name and country."""

    name = "knot-geoip"
    steers = True

    @classmethod
    def installed(cls):
        module = first_line(["sh", "-c", "ls /usr/lib/*/knot/modules*/geoip.so"])
        return super().installed() if module.endswith("geoip.so") else None

    def geo(self):
        near = [(code, region) for code, region in world.nearest().items() if region]
        lines = []
        for i in range(self.site.steered):
            lines.append(f"h{i}.steered.test:\n")
            lines += [f'  - geo: "{code}"\n    A: {world.ADDRESS_OF[region]}\n'
                      for code, region in near]
        return "".join(lines)

    def command(self):
        if not self.site.steered:
            return super().command()
        modules = f"""mod-geoip:
  - id: steer
    config-file: "{self.path("geo.conf", self.geo())}"
    ttl: 30
    mode: geodb
    geodb-file: "{self.site.database}"
    geodb-key: country/iso_code
"""
        more = f"""  - domain: steered.test
    file: "{self.site.zone_file("steered.test")}"
    semantic-checks: off
    zonefile-load: whole
    journal-content: none
    module: mod-geoip/steer
"""
        return ["knotd", "-c", self.path("knot.conf", self.config(modules, more))]


class Echo(Server):
    """No name server: what the kernel alone costs."""

    name = "echo"
    serves = False
    tcp = False

    @classmethod
    def installed(cls):
        return os.path.join(TOOLS, "bench_echo")

    def command(self):
        return [os.path.join(TOOLS, "bench_echo"), str(self.port)]

    def processes(self):
        return [self.process.pid]


ALL = [Meridian, Gdnsd, Nsd, Knot, KnotGeo, Echo]
