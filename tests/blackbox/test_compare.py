"""The zone of test_zones, and thousands of names around it, asked of meridian and of NSD.

tests/compare does this with random zones and more servers, for hours if one likes; this is the
small version that runs with every check. On this zone both must say the same, to the record.
"""

import itertools
import os
import shutil
import sys
import tempfile

import dns.flags
import dns.message
import dns.rcode

from harness import TOP, TestCase, make_query, rrset_texts
from test_zones import SUB, ZONE

sys.path.insert(0, os.path.join(TOP, "tests", "compare"))
import servers  # noqa: E402

ZONES = {"main.example": ZONE, "sub.main.example": SUB}
TYPES = ["A", "AAAA", "NS", "SOA", "CNAME", "DNAME", "TXT", "MX", "SRV", "DS", "HTTPS", "PTR",
         "CAA", "TYPE65280"]


def questions():
    """Every name of the zone, names beside, between and below them; every type."""
    owners = {line.split()[0] for line in ZONE.splitlines()
              if line and line[0] not in "@;$ "}
    names = {"@"}
    for owner in owners:
        labels = owner.split(".")
        for start in range(len(labels)):
            suffix = ".".join(labels[start:])
            names.update([suffix, "x." + suffix, "x.y." + suffix, "*." + suffix,
                          suffix.replace("*", "star").upper()])
    names.update(["www.sub", "x.sub", "*", "x"])
    for name, rrtype in itertools.product(sorted(names), TYPES):
        yield ("main.example." if name == "@" else f"{name}.main.example."), rrtype


def records(section):
    """How far the names of an SOA are compressed decides whose case of letters they show."""
    return sorted((*record[:3], record[3].lower()) if record[2] == "SOA" else record
                  for record in rrset_texts(section))


def view(answer):
    """What an asker acts on; additional data are a courtesy, but for glue."""
    return {"rcode": dns.rcode.to_text(answer.rcode()), "aa": bool(answer.flags & dns.flags.AA),
            "tc": bool(answer.flags & dns.flags.TC), "answer": records(answer.answer),
            "authority": records(answer.authority)}


class Compare(TestCase):
    def test_nsd_says_the_same(self):
        folder = tempfile.mkdtemp(prefix="compare-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        for origin, text in ZONES.items():
            with open(os.path.join(folder, f"{origin}.zone"), "w", encoding="ascii") as out:
                out.write(text)
        answers = {}
        asked = list(questions())
        wires = [make_query(name, rrtype, edns=0).to_wire() for name, rrtype in asked]
        self.assertGreater(len(wires), 2000)
        for kind in (servers.Meridian, servers.Nsd):
            server = kind(folder, list(ZONES))
            try:
                answers[kind.name] = server.ask_all(wires)
            finally:
                server.stop()
        for index, (name, rrtype) in enumerate(asked):
            with self.subTest(name=name, rrtype=rrtype):
                self.assertIsNotNone(answers["meridian"][index])
                ours, theirs = (view(dns.message.from_wire(answers[which][index]))
                                for which in ("meridian", "nsd"))
                self.assertEqual(ours, theirs)
