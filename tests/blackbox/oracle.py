"""The nearest region, computed apart from the server.

Python's maxminddb reads the database, the country centres come from the generated table, the
great circle from the haversine formula: nothing here is shared with the daemon but data.
"""

import ipaddress
import math
import os
import re

import maxminddb

import harness

EARTH_KM = 6371.0088
CENTRES = os.path.join(harness.TOP, "geo", "centres_table.inc")

# Prefixes of IPv6 that stand for an IPv4 address; ordinary random clients keep out of them.
EMBEDDED = [ipaddress.ip_network(text) for text in
            ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32")]


def read_centres():
    row = re.compile(r'^\{ "(..)", "..", (-?[0-9.]+)F, (-?[0-9.]+)F \}', re.MULTILINE)
    with open(CENTRES, encoding="ascii") as table:
        found = row.findall(table.read())
    return {code: (float(latitude), float(longitude)) for code, latitude, longitude in found}


def distance_km(a, b):
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    chord = (math.sin((lat_b - lat_a) / 2) ** 2 +
             math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2)
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


class Oracle:
    """`regions` maps names to (latitude, longitude), in the order of `endpoints`."""

    def __init__(self, regions, database=harness.COUNTRY_DATABASE, grain=(24, 56)):
        self.reader = maxminddb.open_database(database)
        self.centres = read_centres()
        self.regions = regions
        self.grain = {4: grain[0], 6: grain[1]}
        self.order_of = {}

    def country(self, address):
        record = self.reader.get(str(address))
        return record.get("country_code") if record else None

    def order(self, address):
        """Every region, the nearest first. The first address of a block decides for it all."""
        address = ipaddress.ip_address(address)
        spare = address.max_prefixlen - self.grain[address.version]
        first = type(address)(int(address) >> spare << spare)
        code = self.country(first)
        if code not in self.order_of:
            self.order_of[code] = self.rank(self.centres.get(code))
        return self.order_of[code]

    def rank(self, place):
        if place is None:
            return list(self.regions)
        return sorted(self.regions, key=lambda name: distance_km(place, self.regions[name]))

    def nearest(self, address, down=()):
        return next(name for name in self.order(address) if name not in down)


def random_clients(random, version, count, oracle):
    """Addresses of the Internet, and those on both sides of the database's own boundaries."""
    top = 32 if version == 4 else 128
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    crowded = ["2001:200::/23", "2001:400::/22", "2400::/12", "2600::/12", "2800::/12", "2a00::/12",
               "2c00::/12", "2000::/3"]
    bases = ["0.0.0.0/0"] if version == 4 else crowded
    clients = []
    while len(clients) < count:
        base = ipaddress.ip_network(random.choice(bases))
        address = int(base[0]) + random.getrandbits(top - base.prefixlen)
        record, length = oracle.reader.get_with_prefix_len(str(kind(address)))
        if record is None and random.random() < 0.8:
            continue  # most of IPv6 is nobody's, and soon dull
        if version == 4 and length > 32:
            length -= 96
        first = address >> (top - length) << (top - length)
        last = first + (1 << (top - length)) - 1
        for number in (address, first, last, first - 1, last + 1):
            client = kind(max(0, min(number, (1 << top) - 1)))
            if not any(client in block for block in EMBEDDED if block.version == version):
                clients.append(client)
    return clients[:count]
