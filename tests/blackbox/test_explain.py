"""The routing check by dig: TXT at _explain.NAME, for those on the list."""

import subprocess

from harness import COUNTRY_DATABASE, Daemon, TestCase, app_files, app_zone, rcode_of

CONFIG = {"geo": {"databases": [COUNTRY_DATABASE]}, "explain": ["127.0.0.1/32"]}


class Explain(TestCase):
    @classmethod
    def setUpClass(cls):
        files = app_files()
        files["zones/app.example.zone"] = app_zone('_explain.plain IN TXT "an ordinary name"\n'
                                                   "plain IN A 192.0.2.80\n")
        cls.daemon = Daemon(files, CONFIG)

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def dig(self, *arguments):
        command = ["dig", "@127.0.0.1", "-p", str(self.daemon.port), "+noall", "+answer",
                   "+comments", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def test_one_string_per_step(self):
        out = self.dig("TXT", "_explain.www.app.example", "+subnet=193.166.3.0/24")
        self.assertIn("status: NOERROR", out)
        for word in ("193.166.3.0/24", "FI", "helsinki-1", "falkenstein-1", "virginia-1",
                     "singapore-1", "192.0.2.10", "km"):
            self.assertIn(word, out)
        rows = [line.split() for line in out.splitlines() if line.startswith("_explain")]
        self.assertGreater(len(rows), 5)
        self.assertEqual({row[1] for row in rows}, {"0"}, "never cached")

    def test_whom_it_is_not_for(self):
        out = self.dig("-b", "127.0.0.2", "TXT", "_explain.www.app.example")
        self.assertIn("status: NXDOMAIN", out)
        out = self.dig("-b", "127.0.0.2", "TXT", "_explain.plain.app.example")
        self.assertIn("an ordinary name", out)
        answer = self.daemon.ask("_explain.www.app.example", "TXT", source="127.0.0.2")
        self.assertEqual(rcode_of(answer), "NXDOMAIN")

    def test_of_a_name_that_is_not_steered(self):
        out = self.dig("TXT", "_explain.plain.app.example")
        self.assertIn("192.0.2.80", out)
        self.assertIn("not steered", out)
        self.assertNotIn("an ordinary name", out)

    def test_only_txt_is_special(self):
        answer = self.daemon.ask("_explain.www.app.example", "A")
        self.assertEqual(rcode_of(answer), "NXDOMAIN")
        self.assertEqual(rcode_of(self.daemon.ask("_explain.www.foreign.test", "TXT")), "REFUSED")

    def test_it_says_what_an_answer_would_be(self):
        for subnet in ("141.30.0.0/24", "133.11.0.0/24", "10.0.0.0/24"):
            told = self.dig("TXT", "_explain.www.app.example", f"+subnet={subnet}")
            answer = self.daemon.ask("www.app.example", "A", subnet=subnet)
            for rdata in answer.answer[0]:
                self.assertIn(f"answer: {rdata.address}", told)
            self.assertIn(f"scope /{answer.options[0].scopelen}", told)
