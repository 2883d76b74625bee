"""Whatever comes in: the server answers as the RFCs want, or is silent, and lives."""

import contextlib
import random
import socket
import struct

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode

from harness import (SANITIZED, Daemon, TestCase, addresses, app_zone, make_query, query_socket,
                     rcode_of, wait_until)

NAME = "ns1.app.example"
ADDRESS = ["192.0.2.1"]
BIG = "".join(f'big IN TXT "{index:0250d}"\n' for index in range(60))
FILES = {"zones/app.example.zone": app_zone(BIG)}


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


def read_framed(sock):
    """One message, or None when the server has hung up."""
    def exactly(count):
        octets = b""
        while len(octets) < count:
            part = sock.recv(count - len(octets))
            if not part:
                return None
            octets += part
        return octets
    try:
        length = exactly(2)
        return length and exactly(struct.unpack("!H", length)[0])
    except ConnectionResetError:
        return None


class Server(TestCase):
    config = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(FILES, cls.config)

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def assert_alive(self):
        for tcp in (False, True):
            self.assertEqual(addresses(self.daemon.ask(NAME, tcp=tcp)), ADDRESS)


class Datagrams(Server):
    def rcode_for(self, wire):
        """The rcode of the answer; "silence" when only a good query sent after it is answered."""
        good = make_query(NAME)
        with query_socket(self.daemon) as sock:
            sock.send(wire)
            sock.send(good.to_wire())
            got = sock.recv(65535)
            if got[:2] == good.to_wire()[:2] and wire[:2] != got[:2]:
                # Answers of two workers may overtake each other: wait before calling it silence.
                sock.settimeout(0.3)
                try:
                    got = sock.recv(65535)
                except socket.timeout:
                    return "silence"
        self.assertEqual(got[:2], wire[:2])
        if got[2] & 0x78:
            return dns.rcode.to_text(got[3] & 15)  # dnspython reads plain queries' answers only
        return rcode_of(dns.message.from_wire(got))

    def test_silence(self):
        wire = make_query(NAME).to_wire()
        response = bytes([0x12, 0x34, wire[2] | 0x80]) + wire[3:]
        for what in (b"\x12", b"\x12\x34", b"\x12\x34" + wire[2:11], response):
            self.assertEqual(self.rcode_for(what), "silence", what)

    def test_rcodes_of_form(self):
        plain = make_query(NAME)
        plain.id = 0x1234
        wire = plain.to_wire()
        edns = make_query(NAME, edns=0)
        edns.id = 0x1234
        edns_wire = edns.to_wire()
        opt = edns_wire[-11:]

        def patched(octets, at, value):
            return octets[:at] + bytes([value]) + octets[at + 1:]

        for what, query, rcode in (
                ("a header alone", wire[:12], "FORMERR"),
                ("no question", patched(wire[:12], 5, 0), "FORMERR"),
                ("two questions", patched(wire, 5, 2) + wire[12:], "FORMERR"),
                ("cut in the name", wire[:20], "FORMERR"),
                ("cut in the type", wire[:-3], "FORMERR"),
                ("octets after the question", wire + b"\x00", "FORMERR"),
                ("a pointer as the name", wire[:12] + b"\xc0\x0c" + wire[-4:], "FORMERR"),
                ("an answer in a query", patched(wire, 7, 1), "FORMERR"),
                ("two OPT records", patched(edns_wire, 11, 2) + opt, "FORMERR"),
                ("an option longer than the OPT", edns_wire[:-2] + b"\0\4\0\x0a\0\7", "FORMERR"),
                ("a malformed subnet", edns_wire[:-2] + b"\0\x0c\0\x08\0\x08\0\1\x18\0\1\2\3\4",
                 "FORMERR"),
                ("EDNS version 1", make_query(NAME, edns=1).to_wire(), "BADVERS"),
                ("opcode IQUERY", patched(wire, 2, 1 << 3), "NOTIMP"),
                ("opcode STATUS", patched(wire, 2, 2 << 3), "NOTIMP"),
                ("opcode UPDATE", patched(wire, 2, 5 << 3), "NOTIMP"),
                ("opcode 15", patched(wire, 2, 15 << 3), "NOTIMP"),
                ("class HS", wire[:-1] + b"\x04", "REFUSED"),
                ("AXFR", make_query("app.example", "AXFR").to_wire(), "REFUSED"),
                ("an unknown option", make_query(
                    NAME, options=[dns.edns.GenericOption(65001, b"hello")]).to_wire(), "NOERROR"),
                ("an unknown type", make_query(NAME, "TYPE65280").to_wire(), "NOERROR"),
                ("unknown header flags", patched(wire, 3, 0x40), "NOERROR")):
            with self.subTest(what):
                self.assertEqual(self.rcode_for(query), rcode)

    def test_edns_comes_back_when_sent(self):
        answer = self.daemon.ask(NAME, edns=0, payload=4096, flags=dns.flags.DO)
        self.assertEqual((answer.edns, answer.payload), (0, 1232))
        self.assertTrue(answer.ednsflags & dns.flags.DO)
        self.assertEqual(self.daemon.ask(NAME).edns, -1)
        answer = self.daemon.ask(NAME, edns=1)
        self.assertEqual((answer.edns, rcode_of(answer)), (0, "BADVERS"))

    def test_chaos_and_nsid(self):
        with Daemon(FILES, {"identity": "hel-1", "version": "ours"}) as daemon:
            for name, text in (("version.bind", b"ours"), ("id.server", b"hel-1"),
                               ("hostname.bind", b"hel-1")):
                answer = daemon.ask(name, "TXT", rrclass="CH")
                self.assertEqual(answer.answer[0][0].strings, (text,))
            answer = daemon.ask(NAME, options=[dns.edns.GenericOption(dns.edns.NSID, b"")])
            self.assertEqual(answer.options[0].to_wire(), b"hel-1")
        with Daemon(FILES, {"version": False}) as daemon:
            answer = daemon.ask("version.bind", "TXT", rrclass="CH")
            self.assertEqual(rcode_of(answer), "REFUSED")

    def test_random_octets(self):
        chance = random.Random(7)
        with query_socket(self.daemon) as sock:
            for _ in range(20000):
                sock.send(chance.randbytes(chance.randrange(1, 300)))
        self.assert_alive()

    def test_mutated_queries(self):
        chance = random.Random(11)
        seeds = [make_query(name, rrtype, edns=0, subnet=subnet).to_wire()
                 for name in (NAME, "big.app.example", "_explain.app.example", ".")
                 for rrtype in ("A", "TXT", "ANY") for subnet in (None, "192.0.2.0/24", "::/0")]
        with query_socket(self.daemon) as sock:
            for turn in range(20000):
                wire = bytearray(chance.choice(seeds))
                for _ in range(chance.randint(1, 4)):
                    wire[chance.randrange(len(wire))] = chance.getrandbits(8)
                if chance.random() < 0.2:
                    del wire[chance.randrange(len(wire)):]
                if wire:
                    sock.send(wire)
                if turn % 50 == 0:
                    self.drain(sock)
        self.assert_alive()

    def drain(self, sock):
        """What came back must be messages."""
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                wire = sock.recv(65535)
                self.assertTrue(wire[2] & 0x80)
                if not wire[2] & 0x78:  # dnspython knows few opcodes
                    dns.message.from_wire(wire)
        sock.setblocking(True)

    def test_the_largest_datagram(self):
        with query_socket(self.daemon) as sock:
            sock.send(b"\x00" * 65507)
        self.assert_alive()


class Streams(Server):
    def test_pipelining(self):
        queries = [make_query(NAME) for _ in range(200)]
        with self.daemon.connect() as sock:
            sock.sendall(b"".join(framed(query.to_wire()) for query in queries))
            ids = [dns.message.from_wire(read_framed(sock)).id for _ in queries]
        self.assertEqual(sorted(ids), sorted(query.id for query in queries))

    def test_octet_by_octet(self):
        query = make_query(NAME)
        with self.daemon.connect() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in framed(query.to_wire()):
                sock.send(bytes([octet]))
            self.assertEqual(dns.message.from_wire(read_framed(sock)).id, query.id)

    def test_half_closed(self):
        """A client that has said all it wants still gets its answers."""
        query = make_query("big.app.example", "TXT")
        with self.daemon.connect() as sock:
            sock.sendall(framed(query.to_wire()) * 20)
            sock.shutdown(socket.SHUT_WR)
            for _ in range(20):
                self.assertEqual(len(dns.message.from_wire(read_framed(sock)).answer[0]), 60)
            self.assertIsNone(read_framed(sock))

    def test_a_slow_reader_gets_everything(self):
        query = framed(make_query("big.app.example", "TXT").to_wire())
        with self.daemon.connect() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(query * 10)
            for _ in range(10):
                self.assertEqual(len(dns.message.from_wire(read_framed(sock)).answer[0]), 60)

    def test_rubbish(self):
        for octets in (b"\x00\x00", b"\x00\x01\x00", b"\x00\x0c" + b"\xff" * 12, b"\xff\xff" * 5,
                       b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            with self.daemon.connect() as sock:
                sock.sendall(octets)
                sock.shutdown(socket.SHUT_WR)
                while read_framed(sock) is not None:
                    pass
        chance = random.Random(13)
        for _ in range(200):
            with self.daemon.connect() as sock, contextlib.suppress(ConnectionError):
                sock.sendall(chance.randbytes(chance.randrange(1, 3000)))
        self.assert_alive()

    def test_no_edns_option_of_streams_over_udp(self):
        keepalive = [dns.edns.GenericOption(11, b"")]
        answer = self.daemon.ask(NAME, options=keepalive)
        self.assertEqual(list(answer.options), [])
        answer = self.daemon.ask(NAME, options=keepalive, tcp=True)
        self.assertEqual(answer.options[0].otype, 11)


class Limits(Server):
    config = {"tcp": {"idle": "300ms", "message": "500ms", "clients": 20, "per_prefix": 20}}

    def wait_for_hangup(self, sock):
        """recv() returns when the server closes; the socket's own patience ends a failing test."""
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(sock.recv(1), b"")

    def test_an_idle_connection_is_closed(self):
        with self.daemon.connect() as sock:
            self.wait_for_hangup(sock)
        with self.daemon.connect() as sock:
            sock.sendall(framed(make_query(NAME).to_wire()))
            self.assertIsNotNone(read_framed(sock))
            self.wait_for_hangup(sock)

    def test_a_query_that_never_ends_is_not_waited_for(self):
        with self.daemon.connect() as sock:
            sock.sendall(b"\x00\x40" + b"\x00" * 10)
            self.wait_for_hangup(sock)

    def test_too_many_connections(self):
        """Over the limit somebody is turned away; afterwards there is room again."""
        with contextlib.ExitStack() as stack:
            for _ in range(60):
                stack.enter_context(self.daemon.connect())
            self.assertEqual(addresses(self.daemon.ask(NAME)), ADDRESS)

        def room():
            try:
                return addresses(self.daemon.ask(NAME, tcp=True)) == ADDRESS
            except (OSError, EOFError, dns.exception.DNSException):
                return False
        wait_until(room)


class Stuck(Server):
    config = {"tcp": {"idle": "2m", "message": "2m", "clients": 1000, "per_prefix": 1000}}

    def test_200_stuck_connections_do_not_hurt_others(self):
        with contextlib.ExitStack() as stack:
            for number in range(200):
                sock = stack.enter_context(self.daemon.connect())
                # Some say nothing, some half of a query, some ask and never read.
                if number % 3 == 1:
                    sock.sendall(b"\x00\x40\x12")
                elif number % 3 == 2:
                    sock.sendall(framed(make_query("big.app.example", "TXT").to_wire()) * 5)
            for _ in range(100 if SANITIZED else 500):
                self.assertEqual(addresses(self.daemon.ask(NAME)), ADDRESS)
            self.assertEqual(addresses(self.daemon.ask(NAME, tcp=True)), ADDRESS)


class RateLimit(Server):
    config = {"rate_limit": {"answers": 20, "nxdomain": 20, "errors": 20, "slip": 2,
                             "allow": ["127.0.0.9/32"]}}

    def burst(self, source):
        wires = [make_query(NAME).to_wire() for _ in range(300)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((source, 0))
            sock.connect(("127.0.0.1", self.daemon.port))
            for wire in wires:
                sock.send(wire)
            sock.settimeout(1)
            answers = []
            with contextlib.suppress(socket.timeout):
                while len(answers) < len(wires):
                    answers.append(dns.message.from_wire(sock.recv(4096)))
        return answers

    def test_a_flood_is_thinned_and_tcp_stays_open(self):
        answers = self.burst("127.0.0.1")
        self.assertLess(len([a for a in answers if a.answer]), 100)
        self.assertTrue(any(a.flags & dns.flags.TC for a in answers), "no answer slipped")
        self.assertEqual(addresses(self.daemon.ask(NAME, tcp=True)), ADDRESS)
        allowed = self.burst("127.0.0.9")
        self.assertGreater(len(allowed), 100)  # all that the sockets' buffers held
        self.assertTrue(all(a.answer for a in allowed))
