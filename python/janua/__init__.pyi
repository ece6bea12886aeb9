from os import PathLike
from typing import Any, Callable, Iterable, Literal, Optional, Protocol, Sequence, Union

__version__: str

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
App = Union[str, Application]
"""A WSGI callable (PEP 3333), or the name of one: ``"module:callable"`` or ``"path/to/file.py:callable"``."""

Address = str
"""``"unix:/path"``, ``"HOST:PORT"``, ``"[::1]:PORT"`` or ``"fd:N"``."""
Path = Union[str, "PathLike[str]"]
Several = Union[str, Sequence[str]]
Time = Union[float, str]
"""Seconds, or text such as ``"500ms"`` and ``"2m"``."""
Size = Union[int, str]
"""Bytes, or text such as ``"64k"`` and ``"1MiB"``."""
Server = Literal[
    "auto", "nginx", "apache", "lighttpd", "caddy", "haproxy", "h2o", "iis", "hiawatha", "go", "generic"
]

class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

class FileWrapper:
    """``wsgi.file_wrapper``: a file as a response, from where the file stands."""

    filelike: _Readable
    blksize: int
    def __init__(self, filelike: _Readable, blksize: int = 8192) -> None: ...
    def __iter__(self) -> "FileWrapper": ...
    def __next__(self) -> bytes: ...
    def close(self) -> None: ...

def serve(
    app: App,
    *,
    fastcgi: Optional[Several] = None,
    scgi: Optional[Several] = None,
    http: Optional[Several] = None,
    socket_mode: Optional[Union[int, str]] = None,
    socket_owner: Optional[Union[int, str]] = None,
    socket_group: Optional[Union[int, str]] = None,
    backlog: Optional[int] = None,
    workers: Optional[int] = None,
    threads: Optional[int] = None,
    stop_timeout: Optional[Time] = None,
    config: Optional[Path] = None,
    max_params_bytes: Optional[Size] = None,
    max_params: Optional[int] = None,
    max_name_bytes: Optional[Size] = None,
    max_body_bytes: Optional[Size] = None,
    body_memory: Optional[Size] = None,
    progress_timeout: Optional[Time] = None,
    head_timeout: Optional[Time] = None,
    idle_timeout: Optional[Time] = None,
    linger_timeout: Optional[Time] = None,
    max_connections: Optional[int] = None,
    max_requests_per_connection: Optional[int] = None,
    fastcgi_multiplex: Optional[Union[bool, Literal["auto"]]] = None,
    fastcgi_max_open: Optional[int] = None,
    fastcgi_spill: Optional[Size] = None,
    script_name: Optional[str] = None,
    server: Optional[Server] = None,
    hide_script: Optional[Union[bool, Literal["auto"]]] = None,
    infer_prefix: Optional[bool] = None,
    path_from: Optional[Literal["server", "request-uri"]] = None,
    on_mismatch: Optional[Literal["404", "pass"]] = None,
    slashes: Optional[Literal["keep", "merge"]] = None,
    url_scheme: Optional[Literal["http", "https"]] = None,
    port_443_is_https: Optional[bool] = None,
    trusted_proxies: Optional[Several] = None,
    auth_fallback: Optional[bool] = None,
    redirect_remote_user: Optional[bool] = None,
    drop_redirect_url: Optional[Union[bool, Literal["auto"]]] = None,
    query_from_request_uri: Optional[Literal["absent", "empty"]] = None,
    explain: Optional[bool] = None,
) -> None:
    """Serves ``app`` on sockets of its own until SIGTERM or SIGINT.

    Without an address it speaks HTTP on 127.0.0.1:8000, for development. The app is called in worker processes, so
    what it changes in this process is not seen here. ``janua settings`` explains every keyword.

    Raises ValueError for a keyword or value that cannot be understood, OSError if a socket cannot be listened on.
    """

def run(
    app: App,
    *,
    workers: Optional[int] = None,
    threads: Optional[int] = None,
    stop_timeout: Optional[Time] = None,
    cgi_idle_timeout: Optional[Time] = None,
    cgi_threads: Optional[int] = None,
    cgi_max_requests: Optional[int] = None,
    cgi_max_memory: Optional[Size] = None,
    cgi_reload: Optional[Several] = None,
    cgi_folder: Optional[Path] = None,
    cgi_environment: Optional[Several] = None,
    config: Optional[Path] = None,
    max_params_bytes: Optional[Size] = None,
    max_params: Optional[int] = None,
    max_name_bytes: Optional[Size] = None,
    max_body_bytes: Optional[Size] = None,
    body_memory: Optional[Size] = None,
    progress_timeout: Optional[Time] = None,
    head_timeout: Optional[Time] = None,
    idle_timeout: Optional[Time] = None,
    linger_timeout: Optional[Time] = None,
    max_connections: Optional[int] = None,
    max_requests_per_connection: Optional[int] = None,
    fastcgi_multiplex: Optional[Union[bool, Literal["auto"]]] = None,
    fastcgi_max_open: Optional[int] = None,
    fastcgi_spill: Optional[Size] = None,
    script_name: Optional[str] = None,
    server: Optional[Server] = None,
    hide_script: Optional[Union[bool, Literal["auto"]]] = None,
    infer_prefix: Optional[bool] = None,
    path_from: Optional[Literal["server", "request-uri"]] = None,
    on_mismatch: Optional[Literal["404", "pass"]] = None,
    slashes: Optional[Literal["keep", "merge"]] = None,
    url_scheme: Optional[Literal["http", "https"]] = None,
    port_443_is_https: Optional[bool] = None,
    trusted_proxies: Optional[Several] = None,
    auth_fallback: Optional[bool] = None,
    redirect_remote_user: Optional[bool] = None,
    drop_redirect_url: Optional[Union[bool, Literal["auto"]]] = None,
    query_from_request_uri: Optional[Literal["absent", "empty"]] = None,
) -> None:
    """Serves ``app`` as whoever started this process expects; what ``janua FILE`` does.

    FastCGI if descriptor 0 is a listening socket (mod_fcgid, spawn-fcgi, lighttpd's bin-path), one CGI request if the
    CGI variables are there. Otherwise RuntimeError says how to run it.

    In a script that janua itself runs, as with ``janua-cgi`` in its first line, the app is handed over to that, which
    serves it once the script is through; keywords mean nothing there.
    """

def cgi(
    app: App,
    *,
    config: Optional[Path] = None,
    max_params_bytes: Optional[Size] = None,
    max_params: Optional[int] = None,
    max_name_bytes: Optional[Size] = None,
    max_body_bytes: Optional[Size] = None,
    body_memory: Optional[Size] = None,
    progress_timeout: Optional[Time] = None,
    script_name: Optional[str] = None,
    server: Optional[Server] = None,
    hide_script: Optional[Union[bool, Literal["auto"]]] = None,
    infer_prefix: Optional[bool] = None,
    path_from: Optional[Literal["server", "request-uri"]] = None,
    on_mismatch: Optional[Literal["404", "pass"]] = None,
    slashes: Optional[Literal["keep", "merge"]] = None,
    url_scheme: Optional[Literal["http", "https"]] = None,
    port_443_is_https: Optional[bool] = None,
    trusted_proxies: Optional[Several] = None,
    auth_fallback: Optional[bool] = None,
    redirect_remote_user: Optional[bool] = None,
    drop_redirect_url: Optional[Union[bool, Literal["auto"]]] = None,
    query_from_request_uri: Optional[Literal["absent", "empty"]] = None,
) -> None:
    """Answers one CGI request from the environment and stdin. Nothing but the answer reaches stdout."""
