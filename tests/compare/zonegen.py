"""Random zones full of what name servers get wrong, and questions around them.

Zones obey what every server demands (nothing beside a CNAME, nothing but glue below a
cut, nothing below a DNAME), so that all of them load the same thing. All from one seed.
"""

import random

LABELS = ["a", "b", "c", "d", "www", "*"]
QTYPES = ["A", "A", "A", "AAAA", "TXT", "MX", "NS", "SOA", "CNAME", "DNAME", "DS", "SRV", "TYPE65280"]


class Zone:
    """One zone: `records` maps an owner, relative labels from the left as a tuple, to its rrsets."""

    def __init__(self, origin):
        self.origin = origin
        self.records = {}
        self.cuts = set()
        self.dnames = set()

    def absolute(self, owner):
        return ".".join(owner + (self.origin,)) + "."

    def ancestors(self, owner):
        return [owner[i:] for i in range(1, len(owner) + 1)]

    def is_hidden(self, owner):
        return any(above in self.cuts or above in self.dnames for above in self.ancestors(owner))

    def has_below(self, owner):
        return any(len(name) > len(owner) and name[len(name) - len(owner):] == owner
                   for name in self.records)

    def add(self, owner, rrtype, *rdatas, ttl=None):
        self.records.setdefault(owner, {}).setdefault(rrtype, (ttl, list(rdatas)))

    def text(self):
        lines = ["$TTL 300"]
        for owner, rrsets in self.records.items():
            for rrtype, (ttl, rdatas) in rrsets.items():
                for rdata in rdatas:
                    ttl_text = "" if ttl is None else f" {ttl}"
                    lines.append(f"{self.absolute(owner)}{ttl_text} IN {rrtype} {rdata}")
        return "\n".join(lines) + "\n"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def owner(self, zone, depth=4):
        """A name at or below existing ones as often as a new one: that is where the corners are."""
        if zone.records and self.random.random() < 0.4:
            base = self.random.choice(list(zone.records))
            return (self.random.choice(LABELS),) + base if len(base) < depth else base
        return tuple(self.random.choice(LABELS) for _ in range(self.random.randint(1, depth)))

    def target(self, zone, zones):
        """Where an alias or server name points: near, far, nowhere."""
        pick = self.random.random()
        if pick < 0.55 and zone.records:
            return zone.absolute(self.random.choice(list(zone.records)))
        if pick < 0.75:
            return zone.absolute(tuple(l for l in self.owner(zone) if l != "*") or ("a",))
        if pick < 0.9 and zones:
            other = self.random.choice(zones)
            return other.absolute(self.random.choice(list(other.records)))
        return self.random.choice(["outside.invalid.", "a.outside.invalid."])

    def address(self):
        return f"192.0.2.{self.random.randint(1, 250)}"

    def host(self, zone, owner, zones):
        kinds = self.random.sample(["A", "AAAA", "TXT", "MX", "SRV", "TYPE65280"],
                                   self.random.randint(1, 3))
        for kind in kinds:
            if kind == "A":
                zone.add(owner, "A", *{self.address() for _ in range(self.random.randint(1, 3))})
            elif kind == "AAAA":
                zone.add(owner, "AAAA", f"2001:db8::{self.random.randint(1, 999):x}")
            elif kind == "TXT":
                zone.add(owner, "TXT", f'"{"x" * self.random.randint(0, 60)}"',
                         ttl=self.random.choice([None, 0, 60]))
            elif kind == "MX":
                zone.add(owner, "MX", f"10 {self.target(zone, zones)}")
            elif kind == "SRV":
                zone.add(owner, "SRV", f"0 5 80 {self.target(zone, zones)}")
            else:
                zone.add(owner, "TYPE65280", r"\# 3 abcdef")

    def delegation(self, zone, owner, zones):
        if "*" in owner or zone.has_below(owner):
            return
        servers = []
        zone.cuts.add(owner)
        for i in range(self.random.randint(1, 3)):
            pick = self.random.random()
            if pick < 0.6:
                server = (f"ns{i}",) + owner
                zone.records.setdefault(server, {})
                zone.add(server, "A", self.address())
                if self.random.random() < 0.4:
                    zone.add(server, "AAAA", f"2001:db8:1::{i + 1}")
                servers.append(zone.absolute(server))
            elif pick < 0.8:
                servers.append("ns1." + zone.origin + ".")
            else:
                servers.append(f"ns{i}.outside.invalid.")
        zone.add(owner, "NS", *dict.fromkeys(servers))
        if self.random.random() < 0.3:
            zone.add(owner, "DS", "12345 13 2 " + "AB" * 32)

    def zone(self, origin, zones):
        zone = Zone(origin)
        zone.add((), "SOA", f"ns1.{origin}. host.{origin}. 7 3600 600 86400 {self.random.choice([60, 900])}")
        zone.add((), "NS", f"ns1.{origin}.", "ns.outside.invalid.")
        zone.add(("ns1",), "A", self.address())
        if self.random.random() < 0.3:
            self.host(zone, (), zones)
        for _ in range(self.random.randint(3, 14)):
            owner = self.owner(zone)
            if owner in zone.records or zone.is_hidden(owner) or owner == ():
                continue
            pick = self.random.random()
            if pick < 0.45:
                self.host(zone, owner, zones)
            elif pick < 0.7:
                zone.add(owner, "CNAME", self.target(zone, zones))
            elif pick < 0.82:
                if owner[0] != "*" and not zone.has_below(owner):
                    zone.dnames.add(owner)
                    zone.add(owner, "DNAME", self.target(zone, zones))
            else:
                self.delegation(zone, owner, zones)
        return zone

    def zones(self, count, tag):
        made = []
        for i in range(count):
            made.append(self.zone(f"z{i}{tag}.test", made[-5:]))
        return made

    def question(self, zone):
        """A name at, above, below or beside something, in letters of any case, and a type."""
        owner = self.random.choice(list(zone.records))
        pick = self.random.random()
        labels = [label for label in LABELS] + ["zz", "ns1", "ns0"]
        if pick < 0.3:
            owner = tuple(self.random.choice(labels) for _ in range(self.random.randint(1, 3))) + owner
        elif pick < 0.45 and owner:
            owner = owner[1:]
        elif pick < 0.6 and owner:
            owner = (self.random.choice(labels),) + owner[1:]
        elif pick < 0.65:
            owner = tuple(self.random.choice(labels) for _ in range(self.random.randint(1, 5)))
        name = zone.absolute(owner)
        if self.random.random() < 0.1:
            name = "".join(self.random.choice([c.upper(), c]) for c in name)
        return name, self.random.choice(QTYPES)
