"""Replays a decision from nothing but the JSON that `meridian explain --json` printed.

No database is opened and no map is read: docs/explain.md promises that the explanation
holds all that the decision rests on. Nothing is believed that can be computed: distances,
draws, the order, who is up, who answers and in which block.
"""

import ipaddress
import json
import math

import draw
from answers import Endpoint, Service, fits
from places import BITS, Place, distance_km
from routes import Client, Region, Router


class Contradiction(Exception):
    """The explanation does not follow from itself."""


def expect(what, told, computed):
    if isinstance(told, float):
        same = math.isclose(told, computed, rel_tol=1e-9, abs_tol=1e-6)
    else:
        same = told == computed
    if not same:
        raise Contradiction(f"{what}: told {told!r}, computed {computed!r}")


def asker_of(why):
    """The Client that the explanation is about."""
    client = Client.__new__(Client)
    client.grain = {4: why["max_scope"]["v4"], 6: why["max_scope"]["v6"]}
    client.anonymous = why["source_prefix"] == 0
    address = ipaddress.ip_address(why.get("located_as") or why.get("address") or "0.0.0.0")
    client.version, client.number = address.version, int(address)
    resolver = ipaddress.ip_address(why["resolver"])
    client.source = resolver.version, int(resolver)
    place = why["place"]
    location = (place["latitude"], place["longitude"]) if "latitude" in place else None
    client.place = Place(place["continent"], place["country"], tuple(place["subdivisions"]),
                         place["city"], place["asn"], location)
    return client


def check_place(why):
    """The databases, in order, give what the place has."""
    place = why["place"]
    merged = {}
    for database in why.get("databases", []):
        if "error" in database or "changed" in database:
            return
        for field in ("country", "subdivisions", "city", "asn", "continent"):
            if field in database:
                merged.setdefault(field, database[field])
        if "latitude" in database and "at" not in merged:
            merged["at"] = database["latitude"], database["longitude"]
    for field in ("country", "city", "asn", "subdivisions"):
        expect(field, place[field], merged.get(field, type(place[field])()))
    if "continent" in merged:
        expect("continent", place["continent"], merged["continent"])
    if place["fix"] == "coordinates":
        for field, degrees in zip(("latitude", "longitude"), merged["at"]):
            expect(field, place[field], degrees)
    elif place["fix"] == "unknown":
        expect("coordinates", "at" in merged, False)


# ---- the decision, policy by policy ------------------------------------------------------------


class Decision:
    def __init__(self, why, client):
        self.client = client
        self.regions = {region["name"]: region for region in why["regions"]}

    def order(self, node):
        """The regions of a subtree; its numbers are computed again on the way."""
        if "region" in node:
            return [node["region"]]
        if "failover" in node:
            return [name for item in node["failover"] for name in self.order(item)]
        if "nearest" in node:
            return self.nearest(node)
        if "weighted" in node:
            return self.weighted(node)
        return self.geo(node["geo"])

    def nearest(self, node):
        place = self.client.place.location
        expect("located", node["located"], place is not None)
        last = (-1, -1)
        for item in node["nearest"]:
            if "counts_as_km" not in item:
                continue
            region = self.regions[item["region"]]
            km, bias = distance_km(place, region["location"]), region["bias"]
            biased = km * (1 - bias / 100) if bias >= 0 else km / (1 + bias / 100)
            expect("counts_as_km", item["counts_as_km"], biased)
            place_in_line = item["counts_as_km"], 0
            if "arrival" in item:
                ticket = Router.ticket(self.client, "client", draw.TIE_SALT, self.client.grain)
                expect("arrival", int(item["arrival"], 16), draw.arrival(ticket, item["region"], 1))
                place_in_line = item["counts_as_km"], int(item["arrival"], 16)
            expect("nearest first", last <= place_in_line, True)
            last = place_in_line
        return [item["region"] for item in node["nearest"]]

    def ticket(self, node):
        if node["per"] == "query":
            return int(node["ticket"], 16)  # chance: it is what it is
        bits = {}
        if "hashed" in node:
            net = ipaddress.ip_network(node["hashed"])
            inside = self.client.number >> (BITS[net.version] - net.prefixlen)
            expect("hashed", int(net[0]) >> (BITS[net.version] - net.prefixlen), inside)
            bits[net.version] = net.prefixlen
        return Router.ticket(self.client, node["per"], node["salt"], bits)

    def weighted(self, node):
        ticket = self.ticket(node)
        expect("ticket", int(node["ticket"], 16), ticket)
        last = (False, -1)
        names = []
        for member in node["weighted"]:
            expect("key", int(member["key"], 16), draw.member_key(member["name"]))
            arrival = draw.arrival(ticket, member["name"], member["weight"] or 1)
            expect("arrival", int(member["arrival"], 16), arrival)
            expect("earliest first", last <= (member["weight"] == 0, arrival), True)
            last = member["weight"] == 0, arrival
            names += self.order(member["to"])
        return names

    def geo(self, node):
        names = self.order(node["to"]) if "to" in node else []
        if "default" in node:
            names += self.order(node["default"])
        return names + (list(self.regions) if node["others"] else [])


# ---- who answers -------------------------------------------------------------------------------


class Replayed(Service):
    """The service as the explanation knows it."""

    def __init__(self, why):
        self.needed = {}
        endpoints, states = {}, {}
        for region in why["regions"]:
            pools = endpoints[region["name"]] = {}
            for rrtype, pool in region["pools"].items():
                pools[rrtype] = []
                for index, endpoint in enumerate(pool["endpoints"]):
                    key = region["name"], rrtype, index
                    states[key] = endpoint["health"] == "up"
                    pools[rrtype].append(
                        Endpoint(endpoint["data"].strip('"'), key if endpoint["watched"] else None))
                self.needed[id(pools[rrtype])] = pool["needed"]
                up = sum(endpoint["health"] == "up" for endpoint in pool["endpoints"])
                expect("endpoints up", pool["up"], up)
        regions = self.told = {region["name"]: region for region in why["regions"]}
        self.withheld = {item["region"] for item in why["candidates"] if item["withheld"]}
        text = {"route": json.loads(why["route"]), "endpoints": endpoints, **why["rules"]}
        if why["unsure"]:
            text["ttl"] = text["ttl_min"]
        zone_records = {why["answered_type"]: {record.strip('"') for record in why["records"]}}
        super().__init__(regions, why["service"], text, endpoints, zone_records, states.get)

    def pool_is_up(self, pool):
        up = sum(endpoint.watched is None or self.is_up(endpoint.watched) for endpoint in pool)
        return up >= self.needed[id(pool)]

    def region_is_up(self, name, rrtype):
        """An operator's word, or a limit's, goes before what the probes say."""
        if self.told[name]["by"] != "probes":
            return self.told[name]["health"] == "up"
        return super().region_is_up(name, rrtype)

    def decide(self, order, rrtype):
        """A region that does not take this client back yet is passed over, if another is up."""
        up = [name for name in order if rrtype in self.endpoints[name]
              and self.region_is_up(name, rrtype)]
        taking = [name for name in up if name not in self.withheld]
        return super().decide(taking or up[:1] or order, rrtype)


def check_health(why, service):
    rrtype = why["answered_type"]
    for region in why["regions"]:
        if rrtype not in region["pools"]:
            computed = "does not offer the type"
        else:
            computed = "up" if service.region_is_up(region["name"], rrtype) else "down"
        expect(f"health of {region['name']}", region["health"], computed)
    health = {region["name"]: region["health"] for region in why["regions"]}
    for candidate in why["candidates"]:
        expect("health", candidate["health"], health[candidate["region"]])
        expect("removed", candidate["removed"], candidate["health"] != "up")


def check_distances(why, place):
    """Each candidate's distance, before bias; none where either end has no place."""
    regions = {region["name"]: region for region in why["regions"]}
    for candidate in why["candidates"]:
        location = regions[candidate["region"]].get("location")
        measured = place.location is not None and location is not None
        expect("a distance", "distance_km" in candidate, measured)
        if measured:
            expect("distance_km", candidate["distance_km"], distance_km(place.location, location))


def check_block(why):
    if "block" not in why:
        expect("scope", why["scope"], 0)
        return
    address = ipaddress.ip_address(why["address"])
    block = ipaddress.ip_network(f"{address}/{why['scope']}", strict=False)
    expect("block", ipaddress.ip_network(why["block"]), block)


def replay(why):
    """Raises Contradiction unless everything told follows; gives back the Answer computed."""
    if not why["steered"]:
        raise Contradiction("not steered")
    check_place(why)
    client = asker_of(why)
    told = [candidate["region"] for candidate in why["candidates"]]
    expect("order by the decision", told,
           list(dict.fromkeys(Decision(why, client).order(why["decision"]))))
    regions = [Region(region["name"], region.get("location"), region["bias"])
               for region in why["regions"]]
    router = Router(json.loads(why["route"]), regions)
    if router.fates == 1:
        expect("order by the route", told, router.order(client))

    check_distances(why, client.place)

    service = Replayed(why)
    check_health(why, service)
    answer = service.answer(tuple(told), why["answered_type"])
    data = frozenset(record.strip('"') for record in why["records"])
    expect("the answer fits", fits(answer, data, why["ttl"]), True)
    if why["choice"] != "zone file":
        pools = [service.endpoints[name][why["answered_type"]] for name in why["answering"]]
        offered = {endpoint.data for pool in pools for endpoint in pool}
        expect("answering", data <= offered and len(pools) == len(answer.records), True)
    check_block(why)
    return answer
