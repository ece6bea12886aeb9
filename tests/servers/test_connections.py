"""What FastCGI behind nginx promises beyond what every way in does."""

from pathlib import Path

import pytest


def open_connections(socket):
    """How many connections a listening unix socket has, as the kernel lists them: state 03 is connected."""
    lines = (line.split() for line in Path("/proc/net/unix").read_text().splitlines())
    return sum(line[5] == "03" and line[-1] == str(socket) for line in lines if len(line) == 8)


@pytest.mark.only(lambda configuration: configuration.name.startswith("nginx-fastcgi"))
def test_connections_are_kept_where_nginx_is_told_to(site, browser):
    for _ in range(3):
        browser.get("/")
    expected = 1 if site.configuration.name == "nginx-fastcgi-keepalive" else 0
    assert open_connections(site.server.places.run / "fastcgi.sock") == expected
