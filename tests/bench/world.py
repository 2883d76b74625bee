"""A small world that every server can read: eight regions, and a database of places.

The database is made from the shipped country database by giving each country's record
the nested form of MaxMind's city files (which is what gdnsd reads) with one city at the
centre of the country. The search tree stays as it is; only the records change.
"""

import math
import os
import re
import struct

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNTRIES = os.path.join(TOP, "geo", "data", "geo-whois-asn-country.mmdb")
CENTRES = os.path.join(TOP, "geo", "centres_table.inc")

# Name to latitude and longitude; the address of region i is 198.51.100.(i + 1).
REGIONS = {
    "helsinki": (60.17, 24.94), "falkenstein": (50.48, 12.37), "virginia": (38.95, -77.45),
    "singapore": (1.35, 103.82), "oregon": (45.59, -121.18), "tokyo": (35.68, 139.69),
    "sydney": (-33.87, 151.21), "sao-paulo": (-23.55, -46.63),
}
ADDRESS_OF = {name: f"198.51.100.{i + 1}" for i, name in enumerate(REGIONS)}

CLEARLY = 1.02  # the second nearest region is farther by at least this factor


def centres():
    """Country code to (continent, latitude, longitude)."""
    row = re.compile(r'\{ "(..)", "(..)", (-?[\d.]+)F, (-?[\d.]+)F \}')
    with open(CENTRES, encoding="ascii") as table:
        return {code: (continent, float(lat), float(lon))
                for code, continent, lat, lon in row.findall(table.read())}


def distance(here, there):
    """Great-circle distance in radians."""
    (lat1, lon1), (lat2, lon2) = ([math.radians(degrees) for degrees in at] for at in (here, there))
    half = (math.sin((lat2 - lat1) / 2) ** 2
            + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2)
    return 2 * math.asin(math.sqrt(half))


def nearest():
    """Country code to the name of its nearest region, None where it is a close thing."""
    found = {}
    for code, (_, lat, lon) in centres().items():
        ranked = sorted((distance((lat, lon), at), name) for name, at in REGIONS.items())
        found[code] = ranked[0][1] if ranked[1][0] > CLEARLY * ranked[0][0] else None
    return found


# ---- MaxMind's format ----------------------------------------------------------------------


def head(kind, size):
    extra = b"" if size < 29 else bytes([size - 29])
    size = min(size, 29)
    return bytes([kind << 5 | size]) + extra if kind < 8 else bytes([size, kind - 7]) + extra


def encode(value):
    if isinstance(value, dict):
        return head(7, len(value)) + b"".join(encode(key) + encode(value[key]) for key in value)
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, str):
        return head(2, len(value.encode())) + value.encode()
    if isinstance(value, float):
        return head(3, 8) + struct.pack(">d", value)
    # libmaxminddb wants each number of the metadata in its own width.
    kind = 5 if value < 1 << 16 else 6 if value < 1 << 30 else 9
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return head(kind, len(octets)) + octets


def record_of(code, place):
    continent, lat, lon = place
    return {
        "city": {"names": {"en": f"City of {code}"}},
        "continent": {"code": continent},
        "country": {"iso_code": code},
        "location": {"accuracy_radius": 50, "latitude": lat, "longitude": lon},
    }


def country_at(data, at):
    """The code in the record {"country_code": "XX"}, whose key may be a pointer elsewhere."""
    key = data[at + 1]
    at += 1 + (1 + (key & 31) if key >> 5 == 2 else 2 + (key >> 3 & 3))
    return data[at + 1:at + 3].decode()


def make_database(path):
    with open(COUNTRIES, "rb") as file:
        whole = file.read()
    nodes = int.from_bytes(re.search(rb"node_count[\xc1-\xc4](....)", whole, re.S).group(1), "big")
    nodes >>= 8 * (4 - (whole[whole.rindex(b"node_count") + 10] & 31))
    tree, data = bytearray(whole[:nodes * 6]), whole[nodes * 6 + 16:]

    records, moved = bytearray(), {}
    places = centres()
    empty = nodes.to_bytes(3, "big")
    for at in range(0, len(tree), 3):
        value = tree[at] << 16 | tree[at + 1] << 8 | tree[at + 2]
        if value <= nodes:
            continue
        if value not in moved:
            code = country_at(data, value - nodes - 16)
            moved[value] = empty
            if code in places:
                moved[value] = (nodes + 16 + len(records)).to_bytes(3, "big")
                records += encode(record_of(code, places[code]))
        tree[at:at + 3] = moved[value]
    meta = encode({
        "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "build_epoch": 1700000000, "database_type": "GeoLite2-City",
        "description": {"en": "one city for each country"}, "ip_version": 6, "languages": ["en"],
        "node_count": nodes, "record_size": 24,
    })
    with open(path, "wb") as file:
        file.write(tree + bytes(16) + records + b"\xab\xcd\xefMaxMind.com" + meta)
