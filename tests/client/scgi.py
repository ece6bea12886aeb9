"""A client for SCGI, as the text of 2006 has it."""

from __future__ import annotations

from typing import Mapping, Optional

from .answer import Answer
from .connection import Connection
from .exchange import Exchange
from .params import Headers, Pairs, nginx_scgi, with_changes


def netstring(data: bytes) -> bytes:
    """`5:hello,`"""
    return b"%d:%s," % (len(data), data)


def head(pairs: Pairs) -> bytes:
    """The head of a request: every name and every value ends with a NUL, all of it in a netstring."""
    return netstring(b"".join(name + b"\0" + value + b"\0" for name, value in pairs))


def begin(where: str, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (),
          params: Optional[Mapping[str, Optional[str]]] = None, length: Optional[int] = 0) -> Exchange:
    """Sends the head of a request whose body has `length` bytes, which SCGI must know."""
    if length is None:
        raise ValueError("SCGI has no body without a length")
    pairs = with_changes(nginx_scgi(method, path, query, headers, length), params or {})
    exchange = Exchange(Connection(where), method)
    exchange.send(head(pairs))
    return exchange


def ask(where: str, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (), body: bytes = b"",
        params: Optional[Mapping[str, Optional[str]]] = None) -> Answer:
    """One whole request. `params` replaces, adds or (None) removes parameters."""
    with begin(where, method, path, query, headers, params, len(body)) as exchange:
        exchange.send_all(body)
        return exchange.answer()
