"""The weighted draw of geo/draw.h, made again from its words.

Nothing but integers below 2^64: every machine must agree to the last bit.
"""

import functools

MASK = (1 << 64) - 1
VERSION = int.from_bytes(b"meridian", "big")
GOLDEN = 0x9e3779b97f4a7c15
STABLE_KEY = b"meridian routing"
TIE_SALT = int.from_bytes(b"tie", "big")  # draws among regions that are equally near

FAMILY = {4: 1, 6: 2}  # as RFC 7871 numbers them


def mix(x):
    """Stafford's Mix13."""
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & MASK
    x = (x ^ x >> 27) * 0x94d049bb133111eb & MASK
    return x ^ x >> 31


def siphash24(key, octets):
    """Aumasson and Bernstein, 2012."""
    def rotate(x, bits):
        return (x << bits | x >> (64 - bits)) & MASK

    def rounds(count, a, b, c, d):
        for _ in range(count):
            a = (a + b) & MASK
            c = (c + d) & MASK
            b = rotate(b, 13) ^ a
            d = rotate(d, 16) ^ c
            a = rotate(a, 32)
            c = (c + b) & MASK
            a = (a + d) & MASK
            b = rotate(b, 17) ^ c
            d = rotate(d, 21) ^ a
            c = rotate(c, 32)
        return a, b, c, d

    low = int.from_bytes(key[:8], "little")
    high = int.from_bytes(key[8:], "little")
    state = (low ^ 0x736f6d6570736575, high ^ 0x646f72616e646f6d,
             low ^ 0x6c7967656e657261, high ^ 0x7465646279746573)
    padded = octets + bytes(-(len(octets) + 1) % 8) + bytes([len(octets) & 255])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at:at + 8], "little")
        a, b, c, d = rounds(2, *state[:3], state[3] ^ word)
        state = a ^ word, b, c, d
    a, b, c, d = rounds(4, state[0], state[1], state[2] ^ 255, state[3])
    return a ^ b ^ c ^ d


@functools.lru_cache(None)
def member_key(label):
    """What a member is known by."""
    return siphash24(STABLE_KEY, label.encode())


def address_key(version, number):
    """The first 64 bits; an IPv4 address fills the upper half."""
    return number << 32 if version == 4 else number >> 64


def resolver_key(version, number):
    lower = 0 if version == 4 else number & MASK
    return mix((address_key(version, number) + FAMILY[version]) & MASK) ^ lower


def ticket_for_nobody(salt):
    return mix(VERSION ^ salt)


@functools.lru_cache(100000)
def ticket_of_client(salt, version, key, bits):
    block = key >> (64 - bits) << (64 - bits)
    return mix(mix((ticket_for_nobody(salt) + FAMILY[version]) & MASK) ^ block)


def ticket_of_resolver(salt, key):
    return mix(ticket_for_nobody(salt) ^ key)


@functools.lru_cache(200000)
def exponential(seed):
    """Von Neumann, 1951: a whole part for each fall of even length, then a fraction of 58 bits."""
    whole = 0
    while whole < 63:
        seed = (seed + GOLDEN) & MASK
        first = last = mix(seed)
        fall = 1
        while True:
            seed = (seed + GOLDEN) & MASK
            number = mix(seed)
            if number >= last:
                break
            last = number
            fall += 1
        if fall % 2 == 1:
            return whole << 58 | first >> 6
        whole += 1
    return MASK


def arrival(ticket, label, weight):
    return exponential(mix(ticket ^ member_key(label))) // weight
