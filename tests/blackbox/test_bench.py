"""The load generator of `make bench`: it asks the real daemon, and it notices wrong answers."""

import json
import os
import subprocess
import time

import harness
from harness import Daemon

TOOLS = os.environ.get("MERIDIAN_TOOLS") or os.path.join(harness.BUILD, "tools")
NAMES = 200

ZONE = harness.ZONE_HEAD + "".join(f"h{i} A 10.0.0.{i}\n" for i in range(NAMES))


def good_line(i):
    return f"h{i}.load.example A answers=1 rdata=10.0.0.{i}\n"


class LoadGenerator(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        files = harness.app_files()
        files["zones/load.example.zone"] = ZONE
        cls.daemon = Daemon(files=files)
        # Patience, so that no answer is lost on a busy machine.
        cls.options = ["-p", str(cls.daemon.port), "-t", "0.1", "-u", "0.02", "-w", "32",
                       "-l", str(harness.PATIENCE)]

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None)

    def load(self, lines, *options):
        """(exit status, what it told, stderr)"""
        self.daemon.folder.write("workload", "".join(lines))
        done = subprocess.run(
            [os.path.join(TOOLS, "bench_load"), *self.options, *options,
             self.daemon.folder.file("workload")],
            capture_output=True, text=True, check=False, env=harness.environment())
        harness.check_quiet(done.stderr)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def good(self, *options):
        status, told, stderr = self.load([good_line(i) for i in range(NAMES)], *options)
        self.assertEqual((status, stderr), (0, ""))
        self.assertGreater(told["answered"], 0)
        self.assertEqual((told["wrong"], told["lost"]), (0, 0))
        self.assertEqual(told["sent"], told["answered"])
        self.assertGreater(told["latency_us"]["p50"], 0)
        self.assertGreaterEqual(told["latency_us"]["p99.9"], told["latency_us"]["p50"])
        return told

    def test_udp(self):
        told = self.good("-n", "3", "-P", str(self.daemon.process.pid))
        self.assertGreater(told["server_cpu"]["total_us"], 0)

    def test_fixed_rate(self):
        begin = time.monotonic()
        told = self.good("-r", "2000")
        self.assertLessEqual(told["sent"], 2000 * (time.monotonic() - begin) + 1)

    def test_tcp_many_queries_a_connection(self):
        told = self.good("-m", "tcp", "-n", "2")
        self.assertEqual(told["connections"], 0)  # both were opened before measuring began

    def test_tcp_one_query_a_connection(self):
        told = self.good("-m", "tcp", "-n", "4", "-q", "1")
        self.assertGreater(told["connections"], 4)

    def test_client_subnets(self):
        """Random ones are taken as they come; for a known one the region is known."""
        status, told, _ = self.load(["www.app.example AAAA ecs=random answers=1\n"])
        self.assertEqual((status, told["wrong"]), (0, 0))
        self.assertGreater(told["answered"], 0)

    def test_wrong_answers_are_noticed(self):
        wrong = {
            "rdata": "h7.load.example A rdata=10.0.0.8\n",
            "rcode": "h7.load.example A rcode=NXDOMAIN\n",
            "count": "h7.load.example A answers=2\n",
        }
        for what, line in wrong.items():
            for mode in ("udp", "tcp"):
                with self.subTest(what=what, mode=mode):
                    status, told, stderr = self.load([good_line(1), line], "-m", mode)
                    self.assertEqual(status, 1)
                    self.assertGreater(told["verdicts"]["good"], 0)
                    self.assertGreater(told["verdicts"]["wrong " + what], 0)
                    self.assertEqual(told["wrong"], told["verdicts"]["wrong " + what])
                    self.assertIn(f"wrong {what} to query 2 of the workload, for h7.load.example.",
                                  stderr)

    def test_silence_is_noticed(self):
        """A server that is not there: all is lost and nothing was answered."""
        status, told, _ = self.load([good_line(1)], "-p", str(harness.free_port()), "-l", "0.05")
        self.assertEqual((status, told["answered"]), (1, 0))
        self.assertEqual(told["lost"], told["sent"])
        self.assertGreater(told["lost"], 0)

    def test_mistakes_in_a_workload(self):
        status, told, stderr = self.load(["h1.load.example A rdat=1\n"])
        self.assertEqual((status, told), (1, None))
        self.assertIn("workload:1: unknown word 'rdat='", stderr)
