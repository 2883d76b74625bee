"""Starting: with mistakes, with half of the zones, and ending."""

import os
import signal
import socket
import subprocess

from harness import (HAS_IPV6, MERIDIAND, PATIENCE, Daemon, Folder, TestCase, addresses,
                     app_files, app_zone, check_quiet, ede_in, environment, family_of, free_port,
                     rcode_of, run, wait_until)

BROKEN_ZONE = app_zone("one IN A 192.0.2.256\ntwo IN MX 70000 www\n")


def is_free(port, address="127.0.0.1"):
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


class Mistakes(TestCase):
    def test_in_meridian_json_all_are_printed_and_nothing_is_bound(self):
        port = free_port()
        config = {"listen": [f"127.0.0.1:{port}", "127.0.0.1:x"], "zones": "zones",
                  "edns_size": "big", "worker": 1}
        with Folder({"meridian.json": config, "zones/app.example.zone": app_zone()}) as folder:
            done = run(MERIDIAND, "-c", folder.file("meridian.json"))
        self.assertEqual(done.returncode, 1)
        for place in ("listen[1]", "edns_size", "worker"):
            self.assertIn(f"meridian.json: {place}: ", done.stderr)
        self.assertTrue(is_free(port))

    def test_a_configuration_that_is_not_there_or_no_json(self):
        with Folder({"broken.json": '{ "listen": [\n}'}) as folder:
            done = run(MERIDIAND, "-c", folder.file("missing.json"))
            self.assertEqual(done.returncode, 1)
            self.assertIn("missing.json", done.stderr)
            done = run(MERIDIAND, "-c", folder.file("broken.json"))
            self.assertEqual(done.returncode, 1)
            self.assertIn("broken.json:2", done.stderr)

    def test_an_address_that_cannot_be_bound(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{taken.getsockname()[1]}"
            config = {"listen": [place], "zones": "zones"}
            with Folder({"meridian.json": config, "zones/app.example.zone": app_zone()}) as folder:
                done = run(MERIDIAND, "-c", folder.file("meridian.json"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(place, done.stderr)

    def test_in_a_zone_that_zone_fails_and_the_others_are_served(self):
        files = {**app_files(), "zones/broken.example.zone": BROKEN_ZONE,
                 "zones/nomap.example.zone": app_zone(),
                 "zones/nomap.example.map.json": {"names": {"www": "nothing"}}}
        with Daemon(files) as daemon:
            for name in ("broken.example", "www.broken.example", "x.nomap.example"):
                answer = daemon.ask(name, "A", edns=0)
                self.assertEqual(rcode_of(answer), "SERVFAIL", name)
                self.assertEqual(ede_in(answer)[0], 14, name)
            self.assertEqual(rcode_of(daemon.ask("app.example", "SOA")), "NOERROR")
            self.assertIn("192.0.2.256", daemon.stderr)
            self.assertIn("70000", daemon.stderr)
            self.assertIn("nomap.example.map.json", daemon.stderr)
            # Mended while it runs: the zone comes to life.
            daemon.write("zones/broken.example.zone", app_zone("www IN A 192.0.2.80\n"))
            daemon.wait_for(["192.0.2.80"], "www.broken.example")

    def test_usage(self):
        for arguments in (["--nonsense"], ["-c"], ["-c", "a", "b"]):
            done = run(MERIDIAND, *arguments)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertIn("usage", (done.stderr + done.stdout).lower(), arguments)


class Testing(TestCase):
    """meridiand -t: checks everything, binds nothing, exits 0 or 1."""

    def check(self, files):
        port = free_port()
        config = {"listen": [f"127.0.0.1:{port}"], "zones": "zones"}
        with Folder({"meridian.json": config, **files}) as folder:
            done = run(MERIDIAND, "-t", "-c", folder.file("meridian.json"))
        self.assertTrue(is_free(port))
        return done

    def test_exit_codes(self):
        self.assertEqual(self.check(app_files()).returncode, 0)
        done = self.check({**app_files(), "zones/broken.example.zone": BROKEN_ZONE})
        self.assertEqual(done.returncode, 1)
        self.assertIn("broken.example.zone:7", done.stderr + done.stdout)
        self.assertIn("broken.example.zone:8", done.stderr + done.stdout)


class Ending(TestCase):
    def test_sigterm_and_sigint_exit_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Daemon(app_files()) as daemon:
                daemon.signal(number)
                self.assertEqual(daemon.process.wait(PATIENCE), 0, daemon.stderr)
                check_quiet(daemon.stderr)
                daemon.process = None

    def test_with_open_connections(self):
        with Daemon(app_files()) as daemon:
            with daemon.connect() as idle, daemon.connect() as half:
                half.send(b"\x00")
                daemon.stop()
                self.assertEqual(idle.recv(1), b"")

    def test_the_port_is_free_again(self):
        with Daemon(app_files()) as daemon:
            port = daemon.port
            daemon.stop()
            self.assertTrue(is_free(port))
            daemon.start()
            self.assertEqual(addresses(daemon.ask("ns1.app.example")), ["192.0.2.1"])


class Notify(TestCase):
    def test_sd_notify_says_ready_when_it_answers(self):
        with Daemon(app_files(), start=False) as daemon, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(daemon.folder.file("notify"))
            manager.settimeout(PATIENCE)
            env = {**environment(), "NOTIFY_SOCKET": daemon.folder.file("notify")}
            with open(daemon.folder.file("stderr"), "wb") as stderr:
                daemon.process = subprocess.Popen([MERIDIAND, "-c", daemon.config_file], env=env,
                                                  stdin=subprocess.DEVNULL, stderr=stderr)
            self.assertIn(b"READY=1", manager.recv(4096))
            self.assertEqual(addresses(daemon.ask("ns1.app.example")), ["192.0.2.1"])


class Wildcard(TestCase):
    def test_the_reply_leaves_from_the_address_that_was_asked(self):
        """A connected socket takes no reply from another address."""
        with Daemon(app_files(), {"listen": None}, start=False) as daemon:
            daemon.config["listen"] = [f"0.0.0.0:{daemon.port}"]
            if HAS_IPV6:
                daemon.config["listen"].append(f"[::]:{daemon.port}")
            daemon.write("meridian.json", daemon.config)
            daemon.start()
            for address in ["127.0.0.1", "127.0.0.2", "127.3.2.1"] + ["::1"] * HAS_IPV6:
                for tcp in (False, True):
                    answer = daemon.ask("ns1.app.example", address=address, tcp=tcp)
                    self.assertEqual(addresses(answer), ["192.0.2.1"])


class Privileges(TestCase):
    def test_user(self):
        if os.getuid() != 0:
            self.skipTest("only root can become somebody else")
        with Daemon(app_files(), {"user": "nobody"}, start=False) as daemon:
            os.chmod(daemon.folder.path, 0o755)
            daemon.start()
            with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
                uids = next(line for line in status if line.startswith("Uid:")).split()[1:]
            self.assertNotIn("0", uids)
            daemon.write("zones/app.example.zone", app_zone("more IN A 192.0.2.7\n"))
            daemon.wait_for(["192.0.2.7"], "more.app.example")
            wait_until(lambda: daemon.http("/healthz")[0] == 200)
