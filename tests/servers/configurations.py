"""The table: each way in conf/ to put an app behind a server, and what its server does by itself."""

from dataclasses import dataclass, field

import pytest

from .apache import Apache
from .lighttpd import Lighttpd
from .nginx import Nginx

SCRIPT = "app.fcgi"
KEPT_SCRIPT = "app.cgi"


@dataclass(frozen=True)
class Configuration:
    """One file of conf/ and where the app is to be found behind it."""

    name: str
    server: type
    conf: str
    protocol: str
    mount: str = ""
    # Other files of conf/ that belong to it: {where below the site's folder: which}.
    files: dict = field(default_factory=dict)
    # What "%2F" in a path becomes: a slash, or the status with which the server itself refuses it.
    encoded_slash: object = "/"
    # The status for an upload with chunked transfer coding: 200, or the server's own refusal.
    chunked: int = 200
    # What the server makes of the mount without a slash behind it: 200, or its own redirection.
    bare_mount: int = 200

    @property
    def traceback_in_server_log(self):
        """SCGI is the one protocol without a channel for it: there it is in janua's own log."""
        return self.protocol != "scgi"

    @property
    def is_kept(self):
        """The app stays loaded though the server starts a process for each request."""
        return KEPT_SCRIPT in self.files.values()

    def __str__(self):
        return self.name


CONFIGURATIONS = [
    Configuration("nginx-scgi", Nginx, "nginx/scgi.conf", "scgi"),
    Configuration("nginx-scgi-prefix", Nginx, "nginx/scgi-prefix.conf", "scgi", "/app"),
    Configuration("nginx-scgi-prefix-setting", Nginx, "nginx/scgi-prefix-setting.conf", "scgi", "/app"),
    Configuration("nginx-fastcgi", Nginx, "nginx/fastcgi.conf", "fastcgi"),
    Configuration("nginx-fastcgi-prefix", Nginx, "nginx/fastcgi-prefix.conf", "fastcgi", "/app"),
    Configuration("nginx-fastcgi-prefix-setting", Nginx, "nginx/fastcgi-prefix-setting.conf", "fastcgi", "/app"),
    Configuration("nginx-fastcgi-keepalive", Nginx, "nginx/fastcgi-keepalive.conf", "fastcgi"),
    Configuration(
        "apache-fcgid", Apache, "apache/fcgid.conf", "fastcgi", "/app.fcgi",
        files={"www/app.fcgi": SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-fcgid-alias", Apache, "apache/fcgid-alias.conf", "fastcgi", "/app",
        files={"app/app.fcgi": SCRIPT},
    ),
    Configuration(
        "apache-htaccess", Apache, "apache/htaccess-host.conf", "fastcgi",
        files={"www/.htaccess": "apache/htaccess", "www/index.fcgi": SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-htaccess-subfolder", Apache, "apache/htaccess-host.conf", "fastcgi", "/sub",
        files={"www/sub/.htaccess": "apache/htaccess", "www/sub/index.fcgi": SCRIPT}, encoded_slash=404, bare_mount=301,
    ),
    Configuration("apache-proxy-scgi", Apache, "apache/proxy-scgi.conf", "scgi", chunked=411),
    Configuration("apache-proxy-scgi-prefix", Apache, "apache/proxy-scgi-prefix.conf", "scgi", "/app", chunked=411),
    Configuration("apache-proxy-fcgi", Apache, "apache/proxy-fcgi.conf", "fastcgi"),
    Configuration("apache-proxy-fcgi-prefix", Apache, "apache/proxy-fcgi-prefix.conf", "fastcgi", "/app"),
    Configuration(
        "apache-cgi-bin", Apache, "apache/cgi-bin.conf", "cgi", "/cgi-bin/app.cgi",
        files={"www/cgi-bin/app.cgi": SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-cgi-alias", Apache, "apache/cgi-bin.conf", "cgi", "/app",
        files={"www/cgi-bin/app.cgi": SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-cgi-bin-kept", Apache, "apache/cgi-bin.conf", "cgi", "/cgi-bin/app.cgi",
        files={"www/cgi-bin/app.cgi": KEPT_SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-cgi-alias-kept", Apache, "apache/cgi-bin.conf", "cgi", "/app",
        files={"www/cgi-bin/app.cgi": KEPT_SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-htaccess-kept", Apache, "apache/htaccess-cgi-host.conf", "cgi",
        files={"www/.htaccess": "apache/htaccess-cgi", "www/index.cgi": KEPT_SCRIPT}, encoded_slash=404,
    ),
    Configuration(
        "apache-htaccess-subfolder-kept", Apache, "apache/htaccess-cgi-host.conf", "cgi", "/sub",
        files={"www/sub/.htaccess": "apache/htaccess-cgi", "www/sub/index.cgi": KEPT_SCRIPT}, encoded_slash=404, bare_mount=301,
    ),
    Configuration("lighttpd-scgi", Lighttpd, "lighttpd/scgi.conf", "scgi"),
    Configuration("lighttpd-scgi-prefix", Lighttpd, "lighttpd/scgi-prefix.conf", "scgi", "/app"),
    Configuration("lighttpd-fastcgi", Lighttpd, "lighttpd/fastcgi.conf", "fastcgi"),
    Configuration("lighttpd-fastcgi-bin-path", Lighttpd, "lighttpd/fastcgi-bin-path.conf", "fastcgi", "/app"),
    Configuration(
        "lighttpd-fastcgi-script", Lighttpd, "lighttpd/fastcgi-script.conf", "fastcgi",
        files={"app/app.fcgi": SCRIPT},
    ),
    Configuration(
        "lighttpd-cgi", Lighttpd, "lighttpd/cgi.conf", "cgi", "/cgi-bin/app.cgi",
        files={"www/cgi-bin/app.cgi": SCRIPT},
    ),
    Configuration(
        "lighttpd-cgi-kept", Lighttpd, "lighttpd/cgi.conf", "cgi", "/cgi-bin/app.cgi",
        files={"www/cgi-bin/app.cgi": KEPT_SCRIPT},
    ),
]  # fmt: skip

# Marks tests that make sense under a prefix only.
mounted = pytest.mark.only(lambda configuration: configuration.mount)
