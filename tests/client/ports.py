"""Free TCP ports of the loopback interface."""

from __future__ import annotations

import random
import socket

# Below those that the kernel takes for outgoing connections (net.ipv4.ip_local_port_range): none of a test's own
# connections can be in the way when the server that the port is meant for starts.
PORTS = range(20_000, 32_000)

given: set[int] = set()


def free_port() -> int:
    """A port on which nobody listens just now, and which nobody was given before."""
    for port in random.sample(PORTS, len(PORTS)):
        if port in given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        given.add(port)
        return port
    raise OSError(f"no port of {PORTS} is free")
