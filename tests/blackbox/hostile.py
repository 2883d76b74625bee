"""Servers that no probe deserves, and that some probe will meet.

    with Hostile(drips) as server:
        ... server.address, server.port, server.seen (connections so far)

A manner is a function that is given each connection, in a thread of its own, and may do with it
what it likes; the connection is closed after it.
"""

import contextlib
import os
import random
import socket
import struct
import threading
import time

from harness import free_port

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


class Hostile:
    """A manner, at a TCP port of its own."""

    def __init__(self, manner, address="127.0.0.1", everywhere=False):
        """`everywhere`: at every address of the loopback device, and of no other (needs root)."""
        self.manner = manner
        self.seen = 0
        self.port = free_port()
        self.address = address
        self.ends = False
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if everywhere:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        self.listener.bind(("0.0.0.0" if everywhere else address, self.port))
        self.listener.listen(256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ends:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.seen += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(60)
            self.manner(connection)

    def close(self):
        self.ends = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(connection):
    """Reads what is asked, to the end of an HTTP header or whatever comes first."""
    asked = b""
    while b"\n" not in asked:
        part = connection.recv(4096)
        if not part:
            return asked
        asked += part
    return asked


def for_ever(connection, octets):
    while True:
        connection.sendall(octets)


def drip(connection, octets):
    """One octet a second, to the end and beyond."""
    for at in range(1 << 30):
        connection.sendall(octets[at % len(octets):at % len(octets) + 1])
        time.sleep(1)


def resets(connection):
    """Closes so that the other side hears RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# ---- manners --------------------------------------------------------------------------------


def says_nothing(connection):
    while connection.recv(4096):
        pass


def drips_its_header(connection):
    request(connection)
    drip(connection, HEAD)


def drips_its_body(connection):
    request(connection)
    connection.sendall(HEAD + b"\r\n")
    drip(connection, b"ok")


def drips_at_once(connection):
    drip(connection, b"+")


def sends_gigabytes(connection):
    request(connection)
    connection.sendall(HEAD + b"Content-Length: 99999999999\r\n\r\n")
    for_ever(connection, b"x" * (1 << 20))


def sends_gigabytes_in_chunks(connection):
    request(connection)
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for_ever(connection, b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def sends_headers_without_end(connection):
    request(connection)
    connection.sendall(HEAD)
    for_ever(connection, b"X-Header: and another one\r\n" * 1000)


def sends_one_header_without_end(connection):
    request(connection)
    connection.sendall(HEAD + b"X-Header: ")
    for_ever(connection, b"x" * (1 << 16))


def says_continue_for_ever(connection):
    request(connection)
    for_ever(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def redirects_to_itself(connection):
    request(connection)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")


def redirects_at_once(connection):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")


def redirects_to_a_file(connection):
    request(connection)
    connection.sendall(b"HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\n"
                       b"Content-Length: 0\r\n\r\n")


def resets_at_once(connection):
    resets(connection)


def resets_half_way(connection):
    request(connection)
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf of")
    resets(connection)


def closes_at_once(_connection):
    pass


def closes_half_way(connection):
    request(connection)
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf of")


def sends_garbage(connection):
    request(connection)
    connection.sendall(random.Random(7).randbytes(4096))


def sends_garbage_at_once(connection):
    connection.sendall(random.Random(8).randbytes(4096))
    says_nothing(connection)


def sends_garbage_for_ever(connection):
    for_ever(connection, os.urandom(1 << 16))


def sends_a_broken_chunk(connection):
    request(connection)
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n")


def sends_a_status_that_is_none(connection):
    request(connection)
    connection.sendall(b"HTTP/1.1 99999999999 OK\r\n\r\n")


def begins_a_handshake(connection):
    """The head of a TLS record that says more is to come, and then nothing."""
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02")
    says_nothing(connection)


# ---- the same by UDP ------------------------------------------------------------------------


class HostileName:
    """A DNS server of bad manners: `reply(query)` gives the packets that answer it."""

    def __init__(self, reply, address="127.0.0.1"):
        self.reply = reply
        self.port = free_port()
        self.address = address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, source = self.socket.recvfrom(4096)
                if source is None:
                    return  # shut down
                for packet in self.reply(query):
                    self.socket.sendto(packet, source)
            except OSError:
                if self.socket.fileno() < 0:
                    return

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
