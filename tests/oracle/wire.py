"""Queries and answers as octets: a hundred thousand of them a minute."""

import socket
import struct

TYPES = {"A": 1, "CNAME": 5, "TXT": 16, "AAAA": 28}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
FAMILY = {4: 1, 6: 2}
ECS, OPT = 8, 41


def name_wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def question(name, rrtype):
    return name_wire(name) + struct.pack("!HH", TYPES[rrtype], 1)


def ecs_option(version, number, length):
    octets = number.to_bytes(4 if version == 4 else 16, "big")[:(length + 7) // 8]
    return struct.pack("!HHHBB", ECS, 4 + len(octets), FAMILY[version], length, 0) + octets


def query(ident, asked, option=None):
    """`asked` is from question(); `option` from ecs_option()."""
    if option is None:
        return struct.pack("!HHHHHH", ident, 0, 1, 0, 0, 0) + asked
    return (struct.pack("!HHHHHH", ident, 0, 1, 0, 0, 1) + asked +
            struct.pack("!BHHIH", 0, OPT, 4096, 0, len(option)) + option)


def skip_name(octets, at):
    while octets[at]:
        if octets[at] >= 192:
            return at + 2
        at += octets[at] + 1
    return at + 1


class Reply:
    """What is read of an answer: rcode, aa, `ttl`, `data` (a set of texts), `ecs`, `scope`."""

    def __init__(self, octets, asked):
        _, flags, _, answers, authority, additional = struct.unpack_from("!HHHHHH", octets)
        self.rcode, self.authoritative = flags & 15, bool(flags & 0x400)
        self.data, self.ttl, self.ecs, self.scope = [], None, None, None
        at = 12 + len(asked)
        for index in range(answers + authority + additional):
            at = skip_name(octets, at)
            rrtype, _, ttl, length = struct.unpack_from("!HHIH", octets, at)
            rdata = octets[at + 10:at + 10 + length]
            at += 10 + length
            if index < answers:
                self.ttl = ttl
                self.data.append(data_text(rrtype, rdata))
            elif rrtype == OPT:
                self.read_options(rdata)

    def read_options(self, rdata):
        at = 0
        while at < len(rdata):
            code, length = struct.unpack_from("!HH", rdata, at)
            if code == ECS:
                body = rdata[at + 4:at + 4 + length]
                self.scope = body[3]
                self.ecs = rdata[at:at + 7] + b"\0" + body[4:]  # as it was sent
            at += 4 + length


def data_text(rrtype, rdata):
    if rrtype == TYPES["A"]:
        return socket.inet_ntop(socket.AF_INET, rdata)
    if rrtype == TYPES["AAAA"]:
        return socket.inet_ntop(socket.AF_INET6, rdata)
    if rrtype == TYPES["TXT"]:
        return rdata[1:1 + rdata[0]].decode()
    return f"type {rrtype}: {rdata.hex()}"
