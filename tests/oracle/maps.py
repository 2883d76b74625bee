"""Random zones with random maps, and whom to ask for."""

from answers import ADDRESSES, Endpoint, Service
from places import BITS, NOWHERE, as_text

ZONE = """\
$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300
@ IN NS ns1
ns1 IN A 192.0.2.53
"""

LAST_RESORT = {"A": {"192.0.2.250", "192.0.2.251"}, "AAAA": {"2001:db8::250"}, "TXT": {"last resort"}}

EMBEDDED = [lambda v4: 0xffff << 32 | v4, lambda v4: 0x64ff9b << 96 | v4,
            lambda v4: 0x2002 << 112 | v4 << 80, lambda v4: 0x20010000 << 96 | v4 ^ 0xffffffff]


class Country:
    """What a run draws from: places of the databases for selectors, networks for clients."""

    def __init__(self, world, random):
        self.world, self.random = world, random
        self.networks = {version: world.networks(version, 20000, random) for version in (4, 6)}
        self.selectors = sorted(self.collect())

    def collect(self):
        found = {f"continent:{code}" for code in ("AF", "AN", "AS", "EU", "NA", "OC", "SA")}
        for version in (4, 6):
            networks = self.networks[version]
            for number, _ in self.random.sample(networks, min(len(networks), 3000)):
                place = self.world.place(version, number)
                if place.asn:
                    found.add(f"asn:{place.asn}")
                if place.city and place.country:
                    found.add(f"city:{place.country}/{place.city}")
                found |= {f"subdivision:{subdivision}" for subdivision in place.subdivisions}
                if place.country in self.world.centres:
                    found.add(f"country:{place.country}")
        return found

    def selector(self):
        """One that speaks of somebody; small kinds are not drowned by the many cities."""
        if self.random.random() < 0.3:
            return f"net:{self.net()}"
        kind = self.random.choice(("asn", "city", "subdivision", "country", "continent"))
        some = [selector for selector in self.selectors if selector.startswith(kind)]
        return self.random.choice(some or self.selectors)

    def net(self):
        version = self.random.choice((4, 4, 6))
        most = self.world.grain[version]
        # Sources are in 127/8; the nets of embedded addresses would name nobody.
        number = 127 << 24 | self.random.getrandbits(24) if version == 4 else 0
        length = self.random.randint(10, most)
        if self.random.random() < 0.8 and self.networks[version]:
            number, known = self.random.choice(self.networks[version])
            length = min(most, max(1, known + self.random.randint(-4, 4)))
        elif version == 6:
            number = 0x2a << 120 | self.random.getrandbits(120)
        number = number >> (BITS[version] - length) << (BITS[version] - length)
        return f"{as_text(version, number)}/{length}"

    # -- clients --

    def address(self, version, nets):
        """Near a boundary of a database or of a rule; or anywhere."""
        bits = BITS[version]
        chance = self.random.random()
        near = [net for net in nets if net[0] == version]
        if chance < 0.2 and near:
            _, number, length = self.random.choice(near)
        elif chance < 0.85 and self.networks[version]:
            number, length = self.random.choice(self.networks[version])
        else:
            return self.random.getrandbits(bits)
        size = 1 << (bits - length)
        number += self.random.choice((0, size - 1, self.random.randrange(size), -1, size))
        return number % (1 << bits)

    def subnet(self, nets):
        """(version, number, length) as ECS would send it."""
        random = self.random
        version = random.choice((4, 4, 6))
        number = self.address(version, nets)
        if version == 6 and random.random() < 0.25:
            number = random.choice(EMBEDDED)(self.address(4, nets))
        length = random.choice((24, 32, random.randint(0, 32), random.randint(16, 28)))
        if version == 6:
            length = random.choice((56, 48, 128, 96 + length, random.randint(0, 128),
                                    random.randint(20, 64)))
        return version, number >> (BITS[version] - length) << (BITS[version] - length), length


class Cartographer:
    """Draws maps. `give_target(is_up)` gives an address that is watched and in that state."""

    def __init__(self, country, give_target, is_up, probe):
        self.country, self.random = country, country.random
        self.give_target, self.is_up, self.probe = give_target, is_up, probe
        self.labels = 0

    # -- regions --

    def regions(self):
        random, found = self.random, {}
        for index in range(random.randint(2, 8)):
            region = {}
            if random.random() < 0.9:
                region["location"] = [round(random.uniform(-70, 75), 2),
                                      round(random.uniform(-180, 180), 2)]
            if found and random.random() < 0.15:  # two of one site are equally far
                twin = random.choice(list(found.values()))
                region = {key: twin[key] for key in ("location",) if key in twin}
            if random.random() < 0.3:
                region["bias"] = random.randint(-99, 99)
            found[f"region-{index}"] = region
        return found

    # -- routes --

    def route(self, names, depth=0, chance=None):
        """A tree. `chance` holds one token: the first draw per query takes it."""
        chance = [True] if chance is None else chance
        kinds = ["region"] if depth >= 3 else []
        kinds += ["nearest", "nearest", "region" if depth else "geo"]
        if depth < 3:
            kinds += ["failover", "weighted", "geo", "geo"]
        return getattr(self, self.random.choice(kinds) + "_route")(names, depth, chance)

    def region_route(self, names, *_):
        return self.random.choice(names)

    def nearest_route(self, names, *_):
        if self.random.random() < 0.5:
            return {"nearest": "*"}
        return {"nearest": self.random.sample(names, self.random.randint(1, len(names)))}

    def failover_route(self, names, depth, chance):
        return {"failover": [self.route(names, depth + 1, chance)
                             for _ in range(self.random.randint(1, 3))]}

    def weight(self):
        return self.random.choice((0, 1, 1, 2, 10, 60, 40, 1000000))

    def weighted_route(self, names, depth, chance):
        random = self.random
        count = random.randint(1, 4)
        per = random.choice(("client", "client", "client", "resolver", "query"))
        if per == "query":
            if not chance:
                per = "client"
            else:
                chance.clear()
                count = min(count, 3)
        if random.random() < 0.5:
            members = {name: self.weight() for name in random.sample(names, min(count, len(names)))}
        else:
            members = [self.member(names, depth, chance) for _ in range(count)]
        route = {"weighted": members}
        if per != "client" or random.random() < 0.3:
            route["per"] = per
        if per == "client" and random.random() < 0.5:
            grain = self.country.world.grain
            route["prefix"] = {f"v{version}": random.randint(1, grain[version])
                               for version in (4, 6) if random.random() < 0.8}
        return route

    def member(self, names, depth, chance):
        self.labels += 1
        return {"weight": self.weight(), "to": self.route(names, depth + 1, chance),
                "name": f"member {self.labels}"}

    def geo_route(self, names, depth, chance):
        random = self.random
        used = set()
        entries = []
        for _ in range(random.randint(1, 4)):
            wanted = [self.country.selector() for _ in range(random.randint(1, 4))]
            fresh = list(dict.fromkeys(text for text in wanted if text.upper() not in used))
            fresh = [text for i, text in enumerate(fresh)
                     if text.upper() not in {other.upper() for other in fresh[:i]}]
            used |= {text.upper() for text in fresh}
            if fresh:
                entries.append({"in": fresh, "to": self.route(names, depth + 1, chance)})
        entries.insert(random.randint(0, len(entries)), {"to": self.route(names, depth + 1, chance)})
        for entry in entries:
            if random.random() < 0.25:
                entry["fence"] = True
        return {"geo": entries}

    # -- services --

    def pool(self, rrtype, region, mood):
        """Endpoints as (JSON, Endpoint); `mood` is how likely one is up, None: not watched."""
        if rrtype not in ADDRESSES:
            pairs = [({"rdata": f'"{region}"'}, Endpoint(region))]
            if mood is not None and self.random.random() < 0.2:
                address = self.give_target(self.random.random() < mood)
                pairs[0][0].update(address=address, probe="tell")
                pairs[0][1].watched = address
            return pairs
        pairs = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            address = self.give_target(mood is None or self.random.random() < mood)
            shown = f"::ffff:{address}" if rrtype == "AAAA" else address
            text = {"address": shown}
            watched = mood is not None and self.random.random() < 0.95
            if mood is not None and not watched:
                text["probe"] = "none"
            if self.random.random() < 0.3:
                text["weight"] = self.random.randint(1, 9)
            pairs.append((text, Endpoint(shown, address if watched else None)))
        return pairs

    def endpoints(self, names, partial, mood):
        """The JSON, and the same as Endpoint objects."""
        text, made = {}, {}
        types = self.random.choice((["A", "AAAA"], ["A", "AAAA"], ["A", "AAAA", "TXT"], ["A"]))
        for name in names:
            offered = [rrtype for rrtype in types if not partial or self.random.random() < 0.7]
            pools = {rrtype: self.pool(rrtype, name, mood) for rrtype in offered or types[:1]}
            text[name] = {rrtype: [pair[0] for pair in pool] for rrtype, pool in pools.items()}
            made[name] = {rrtype: [pair[1] for pair in pool] for rrtype, pool in pools.items()}
        return text, made

    def service(self, names, route):
        random = self.random
        mood = random.choice((None, 1, 0.9, 0.7, 0.5, 0.5, 0.2, 0))
        partial = random.random() < 0.25
        text = {"route": route, "ttl": random.randint(0, 100000), "probe": "tell"}
        if mood is None:
            del text["probe"]
        if partial:
            text["partial_types"] = True
        if random.random() < 0.3:
            text["spread"] = random.randint(1, 3)
        if random.random() < 0.2:
            text["answers"] = random.randint(1, 4)
        if random.random() < 0.4:
            text["min_up"] = random.choice((1, 2, 3, "1%", "34%", "50%", "67%", "100%"))
        if random.random() < 0.1:
            text["ecs"] = False
        policy = random.choice(("serve_all", None, "zonefile", "list"))
        if policy == "list":
            policy = random.sample(names, random.randint(1, len(names)))
        if policy is not None:
            text["when_all_down"] = policy
        text["endpoints"], made = self.endpoints(names, partial, mood)
        return text, made

    def zone(self, index, service_count):
        """(files by name, {owner: Service})."""
        origin = f"m{index}.test"
        regions = self.regions()
        names = list(regions)
        route = self.route(names)
        services, texts = {}, {}
        records = ""
        for number in range(service_count):
            name = f"s{number}"
            text, made = self.service(self.random.sample(names, len(names)), route)
            service = Service(regions, name, text, made, LAST_RESORT, self.is_up)
            services[f"{name}.{origin}"] = service
            texts[name] = text
            if text.get("when_all_down") == "zonefile":
                records += "".join(f'{name} IN {rrtype} "{data}"\n' if rrtype == "TXT" else
                                   f"{name} IN {rrtype} {data}\n" for rrtype in service.types
                                   for data in sorted(LAST_RESORT[rrtype]))
        return {f"zones/{origin}.zone": ZONE + records,
                f"zones/{origin}.map.json": {
                    "regions": regions, "probes": {"tell": self.probe, "none": {"type": "none"}},
                    "services": texts, "names": {name: name for name in texts}}}, services
