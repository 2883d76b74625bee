"""What the RFCs say about messages, whatever the zone holds: one class for each RFC."""

import contextlib
import socket
import struct
import subprocess

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode

from harness import (Daemon, TestCase, addresses, app_zone, ede_in, make_query, query_socket,
                     rcode_of)

NAME = "www.app.example"
WWW = b"\3www\3app\7example\0"
BIG = "".join(f'big IN TXT "{index:0250d}"\n' for index in range(60))
FILES = {"zones/app.example.zone": app_zone("www IN A 192.0.2.80\n" + BIG),
         "zones/broken.example.zone": "@ IN SOA this is no SOA\n"}
ADDRESS = ["192.0.2.80"]
QR, AA, TC, RD, RA, Z, AD, CD = (0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010)
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
A_RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\xc0\0\2\1"
SILENCE = None


def header(flags=0, counts=(1, 0, 0, 0), ident=0x1234):
    return struct.pack("!6H", ident, flags, *counts)


def question(name=WWW, rrtype=1, rrclass=1):
    return name + struct.pack("!HH", rrtype, rrclass)


def query(flags=0, rrtype=1, rrclass=1, extra=b"", counts=(1, 0, 0, 0), name=WWW):
    return header(flags, counts) + question(name, rrtype, rrclass) + extra


def opt(version=0, size=1232, flags=0, options=b"", rcode=0):
    return struct.pack("!BHHBBHH", 0, 41, size, rcode, version, flags, len(options)) + options


def edns_query(**how):
    return query(extra=opt(**how), counts=(1, 0, 0, 1))


def wire_option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


class Wire:
    """A response, taken apart by hand as far as a header goes."""

    def __init__(self, octets):
        self.octets = octets
        self.id, self.flags, *self.counts = struct.unpack("!6H", octets[:12])
        self.rcode = self.flags & 15
        self.opcode = self.flags >> 11 & 15

    @property
    def message(self):
        return dns.message.from_wire(self.octets)


class Server(TestCase):
    config = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(FILES, cls.config)

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            pass

    def send(self, wire, tcp=False):
        """The response, or SILENCE when the one to a good query after it comes alone."""
        good = header(ident=0x7777) + question()
        if tcp:
            with self.daemon.connect() as sock:
                sock.sendall(b"".join(struct.pack("!H", len(w)) + w for w in (wire, good)))
                file = sock.makefile("rb")
                found = [self.framed(file)]
                if found[0].id != 0x7777:
                    found.append(self.framed(file))
                return found[0] if found[0].id != 0x7777 else SILENCE
        with query_socket(self.daemon) as sock:
            sock.send(wire)
            sock.send(good)
            found = Wire(sock.recv(65535))
            if found.id == 0x7777:
                # Two workers may overtake each other: wait before calling it silence.
                sock.settimeout(0.3)
                try:
                    found = Wire(sock.recv(65535))
                except socket.timeout:
                    return SILENCE
            return found

    @staticmethod
    def framed(file):
        return Wire(file.read(struct.unpack("!H", file.read(2))[0]))

    def check(self, cases):
        """Rows of (what, wire, rcode), by UDP and by TCP."""
        for what, wire, rcode in cases:
            for tcp in (False, True):
                with self.subTest(what, tcp=tcp):
                    got = self.send(wire, tcp)
                    if rcode is SILENCE:
                        self.assertIs(got, SILENCE)
                        continue
                    self.assertIsNotNone(got, "silence")
                    self.assertEqual(dns.rcode.to_text(got.rcode), rcode)
                    self.assertEqual(got.id, 0x1234)
                    self.assertTrue(got.flags & QR)
                    self.assertFalse(got.flags & (RA | Z | AD | CD))
                    self.assertEqual(got.opcode, struct.unpack("!H", wire[2:4])[0] >> 11 & 15)


class Rfc1035Format(Server):
    def test_names_of_a_question(self):
        long = b"\x3f" + b"a" * 63
        n255 = long * 3 + b"\x31" + b"b" * 49 + b"\3app\7example\0"
        self.assertEqual(len(n255), 255)
        self.check((
            ("255 octets", query(name=n255), "NXDOMAIN"),
            ("256 octets", query(name=b"\1" + b"c" + n255[1:]), "FORMERR"),
            ("127 labels", query(name=b"\1x" * 127 + b"\0"), "REFUSED"),
            ("128 labels", query(name=b"\1x" * 128 + b"\0"), "FORMERR"),
            ("the root", query(name=b"\0"), "REFUSED"),
            ("every octet", query(name=b"\x08\0\1.\\\x7f\x80\xff \3app\7example\0"), "NXDOMAIN"),
            ("a pointer to itself", query(name=b"\xc0\x0c"), "FORMERR"),
            ("a pointer into the header", query(name=b"\3www\xc0\4"), "FORMERR"),
            ("a pointer forwards", query(name=b"\xc0\x20"), "FORMERR"),
            ("a pointer beyond the end", query(name=b"\xff\xff"), "FORMERR"),
            ("a label of type 01", query(name=b"\x41\1a\0"), "FORMERR"),
            ("a label of type 10", query(name=b"\x81a\0"), "FORMERR")))

    def test_flags(self):
        for flags in (0, RD, CD, AD, RD | CD | AD, Z, AA, TC, RA, RD | Z | AA | TC | RA | 15):
            with self.subTest(hex(flags)):
                got = self.send(query(flags))
                self.assertEqual(got.flags, QR | AA | flags & RD)
                self.assertEqual(addresses(got.message), ADDRESS)

    def test_counts_that_promise_too_much_or_too_little(self):
        self.check((
            ("the header alone", header(), "FORMERR"),
            ("cut in the name", query()[:16], "FORMERR"),
            ("cut in the type", query()[:-3], "FORMERR"),
            ("cut in the class", query()[:-1], "FORMERR"),
            ("an octet too many", query(extra=b"x"), "FORMERR"),
            ("a record nobody counted", query(extra=A_RECORD), "FORMERR"),
            ("an answer that is not there", query(counts=(1, 1, 0, 0)), "FORMERR"),
            ("an authority that is not there", query(counts=(1, 0, 1, 0)), "FORMERR"),
            ("an additional that is not there", query(counts=(1, 0, 0, 1)), "FORMERR"),
            ("65535 of everything", query(counts=(65535,) * 4), "FORMERR"),
            ("half a record", query(extra=A_RECORD[:-1], counts=(1, 0, 0, 1)), "FORMERR")))

    def test_records_of_no_use_change_nothing(self):
        for counts in ((1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1)):
            self.assertEqual(addresses(self.send(query(extra=A_RECORD, counts=counts)).message),
                             ADDRESS)

    def test_the_question_comes_back_as_it_came(self):
        for name in (WWW, b"\3wWw\3APP\7eXample\0", b"\1*\3app\7example\0"):
            for rrtype, rrclass in ((1, 1), (65280, 1), (1, 3), (1, 4)):
                got = self.send(query(name=name, rrtype=rrtype, rrclass=rrclass))
                self.assertTrue(got.octets[12:].startswith(question(name, rrtype, rrclass)))

    def test_class_any_has_no_authority(self):
        """RFC 1035 section 6.2."""
        got = self.send(query(rrclass=255))
        self.assertEqual((addresses(got.message), got.flags & AA), (ADDRESS, 0))
        got = self.send(query(rrclass=255, name=b"\2no" + WWW[4:]))
        self.assertEqual((got.rcode, got.flags & AA), (3, 0))


class Rfc8906Silence(Server):
    """An answer to everything, but to what is an answer itself and to what has no header."""

    def test_silence(self):
        self.check([(f"{length} octets", query()[:length], SILENCE) for length in (1, 2, 11)])
        self.check((("a response", query(QR), SILENCE),
                    ("a response header", header(QR), SILENCE),
                    ("a response with another opcode", query(QR | 5 << 11), SILENCE),
                    ("a response with an error", query(QR | 1), SILENCE)))

    def test_unknown_opcodes(self):
        """Section 3.1.4."""
        for opcode in (1, 2, 3, *range(6, 16)):
            self.check((
                (f"opcode {opcode}", query(opcode << 11), "NOTIMP"),
                (f"opcode {opcode} with EDNS", query(opcode << 11, extra=OPT, counts=(1, 0, 0, 1)),
                 "NOTIMP"),
                (f"opcode {opcode}, a header alone", header(opcode << 11, (0,) * 4), "NOTIMP"),
                (f"opcode {opcode}, another body", header(opcode << 11) + b"\xff" * 30, "NOTIMP")))

    def test_unknown_types(self):
        """Section 3.1.1; also types that are no data: OPT, TKEY, TSIG, MAILB, MAILA, 0."""
        for rrtype in (0, 10, 41, 46, 47, 50, 128, 249, 250, 253, 254, 1000, 65280, 65535):
            with self.subTest(rrtype):
                got = self.send(query(rrtype=rrtype)).message
                self.assertEqual((rcode_of(got), got.answer), ("NOERROR", []))
                self.assertEqual([r.rdtype for r in got.authority], [6])
                self.assertTrue(got.flags & AA)
        self.check([(f"type {rrtype} of a missing name",
                     query(rrtype=rrtype, name=b"\2no" + WWW[4:]), "NXDOMAIN")
                    for rrtype in (0, 41, 249, 250, 253, 254, 65280)])

    def test_unknown_classes(self):
        self.check([(f"class {rrclass}", query(rrclass=rrclass), "REFUSED")
                    for rrclass in (0, 2, 4, 254, 65280, 65535)])

    def test_unknown_edns(self):
        """Section 3.2: version, flags, options, and all of them at once."""
        for what, wire, rcode in (
                ("version 1", edns_query(version=1), 16),
                ("version 255", edns_query(version=255), 16),
                ("version 1 with an option", edns_query(version=1, options=wire_option(100)), 16),
                ("version 1 with a broken option", edns_query(version=1, options=b"\0\3\0\7"), 16),
                ("version 1 with a flag", edns_query(version=1, flags=0x0040), 16),
                ("a flag", edns_query(flags=0x4000), 0),
                ("all flags", edns_query(flags=0xffff), 0),
                ("an rcode in a query", edns_query(rcode=255), 0),
                ("an option", edns_query(options=wire_option(100, b"hello")), 0),
                ("200 options", edns_query(options=wire_option(65001, b"x") * 200), 0),
                ("an option of 3000 octets", edns_query(options=wire_option(65001, bytes(3000))), 0)):
            with self.subTest(what):
                got = self.send(wire).message
                self.assertEqual((int(got.rcode()), got.edns), (rcode, 0))
                self.assertEqual(got.ednsflags & 0x00ff7fff, 0)
                self.assertEqual(list(got.options), [])
                self.assertEqual(addresses(got), ADDRESS if rcode == 0 else [])

    def test_dig_agrees(self):
        """The commands of section 8, as far as Debian's dig knows them."""
        for arguments, expected in (
                (("+noedns", "+noad", "+norec", "SOA", "app.example"), "status: NOERROR"),
                (("+noedns", "+noad", "+norec", "TYPE1000", "app.example"), "status: NOERROR"),
                (("+noedns", "+noad", "+norec", "+cd", "SOA", "app.example"), "status: NOERROR"),
                (("+noedns", "+norec", "+opcode=15", "+header-only"), "status: NOTIMP"),
                (("+edns=1", "+noednsneg", "+norec", "SOA", "app.example"), "status: BADVERS"),
                (("+edns=0", "+ednsopt=100", "+norec", "SOA", "app.example"), "status: NOERROR"),
                (("+edns=0", "+ednsflags=0x80", "+norec", "SOA", "app.example"), "status: NOERROR"),
                (("+edns=1", "+noednsneg", "+ednsopt=100", "+norec", "SOA", "app.example"),
                 "status: BADVERS"),
                (("+edns=0", "+dnssec", "+norec", "SOA", "app.example"), "flags: do;"),
                (("+tcp", "+norec", "SOA", "app.example"), "status: NOERROR"),
                (("+zflag", "+noedns", "+norec", "SOA", "app.example"), "status: NOERROR")):
            with self.subTest(" ".join(arguments)):
                said = subprocess.run(
                    ["dig", "@127.0.0.1", "-p", str(self.daemon.port), "+tries=1", *arguments],
                    stdout=subprocess.PIPE, text=True, check=False).stdout
                self.assertIn(expected, said)
                self.assertNotIn("WARNING", said.replace("WARNING: recursion requested", ""))


class Rfc9619OneQuestion(Server):
    def test_two_or_none(self):
        self.check((
            ("none", header(counts=(0,) * 4), "FORMERR"),
            ("none, but EDNS", header(counts=(0, 0, 0, 1)) + OPT, "FORMERR"),
            ("two", query(extra=question(), counts=(2, 0, 0, 0)), "FORMERR"),
            ("two with EDNS", query(extra=question() + OPT, counts=(2, 0, 0, 1)), "FORMERR"),
            ("one, two promised", query(counts=(2, 0, 0, 0)), "FORMERR"),
            ("65535", query(counts=(65535, 0, 0, 0)), "FORMERR")))

    def test_edns_comes_back_even_so(self):
        got = self.send(query(extra=question() + OPT, counts=(2, 0, 0, 1)))
        self.assertEqual((got.counts, got.octets[12:15]), ([0, 0, 0, 1], b"\0\0\x29"))


class Rfc2136Update(Server):
    def test_not_implemented(self):
        zone = b"\3app\7example\0"
        self.check((
            ("an update", query(5 << 11, 6, name=zone, extra=b"\1x\xc0\x0c" + A_RECORD[2:],
                                counts=(1, 0, 1, 0)), "NOTIMP"),
            ("a zone of others", query(5 << 11, 6, name=b"\7foreign\0"), "NOTIMP"),
            ("nothing", header(5 << 11, (0,) * 4), "NOTIMP")))


class Rfc1996Notify(Server):
    """We slave no zone, so nobody has to tell us of one: NOTAUTH, and never silence."""

    def test_notauth(self):
        zone = b"\3app\7example\0"
        soa = zone + b"\0\6\0\1\0\0\0\0\0\x16\0\0" + bytes(20)
        self.check((
            ("a zone of ours", query(4 << 11 | AA, 6, name=zone), "NOTAUTH"),
            ("with its SOA", query(4 << 11 | AA, 6, name=zone, extra=soa, counts=(1, 1, 0, 0)),
             "NOTAUTH"),
            ("a zone of others", query(4 << 11 | AA, 6, name=b"\7foreign\0"), "NOTAUTH"),
            ("no question", header(4 << 11, (0,) * 4), "FORMERR")))
        got = self.send(query(4 << 11 | AA, 6, name=zone))
        self.assertEqual((got.flags & AA, got.counts), (0, [1, 0, 0, 0]))


class Rfc5936Transfer(Server):
    def test_refused(self):
        zone = b"\3app\7example\0"
        soa = zone + b"\0\6\0\1\0\0\0\0\0\x16\0\0" + bytes(20)
        self.check((
            ("AXFR", query(rrtype=252, name=zone), "REFUSED"),
            ("AXFR of others", query(rrtype=252, name=b"\7foreign\0"), "REFUSED"),
            ("IXFR", query(rrtype=251, name=zone, extra=soa, counts=(1, 0, 1, 0)), "REFUSED")))
        self.assertEqual(ede_in(self.daemon.ask("app.example", "AXFR", edns=0))[0], 18)


class Rfc6891Edns(Server):
    def test_only_when_asked(self):
        self.assertEqual(self.daemon.ask(NAME).edns, -1)
        got = self.daemon.ask(NAME, edns=0)
        self.assertEqual((got.edns, got.payload), (0, 1232))

    def test_dnssec_ok_comes_back(self):
        for flags in (0, 0x8000):
            self.assertEqual(self.send(edns_query(flags=flags)).message.ednsflags & 0x8000, flags)

    def test_one_opt_and_in_its_place(self):
        self.check((
            ("two", query(extra=OPT + OPT, counts=(1, 0, 0, 2)), "FORMERR"),
            ("two, apart", query(extra=OPT + A_RECORD + OPT, counts=(1, 0, 0, 3)), "FORMERR"),
            ("one in the answer", query(extra=OPT, counts=(1, 1, 0, 0)), "FORMERR"),
            ("one in the authority", query(extra=OPT, counts=(1, 0, 1, 0)), "FORMERR"),
            ("one at a name", query(extra=b"\1a" + OPT, counts=(1, 0, 0, 1)), "FORMERR"),
            ("before a record", query(extra=OPT + A_RECORD, counts=(1, 0, 0, 2)), "NOERROR"),
            ("after a record", query(extra=A_RECORD + OPT, counts=(1, 0, 0, 2)), "NOERROR")))

    def test_broken_options(self):
        for octets in (b"\0", b"\0\x0a\0", b"\0\x0a\0\x09abc", wire_option(100) + b"\0\0\xff\xff"):
            got = self.send(edns_query(options=octets)).message
            self.assertEqual((rcode_of(got), got.edns), ("FORMERR", 0))
        cut = query(extra=OPT[:-2] + b"\0\7abc", counts=(1, 0, 0, 1))
        self.assertEqual(self.send(cut).rcode, 1)

    def test_small_sizes_are_512(self):
        """Section 6.2.3."""
        for size in (0, 1, 511, 512):
            wire = query(name=b"\3big" + WWW[4:], rrtype=16, extra=opt(size=size),
                         counts=(1, 0, 0, 1))
            got = self.send(wire)
            self.assertTrue(got.flags & TC)
            self.assertLessEqual(len(got.octets), 512)
            self.assertEqual(addresses(self.send(edns_query(size=size)).message), ADDRESS)


class Rfc9715Fragments(Server):
    def largest(self, daemon, payload):
        """A name with as many records as fit: the sizes of answers that were not truncated."""
        lengths = []
        for name in (f"t{count}.many.example" for count in range(1, 20)):
            wire = make_query(name, "TXT", edns=0, payload=payload).to_wire()
            with query_socket(daemon) as sock:
                sock.send(wire)
                got = Wire(sock.recv(65535))
            if not got.flags & TC:
                lengths.append(len(got.octets))
        return max(lengths)

    def test_1232_is_the_most(self):
        texts = "".join(f't{count} IN TXT "{index:0200d}"\n' for count in range(1, 20)
                        for index in range(count))
        files = {"zones/many.example.zone": app_zone(texts)}
        with Daemon(files) as daemon:
            self.assertTrue(1000 < self.largest(daemon, 4096) <= 1232)
            self.assertTrue(300 < self.largest(daemon, 600) <= 600)
        with Daemon(files, {"edns_size": 4096}) as daemon:
            self.assertTrue(3800 < self.largest(daemon, 4096) <= 4096)
            self.assertLessEqual(self.largest(daemon, 1232), 1232)


class Rfc8914Ede(Server):
    def test_codes(self):
        for name, rrtype, rrclass, code in (
                ("www.foreign.test", "A", "IN", 20), (NAME, "A", "HS", 21),
                ("app.example", "AXFR", "IN", 18), ("authors.bind", "TXT", "CH", 18),
                ("www.broken.example", "A", "IN", 14)):
            with self.subTest(name):
                self.assertEqual(ede_in(self.daemon.ask(name, rrtype, rrclass=rrclass, edns=0))[0],
                                 code)

    def test_none_where_all_is_well(self):
        for name in (NAME, "missing.app.example"):
            self.assertIsNone(ede_in(self.daemon.ask(name, edns=0)))


class Rfc5001Nsid(Server):
    config = {"identity": "hel-1"}
    NSID = 3

    def nsid(self, daemon, data=b"", **how):
        got = daemon.ask(NAME, options=[dns.edns.GenericOption(self.NSID, data)], **how)
        return [option.to_wire() for option in got.options if option.otype == self.NSID]

    def test_told_when_asked(self):
        for tcp in (False, True):
            self.assertEqual(self.nsid(self.daemon, tcp=tcp), [b"hel-1"])
        self.assertEqual(list(self.daemon.ask(NAME, edns=0).options), [])

    def test_what_the_query_holds_does_not_matter(self):
        self.assertEqual(self.nsid(self.daemon, b"anything"), [b"hel-1"])

    def test_not_told_without_a_name(self):
        with Daemon(FILES) as daemon:
            self.assertEqual(self.nsid(daemon), [])


class Rfc4892Chaos(Server):
    config = {"identity": "hel-1", "version": "ours 1"}

    def test_who_and_what(self):
        for name, text in (("id.server", b"hel-1"), ("hostname.bind", b"hel-1"),
                           ("HOSTNAME.Bind", b"hel-1"), ("version.server", b"ours 1"),
                           ("version.bind", b"ours 1")):
            got = self.daemon.ask(name, "TXT", rrclass="CH")
            self.assertEqual(got.answer[0][0].strings, (text,))
            self.assertEqual((got.answer[0].ttl, got.answer[0].rdclass), (0, 3))

    def test_nothing_else(self):
        for name, rrtype, rrclass in (("version.bind", "A", "CH"), ("authors.bind", "TXT", "CH"),
                                      ("www.app.example", "A", "CH"), (".", "NS", "CH"),
                                      ("version.bind", "TXT", "IN")):
            self.assertEqual(rcode_of(self.daemon.ask(name, rrtype, rrclass=rrclass)), "REFUSED")

    def test_secrets_are_kept(self):
        with Daemon(FILES, {"version": False}) as daemon:
            for name in ("version.bind", "id.server", "hostname.bind"):
                self.assertEqual(rcode_of(daemon.ask(name, "TXT", rrclass="CH")), "REFUSED")


class Rfc7766Tcp(Server):
    def test_many_at_once_each_by_its_id(self):
        wires = [query()[2:] for _ in range(100)]
        with self.daemon.connect() as sock:
            sock.sendall(b"".join(struct.pack("!HH", len(w) + 2, i) + w
                                  for i, w in enumerate(wires)))
            file = sock.makefile("rb")
            self.assertEqual(sorted(self.framed(file).id for _ in wires), list(range(100)))

    def test_the_connection_stays_open(self):
        with self.daemon.connect() as sock:
            file = sock.makefile("rb")
            for wire in (query(), query(1 << 11), header(), query()):
                sock.sendall(struct.pack("!H", len(wire)) + wire)
                self.assertEqual(self.framed(file).id, 0x1234)

    def test_the_largest_message(self):
        padding = wire_option(12, bytes(65535 - len(edns_query()) - 4))
        wire = edns_query(options=padding)
        self.assertEqual(len(wire), 65535)
        self.assertEqual(addresses(self.send(wire, tcp=True).message), ADDRESS)

    def test_no_limit_but_the_message_s(self):
        got = self.daemon.ask("big.app.example", "TXT", tcp=True, edns=0, payload=512)
        self.assertEqual(len(got.answer[0]), 60)


class Rfc7828Keepalive(Server):
    config = {"tcp": {"idle": "7s"}}
    KEEPALIVE = 11

    def test_over_tcp_alone(self):
        options = [dns.edns.GenericOption(self.KEEPALIVE, b"")]
        got = self.daemon.ask(NAME, options=options, tcp=True)
        self.assertEqual([(o.otype, o.to_wire()) for o in got.options],
                         [(self.KEEPALIVE, struct.pack("!H", 70))])
        self.assertEqual(list(self.daemon.ask(NAME, options=options).options), [])
        self.assertEqual(list(self.daemon.ask(NAME, edns=0, tcp=True).options), [])

    def test_ignored_over_udp_whatever_it_holds(self):
        for data in (b"", b"\0\1", b"x", b"abc"):
            got = self.daemon.ask(NAME, options=[dns.edns.GenericOption(self.KEEPALIVE, data)])
            self.assertEqual((rcode_of(got), addresses(got)), ("NOERROR", ADDRESS))


class Rfc7830Padding(Server):
    def test_not_in_the_clear(self):
        """RFC 7830 section 6: padding hides nothing where everybody can read."""
        for tcp in (False, True):
            for data in (b"", bytes(100)):
                got = self.daemon.ask(NAME, options=[dns.edns.GenericOption(12, data)], tcp=tcp)
                self.assertEqual((addresses(got), list(got.options)), (ADDRESS, []))


class Rfc8945Tsig(Server):
    """We hold no keys: NOTAUTH, and an unsigned TSIG that says BADKEY (section 5.2.1)."""

    RDATA = b"\x0bhmac-sha256\0" + bytes(6) + b"\1\x2c\0\x20" + bytes(32) + b"\x12\x34\0\0\0\0"
    RECORD = b"\3key\0\0\xfa\0\xff\0\0\0\0" + struct.pack("!H", len(RDATA)) + RDATA

    def test_badkey(self):
        for extra, counts in ((self.RECORD, (1, 0, 0, 1)), (OPT + self.RECORD, (1, 0, 0, 2))):
            got = self.send(query(extra=extra, counts=counts))
            self.assertEqual((got.rcode, got.counts), (9, [1, 0, 0, counts[3]]))
            self.assertIn(b"\3key\0\0\xfa\0\xff\0\0\0\0", got.octets)
            self.assertEqual(got.octets[-8:], b"\0\0" + b"\x12\x34" + b"\0\x11" + b"\0\0")

    def test_the_last_and_the_only_one(self):
        self.check((
            ("two", query(extra=self.RECORD * 2, counts=(1, 0, 0, 2)), "FORMERR"),
            ("before OPT", query(extra=self.RECORD + OPT, counts=(1, 0, 0, 2)), "FORMERR"),
            ("in the answer", query(extra=self.RECORD, counts=(1, 1, 0, 0)), "FORMERR"),
            ("cut off", query(extra=self.RECORD[:-1], counts=(1, 0, 0, 1)), "FORMERR"),
            ("with empty rdata", query(extra=b"\3key\0\0\xfa\0\xff" + bytes(6),
                                       counts=(1, 0, 0, 1)), "FORMERR")))


class Rfc9660Zoneversion(Server):
    ZONEVERSION = 19

    def version(self, name, rrtype="A", data=b"", **how):
        got = self.daemon.ask(name, rrtype, **how,
                              options=[dns.edns.GenericOption(self.ZONEVERSION, data)])
        return got, [o.to_wire() for o in got.options if o.otype == self.ZONEVERSION]

    def test_the_serial_of_the_zone(self):
        serial = b"\2\0" + struct.pack("!I", 2024010101)
        for name, rrtype in ((NAME, "A"), (NAME, "MX"), ("missing.app.example", "A")):
            self.assertEqual(self.version(name, rrtype)[1], [serial])

    def test_nobody_s_zone(self):
        self.assertEqual(self.version("www.foreign.test")[1], [])
        self.assertEqual(self.version("www.broken.example")[1], [])

    def test_empty_in_a_query(self):
        got, versions = self.version(NAME, data=b"\2\0\0\0\0\1")
        self.assertEqual((rcode_of(got), versions), ("FORMERR", []))


class Rfc9567Reports(Server):
    config = {"report_channel": "agent.monitoring.test"}
    CHANNEL = 18

    def channel(self, name, **how):
        got = self.daemon.ask(name, **how)
        return [o.to_wire() for o in got.options if o.otype == self.CHANNEL]

    def test_told_to_all_who_speak_edns(self):
        agent = dns.name.from_text("agent.monitoring.test.").to_wire()
        for name in (NAME, "missing.app.example", "www.foreign.test"):
            self.assertEqual(self.channel(name, edns=0), [agent])
        self.assertEqual(self.daemon.ask(NAME).edns, -1)

    def test_not_in_answers_about_the_agent(self):
        self.assertEqual(self.channel("_er.1.www._er.agent.monitoring.test", edns=0), [])

    def test_not_told_by_default(self):
        with Daemon(FILES) as daemon:
            self.assertEqual(list(daemon.ask(NAME, edns=0).options), [])


class Responses(Server):
    def test_port_0_harms_nobody(self):
        """A query that claims to come from port 0 cannot be answered; the next one can."""
        with contextlib.suppress(OSError):
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as sock:
                wire = query()
                datagram = struct.pack("!4H", 0, self.daemon.port, 8 + len(wire), 0) + wire
                sock.sendto(datagram, ("127.0.0.1", 0))
        self.assertEqual(addresses(self.daemon.ask(NAME)), ADDRESS)


del Server  # the base has no tests of its own
