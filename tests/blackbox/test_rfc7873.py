"""RFC 7873 and 9018, DNS cookies, and the rate limit that a good one lifts.

Cookies are made here a second time, from the secret of the configuration, by a SipHash of
our own: the server is not its own judge.
"""

import contextlib
import socket
import struct
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode

from harness import Daemon, TestCase, addresses, app_zone, make_query, query_socket, rcode_of

NAME = "ns1.app.example"
FILES = {"zones/app.example.zone": app_zone("txt IN TXT x\n"),
         "zones/other.example.zone": app_zone()}
COOKIE = 10
CLIENT = b"\x01\x23\x45\x67\x89\xab\xcd\xef"
NEW, OLD, FOREIGN = (bytes.fromhex(digits * 16) for digits in ("1f", "2e", "3d"))
MASK = 0xffffffffffffffff


def siphash24(key, data):
    def rotate(value, bits):
        return (value << bits | value >> (64 - bits)) & MASK

    def rounds(count):
        nonlocal v0, v1, v2, v3
        for _ in range(count):
            v0, v2 = (v0 + v1) & MASK, (v2 + v3) & MASK
            v1, v3 = rotate(v1, 13) ^ v0, rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2, v0 = (v2 + v1) & MASK, (v0 + v3) & MASK
            v1, v3 = rotate(v1, 17) ^ v2, rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)

    k0, k1 = struct.unpack("<QQ", key)
    v0, v1 = k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d
    v2, v3 = k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573
    padded = data + bytes(-(len(data) + 1) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 0xff
    rounds(4)
    return struct.pack("<Q", v0 ^ v1 ^ v2 ^ v3)


def server_cookie(secret, age=0, source="127.0.0.1", client=CLIENT, version=1):
    head = struct.pack("!B3xI", version, int(time.time()) - age)
    return head + siphash24(secret, client + head + socket.inet_aton(source))


def option(data):
    return dns.edns.GenericOption(COOKIE, data)


def cookie_in(answer):
    return next((o.to_wire() for o in answer.options if o.otype == COOKIE), None)


class Server(TestCase):
    config = {"cookies": {"secrets": [NEW.hex(), OLD.hex()]}}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(FILES, cls.config)

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def ask(self, cookie, name=NAME, **how):
        return self.daemon.ask(name, options=[option(cookie)], **how)

    def is_ours(self, cookie, secret=NEW):
        stamp = int.from_bytes(cookie[12:16], "big")
        return (len(cookie) == 24 and cookie[:8] == CLIENT and abs(stamp - time.time()) < 60 and
                cookie[8:] == server_cookie(secret, int(time.time()) - stamp))


class Rfc7873Cookies(Server):
    def test_the_first_is_learnt(self):
        for tcp in (False, True):
            got = self.ask(CLIENT, tcp=tcp)
            self.assertEqual((rcode_of(got), addresses(got)), ("NOERROR", ["192.0.2.1"]))
            self.assertTrue(self.is_ours(cookie_in(got)))

    def test_none_where_none_was_sent(self):
        self.assertIsNone(cookie_in(self.daemon.ask(NAME, edns=0)))

    def test_in_every_kind_of_answer(self):
        for name, rcode in (("missing.app.example", "NXDOMAIN"), ("foreign.test", "REFUSED")):
            got = self.ask(CLIENT, name)
            self.assertEqual(rcode_of(got), rcode)
            self.assertTrue(self.is_ours(cookie_in(got)))

    def test_lengths(self):
        """Section 5.2.2: 8, or 16 to 40 octets; anything else is a FORMERR."""
        for length in list(range(0, 45)) + [255]:
            with self.subTest(length):
                got = self.ask((CLIENT + bytes(300))[:length])
                good = length == 8 or 16 <= length <= 40
                self.assertEqual(rcode_of(got), "NOERROR" if good else "FORMERR")
                self.assertEqual(cookie_in(got) is not None, good)

    def test_a_bad_one_is_answered_with_a_good_one(self):
        """Section 5.2.4, not required: as if it had been the client's alone."""
        for bad in (bytes(16), bytes(8), server_cookie(FOREIGN), server_cookie(NEW, version=2),
                    server_cookie(NEW, source="127.0.0.2"), server_cookie(NEW, client=bytes(8)),
                    server_cookie(NEW, age=4000), server_cookie(NEW, age=-400), bytes(32)):
            got = self.ask(CLIENT + bad)
            self.assertEqual((rcode_of(got), addresses(got)), ("NOERROR", ["192.0.2.1"]))
            self.assertTrue(self.is_ours(cookie_in(got)), bad)

    def test_the_first_of_two_counts(self):
        got = self.daemon.ask(NAME, options=[option(CLIENT), option(b"\7" * 8)])
        self.assertEqual([o.to_wire()[:8] for o in got.options if o.otype == COOKIE], [CLIENT])

    def test_no_cookies_at_all(self):
        with Daemon(FILES, {"cookies": False}) as daemon:
            got = daemon.ask(NAME, options=[option(CLIENT)])
            self.assertEqual((rcode_of(got), cookie_in(got)), ("NOERROR", None))


class Rfc9018Cookies(Server):
    def test_a_fresh_one_comes_back_as_it_is(self):
        """Section 4.3: it is renewed after half an hour only."""
        good = CLIENT + server_cookie(NEW, age=60)
        self.assertEqual(cookie_in(self.ask(good)), good)
        older = CLIENT + server_cookie(NEW, age=2000)
        renewed = cookie_in(self.ask(older))
        self.assertNotEqual(renewed, older)
        self.assertTrue(self.is_ours(renewed))

    def test_another_server_with_the_secret_takes_it(self):
        learnt = cookie_in(self.ask(CLIENT))
        with Daemon(FILES, {"cookies": {"secrets": [FOREIGN.hex(), NEW.hex()],
                                        "required": True}}) as other:
            self.assertEqual(rcode_of(other.ask(NAME, options=[option(learnt)])), "NOERROR")

    def test_ipv6_addresses_are_hashed_whole(self):
        head = struct.pack("!B3xI", 1, int(time.time()))
        address = socket.inet_pton(socket.AF_INET6, "::1")
        good = CLIENT + head + siphash24(NEW, CLIENT + head + address)
        if len(self.daemon.listen) > 1:
            self.assertEqual(cookie_in(self.ask(good, address="::1")), good)


class Rfc7873Required(Server):
    config = {"cookies": {"secrets": [NEW.hex(), OLD.hex()], "required": True}}

    def test_badcookie_where_configured(self):
        """Section 5.2.3: with a good cookie to come again with."""
        for bad in (CLIENT, CLIENT + bytes(16), CLIENT + server_cookie(FOREIGN),
                    CLIENT + server_cookie(NEW, age=4000)):
            got = self.ask(bad)
            self.assertEqual((rcode_of(got), got.answer), ("BADCOOKIE", []))
            self.assertTrue(self.is_ours(cookie_in(got)))
            again = self.ask(cookie_in(got))
            self.assertEqual((rcode_of(again), addresses(again)), ("NOERROR", ["192.0.2.1"]))

    def test_the_secret_before_is_still_good(self):
        self.assertEqual(rcode_of(self.ask(CLIENT + server_cookie(OLD))), "NOERROR")

    def test_others_are_answered(self):
        """Who does not know cookies, and who has shown its address by TCP."""
        self.assertEqual(addresses(self.daemon.ask(NAME)), ["192.0.2.1"])
        self.assertEqual(addresses(self.daemon.ask(NAME, edns=0)), ["192.0.2.1"])
        self.assertEqual(rcode_of(self.ask(CLIENT, tcp=True)), "NOERROR")


class Rfc7873Section54(Server):
    """A query without a question that only wants to learn a cookie."""

    def alone(self, daemon, cookie, tcp=False):
        query = make_query(NAME, options=[option(cookie)])
        query.question = []
        return daemon.exchange(query, tcp=tcp)

    def test_learning_and_confirming(self):
        for tcp in (False, True):
            got = self.alone(self.daemon, CLIENT, tcp)
            self.assertEqual((rcode_of(got), got.question, got.answer), ("NOERROR", [], []))
            self.assertTrue(self.is_ours(cookie_in(got)))
            self.assertEqual(rcode_of(self.alone(self.daemon, cookie_in(got), tcp)), "NOERROR")
            got = self.alone(self.daemon, CLIENT + bytes(16), tcp)
            self.assertEqual(rcode_of(got), "BADCOOKIE")
            self.assertTrue(self.is_ours(cookie_in(got)))

    def test_formerr_without_cookies(self):
        query = make_query(NAME, edns=0)
        query.question = []
        self.assertEqual(rcode_of(self.daemon.exchange(query)), "FORMERR")
        with Daemon(FILES, {"cookies": False}) as daemon:
            self.assertEqual(rcode_of(self.alone(daemon, CLIENT)), "FORMERR")


class RateLimit(TestCase):
    """Responses per client network, each class by itself; never TCP nor a proven address."""

    LIMIT = 10
    BURST = 120

    def start(self, **limit):
        config = {"answers": self.LIMIT, "nxdomain": self.LIMIT, "errors": self.LIMIT, **limit}
        return Daemon(FILES, {"rate_limit": config, "workers": 1,
                              "cookies": {"secrets": [NEW.hex()]}})

    def burst(self, daemon, name=NAME, rrtype="A", source="127.0.0.1", **how):
        wire = make_query(name, rrtype, **how).to_wire()
        answers = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((source, 0))
            sock.connect(("127.0.0.1", daemon.port))
            for _ in range(self.BURST):
                sock.send(wire)
            sock.settimeout(0.5)
            with contextlib.suppress(socket.timeout):
                while len(answers) < self.BURST:
                    answers.append(dns.message.from_wire(sock.recv(4096)))
        return answers

    def assert_limited(self, answers, slip=2):
        """A second's worth and what is earned meanwhile; of the others one in `slip`, truncated."""
        whole = [a for a in answers if not a.flags & dns.flags.TC]
        slipped = len(answers) - len(whole)
        self.assertGreaterEqual(len(whole), self.LIMIT // 2)  # the harness has asked before us
        self.assertLess(len(whole), self.BURST // 2)
        expected = (self.BURST - len(whole)) // slip if slip else 0
        self.assertAlmostEqual(slipped, expected, delta=1)

    def test_each_class_has_its_own_account(self):
        with self.start() as daemon:
            for name, rrtype in ((NAME, "A"), (NAME, "TXT"), ("no.app.example", "A"),
                                 ("no.other.example", "A"), ("foreign.test", "A")):
                with self.subTest(name=name, rrtype=rrtype):
                    self.assert_limited(self.burst(daemon, name, rrtype))

    def test_a_network_shares_one_account(self):
        with self.start() as daemon:
            self.assert_limited(self.burst(daemon, source="127.0.0.5"))
            self.assertLess(len([a for a in self.burst(daemon, source="127.0.0.6") if a.answer]),
                            self.LIMIT)
            self.assert_limited(self.burst(daemon, source="127.0.9.5"))

    def test_slip(self):
        for slip in (0, 1, 3):
            with self.subTest(slip), self.start(slip=slip) as daemon:
                self.assert_limited(self.burst(daemon), slip)

    def test_a_slipped_answer_asks_for_tcp_and_brings_a_cookie(self):
        with self.start(slip=1) as daemon:
            slipped = [a for a in self.burst(daemon, options=[option(CLIENT)])
                       if a.flags & dns.flags.TC]
            self.assertTrue(slipped)
            got = slipped[0]
            self.assertEqual((len(got.question), got.answer, got.authority), (1, [], []))
            self.assertFalse(got.flags & dns.flags.AA)
            again = daemon.ask(NAME, options=[option(cookie_in(got))])
            self.assertEqual(addresses(again), ["192.0.2.1"])
            self.assertEqual(addresses(daemon.ask(NAME, tcp=True)), ["192.0.2.1"])

    def test_a_good_cookie_is_not_limited(self):
        with self.start() as daemon:
            good = CLIENT + server_cookie(NEW)
            answers = self.burst(daemon, options=[option(good)])
            self.assertEqual([len(a.answer) for a in answers], [1] * self.BURST)
            self.assert_limited(self.burst(daemon, options=[option(CLIENT + bytes(16))]))

    def test_tcp_is_not_limited(self):
        with self.start() as daemon:
            self.burst(daemon)
            for _ in range(3 * self.LIMIT):
                self.assertEqual(addresses(daemon.ask(NAME, tcp=True)), ["192.0.2.1"])

    def test_the_allow_list(self):
        with self.start(allow=["127.0.7.0/24"]) as daemon:
            answers = self.burst(daemon, source="127.0.7.1")
            self.assertEqual([len(a.answer) for a in answers], [1] * self.BURST)
            self.assert_limited(self.burst(daemon, source="127.0.8.1"))

    def test_on_by_default_but_not_for_this_machine(self):
        with Daemon(FILES, {"rate_limit": None, "workers": 1}) as daemon:
            for _ in range(6):
                self.assertEqual(len(self.burst(daemon, "foreign.test")), self.BURST)

    def test_silence_costs_nothing(self):
        with self.start() as daemon, query_socket(daemon) as sock:
            wire = bytearray(make_query(NAME).to_wire())
            wire[2] |= 0x80
            for _ in range(self.BURST):
                sock.send(wire)
            self.assertEqual(addresses(daemon.ask(NAME)), ["192.0.2.1"])


del Server  # the base has no tests of its own
