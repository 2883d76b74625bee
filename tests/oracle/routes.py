"""A route turns a client into an ordering of regions (contract sections 3 and 8), made again."""

import ipaddress
import itertools
import json
import re

import draw
from places import BITS, NOWHERE, distance_km, embedded_v4


class Client:
    """Whom an answer is for.

    `version` and `number` are the address that decides (ECS padded with zeros, or
    the source), `length` its known bits, `source` (version, number) who sent the packet.
    """

    def __init__(self, world, version, number, length, source):
        self.anonymous = length == 0
        if version == 6 and not self.anonymous:
            inner = embedded_v4(number)
            if inner is not None:
                version, number = 4, inner
        self.version, self.number = version, number
        self.place = NOWHERE if self.anonymous else world.place(version, number)
        self.source = source
        self.grain = world.grain


class Region:
    def __init__(self, name, location=None, bias=0):
        self.name, self.location, self.bias = name, location, bias
        self.memory = {}

    def biased_km(self, place):
        """As Route 53's geoproximity: a positive bias draws clients from farther away."""
        km = self.memory.get(place)
        if km is None:
            km = distance_km(place, self.location)
            if self.bias > 0:
                km *= 1 - self.bias / 100
            if self.bias < 0:
                km /= 1 + self.bias / 100
            self.memory[place] = km
        return km


# ---- selectors --------------------------------------------------------------------------------

SPECIFIC = ["net", "asn", "city", "subdivision", "country", "continent"]


class Rules:
    """The selectors of one `geo` route: kind to value to entry."""

    def __init__(self, entries):
        self.default = next(entry for entry in entries if "in" not in entry)
        self.nets, self.values = {}, {kind: {} for kind in SPECIFIC}
        for entry in entries:
            for selector in entry.get("in", []):
                kind, _, value = selector.partition(":")
                if kind == "net":
                    net = ipaddress.ip_network(value)
                    self.nets[net.version, net.prefixlen, int(net[0])] = entry
                else:
                    self.values[kind][value.upper()] = entry
        self.lengths = {version: sorted({length for v, length, _ in self.nets if v == version},
                                        reverse=True) for version in (4, 6)}

    def match_net(self, client):
        for length in self.lengths[client.version]:
            spare = BITS[client.version] - length
            entry = self.nets.get((client.version, length, client.number >> spare << spare))
            if entry is not None:
                return entry
        return None

    def match(self, client):
        """The most specific entry, or None."""
        if client.anonymous:
            return None
        place = client.place
        found = self.match_net(client) or self.values["asn"].get(str(place.asn))
        if found is None and place.city and place.country:
            found = self.values["city"].get(f"{place.country}/{place.city}".upper())
        for subdivision in reversed(place.subdivisions):
            found = found or self.values["subdivision"].get(subdivision.upper())
        return (found or self.values["country"].get(place.country)
                or self.values["continent"].get(place.continent))


# ---- labels -----------------------------------------------------------------------------------


def quoted(text):
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def label_of(route):
    """The canonical text of a member without a name; a region is known by its own."""
    return route if isinstance(route, str) else canonical(route)


def canonical(route):
    if isinstance(route, str):
        return quoted(route)
    if "failover" in route:
        return '{"failover":[' + ",".join(map(canonical, route["failover"])) + "]}"
    if "nearest" in route and route["nearest"] == "*":
        return '{"nearest":"*"}'
    raise NotImplementedError("give it a name: " + json.dumps(route))


# ---- orderings --------------------------------------------------------------------------------


class Router:
    """The route of one service. `regions` are Region objects in the order of `endpoints`."""

    def __init__(self, route, regions):
        self.route = route
        self.regions = {region.name: region for region in regions}
        self.rules = {}
        self.fates = 1  # how many outcomes chance has
        self.prepare(route)

    def prepare(self, route):
        if isinstance(route, str):
            return
        for child in self.children(route):
            self.prepare(child)
        if "geo" in route:
            self.rules[id(route)] = Rules(route["geo"])
        if route.get("per") == "query":
            count = len(self.members(route))
            self.fates = len(list(itertools.permutations(range(count))))

    @staticmethod
    def members(route):
        """(label, weight, route) of each member."""
        members = route["weighted"]
        if isinstance(members, dict):
            return [(name, weight, name) for name, weight in members.items()]
        return [(member.get("name") or label_of(member["to"]), member["weight"], member["to"])
                for member in members]

    def children(self, route):
        if "failover" in route:
            return route["failover"]
        if "weighted" in route:
            return [to for _, _, to in self.members(route)]
        if "geo" in route:
            return [entry["to"] for entry in route["geo"]]
        return []

    def order(self, client, fate=0):
        """Region names, each once. `fate` picks the outcome of what is drawn for each query."""
        return list(dict.fromkeys(self.walk(self.route, client, fate, 0)))

    def walk(self, route, client, fate, draws):
        if isinstance(route, str):
            return [route]
        if "nearest" in route:
            return self.nearest(route, client)
        if "failover" in route:
            return [name for item in route["failover"]
                    for name in self.walk(item, client, fate, draws)]
        if "weighted" in route:
            return self.weighted(route, client, fate, draws)
        return self.geo(route, client, fate, draws)

    def nearest(self, route, client):
        wanted = route["nearest"]
        names = [name for name in self.regions if wanted == "*" or name in wanted]
        place = client.place.location
        if place is None:
            return names
        placed = [name for name in names if self.regions[name].location is not None]
        keys = {}
        for name in placed:
            keys[name] = self.regions[name].biased_km(place)
        ordered = sorted(placed, key=keys.get)
        for i in range(1, len(ordered)):
            if keys[ordered[i]] == keys[ordered[i - 1]]:
                ticket = self.ticket(client, "client", draw.TIE_SALT, client.grain)
                ordered.sort(key=lambda name: (keys[name], draw.arrival(ticket, name, 1)))
                break
        return ordered + [name for name in names if self.regions[name].location is None]

    @staticmethod
    def ticket(client, per, salt, bits):
        if client.anonymous:
            return draw.ticket_for_nobody(salt)
        if per == "resolver":
            return draw.ticket_of_resolver(salt, draw.resolver_key(*client.source))
        key = draw.address_key(client.version, client.number)
        return draw.ticket_of_client(salt, client.version, key, bits[client.version])

    def weighted(self, route, client, fate, draws):
        per = route.get("per", "client")
        members = self.members(route)
        if per == "query":
            drawn = list(itertools.permutations(members))[fate]
            drawn = sorted(drawn, key=lambda member: member[1] == 0)
        else:
            knob = route.get("prefix", {})
            bits = {4: knob.get("v4", client.grain[4]), 6: knob.get("v6", client.grain[6])}
            ticket = self.ticket(client, per, draws, bits)
            drawn = sorted(members, key=lambda member: (
                member[1] == 0, draw.arrival(ticket, member[0], member[1] or 1),
                draw.member_key(member[0])))
        return [name for _, _, to in drawn for name in self.walk(to, client, fate, draws + 1)]

    def geo(self, route, client, fate, draws):
        rules = self.rules[id(route)]
        entry = rules.match(client)
        order = []
        if entry is not None:
            order += self.walk(entry["to"], client, fate, draws)
            if entry.get("fence"):
                return order
        order += self.walk(rules.default["to"], client, fate, draws)
        if rules.default.get("fence"):
            return order
        return order + list(self.regions)
