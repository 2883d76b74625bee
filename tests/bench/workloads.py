"""What the servers are to serve and what they are asked: zones, maps, workload files."""

import json
import os
import random

import maxminddb

import world

STATIC, STEERED, ASKED = 100000, 100, 100000

HEAD = "$TTL 300\n@ SOA ns1 host {serial} 7200 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n"


def address_of(i):
    """The address of name h<i>: told apart from all near it."""
    return f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"


def write(path, text):
    """Replaces the file in one step, as a careful operator does."""
    with open(path + ".new", "w", encoding="ascii") as out:
        out.write(text)
    os.rename(path + ".new", path)


def static_zone(names, serial=1):
    lines = [HEAD.format(serial=serial)]
    lines += [f"h{i} A {address_of(i)}\n" for i in range(names)]
    return "".join(lines)


class Site:
    """A folder with everything that servers are told to serve.

    zones/static.test.zone holds `static` names. Where `steered` names are wanted,
    zones/steered.test.zone and its map, and world.mmdb.
    """

    def __init__(self, folder, static=STATIC, steered=0, database=None):
        self.folder = folder
        self.zones = os.path.join(folder, "zones")
        self.static = static
        self.steered = steered
        self.database = database
        os.makedirs(self.zones)
        self.write_static(1)
        if steered:
            write(self.zone_file("steered.test"), HEAD.format(serial=1))
            write(os.path.join(self.zones, "steered.test.map.json"), json.dumps(self.map()))

    def zone_file(self, origin):
        return os.path.join(self.zones, f"{origin}.zone")

    def write_static(self, serial):
        write(self.zone_file("static.test"), static_zone(self.static, serial))

    def map(self):
        return {
            "regions": {name: {"location": at} for name, at in world.REGIONS.items()},
            "services": {"api": {
                "ttl": 30, "route": {"nearest": "*"},
                "endpoints": {name: {"A": [world.ADDRESS_OF[name]]} for name in world.REGIONS},
            }},
            "names": {f"h{i}": "api" for i in range(self.steered)},
        }


# ---- questions -----------------------------------------------------------------------------


def static_lines(names, nxdomain, asked=ASKED):
    pick = random.Random(1)
    for _ in range(asked):
        i = pick.randrange(names)
        if pick.random() < nxdomain:
            yield f"x{i}.static.test A rcode=NXDOMAIN answers=0\n"
        else:
            yield f"h{i}.static.test A answers=1 rdata={address_of(i)}\n"


def steered_lines(names, database, asked=ASKED):
    """Random IPv4 clients whose country is known and has a clearly nearest region."""
    pick = random.Random(2)
    region_of = world.nearest()
    with maxminddb.open_database(database) as places:
        while asked > 0:
            client = f"{pick.randrange(1, 224)}.{pick.randrange(256)}.{pick.randrange(256)}.0"
            place = places.get(client)
            region = region_of[place["country"]["iso_code"]] if place else None
            if region is None:
                continue
            yield (f"h{pick.randrange(names)}.steered.test A ecs={client}/24 answers=1 "
                   f"rdata={world.ADDRESS_OF[region]}\n")
            asked -= 1


class Workload:
    """A workload file with the generator's options, and whether it needs steering."""

    def __init__(self, name, path, options=(), steered=False):
        self.name = name
        self.path = path
        self.options = list(options)
        self.steered = steered


def write_questions(folder, database, nxdomain):
    """The three workload files; their paths by name."""
    lines = {
        "static": static_lines(STATIC, nxdomain),
        "nxdomain": static_lines(STATIC, 1),
        "steered": steered_lines(STEERED, database),
    }
    paths = {}
    for name, each in lines.items():
        paths[name] = os.path.join(folder, f"{name}.workload")
        write(paths[name], "".join(each))
    return paths


def all_workloads(paths):
    many = ["-m", "tcp", "-n", "8"]
    rate = ["-r", "50000"]
    return [
        Workload("static", paths["static"]),
        Workload("nxdomain", paths["nxdomain"]),
        Workload("steered", paths["steered"], steered=True),
        Workload("static-50k", paths["static"], rate),
        Workload("steered-50k", paths["steered"], rate, steered=True),
        Workload("tcp", paths["static"], many),
        Workload("tcp-once", paths["static"], many + ["-q", "1"]),
    ]
