"""From an ordering and the state of health to what a client may be answered."""

import collections

from routes import Region, Router

# `records` holds, for each region that answers, the records it may give; no region is
# named twice. `limit` is the most that fit. The zone file's own have the zone's TTL.
Answer = collections.namedtuple("Answer", "records limit ttl")

ADDRESSES = ("A", "AAAA")


class Endpoint:
    def __init__(self, data, watched=None):
        self.data = data
        self.watched = watched  # the address that is asked; None: always up


class Service:
    """A service as the map describes it. `is_up` answers for a watched address."""

    def __init__(self, regions, name, text, endpoints, zone_records, is_up):
        self.name, self.text, self.endpoints = name, text, endpoints
        self.router = Router(text["route"], [Region(key, regions[key].get("location"),
                                                    regions[key].get("bias", 0))
                                             for key in text["endpoints"]])
        self.zone_records, self.is_up = zone_records, is_up
        self.types = sorted({rrtype for pools in endpoints.values() for rrtype in pools})
        self.memory = {}  # of the present state: order and type to answer

    def pool_is_up(self, pool):
        up = sum(endpoint.watched is None or self.is_up(endpoint.watched) for endpoint in pool)
        needed = self.text.get("min_up", 1)
        if isinstance(needed, str):
            needed = -(-len(pool) * int(needed.rstrip("%")) // 100)
        return up >= min(needed, len(pool))

    def region_is_up(self, name, rrtype):
        """Families are judged apart; what has no address of its own is up when any family is."""
        pools = self.endpoints[name]
        watched = any(endpoint.watched is not None for endpoint in pools[rrtype])
        if rrtype in ADDRESSES or watched:
            return self.pool_is_up(pools[rrtype])
        families = [pools[family] for family in ADDRESSES if family in pools]
        return not families or any(map(self.pool_is_up, families))

    def answers_to(self, client, rrtype):
        """Every answer that is right; more than one only when chance decides."""
        found = {self.answer(tuple(self.router.order(client, fate)), rrtype)
                 for fate in range(self.router.fates)}
        return found

    def answer(self, order, rrtype):
        answer = self.memory.get((order, rrtype))
        if answer is None:
            answer = self.memory[order, rrtype] = self.decide(order, rrtype)
        return answer

    def decide(self, order, rrtype):
        spread = self.text.get("spread", 1)
        offering = [name for name in order if rrtype in self.endpoints[name]]
        healthy = [name for name in offering if self.region_is_up(name, rrtype)]
        if healthy:
            return self.give(healthy[:spread], rrtype, only_up=True)

        policy = self.text.get("when_all_down", "serve_all")
        if policy == "zonefile":
            return Answer((frozenset(self.zone_records[rrtype]),), None, 3600)
        if isinstance(policy, list):
            offering = [name for name in policy if rrtype in self.endpoints[name]]
            healthy = [name for name in offering if self.region_is_up(name, rrtype)]
            if healthy:
                return self.give(healthy[:spread], rrtype, only_up=True)
            spread = 1
        # Steering never changes what exists: somebody has the type.
        if not offering:
            offering = [name for name in self.endpoints if rrtype in self.endpoints[name]][:1]
        return self.give(offering[:spread], rrtype, only_up=False)

    def give(self, names, rrtype, only_up):
        records = []
        for name in names:
            pool = self.endpoints[name][rrtype]
            records.append(frozenset(
                endpoint.data for endpoint in pool
                if not only_up or endpoint.watched is None or self.is_up(endpoint.watched)))
        return Answer(tuple(records), self.text.get("answers", 8), self.text.get("ttl", 30))


def fits(answer, data, ttl):
    """True when these records, of that TTL, are such an answer.

    Several regions share the room: each is heard while there is room for all, and none is left
    while one of them has more to give.
    """
    union = frozenset().union(*answer.records)
    limit = min(answer.limit or len(union), len(union))
    regions = [records for records in answer.records if records]
    heard = sum(bool(records & data) for records in regions)
    return (data <= union and ttl == answer.ttl and heard >= min(limit, len(regions))
            and len(data) == limit)
