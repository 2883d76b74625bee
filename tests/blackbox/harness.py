"""What the black-box tests share: a daemon in a folder of its own, questions, health targets.

    class Steering(harness.TestCase):
        def test_finland(self):
            with Daemon(files=...) as daemon:
                answer = daemon.ask("www.app.example", "A", subnet="193.166.3.0/24")
                self.assertEqual(addresses(answer), ["192.0.2.10"])

Every server listens on free ports of loopback. Leaving the `with` ends the daemon
by SIGTERM and asserts exit code 0 and a quiet sanitizer.
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("MERIDIAN_BUILD") or os.path.join(TOP, "build")
SANITIZED = bool(os.environ.get("MERIDIAN_SAN"))
MERIDIAND = os.path.join(BUILD, "meridiand")
MERIDIAN = os.path.join(BUILD, "meridian")
COUNTRY_DATABASE = os.path.join(TOP, "geo", "data", "geo-whois-asn-country.mmdb")

# How long a test goes on hoping. Never asserted: a slow machine only waits longer.
PATIENCE = 30

# What a sanitizer says on stderr.
ALARMS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")

ZONE_HEAD = """\
$TTL 3600
@ IN SOA ns1 hostmaster 2024010101 7200 3600 1209600 300
@ IN NS ns1
@ IN NS ns2
ns1 IN A 192.0.2.1
ns2 IN A 192.0.2.2
"""


class TestCase(unittest.TestCase):
    """unittest's, with whole texts in its messages."""

    maxDiff = None


def has_ipv6():
    """True when loopback has ::1."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


HAS_IPV6 = has_ipv6()


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# Ports that this run gave out: not given twice, even when free again.
_ports_given = set()


def free_port():
    """A port that is free for UDP and TCP on both families of loopback.

    Taken below the range from which the kernel gives ports to outgoing sockets, so that
    nobody takes it between now and the daemon's bind().
    """
    start = 20000 + os.getpid() * 7 % 10000
    for port in list(range(start, 32000)) + list(range(20000, start)):
        if port in _ports_given:
            continue
        _ports_given.add(port)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for address in ["0.0.0.0"] + (["::"] if HAS_IPV6 else []):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    probe = stack.enter_context(socket.socket(family_of(address), kind))
                    if family_of(address) == socket.AF_INET6:
                        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    probe.bind((address, port))
            return port
    raise RuntimeError("no free port on loopback")


def wait_until(condition, what="a condition"):
    """Polls until `condition()` is true and returns its value; fails after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.02)


# ---- files ---------------------------------------------------------------------------------


class Folder:
    """A temporary folder of files; a dict is written as JSON."""

    def __init__(self, files=None):
        self.path = tempfile.mkdtemp(prefix="meridian-test-")
        for name, content in (files or {}).items():
            self.write(name, content)

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, content):
        """Replaces the file in one step, as a careful operator does."""
        path = self.file(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, (dict, list)):
            content = json.dumps(content, indent=2)
        if isinstance(content, str):
            content = content.encode()
        with open(path + ".new", "wb") as out:
            out.write(content)
        os.rename(path + ".new", path)

    def remove(self, name):
        os.unlink(self.file(name))

    def read(self, name):
        with open(self.file(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def delete(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.delete()


def environment():
    """For our programs: sanitizers that speak up, nothing of the caller's configuration."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("MERIDIAN_")}
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    return env


def run(program, *arguments, cwd=None):
    """Runs one of our programs to its end. The result has returncode, stdout, stderr."""
    done = subprocess.run([program, *arguments], cwd=cwd, env=environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE * 2, check=False)
    check_quiet(done.stderr)
    if done.returncode < 0:
        raise AssertionError(f"{program} died of signal {-done.returncode}: {done.stderr}")
    return done


def check_quiet(stderr):
    for alarm in ALARMS:
        if alarm in stderr:
            raise AssertionError("a sanitizer complained:\n" + stderr[-20000:])


# ---- the daemon ----------------------------------------------------------------------------

# Daemons that run: whatever ends the tests early must not leave one behind.
_running = set()


@atexit.register
def kill_all():
    for daemon in list(_running):
        daemon.kill()


class Daemon:
    """A running meridiand in a folder of its own.

    `files` are relative to the folder ("zones/app.example.zone"); `config` is merged over a
    meridian.json that listens on loopback, serves "zones", HTTP and a control socket.
    """

    def __init__(self, files=None, config=None, start=True):
        self.folder = Folder(files)
        os.makedirs(self.folder.file("zones"), exist_ok=True)
        self.port = free_port()
        self.http_port = free_port()
        self.listen = [f"127.0.0.1:{self.port}"] + ([f"[::1]:{self.port}"] if HAS_IPV6 else [])
        self.config = {
            "listen": self.listen,
            "workers": 2,
            "zones": "zones",
            "http": f"127.0.0.1:{self.http_port}",
            "control": "meridian.sock",
            "rate_limit": False,
        }
        self.config.update(config or {})
        self.config = {key: value for key, value in self.config.items() if value is not None}
        self.folder.write("meridian.json", self.config)
        self.process = None
        if start:
            try:
                self.start()
            except BaseException:
                self.kill()
                self.folder.delete()
                raise

    # -- its life --

    @property
    def config_file(self):
        return self.folder.file("meridian.json")

    def start(self):
        """Starts and waits for an answer; a daemon that ends instead is a failure."""
        with open(self.folder.file("stderr"), "wb") as stderr:
            self.process = subprocess.Popen([MERIDIAND, "-c", self.config_file],
                                            env=environment(), stdin=subprocess.DEVNULL,
                                            stdout=stderr, stderr=stderr)
        _running.add(self)
        wait_until(self.answers, "the daemon's first answer")

    def answers(self):
        """True when it answers over UDP; raises when it has ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"meridiand ended with {self.process.returncode}:\n{self.stderr}")
        query = dns.message.make_query("version.bind", "TXT", "CH").to_wire()
        # A connected socket hears at once that nobody listens yet.
        with query_socket(self) as sock, contextlib.suppress(OSError):
            sock.settimeout(0.5)
            sock.send(query)
            return sock.recv(4096)[:2] == query[:2]
        return False

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Ends it by SIGTERM; asserts that it went well."""
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("meridiand does not end on SIGTERM:\n" + self.stderr) from None
        self.process = None
        _running.discard(self)
        check_quiet(self.stderr)
        if code != 0:
            raise AssertionError(f"meridiand ended with {code}:\n{self.stderr[-20000:]}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
        _running.discard(self)

    @property
    def stderr(self):
        return self.folder.read("stderr")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
            elif self.process is not None:
                print("--- the daemon's stderr:", self.stderr[-5000:], sep="\n", flush=True)
        finally:
            self.kill()
            self.folder.delete()

    # -- its files --

    def write(self, name, content):
        self.folder.write(name, content)

    def hup(self):
        """Reloads by SIGHUP; does not wait."""
        self.signal(signal.SIGHUP)

    def meridian(self, command, *arguments):
        """Runs the operator's tool with this daemon's configuration."""
        return run(MERIDIAN, command, "-c", self.config_file, *arguments)

    def reload(self):
        """`meridian reload`: returns when the new answers are in force; gives what it said."""
        return self.meridian("reload")

    # -- questions --

    def ask(self, name, rrtype="A", *, subnet=None, tcp=False, address="127.0.0.1", source=None,
            edns=None, payload=1232, options=None, rrclass="IN", flags=0, timeout=10):
        """One question, one dns.message.Message. `subnet` "192.0.2.0/24" goes as ECS."""
        query = make_query(name, rrtype, subnet=subnet, edns=edns, payload=payload,
                           options=options, rrclass=rrclass, flags=flags)
        return self.exchange(query, tcp=tcp, address=address, source=source, timeout=timeout)

    def exchange(self, query, *, tcp=False, address="127.0.0.1", source=None, timeout=10):
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, address, port=self.port, source=source, timeout=timeout)

    def connect(self, address="127.0.0.1", timeout=PATIENCE):
        """A TCP connection to the daemon, to be closed by the caller."""
        return socket.create_connection((address, self.port), timeout=timeout)

    def http(self, path):
        """(status, body) of its HTTP server."""
        url = f"http://127.0.0.1:{self.http_port}{path}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_for(self, expected, name, rrtype="A", **how):
        """Asks until the addresses are those expected."""
        last = []

        def is_so():
            last[:] = [self.ask(name, rrtype, **how)]
            return addresses(last[0]) == expected
        try:
            wait_until(is_so)
        except AssertionError:
            raise AssertionError(f"{name} {rrtype} never became {expected}; last:\n{last[0]}\n"
                                 f"stderr:\n{self.stderr[-5000:]}") from None
        return last[0]


def make_query(name, rrtype="A", *, subnet=None, edns=None, payload=1232, options=None,
               rrclass="IN", flags=0):
    options = list(options or [])
    if subnet is not None:
        options.append(ecs_of(subnet))
    if edns is None and (options or flags & dns.flags.DO):
        edns = 0
    query = dns.message.make_query(name, rrtype, rrclass)
    query.flags = flags & 0xffff & ~dns.flags.QR
    if edns is not None:
        query.use_edns(edns, flags & dns.flags.DO, payload, options=options)
    return query


def ecs_of(subnet):
    address, _, length = subnet.partition("/")
    return dns.edns.ECSOption(address, int(length) if length else (128 if ":" in address else 32))


def query_socket(daemon_or_port, kind=socket.SOCK_DGRAM, address="127.0.0.1"):
    """A connected socket for raw octets; the caller closes it."""
    port = getattr(daemon_or_port, "port", daemon_or_port)
    sock = socket.socket(family_of(address), kind)
    sock.settimeout(PATIENCE)
    sock.connect((address, port))
    return sock


# ---- reading answers -----------------------------------------------------------------------


def addresses(answer):
    """Sorted addresses of the answer section; [] for none."""
    return sorted(rdata.address for rrset in answer.answer
                  for rdata in rrset if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA))


def ecs_in(answer):
    """The ECS option of an answer, or None."""
    return next((option for option in answer.options
                 if option.otype == dns.edns.OptionType.ECS), None)


def ede_in(answer):
    """(code, text) of the extended error, or None (read by hand: dnspython 2.3 may not know it)."""
    for option in answer.options:
        if option.otype == 15:
            wire = option.to_wire()
            return int.from_bytes(wire[:2], "big"), wire[2:].decode()
    return None


def rcode_of(answer):
    return dns.rcode.to_text(answer.rcode())


def rrset_texts(section):
    """Sorted (owner, ttl, type, rdata) of a section: one per record, owners in lower case."""
    return sorted((rrset.name.to_text().lower(), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype),
                   rdata.to_text()) for rrset in section for rdata in rrset)


# ---- health targets ------------------------------------------------------------------------


class HealthTarget:
    """A small HTTP server on an address of its own, switched at will.

        set("good")    200
        set("bad")     503
        set("third")   200, 200, 503, and again
        set("hang")    accepts, reads, says nothing
        set("refuse")  nobody listens
    """

    def __init__(self, address="127.0.1.1", port=None, mode="good"):
        self.address = address
        self.port = port or free_port()
        self.asked = 0  # complete requests
        self.paths = []
        self.mode = "refuse"
        self._lock = threading.Lock()
        self._listener = None
        self._held = []
        self.set(mode)

    def set(self, mode):
        with self._lock:
            if mode == "refuse":
                self._close_listener()
            elif self._listener is None:
                self._open_listener()
            if mode != "hang":
                self._release()
            self.mode = mode

    def close(self):
        self.set("refuse")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _open_listener(self):
        listener = socket.socket(family_of(self.address), socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def _close_listener(self):
        if self._listener is not None:
            # A shutdown wakes the accept(); a bare close would leave it waiting.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _release(self):
        for connection in self._held:
            connection.close()
        self._held.clear()

    def _serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                self._answer(connection)
            except OSError:
                connection.close()

    def _answer(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(4096)
            if not part:
                connection.close()
                return
            request += part
        with self._lock:
            self.asked += 1
            self.paths.append(request.split(b" ")[1].decode())
            if self.mode == "hang":
                self._held.append(connection)
                return
            good = self.mode == "good" or self.mode == "third" and self.asked % 3 != 0
            status = b"200 OK" if good else b"503 Service Unavailable"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain\r\n"
                           b"Content-Length: 3\r\nConnection: close\r\n\r\nok\n")
        connection.close()


# ---- the site of the contract --------------------------------------------------------------

REGIONS = {
    "helsinki-1": (60.17, 24.94),
    "falkenstein-1": (50.48, 12.37),
    "virginia-1": (38.95, -77.45),
    "singapore-1": (1.35, 103.82),
}
A_OF = {
    "helsinki-1": ["192.0.2.10", "192.0.2.11"],
    "falkenstein-1": ["192.0.2.20"],
    "virginia-1": ["198.51.100.10"],
    "singapore-1": ["203.0.113.10"],
}
AAAA_OF = {
    "helsinki-1": ["2001:db8:1::10"],
    "falkenstein-1": ["2001:db8:2::10"],
    "virginia-1": ["2001:db8:3::10"],
    "singapore-1": ["2001:db8:4::10"],
}


def app_zone(extra=""):
    return ZONE_HEAD + extra


def app_map(route=None, **service):
    """The map of the contract without probes; `service` replaces keys of the service."""
    api = {
        "ttl": 30,
        "route": route or {"nearest": "*"},
        "endpoints": {name: {"A": A_OF[name], "AAAA": AAAA_OF[name]} for name in REGIONS},
    }
    api.update(service)
    return {
        "regions": {name: {"location": list(place)} for name, place in REGIONS.items()},
        "services": {"api": api},
        "names": {"@": "api", "www": "api", "api": "api"},
    }


def app_files(**options):
    return {"zones/app.example.zone": app_zone(), "zones/app.example.map.json": app_map(**options)}
