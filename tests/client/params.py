"""The parameters of a request, as real servers send them for an app at the root of the site."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import unquote_to_bytes

Headers = Sequence[Tuple[str, str]]
Pairs = List[Tuple[bytes, bytes]]


def nginx_scgi(method: str, path: str, query: str, headers: Headers, length: int) -> Pairs:
    """nginx 1.22 with the stock `scgi_params`: CONTENT_LENGTH first, no SCRIPT_NAME, no PATH_INFO."""
    return _pairs([
        ("CONTENT_LENGTH", str(length)),
        ("REQUEST_METHOD", method),
        ("REQUEST_URI", _target(path, query)),
        ("QUERY_STRING", query),
        ("CONTENT_TYPE", _header(headers, "Content-Type") or ""),
        ("DOCUMENT_URI", _decoded(path)),
        ("DOCUMENT_ROOT", "/srv/www"),
        ("SCGI", "1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_SCHEME", "http"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_PORT", "41000"),
        ("SERVER_PORT", "80"),
        ("SERVER_NAME", "example.com"),
    ] + _http_params(headers))


def nginx_fastcgi(method: str, path: str, query: str, headers: Headers, length: Optional[int]) -> Pairs:
    """nginx 1.22 with the stock `fastcgi_params`: SCRIPT_NAME is the whole path, no PATH_INFO."""
    return _pairs([
        ("QUERY_STRING", query),
        ("REQUEST_METHOD", method),
        ("CONTENT_TYPE", _header(headers, "Content-Type") or ""),
        ("CONTENT_LENGTH", str(length) if length else ""),
        ("SCRIPT_NAME", _decoded(path)),
        ("REQUEST_URI", _target(path, query)),
        ("DOCUMENT_URI", _decoded(path)),
        ("DOCUMENT_ROOT", "/srv/www"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_SCHEME", "http"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", "nginx/1.22.1"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_PORT", "41000"),
        ("REMOTE_USER", ""),
        ("SERVER_ADDR", "127.0.0.1"),
        ("SERVER_PORT", "80"),
        ("SERVER_NAME", "example.com"),
        ("REDIRECT_STATUS", "200"),
    ] + _http_params(headers))


def apache_cgi(method: str, path: str, query: str, headers: Headers, length: Optional[int]) -> Pairs:
    """Apache 2.4 with mod_cgid and `ScriptAlias / /srv/app.cgi/`."""
    content = {"CONTENT_TYPE": _header(headers, "Content-Type"), "CONTENT_LENGTH": str(length) if length else None}
    return _pairs([
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("SERVER_SIGNATURE", ""),
        ("SERVER_SOFTWARE", "Apache/2.4.57 (Debian)"),
        ("SERVER_NAME", "example.com"),
        ("SERVER_ADDR", "127.0.0.1"),
        ("SERVER_PORT", "80"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("DOCUMENT_ROOT", "/srv/www"),
        ("REQUEST_SCHEME", "http"),
        ("CONTEXT_PREFIX", "/"),
        ("CONTEXT_DOCUMENT_ROOT", "/srv/app.cgi/"),
        ("SERVER_ADMIN", "[no address given]"),
        ("SCRIPT_FILENAME", "/srv/app.cgi"),
        ("REMOTE_PORT", "41000"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", method),
        ("QUERY_STRING", query),
        ("REQUEST_URI", _target(path, query)),
        ("SCRIPT_NAME", ""),
        ("PATH_INFO", _decoded(path)),
        ("PATH_TRANSLATED", "/srv/www" + _decoded(path)),
    ] + [(name, value) for name, value in content.items() if value is not None] + _http_params(headers))


def with_changes(pairs: Pairs, changes: Mapping[str, Optional[str]]) -> Pairs:
    """The same parameters with some replaced, added, or (None) taken away."""
    new: Dict[bytes, Optional[bytes]] = {
        name.encode("latin-1"): None if value is None else value.encode("latin-1") for name, value in changes.items()
    }
    kept = [(name, value) for name, value in pairs if name not in new]
    return kept + [(name, value) for name, value in new.items() if value is not None]


def _target(path: str, query: str) -> str:
    return path + "?" + query if query else path


def _decoded(path: str) -> str:
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")


def _header(headers: Headers, wanted: str) -> Optional[str]:
    return next((value for name, value in headers if name.lower() == wanted.lower()), None)


def _http_params(headers: Headers) -> List[Tuple[str, str]]:
    """Every header line as a parameter of its own; repeated ones repeat, as with nginx before 1.23."""
    host = [] if _header(headers, "Host") is not None else [("Host", "example.com")]
    return [
        ("HTTP_" + name.upper().replace("-", "_"), value)
        for name, value in [*host, *headers]
        if name.lower() not in ("content-type", "content-length")
    ]


def _pairs(pairs: List[Tuple[str, str]]) -> Pairs:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
