"""What came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, NamedTuple, Optional, Tuple


class Head(NamedTuple):
    """Status, reason phrase and header fields of a response. Status 0: the peer closed without a whole head."""

    status: int
    reason: str
    headers: List[Tuple[str, str]]

    def get(self, name: str) -> Optional[str]:
        """The value of the only field of that name, or None. Names are compared without case."""
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def all(self, name: str) -> List[str]:
        """The values of all fields of that name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


NO_HEAD = Head(0, "", [])


@dataclass
class Answer:
    """A response, read to its end."""

    head: Head
    body: bytes
    #: What came beside the response: FastCGI's STDERR, the stderr of a CGI process.
    stderr: bytes = b""
    #: False if the peer can tell that something is missing.
    whole: bool = True
    #: FastCGI: the application status of END_REQUEST, None if it never came. CGI: the exit status.
    app_status: Optional[int] = None
    #: Data blocks in the order in which they arrived, with the time of arrival.
    blocks: list = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def reason(self) -> str:
        return self.head.reason

    @property
    def headers(self) -> List[Tuple[str, str]]:
        return self.head.headers

    def get(self, name: str) -> Optional[str]:
        return self.head.get(name)

    def all(self, name: str) -> List[str]:
        return self.head.all(name)


def parse_fields(lines: List[bytes]) -> List[Tuple[str, str]]:
    """Header lines as pairs of latin-1 strings."""
    pairs = []
    for line in lines:
        name, colon, value = line.partition(b":")
        assert colon, f"not a header line: {line!r}"
        pairs.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return pairs


def parse_cgi_head(head: bytes) -> Head:
    """RFC 3875, 6.3: header lines of which `Status` is the status line. Without one it is 200."""
    fields = parse_fields(head.split(b"\r\n"))
    status = [value for name, value in fields if name.lower() == "status"]
    assert len(status) < 2, f"Status came {len(status)} times"
    code, _, reason = (status[0] if status else "200 OK").partition(" ")
    return Head(int(code), reason, [pair for pair in fields if pair[0].lower() != "status"])


def parse_http_head(head: bytes) -> Head:
    """RFC 9112, 2.1: a status line and header lines."""
    first, *lines = head.split(b"\r\n")
    version, code, reason = (first.decode("latin-1") + " ").split(" ", 2)
    assert version == "HTTP/1.1", f"not an HTTP/1.1 status line: {first!r}"
    return Head(int(code), reason.strip(" "), parse_fields(lines))
