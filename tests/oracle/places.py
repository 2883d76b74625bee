"""Where a client stands: what the databases say, read by Python's maxminddb.

The words are the contract's: databases are merged field by field, the first
that has a field gives it; `country` counts; a country without coordinates
stands at its centre; IPv4 inside IPv6 is located by the IPv4 address; the first
address of the block of max_scope decides for all of it.
"""

import collections
import math
import os
import re
import socket
import struct

import maxminddb

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EARTH_KM = 6371.0088
VAGUE_KM = 100
BITS = {4: 32, 6: 128}

Place = collections.namedtuple("Place", "continent country subdivisions city asn location")
NOWHERE = Place("", "", (), "", 0, None)


def read_centres():
    """Country to (continent, (latitude, longitude)); the table holds floats of 32 bits."""
    row = re.compile(r'^\{ "(..)", "(..)", (-?[0-9.]+)F, (-?[0-9.]+)F \}', re.MULTILINE)
    with open(os.path.join(TOP, "geo", "centres_table.inc"), encoding="ascii") as table:
        return {code: (continent, (as_float32(latitude), as_float32(longitude)))
                for code, continent, latitude, longitude in row.findall(table.read())}


def as_float32(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def distance_km(a, b):
    """The haversine formula."""
    phi_a, phi_b = math.radians(a[0]), math.radians(b[0])
    half_north = math.sin((phi_b - phi_a) / 2)
    half_east = math.sin(math.radians(b[1] - a[1]) / 2)
    square = half_north ** 2 + math.cos(phi_a) * math.cos(phi_b) * half_east ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(square, 1.0)))


def embedded_v4(number):
    """The IPv4 address that an IPv6 address wears, or None."""
    if number >> 32 in (0xffff, 0x64ff9b << 64):  # v4-mapped; NAT64, RFC 6052
        return number & 0xffffffff
    if number >> 112 == 0x2002:  # 6to4, RFC 3056
        return number >> 80 & 0xffffffff
    if number >> 96 == 0x20010000:  # Teredo, RFC 4380: inverted
        return ~number & 0xffffffff
    return None


def as_text(version, number):
    if version == 4:
        return socket.inet_ntop(socket.AF_INET, number.to_bytes(4, "big"))
    return socket.inet_ntop(socket.AF_INET6, number.to_bytes(16, "big"))


# ---- one record, of either layout -----------------------------------------------------------


def is_code(text):
    return isinstance(text, str) and re.fullmatch("[A-Za-z]{2}", text) and text != "ZZ"


def code_in(value, member):
    code = value.get(member) if isinstance(value, dict) else value
    return code.upper() if is_code(code) else ""


def english(value):
    if isinstance(value, dict):
        value = value.get("names", {}).get("en", "")
    return value if isinstance(value, str) else ""


def subdivisions_in(record, country):
    if not country:
        return ()
    parts = record.get("subdivisions")
    if isinstance(parts, list):
        parts = parts[:3]
        codes = [part.get("iso_code", "") for part in parts]
        found = codes if all(codes) else [english(part) for part in parts]
    else:
        found = [record.get("state1") or "", record.get("state2") or ""]
    return tuple(f"{country}-{text}" for text in found if text)


def location_in(record):
    """(latitude, longitude, radius in km or 0), or None."""
    nested = record.get("location", {})
    flat = not nested
    where = record if flat else nested
    try:
        place = float(where["latitude"]), float(where["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    if flat and place == (0.0, 0.0):
        return None
    if abs(place[0]) > 90 or abs(place[1]) > 180:
        return None
    return *place, nested.get("accuracy_radius", 0)


def read_record(record):
    if not isinstance(record, dict):
        return NOWHERE
    country = code_in(record.get("country"), "iso_code") or code_in(record.get("country_code"), "")
    continent = code_in(record.get("continent"), "code") or code_in(record.get("continent_code"), "")
    traits = record.get("traits", {})
    asn = record.get("autonomous_system_number") or traits.get("autonomous_system_number") or 0
    return Place(continent, country, subdivisions_in(record, country),
                 english(record.get("city", "")), int(asn), location_in(record))


# ---- the world --------------------------------------------------------------------------------


class World:
    """The databases in order, and how fine the world is cut: `grain` {4: 24, 6: 56}."""

    def __init__(self, files, grain):
        self.readers = [maxminddb.open_database(file) for file in files]
        self.grain = grain
        self.centres = read_centres()
        self.known = {}
        self.records = {}

    def place(self, version, number):
        """The place of a located address (embedded IPv4 already taken out)."""
        spare = BITS[version] - self.grain[version]
        block = number >> spare << spare
        place = self.known.get((version, block))
        if place is None:
            place = self.known[version, block] = self.look_up(version, block)
        return place

    def look_up(self, version, number):
        fields = list(NOWHERE)
        for index in range(len(self.readers)):
            for field, value in enumerate(self.record(index, version, number)[1]):
                fields[field] = fields[field] or value
        return self.settle(Place(*fields))

    def settle(self, place):
        """Who is only known to be in a country stands where its networks are."""
        continent, centre = self.centres.get(place.country, ("", None))
        location, radius = None, 0
        if place.location is not None:
            *location, radius = place.location
        vague = not place.city and not place.subdivisions and (radius == 0 or radius >= VAGUE_KM)
        if centre is not None and (location is None or vague):
            location = centre
        return place._replace(continent=place.continent or continent,
                              location=location and tuple(location))

    def record(self, index, version, number):
        """What one database says: (prefix length, Place)."""
        reader = self.readers[index]
        if version == 6 and reader.metadata().ip_version == 4:
            return 0, NOWHERE
        record, length = reader.get_with_prefix_len(as_text(version, number))
        if version == 4 and reader.metadata().ip_version == 6 and length > 32:
            length -= 96
        if version == 6 and number >> 32 == 0 and length > 96:
            return 96, NOWHERE  # the part of the file that is IPv4's
        return length, read_record(record)

    def networks(self, version, most, random):
        """(number, length) of networks that some database knows: all, or `most` of a large file."""
        found = set()
        for index, reader in enumerate(self.readers):
            if version == 6 and reader.metadata().ip_version == 4:
                continue
            found |= set(self.walk(index, version, most, random))
        return sorted(found)

    def walk(self, index, version, most, random):
        bits = BITS[version]
        start, found = 0, 0
        stride = 0
        if self.readers[index].metadata().node_count > 100000:
            stride = 1 << (bits - 13 if version == 4 else bits - 18)
        while start < 1 << bits and found < most:
            length, place = self.record(index, version, start)
            size = 1 << (bits - min(length, bits))
            first = start // size * size
            if place != NOWHERE:
                found += 1
                yield first, min(length, bits)
            start = first + size + (random.randrange(stride) if stride else 0)
