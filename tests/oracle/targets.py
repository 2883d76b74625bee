"""What the daemon's probes ask: all of 127/8 on one port, each address in a state of its own."""

import socket
import threading

PROBE = {"type": "tcp", "expect": "up", "interval": "2s", "timeout": "20s", "fall": 1, "rise": 1}


class Targets:
    """Says "up" or "no" to whoever connects. Addresses are given out one after the other."""

    def __init__(self, port):
        self.port = port
        self.state = {}
        self.next = 127 << 24 | 1 << 16
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen(4096)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def give(self, is_up):
        self.next += 1
        address = socket.inet_ntoa(self.next.to_bytes(4, "big"))
        self.state[address] = is_up
        return address

    def is_up(self, address):
        return self.state[address]

    def probe(self):
        return {**PROBE, "port": self.port}

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                state = self.state.get(connection.getsockname()[0], False)
                try:
                    connection.sendall(b"up" if state else b"no")
                except OSError:
                    pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
