"""The operator's tool: what its commands print, and how they end."""

import json
import os
import re
import subprocess

from harness import (COUNTRY_DATABASE, MERIDIAN, Daemon, Folder, HealthTarget, TestCase, app_files,
                     app_map, app_zone, environment, run, wait_until)

FINLAND = "193.166.3.0/24"
GOOD, NO, USAGE = 0, 1, 2
COMMANDS = ["check", "explain", "status", "reload"]
CONFIG = {
    "listen": ["127.0.0.1:5300"],
    "zones": "zones",
    "geo": {"databases": [COUNTRY_DATABASE]},
    "control": "nobody.sock",
}


def site(**more):
    """A folder with the contract's site and no daemon."""
    return Folder({"meridian.json": CONFIG, **app_files(), **more})


def run_with(env, *arguments):
    return subprocess.run([MERIDIAN, *arguments], env={**environment(), **env}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


class Usage(TestCase):
    def test_help(self):
        for arguments in ["--help"], ["-h"], ["help"]:
            done = run(MERIDIAN, *arguments)
            self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
            for command in COMMANDS:
                self.assertIn(f"  {command} ", done.stdout)

    def test_help_of_each_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = run(MERIDIAN, command, "--help")
                self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
                self.assertTrue(done.stdout.startswith(f"usage: meridian {command}"))
                for option in "--config", "--socket", "--json", "--help":
                    self.assertIn(option, done.stdout)

    def test_wrong_usage_ends_with_2_and_prints_nothing_on_stdout(self):
        for arguments in ([], ["frobnicate"], ["check", "--frob"], ["check", "-c"], ["check", "word"],
                          ["status", "word"], ["reload", "--client", "192.0.2.1"], ["explain"],
                          ["explain", "www.app.example"],
                          ["explain", "www.app.example", "A", "B", "--client", "192.0.2.1"],
                          ["explain", "www.app.example", "--client", "nobody"],
                          ["explain", "www.app.example", "NOTYPE", "--client", "192.0.2.1"],
                          ["explain", "two..dots", "--client", "192.0.2.1"],
                          ["drain"], ["drain", "a", "b"], ["drain", "a", "--tag", "b"],
                          ["drain", "a", "--for", "soon"], ["drain", "a", "--for", "0"],
                          ["undrain", "a", "--for", "2h"], ["force", "helsinki-1/api"],
                          ["force", "sideways", "helsinki-1/api"], ["force", "down", "helsinki-1"],
                          ["force", "auto", "a/b", "--for", "2h"], ["force", "up", "--tag", "a"]):
            with self.subTest(arguments):
                done = run(MERIDIAN, *arguments)
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
                self.assertNotEqual(done.stderr, "")

    def test_a_near_miss_is_suggested(self):
        self.assertIn("did you mean 'reload'?", run(MERIDIAN, "relaod").stderr)


class Check(TestCase):
    def test_good(self):
        with site() as folder:
            done = run(MERIDIAN, "check", "-c", folder.file("meridian.json"))
            self.assertEqual((done.returncode, done.stdout), (GOOD, ""))
            self.assertIn("configuration is good: 1 zone, 5 records, 1 service", done.stderr)

    def test_mistakes_on_stdout_and_a_summary_on_stderr(self):
        zone = app_zone("bad IN A 192.0.2.256\nworse IN A nothing\n")
        with site(**{"zones/app.example.zone": zone}) as folder:
            done = run(MERIDIAN, "check", "-c", "meridian.json", cwd=folder.path)
            self.assertEqual(done.returncode, NO)
            lines = done.stdout.splitlines()
            self.assertEqual([line.split(" ")[0] for line in lines],
                             ["zones/app.example.zone:7:", "zones/app.example.zone:8:"])
            self.assertIn("2 mistakes, 0 warnings", done.stderr)

            done = run(MERIDIAN, "check", "-c", "meridian.json", "--json", cwd=folder.path)
            self.assertEqual(done.returncode, NO)
            found = json.loads(done.stdout)
            self.assertIs(found["ok"], False)
            self.assertEqual(found["mistakes"], lines)
            self.assertEqual(found["warnings"], [])

    def test_warnings_are_no_mistakes(self):
        files = app_map(route={"nearest": ["helsinki-1", "virginia-1"]})
        with site(**{"zones/app.example.map.json": files}) as folder:
            done = run(MERIDIAN, "check", "-c", folder.file("meridian.json"))
            self.assertEqual((done.returncode, done.stdout), (GOOD, ""))
            self.assertIn("warning: ", done.stderr)

    def test_no_such_file(self):
        done = run(MERIDIAN, "check", "-c", "/nonexistent/meridian.json")
        self.assertEqual(done.returncode, NO)
        self.assertTrue(done.stdout.startswith("/nonexistent/meridian.json: "))

    def test_the_configuration_comes_from_the_environment(self):
        with site() as folder:
            done = run_with({"MERIDIAN_CONFIG": folder.file("meridian.json")}, "check")
            self.assertEqual(done.returncode, GOOD, done.stderr)
            done = run_with({"MERIDIAN_CONFIG": folder.file("other.json")}, "check")
            self.assertEqual(done.returncode, NO)
            self.assertIn("other.json", done.stdout)

    def test_the_example_is_good(self):
        top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        done = run(MERIDIAN, "check", "-c", os.path.join(top, "docs", "example", "meridian.json"))
        self.assertEqual((done.returncode, done.stdout), (GOOD, ""), done.stderr)
        self.assertNotIn("warning", done.stderr)


class ExplainOffline(TestCase):
    def explain(self, folder, *arguments):
        return run(MERIDIAN, "explain", *arguments, "-c", folder.file("meridian.json"))

    def test_tells_the_steps(self):
        with site() as folder:
            done = self.explain(folder, "www.app.example", "--client", FINLAND, "--offline")
            self.assertEqual(done.returncode, GOOD)
            self.assertIn("no daemon was asked", done.stderr)
            for words in "helsinki-1", "FI", "km", "192.0.2.10", "192.0.2.11", "TTL 30", "scope /":
                self.assertIn(words, done.stdout)

    def test_json(self):
        with site() as folder:
            done = self.explain(folder, "www.app.example.", "AAAA", "--client", FINLAND,
                                "--offline", "--json")
            why = json.loads(done.stdout)
            self.assertIs(why["offline"], True)
            self.assertEqual((why["name"], why["type"]), ("www.app.example.", "AAAA"))
            self.assertEqual((why["region"], why["place"]["country"]), ("helsinki-1", "FI"))
            self.assertEqual(why["records"], ["2001:db8:1::10"])
            order = [candidate["region"] for candidate in why["candidates"]]
            self.assertEqual(order, ["helsinki-1", "falkenstein-1", "virginia-1", "singapore-1"])
            far = [candidate["distance_km"] for candidate in why["candidates"]]
            self.assertEqual(far, sorted(far))
            self.assertEqual({candidate["health"] for candidate in why["candidates"]}, {"up"})

    def test_targets_are_assumed_up(self):
        files = app_map(probe="dead")
        files["probes"] = {"dead": {"type": "tcp", "port": 1}}
        with site(**{"zones/app.example.map.json": files}) as folder:
            done = self.explain(folder, "www.app.example", "--client", FINLAND, "--offline", "--json")
            self.assertEqual(json.loads(done.stdout)["region"], "helsinki-1")

    def test_without_a_daemon_the_files_serve(self):
        with site() as folder:
            done = self.explain(folder, "www.app.example", "--client", FINLAND)
            self.assertEqual(done.returncode, GOOD)
            self.assertIn("no daemon was asked", done.stderr)
            self.assertIn("helsinki-1", done.stdout)

    def test_a_socket_given_is_not_replaced_by_files(self):
        with site() as folder:
            done = self.explain(folder, "www.app.example", "--client", FINLAND,
                                "-s", folder.file("other.sock"))
            self.assertEqual((done.returncode, done.stdout), (NO, ""))
            self.assertIn("other.sock", done.stderr)

    def test_names_that_are_not_steered(self):
        with site() as folder:
            for name, words in [("ns1.app.example", "192.0.2.1"), ("x.app.example", "not exist"),
                                ("www.example.org", "refused")]:
                done = self.explain(folder, name, "--client", "192.0.2.1", "--offline")
                self.assertEqual(done.returncode, GOOD)
                self.assertIn(words, done.stdout)

    def test_mistakes_of_the_configuration(self):
        with site(**{"meridian.json": {**CONFIG, "lisen": []}}) as folder:
            done = self.explain(folder, "www.app.example", "--client", FINLAND, "--offline", "--json")
            self.assertEqual(done.returncode, NO)
            self.assertIn("lisen", json.loads(done.stdout)["error"])


class NoDaemon(TestCase):
    def test_status_and_reload_say_so(self):
        with site() as folder:
            for command in "status", "reload":
                with self.subTest(command):
                    done = run(MERIDIAN, command, "-c", folder.file("meridian.json"))
                    self.assertEqual((done.returncode, done.stdout), (NO, ""))
                    self.assertIn("is meridiand running?", done.stderr)
                    done = run(MERIDIAN, command, "-c", folder.file("meridian.json"), "--json")
                    self.assertEqual(done.returncode, NO)
                    self.assertIn("nobody.sock", json.loads(done.stdout)["error"])


class Online(TestCase):
    def daemon(self, target):
        """All regions are probed on one target of ours; they live and die together."""
        files = app_map(probe="healthz")
        files["probes"] = {"healthz": {"type": "http", "port": target.port, "interval": "100ms"}}
        for region, endpoints in files["services"]["api"]["endpoints"].items():
            last = 1 + list(files["regions"]).index(region)
            endpoints["A"] = [f"127.0.1.{last}"]
            del endpoints["AAAA"]
        return Daemon({"zones/app.example.zone": app_zone(), "zones/app.example.map.json": files},
                      {"geo": {"databases": [COUNTRY_DATABASE]}})

    def test_explain_asks_the_daemon(self):
        with HealthTarget("127.0.1.2") as target, self.daemon(target) as daemon:
            wait_until(lambda: "not probed yet" not in json.dumps(self.why(daemon)),
                       "the first round of probes")
            wait_until(lambda: self.why(daemon)["scope"] == 0,
                       "the widest scope: the only region that is up answers everybody")
            why = self.why(daemon)
            self.assertEqual(why["region"], "falkenstein-1")
            self.assertNotIn("offline", why)
            health = {at["region"]: at["health"] for at in why["candidates"]}
            self.assertEqual(health, {"helsinki-1": "down", "falkenstein-1": "up",
                                      "virginia-1": "down", "singapore-1": "down"})
            self.assertEqual(why["records"], ["127.0.1.2"])

            done = daemon.meridian("explain", "www.app.example", "--client", FINLAND)
            self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
            *steps, database = done.stdout.splitlines()
            self.assertEqual(steps, why["steps"])
            self.assertIn("country FI", database)
            # By its socket alone, given or named in the environment.
            socket = daemon.folder.file("meridian.sock")
            named = run_with({"MERIDIAN_CONTROL": socket}, "explain", "www.app.example",
                             "--client", FINLAND)
            given = run(MERIDIAN, "explain", "www.app.example", "--client", FINLAND, "-s", socket)
            self.assertEqual((named.stdout, given.stdout), (done.stdout, done.stdout))

    def why(self, daemon):
        done = daemon.meridian("explain", "www.app.example", "--client", FINLAND, "--json")
        self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
        return json.loads(done.stdout)

    def status(self, daemon):
        done = daemon.meridian("status", "--json")
        self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
        return json.loads(done.stdout)

    def test_status(self):
        with HealthTarget("127.0.1.2") as target, self.daemon(target) as daemon:
            def regions():
                service = self.status(daemon)["zones"][0]["services"][0]
                return {region["name"]: region["health"].get("A") for region in service["regions"]}
            expected = {"helsinki-1": "down", "falkenstein-1": "up",
                        "virginia-1": "down", "singapore-1": "down"}
            wait_until(lambda: regions() == expected, "all regions judged")

            done = daemon.meridian("status")
            self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
            self.assertRegex(done.stdout, r"\Ameridian \S+, running for \S+, \d+ quer(y|ies); "
                                          r"generation 1 for \S+\n")
            self.assertRegex(done.stdout, r"(?s)geo-whois-asn-country.mmdb\s.*?20\d\d-\d\d-\d\d \(")
            self.assertRegex(done.stdout, r"(?m)^app.example +good +2024010101 +5$")
            self.assertRegex(done.stdout, r"(?m)^ +falkenstein-1 +up +A 127.0.1.2 +up +\S+ +"
                                          r"good, [\d.]+ ms, \S+ ago$")
            self.assertRegex(done.stdout, r"(?m)^ +helsinki-1 +down +A 127.0.1.1 +down +\S+\s+"
                                          r"connection refused, [\d.]+ ms, \S+ ago$")

    def test_reload_and_what_status_says_of_it(self):
        with Daemon(app_files()) as daemon:
            daemon.write("zones/app.example.zone", app_zone("new IN A 192.0.2.77\n"))
            done = daemon.reload()
            self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
            self.assertRegex(done.stdout, r"\Areloaded: generation \d+ is in force after \S+\n\Z")
            self.assertEqual(len(daemon.ask("new.app.example").answer), 1)

            daemon.write("zones/app.example.zone", app_zone("new IN A 192.0.2.777\n"))
            done = daemon.reload()
            self.assertEqual(done.returncode, NO)
            self.assertRegex(done.stdout, r"\A\S+/app.example.zone:7: .*192.0.2.777.*\n\Z")
            self.assertIn("1 mistake: ", done.stderr)
            self.assertEqual(len(daemon.ask("new.app.example").answer), 1)

            told = daemon.meridian("reload", "--json")
            self.assertEqual(told.returncode, NO)
            outcome = json.loads(told.stdout)
            self.assertEqual(outcome["outcome"], "mistakes")
            self.assertEqual(outcome["mistakes"], done.stdout.splitlines())

            text = daemon.meridian("status").stdout
            self.assertIn("app.example answers its old content because of:", text)
            self.assertIn(done.stdout.strip(), text)
            self.assertRegex(text, r"(?m)^app.example +stale ")

            daemon.write("zones/app.example.zone", app_zone())
            self.assertEqual(daemon.reload().returncode, GOOD)
            self.assertNotIn("old content", daemon.meridian("status").stdout)

    def test_a_refused_configuration(self):
        with Daemon(app_files()) as daemon:
            daemon.write("meridian.json", {**daemon.config, "lisen": []})
            done = daemon.reload()
            self.assertEqual(done.returncode, NO)
            self.assertIn("lisen", done.stdout)
            self.assertRegex(done.stderr, r"refused, 1 mistake: generation \d+ goes on answering")
            self.assertIn("was refused", daemon.meridian("status").stdout)
            self.assertTrue(re.search(r"lisen", daemon.meridian("status").stdout))
            daemon.write("meridian.json", daemon.config)
            self.assertEqual(daemon.reload().returncode, GOOD)
