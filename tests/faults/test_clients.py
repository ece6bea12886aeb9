"""Whoever asked is gone, or has never been of good will."""

import shutil
import time

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection
from client.ports import free_port
from soak.nginx import Nginx

from .support import APP, MODULES, WAYS, Clients, nothing_leaks, until

HALF_A_HEAD = {
    "fastcgi": fastcgi.begin_request(1) + fastcgi.record(fastcgi.PARAMS, 1, b"\x0e\x03REQUEST"),
    "scgi": b"500:CONTENT_LENGTH\x000\x00",
    "http": b"GET /who HTTP/1.1\r\nHos",
}


def _before_a_byte(way, where, tmp_path):
    return Connection(where)


def _in_the_head(way, where, tmp_path):
    connection = Connection(where)
    connection.send(HALF_A_HEAD[way])
    return connection


def _in_the_body(way, where, tmp_path):
    exchange = MODULES[way].begin(where, "POST", "/read", length=1_000_000)
    exchange.send(b"x" * 30_000)
    return exchange


def _before_the_answer(way, where, tmp_path):
    exchange = MODULES[way].begin(where, "GET", "/sleep", "0.3")
    exchange.end()
    return exchange


def _in_the_answer(way, where, tmp_path):
    exchange = MODULES[way].begin(where, "GET", "/endless", str(tmp_path / "closed"))
    exchange.end()
    exchange.block()
    return exchange


def _at_the_end_of_the_answer(way, where, tmp_path):
    exchange = MODULES[way].begin(where, "GET", "/large")
    exchange.end()
    exchange.block()
    time.sleep(0.1)
    return exchange


STAGES = [_before_a_byte, _in_the_head, _in_the_body, _before_the_answer, _in_the_answer, _at_the_end_of_the_answer]


@pytest.fixture(scope="module")
def service(start_service):
    return start_service(APP, "--threads=4")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__.strip("_"))
@pytest.mark.parametrize("how", ["abort", "close"])
@pytest.mark.parametrize("way", WAYS)
def test_a_client_that_leaves_is_not_missed(service, tmp_path, way, how, stage):
    """At whatever stage: nothing of it stays, the app closes its response, and the others are served."""
    with nothing_leaks(service):
        for _ in range(5):
            getattr(stage(way, getattr(service, way), tmp_path), how)()
    if stage is _in_the_answer:
        until((tmp_path / "closed").exists)


@pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here")
def test_a_web_server_that_is_restarted_under_load_leaves_nothing_behind(start_service, tmp_path_factory):
    """Its connections end in the middle of everything; direct clients do not notice."""
    service = start_service(APP, "--threads=4")
    folder = tmp_path_factory.mktemp("nginx")
    for part in (folder, *folder.parents[:2]):
        part.chmod(part.stat().st_mode | 0o055)
    port = free_port()
    nginx = Nginx(folder, port, service.scgi_tcp, service.fastcgi_tcp)
    behind = ["/scgi", "/fastcgi", "/kept", "/unbuffered"]

    def direct(number):
        way = WAYS[number % len(WAYS)]
        answer = MODULES[way].ask(getattr(service, way), "POST", "/read", body=b"x" * 50_000)
        assert (answer.status, answer.body) == (200, b"50000")

    def by_nginx(number):
        path = behind[number % len(behind)] + ("/large" if number % 2 else "/sleep")
        answer = http.ask(f"127.0.0.1:{port}", path=path, query="0.05")
        assert answer.status in (200, 500) and answer.whole, answer

    with nothing_leaks(service):
        nginx.start()
        try:
            with Clients(direct, 4) as directly, Clients(by_nginx, 8) as behind_it:
                for _ in range(3):
                    time.sleep(0.5)
                    nginx.stop()
                    nginx.start()
                    done = behind_it.answered
                    until(lambda: behind_it.answered > done + 10)
        finally:
            nginx.stop()
    assert not directly.failures and directly.answered > 20
    assert behind_it.failures, "the restarts were not noticed by anybody: this shows nothing"
