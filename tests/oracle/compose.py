"""Random MMDB files of both layouts, full of what real ones hold seldom.

Above all records that know no more than the country, with every kind of accuracy: with a radius
just under and just over what is taken for the whole country, with none, with a city or a
subdivision beside it, without coordinates, and of countries that nobody knows the centre of.
The format is MaxMind DB 2.0: https://maxmind.github.io/MaxMind-DB/
"""

import struct

MARKER = b"\xab\xcd\xefMaxMind.com"
RADII = (None, 0, 1, 50, 99, 100, 101, 500, 1000, 65535)

# ---- the format --------------------------------------------------------------------------------


class Uint(int):
    """A whole number with its type of the format: 5 (16 bits), 6 (32) or 9 (64)."""

    def __new__(cls, value, kind=6):
        self = super().__new__(cls, value)
        self.kind = kind
        return self


class Float(float):
    """32 bits, as flat files have them."""


def head(kind, size):
    first = b""
    if kind > 7:
        first, kind = bytes([kind - 7]), 0
    if size < 29:
        return bytes([kind << 5 | size]) + first
    if size < 29 + 256:
        return bytes([kind << 5 | 29]) + first + bytes([size - 29])
    return bytes([kind << 5 | 30]) + first + (size - 285).to_bytes(2, "big")


def encode(value):
    if isinstance(value, dict):
        pairs = b"".join(encode(key) + encode(item) for key, item in value.items())
        return head(7, len(value)) + pairs
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(map(encode, value))
    if isinstance(value, str):
        octets = value.encode()
        return head(2, len(octets)) + octets
    if isinstance(value, Float):
        return head(15, 4) + struct.pack(">f", value)
    if isinstance(value, float):
        return head(3, 8) + struct.pack(">d", value)
    octets = int(value).to_bytes((int(value).bit_length() + 7) // 8, "big")
    return head(value.kind, len(octets)) + octets


class Tree:
    """A search tree; longer networks go over shorter ones when they come later."""

    def __init__(self, bits):
        self.bits = bits
        self.nodes = [[None, None]]

    def insert(self, number, length, leaf):
        at = 0
        for depth in range(length):
            side = number >> (self.bits - 1 - depth) & 1
            below = self.nodes[at][side]
            if depth == length - 1:
                self.nodes[at][side] = leaf
                return
            if not isinstance(below, int):  # nothing, or a leaf that is cut in two
                self.nodes.append([below, below])
                below = self.nodes[at][side] = len(self.nodes) - 1
            at = below

    def write(self, record_size, offsets):
        count = len(self.nodes)

        def number(record):
            if record is None:
                return count
            return record if isinstance(record, int) else count + 16 + offsets[record[0]]

        out = bytearray()
        for left, right in self.nodes:
            left, right = number(left), number(right)
            if record_size == 28:
                out += (left & 0xffffff).to_bytes(3, "big")
                out += bytes([left >> 24 << 4 | right >> 24])
                out += (right & 0xffffff).to_bytes(3, "big")
            else:
                out += left.to_bytes(record_size // 8, "big")
                out += right.to_bytes(record_size // 8, "big")
        return bytes(out)


def write_file(path, kind, ip_version, record_size, networks):
    """`networks`: (number, length, record), with numbers of 128 bits when ip_version is 6."""
    tree = Tree(32 if ip_version == 4 else 128)
    data, offsets = bytearray(), []
    for number, length, record in sorted(networks, key=lambda network: network[1]):
        octets = encode(record)
        offsets.append(len(data))
        data += octets
        tree.insert(number, length, (len(offsets) - 1,))
    metadata = {"binary_format_major_version": Uint(2, 5),
                "binary_format_minor_version": Uint(0, 5),
                "build_epoch": Uint(1700000000, 9), "database_type": kind,
                "description": {"en": "random"}, "ip_version": Uint(ip_version, 5),
                "languages": ["en"], "node_count": Uint(len(tree.nodes)),
                "record_size": Uint(record_size, 5)}
    with open(path, "wb") as file:
        file.write(tree.write(record_size, offsets) + bytes(16) + bytes(data) + MARKER +
                   encode(metadata))


# ---- what is in it -----------------------------------------------------------------------------


class Author:
    """Draws records of one layout."""

    def __init__(self, random, countries, layout):
        self.random, self.layout = random, layout
        self.countries = random.sample(sorted(countries), 20) + ["XA", "ZZ", "se"]

    def record(self):
        return self.nested() if self.layout == "nested" else self.flat()

    def degrees(self):
        if self.random.random() < 0.03:
            return 0.0, 0.0
        return round(self.random.uniform(-80, 80), 4), round(self.random.uniform(-180, 180), 4)

    def nested(self):
        random, record = self.random, {}
        country = random.choice(self.countries)
        if random.random() < 0.9:
            record["country"] = {"iso_code": country}
        if random.random() < 0.5:
            record["registered_country"] = {"iso_code": random.choice(self.countries)}
        if random.random() < 0.5:
            record["continent"] = {"code": random.choice(("AF", "AS", "EU", "NA", "OC", "SA"))}
        if random.random() < 0.3:
            record["city"] = {"names": {"de": "Stadt", "en": f"City {random.randrange(9)}"}}
        if random.random() < 0.2:
            record["subdivisions"] = [
                {"names": {"en": f"State {random.randrange(5)}"},
                 **({"iso_code": f"S{random.randrange(5)}"} if random.random() < 0.8 else {})}
                for _ in range(random.randint(1, 3))]
        if random.random() < 0.9:
            latitude, longitude = self.degrees()
            record["location"] = {"latitude": latitude, "longitude": longitude}
            radius = random.choice(RADII)
            if radius is not None:
                record["location"]["accuracy_radius"] = Uint(radius, 5)
        if random.random() < 0.3:
            record["traits"] = {"autonomous_system_number": Uint(random.randint(1, 50))}
        return record

    def flat(self):
        random, record = self.random, {}
        if random.random() < 0.9:
            record["country_code"] = random.choice(self.countries)
        if random.random() < 0.9:
            latitude, longitude = self.degrees()
            record["latitude"], record["longitude"] = Float(latitude), Float(longitude)
        if random.random() < 0.3:
            record["city"] = f"City {random.randrange(9)}"
        if random.random() < 0.3:
            record["state1"] = f"State {random.randrange(5)}"
            if random.random() < 0.5:
                record["state2"] = f"County {random.randrange(5)}"
        if random.random() < 0.2:
            record["autonomous_system_number"] = Uint(random.randint(1, 50))
        return record


def compose(path, layout, random, countries):
    """A file of some thousand networks in some hundred different words."""
    author = Author(random, countries, layout)
    records = [author.record() for _ in range(400)]
    ip_version = random.choice((4, 6, 6))
    networks = []
    for _ in range(3000):
        length = random.randint(6, 26)
        number = random.getrandbits(length) << (32 - length)
        if ip_version == 4:
            networks.append((number, length, random.choice(records)))
        else:
            networks.append((number, 96 + length, random.choice(records)))
    for _ in range(3000 if ip_version == 6 else 0):
        length = random.randint(8, 60)
        number = 1 << 125 | random.getrandbits(length) << (128 - length)
        networks.append((number >> (128 - length) << (128 - length), length,
                         random.choice(records)))
    write_file(path, f"Random-{layout}", ip_version, random.choice((24, 28, 32)), networks)
