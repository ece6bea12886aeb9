"""One request under way and its response."""

from __future__ import annotations

import threading
import time
from typing import Iterator, Optional

from .answer import NO_HEAD, Answer, Head, parse_cgi_head
from .connection import Block

#: Bodies up to this size fit into the socket's buffers: sending them cannot block for long.
FITS = 32 * 1024


class Exchange:
    """A request whose head has been sent, with a CGI-style response to come.

    This base sends the body as it is and takes the bytes that arrive as the response, which is what SCGI and CGI do.
    """

    #: FastCGI: application status; CGI: exit status.
    app_status: Optional[int] = None

    def __init__(self, connection, method: str):
        self.connection = connection
        self.method = method
        self._head: Optional[Head] = None
        self._rest = b""
        self._sender: Optional[threading.Thread] = None

    # The request's body.

    def send(self, data: bytes) -> bool:
        """Sends a piece of the body. False if the peer has closed."""
        return self.connection.send(data)

    def end(self) -> None:
        """Ends the body."""

    def send_all(self, body: bytes) -> None:
        """Sends the whole body; a large one while the answer is being read, as web servers do."""

        def work() -> None:
            for start in range(0, len(body), FITS):
                if not self.send(body[start:start + FITS]):
                    return
            self.end()

        if len(body) <= FITS:
            work()
        else:
            self._sender = threading.Thread(target=work, daemon=True)
            self._sender.start()

    # The response.

    def _arrived(self) -> Block:
        """The next bytes of the response, head included."""
        return self.connection.read()

    def _parse_head(self, head: bytes) -> Head:
        return parse_cgi_head(head)

    def head(self) -> Head:
        """The head of the response; waits for it."""
        while self._head is None:
            head, found, rest = self._rest.partition(b"\r\n\r\n")
            if found:
                self._head, self._rest = self._parse_head(head), rest
                break
            block = self._arrived()
            if not block.data:
                self._head = NO_HEAD
            self._rest += block.data
        return self._head

    def block(self) -> Block:
        """The next bytes of the response's body; without bytes at its end."""
        self.head()
        if self._rest and self._head is not NO_HEAD:
            data, self._rest = self._rest, b""
            return Block(data, time.monotonic())
        return self._arrived() if self._head is not NO_HEAD else Block(b"", time.monotonic())

    def blocks(self) -> Iterator[Block]:
        """The rest of the body, block by block."""
        while True:
            block = self.block()
            if not block.data:
                return
            yield block

    def read_until(self, text: bytes) -> bytes:
        """Reads the body until it contains `text` or ends; gives what was read."""
        data = b""
        while text not in data:
            block = self.block()
            if not block.data:
                break
            data += block.data
        return data

    def answer(self) -> Answer:
        """Reads the response to its end."""
        head = self.head()
        blocks = list(self.blocks())
        body = b"".join(block.data for block in blocks)
        self._finished()
        return Answer(head, body, self._stderr(), self._is_whole(len(body)), self.app_status, blocks)

    def _finished(self) -> None:
        """The response has ended."""

    def _stderr(self) -> bytes:
        return b""

    def _is_whole(self, length: int) -> bool:
        """Whether all of the body is there, as far as the head can tell."""
        head = self.head()
        promised = head.get("Content-Length")
        bodiless = self.method == "HEAD" or head.status in (204, 304)
        return head.status != 0 and (bodiless or promised is None or int(promised) == length)

    # The end.

    def abort(self) -> None:
        """The client goes away in the middle."""
        self.connection.abort()

    def close(self) -> None:
        if self._sender is not None:
            self._sender.join(5)
        self.connection.close()

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
