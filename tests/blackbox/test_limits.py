"""What stands between a verdict and the answer: short TTLs, max_down, slow starts."""

from harness import addresses, wait_until
from test_health import ADDRESS_OF, CLIENT, Health


class ShortTtl(Health):
    def ttl(self, client="FI"):
        return self.daemon.ask("www.app.example", "A", subnet=CLIENT[client]).answer[0].ttl

    def test_the_ttl_is_short_while_a_target_fails_or_recovers(self):
        self.start(probe={"fall": 100, "rise": 100}, ttl=60)
        self.expect("helsinki-1")
        self.assertEqual(self.ttl(), 60)
        self.regions["helsinki-1"].set("bad")
        wait_until(lambda: self.ttl() == 20, "a third of the TTL while failing")
        self.assertEqual(self.ttl("US"), 60)  # nothing that this client's answer rests on
        self.regions["helsinki-1"].set("good")
        wait_until(lambda: self.ttl() == 60, "the whole TTL again")

    def test_ttl_min_says_how_short(self):
        self.start({"helsinki-1": "bad"}, probe={"fall": 1, "rise": 100}, ttl=60, ttl_min=5)
        self.expect("falkenstein-1")
        self.assertEqual(self.ttl(), 60)
        self.regions["helsinki-1"].set("good")
        wait_until(lambda: self.ttl() == 5, "the short TTL while recovering")
        self.expect("falkenstein-1")
        explained = self.daemon.meridian("explain", "www.app.example", "--client", CLIENT["FI"])
        self.assertIn("short TTL", explained.stdout)


class MaxDown(Health):
    def test_probes_withdraw_no_more_regions_than_allowed(self):
        self.start(max_down=1)
        self.expect("helsinki-1")
        self.regions["helsinki-1"].set("bad")
        self.expect("falkenstein-1")
        asked = self.regions["falkenstein-1"].asked
        self.regions["falkenstein-1"].set("bad")
        wait_until(lambda: any("falkenstein-1" in step for step in self.held()), "it is held up")
        self.assertGreater(self.regions["falkenstein-1"].asked, asked)
        self.expect("falkenstein-1")
        self.regions["helsinki-1"].set("good")
        self.expect("helsinki-1")
        self.expect("virginia-1", "US")

    def held(self):
        steps = self.daemon.meridian("explain", "www.app.example", "--client", CLIENT["FI"]).stdout
        return [step for step in steps.splitlines() if "by max_down" in step]


class Ramp(Health):
    SUBNETS = [f"193.166.{i}.0/24" for i in range(64)]

    def at_helsinki(self):
        home = ADDRESS_OF["helsinki-1"]
        answers = {subnet: self.daemon.ask("www.app.example", "A", subnet=subnet)
                   for subnet in self.SUBNETS}
        self.scopes = {answer.options[0].scopelen for answer in answers.values()}
        return {subnet for subnet, answer in answers.items() if addresses(answer) == [home]}

    def test_clients_come_back_one_by_one_and_stay(self):
        self.start(ramp="6s")
        self.expect("helsinki-1")
        self.assertEqual(len(self.at_helsinki()), len(self.SUBNETS))
        self.regions["helsinki-1"].set("bad")
        self.expect("falkenstein-1")
        wait_until(lambda: not self.at_helsinki(), "everybody has left")
        self.regions["helsinki-1"].set("good")

        home, partly = set(), False

        def everybody_is_back():
            nonlocal home, partly
            now = self.at_helsinki()
            self.assertLessEqual(home, now, "a client was sent away again")
            if 0 < len(now) < len(self.SUBNETS):
                partly = True
                self.assertEqual(self.scopes, {24})
            home = now
            return len(home) == len(self.SUBNETS)
        wait_until(everybody_is_back, "everybody is back")
        self.assertTrue(partly, "they all came back at once")
