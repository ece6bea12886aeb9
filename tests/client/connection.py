"""A socket and the few things that these tests do with it."""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Iterable, NamedTuple

#: How much slower than usual everything may be, as under valgrind.
SLOWNESS = float(os.environ.get("TEST_SLOWNESS", "1"))

#: Seconds that a client waits for the next byte before the test fails.
PATIENCE = 10.0 * SLOWNESS


class Block(NamedTuple):
    """Bytes and when they were read (`time.monotonic`). No bytes: the end."""

    data: bytes
    when: float


def connect(where: str, timeout: float = PATIENCE) -> socket.socket:
    """A connected socket; `where` is written as for janua: `unix:/path` or `HOST:PORT`."""
    if where.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address = where[len("unix:"):]
    else:
        host, _, port = where.rpartition(":")
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        address = (host, int(port))
    sock.settimeout(timeout)
    try:
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


class Connection:
    """A stream of bytes in both directions."""

    def __init__(self, where: str, timeout: float = PATIENCE):
        self.socket = connect(where, timeout)
        #: True once the peer has reset the connection instead of closing it.
        self.reset = False

    def send(self, data: bytes) -> bool:
        """Sends all of `data`. False if the peer has closed: then its answer may still be there to read."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def send_in_pieces(self, pieces: Iterable[bytes], pause: float = 0.0) -> None:
        """Sends each piece by itself."""
        for piece in pieces:
            self.send(piece)
            time.sleep(pause)

    def read(self, size: int = 65536) -> Block:
        """The next bytes that arrive."""
        try:
            data = self.socket.recv(size)
        except ConnectionResetError:
            self.reset = True
            data = b""
        return Block(data, time.monotonic())

    def read_exactly(self, size: int) -> bytes:
        """`size` bytes, or fewer if the peer closes before."""
        data = b""
        while len(data) < size:
            block = self.read(size - len(data)).data
            if not block:
                break
            data += block
        return data

    def read_to_end(self) -> bytes:
        """Everything until the peer closes."""
        return b"".join(iter(lambda: self.read().data, b""))

    def is_quiet(self, seconds: float) -> bool:
        """True if nothing arrives for that long and the peer does not close either."""
        patience = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
            return False
        except socket.timeout:
            return True
        finally:
            self.socket.settimeout(patience)

    def stop_sending(self) -> None:
        """Tells the peer that no more bytes follow, and goes on reading."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def abort(self) -> None:
        """Leaves without a good-bye: over TCP the peer gets a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
