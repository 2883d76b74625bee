"""Probes of every type against real servers: memcached, Redis, NSD; and against what an operator
writes himself, commands and files. Those of http and https are in test_probes_web.py.

Each test ends one server and waits until its region has lost its clients, then brings it back.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import unittest

import dns.message
import dns.query
from harness import (HAS_IPV6, MERIDIAN, Daemon, Folder, HealthTarget, addresses, free_port, run,
                     wait_until)
from probing import Probes, connects, need


class RealServers(Probes):
    def test_memcached(self):
        port = free_port()
        server = self.serve([need("memcached"), "-l", "127.0.0.1", "-p", str(port), "-U", "0",
                             "-u", "nobody"], lambda: connects("127.0.0.1", port))
        self.start({"type": "tcp", "port": port, "send": "version\r\n", "expect": "VERSION "})
        self.dies_and_returns(server)

    def test_redis(self):
        port = free_port()
        server = self.serve([need("redis-server"), "--bind", "127.0.0.1", "--port", str(port),
                             "--save", "", "--dir", self.folder.path],
                            lambda: connects("127.0.0.1", port))
        self.start({"type": "tcp", "port": port, "send": "PING\r\n", "expect": "+PONG"})
        self.dies_and_returns(server)

    def nsd(self):
        self.dns_port = free_port()
        where = self.folder.path
        self.folder.write("down.example.zone", "$TTL 60\n@ SOA ns1 host 7 3600 600 86400 60\n"
                          "@ NS ns1\nns1 A 192.0.2.53\nwww A 192.0.2.80\n@ TXT \"alive\"\n")
        self.folder.write("nsd.conf", f"""
server:
    ip-address: 127.0.0.1@{self.dns_port}
    server-count: 1
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{where}"
    pidfile: "{where}/nsd.pid"
    xfrdfile: "{where}/xfrd.state"
    xfrdir: "{where}"
    zonelistfile: "{where}/zone.list"
remote-control:
    control-enable: no
zone:
    name: down.example
    zonefile: down.example.zone
""")

        def answers():
            query = dns.message.make_query("down.example", "SOA")
            return dns.query.udp(query, "127.0.0.1", port=self.dns_port, timeout=0.5).answer
        return self.serve([need("nsd"), "-d", "-c", self.folder.file("nsd.conf")], answers)

    def test_nsd(self):
        server = self.nsd()
        self.start({"type": "dns", "port": self.dns_port, "qname": "down.example", "qtype": "SOA",
                    "timeout": "300ms", "expect": {"answer": True}})
        self.dies_and_returns(server)

    def test_what_nsd_says_is_held_against_expectations(self):
        self.nsd()
        for qname, qtype, expect, reason in (
                ("www.down.example", "A", {"answer": "192.0.2.80"}, None),
                ("www.down.example", "A", {"answer": "192.0.2.81"},
                 "1 A record, but not '192.0.2.81'"),
                ("down.example", "NS", {"answer": "ns1.down.example."}, None),
                ("down.example", "TXT", {"answer": "alive"}, None),
                ("www.down.example", "AAAA", {"answer": True}, "no AAAA record in the answer"),
                ("no.down.example", "A", {}, "NXDOMAIN"),
                ("no.down.example", "A", {"rcode": "NXDOMAIN"}, None),
                ("other.example", "A", {}, "REFUSED")):
            with self.subTest(qname=qname, qtype=qtype, expect=expect):
                self.start({"type": "dns", "port": self.dns_port, "qname": qname, "qtype": qtype,
                            "expect": expect})
                (self.expect_up if reason is None else self.expect_down)()
                self.assertEqual(self.endpoint()["last"].get("reason"), reason)


def may_ping():
    """As meridiand finds out: a ping socket, or a raw one."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        with contextlib.suppress(OSError):
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
            return True
    return False


class Icmp(Probes):
    @unittest.skipUnless(may_ping(), "no ICMP for this user")
    def test_an_address_that_answers_is_up(self):
        for endpoint in ["127.0.0.1"] + (["::1"] if HAS_IPV6 else []):
            with self.subTest(endpoint=endpoint):
                self.start({"type": "icmp"}, endpoint)
                self.expect_up()

    @unittest.skipUnless(may_ping(), "no ICMP for this user")
    def test_an_address_that_does_not_is_down(self):
        self.start({"type": "icmp", "timeout": "200ms"}, "240.0.0.1")
        self.expect_down()

    @unittest.skipUnless(may_ping() and os.geteuid() == 0, "only root can become somebody")
    def test_root_opens_the_socket_for_whom_it_becomes(self):
        daemon = Daemon(self.files({"type": "icmp"}), {"user": "nobody"}, start=False)
        os.chmod(daemon.folder.path, 0o755)
        daemon.start()
        self.daemon = self.stack.enter_context(daemon)
        self.expect_up()
        # A reload comes from nobody, and may still.
        self.daemon.write("zones/app.example.map.json",
                          self.files({"type": "icmp", "fall": 4})["zones/app.example.map.json"])
        self.daemon.reload()
        self.expect_up()
        self.assertNotIn("ICMP is not allowed", self.daemon.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs to become somebody without rights")
    def test_without_rights_it_is_a_mistake_that_names_the_sysctl(self):
        with open("/proc/sys/net/ipv4/ping_group_range", encoding="ascii") as file:
            least, most = map(int, file.read().split())
        if least <= 65534 <= most:
            self.skipTest("everybody may ping here")
        with Folder({"meridian.json": {"listen": ["127.0.0.1:53"], "zones": "zones"},
                     **self.files({"type": "icmp"})}) as folder:
            subprocess.run(["chmod", "-R", "a+rX", folder.path], check=True)
            program = shutil.copy(MERIDIAN, folder.file("meridian"))
            done = subprocess.run([program, "check", "-c", folder.file("meridian.json")],
                                  user=65534, group=65534, extra_groups=[], text=True,
                                  capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("probes.p: ICMP is not allowed to this user: put its group into the sysctl "
                      "net.ipv4.ping_group_range", done.stdout + done.stderr)


class Exec(Probes):
    def script(self, name, text):
        self.folder.write(name, "#!/bin/sh\n" + text)
        os.chmod(self.folder.file(name), 0o755)
        return self.folder.file(name)

    def test_a_command_says_who_is_up(self):
        flag = self.folder.file("up")
        script = self.script("check", f"test -e {flag} || {{ echo looking; echo 'no flag'; exit 2; }}")
        self.folder.write("up", "")
        self.start({"type": "exec", "command": [script]})
        self.expect_up()
        os.unlink(flag)
        self.expect_down()
        self.assertEqual(self.endpoint()["last"]["reason"], "exit 2: no flag")
        self.folder.write("up", "")
        self.expect_up()

    def test_it_is_told_what_to_look_at(self):
        seen = self.folder.file("seen")
        script = self.script("check", f'echo "$1 $MERIDIAN_ADDRESS $MERIDIAN_PORT '
                             f'$MERIDIAN_FAMILY $MERIDIAN_REGION $MERIDIAN_HOST" >{seen}')
        self.start({"type": "exec", "command": [script, "a b"], "port": 81},
                   {"address": "127.0.0.1", "port": 8080, "host": "api.example"})
        self.expect_up()
        self.assertEqual(self.folder.read("seen"), "a b 127.0.0.1 8080 4 first api.example\n")

    def test_a_path_counts_from_the_folder_of_the_map(self):
        files = self.files({"type": "exec", "command": ["../check", "x"]})
        daemon = Daemon({**files, "check": "#!/bin/sh\nexit 0\n"}, start=False)
        os.chmod(daemon.folder.file("check"), 0o755)
        daemon.start()
        self.daemon = self.stack.enter_context(daemon)
        self.expect_up()

    def test_one_that_hangs_is_killed_with_all_that_it_started(self):
        pids = self.folder.file("pids")
        script = self.script("check", f"sleep 987 & echo $! >>{pids}; echo $$ >>{pids}; wait")
        self.start({"type": "exec", "command": [script], "timeout": "300ms"})
        self.expect_down()
        wait_until(lambda: len(self.folder.read("pids").split()) >= 4)
        started = [int(pid) for pid in self.folder.read("pids").split()[:4]]
        wait_until(lambda: not any(runs(pid) for pid in started), "the killed to be gone")

    def test_the_daemon_ends_while_commands_hang(self):
        script = self.script("check", "sleep 987")
        self.start({"type": "exec", "command": [script], "timeout": "60s"})
        wait_until(lambda: children_of(self.daemon.process.pid))
        children = children_of(self.daemon.process.pid)
        self.daemon.stop()
        wait_until(lambda: not any(runs(pid) for pid in children), "the commands to be gone")

    def test_no_zombies(self):
        self.start({"type": "exec", "command": ["true"]})
        self.expect_up()
        wait_until(lambda: "meridian_probes_total" in self.daemon.http("/metrics")[1])
        wait_until(lambda: all(state_of(pid) != "Z"
                               for pid in children_of(self.daemon.process.pid)))

    def test_a_program_that_is_not_there_is_told(self):
        self.start({"type": "exec", "command": ["/nonexistent/check"]})
        self.expect_down()
        self.assertEqual(self.endpoint()["last"]["reason"],
                         "cannot run '/nonexistent/check': No such file or directory")


def state_of(pid):
    """The letter of /proc/PID/stat; None when there is no such process."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]
    return None


def runs(pid):
    return state_of(pid) not in (None, "Z", "X")


def children_of(pid):
    children = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), \
                open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            children += [int(child) for child in file.read().split()]
    return children


class File(Probes):
    def start_with(self, content, **probe):
        self.folder.write("health.json", content)
        self.start({"type": "file", "file": self.folder.file("health.json"), "fall": 1, "rise": 1,
                    **probe})

    def last(self):
        return self.endpoint()["last"]

    def test_a_file_says_who_is_up(self):
        self.start_with({"127.0.0.1": True})
        self.expect_up()
        self.folder.write("health.json", {"127.0.0.1": {"up": False, "reason": "moved away"}})
        self.expect_down()
        self.assertEqual(self.last()["reason"], "moved away")
        self.folder.write("health.json", {"first": "up"})
        self.expect_up()

    def test_what_a_file_does_not_say_changes_nothing(self):
        self.start_with({"127.0.0.1": "up"})
        self.expect_up()
        for content in ({}, "{\"127.0.0.1\": \"do", None):
            with self.subTest(content=content):
                if content is None:
                    self.folder.remove("health.json")
                else:
                    self.folder.write("health.json", content)
                wait_until(lambda: self.last().get("verdict_kept"))
                self.assertEqual(addresses(self.daemon.ask("www.app.example")), ["127.0.0.1"])
                self.folder.write("health.json", {"127.0.0.1": "up"})
                wait_until(lambda: self.last()["good"])

    def test_at_start_nothing_known_is_down(self):
        self.start_with({})
        self.expect_down()

    def test_or_up_when_the_operator_says_so(self):
        self.start_with({}, when_unknown="up")
        self.expect_up()

    def test_an_old_file_may_be_made_to_count(self):
        self.start_with({"127.0.0.1": "up"}, max_age="1s", when_unknown="down")
        wait_until(lambda: "ago" in self.last().get("reason", ""))
        self.expect_down()

        def is_up_again():
            self.folder.write("health.json", {"127.0.0.1": "up"})
            return addresses(self.daemon.ask("www.app.example")) == ["127.0.0.1"]
        wait_until(is_up_again)


class Gates(Probes):
    def gate(self, **gate):
        return {"metric": "error_rate", "window": "2s", "down": 0.2, "up": 0, "min_samples": 5,
                **gate}

    def test_errors_that_counting_forgives(self):
        """Every third result is a failure: fall 3 never comes, a fifth of errors is too much."""
        with HealthTarget("127.0.0.1") as target:
            self.start({"type": "http", "port": target.port, "fall": 3, "gates": [self.gate()]})
            self.expect_up()
            target.set("third")
            self.expect_down()
            gate = self.endpoint()["gates"][0]
            self.assertEqual(gate["metric"], "error_rate")
            self.assertFalse(gate["open"])
            self.assertIn("down by its gate: error_rate", self.daemon.stderr)
            self.assertRegex(self.daemon.http("/metrics")[1],
                             r'meridian_target_gate_open\{.*metric="error_rate"\} 0')
            target.set("good")
            self.expect_up()

    def test_a_slow_target_is_down(self):
        """The levels are far from what a command takes on a busy machine, and probes overlap."""
        slow = self.folder.file("slow")
        self.folder.write("check", f"#!/bin/sh\ntest ! -e {slow} || exec sleep 1.2\n")
        os.chmod(self.folder.file("check"), 0o755)
        self.start({"type": "exec", "command": [self.folder.file("check")],
                    "gates": [self.gate(metric="latency_p50", down="1s", up="900ms")]})
        self.expect_up()
        self.folder.write("slow", "")
        self.expect_down()
        self.assertGreater(self.endpoint()["gates"][0]["value_ms"], 1000)
        self.folder.remove("slow")
        self.expect_up()

    def test_too_few_results_are_told_and_change_nothing(self):
        self.start({"type": "exec", "command": ["sleep", "0.05"],
                    "gates": [self.gate(metric="latency_p50", down="20ms", up="10ms",
                                        min_samples=1000)]})
        self.expect_up()
        wait_until(lambda: self.endpoint()["gates"][0]["samples"] >= 6)
        gate = self.endpoint()["gates"][0]
        self.assertTrue(gate["too_few_samples"])
        self.assertTrue(gate["open"])
        self.assertEqual(addresses(self.daemon.ask("www.app.example")), ["127.0.0.1"])


class Mistakes(Probes):
    def test_every_mistake_of_probes_is_told_with_its_place(self):
        probes = {
            "a": {"type": "icmp", "port": 7},
            "b": {"type": "dns"},
            "c": {"type": "exec", "command": "ping -c 1"},
            "d": {"type": "file"},
            "e": {"type": "tcp", "port": 1, "gates": [{"metric": "latency_p95", "window": "1m",
                                                        "down": "1s", "up": "2s"}]},
        }
        files = self.files({"type": "none"})
        files["zones/app.example.map.json"]["probes"] = {**probes, "p": {"type": "none"},
                                                         "none": {"type": "none"}}
        with Folder({"meridian.json": {"listen": ["127.0.0.1:53"], "zones": "zones"},
                     **files}) as folder:
            done = run(MERIDIAN, "check", "-c", folder.file("meridian.json"))
        told = done.stdout + done.stderr
        self.assertEqual(done.returncode, 1)
        for place in ("probes.a.port: probes of type 'icmp' have no 'port'",
                      "probes.b: needs a 'qname'", "probes.c.command: expected a list",
                      "probes.d: needs a 'file'", "probes.e.gates[0]: 'up' is worse than 'down'"):
            self.assertIn(place, told)
