#!/usr/bin/env python3
"""A region of the demo: a small HTTP server that says it is well.

    demo_region.py ADDRESS PORT      answers /healthz; says "ready" when it listens
    demo_region.py --free ADDRESS... a port, not under 1024, that is free on all of them
    demo_region.py --reaches ADDRESS PORT   ends with 0 when somebody accepts there
"""

import http.server
import socket
import sys


class Region(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        well = self.path == "/healthz"
        body = b"well\n" if well else b"there is only /healthz\n"
        self.send_response(200 if well else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def serve(address, port):
    with http.server.ThreadingHTTPServer((address, port), Region) as server:
        print("ready", flush=True)
        server.serve_forever()


def is_free(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_port(addresses):
    """Below the ports that the kernel gives to outgoing sockets, so that none is lent meanwhile."""
    for port in range(18053, 32000):
        if all(is_free(address, port) for address in addresses):
            return port
    raise SystemExit("demo: no free port on " + ", ".join(addresses))


def reaches(address, port):
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--free":
        print(free_port(sys.argv[2:]))
    elif len(sys.argv) == 4 and sys.argv[1] == "--reaches":
        sys.exit(0 if reaches(sys.argv[2], int(sys.argv[3])) else 1)
    elif len(sys.argv) == 3:
        serve(sys.argv[1], int(sys.argv[2]))
    else:
        raise SystemExit(__doc__)
