"""HAProxy with `option mpxs-conns`: many requests at a time on few FastCGI connections, slow ones among fast ones."""

import http.client
import shutil
import threading
import time
from pathlib import Path

import pytest

from client.ports import free_port
from client.service import Service

from .process import Process
from .server import listens
from .test_connections import open_connections

APP = str(Path(__file__).parents[1] / "wire" / "shared_app.py")

CONFIG = """
global
    nbthread 1
defaults
    mode http
    timeout connect 20s
    timeout client 20s
    timeout server 20s
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
    http-reuse always
    use-fcgi-app app
    server janua unix@{socket} proto fcgi
fcgi-app app
    docroot {folder}
    path-info (?s)^()(/.*)$
    option get-values
    option mpxs-conns
"""


@pytest.fixture(scope="module")
def front(janua_command, tmp_path_factory):
    """A port behind which HAProxy and janua stand, and janua's socket."""
    if not shutil.which("haproxy", path="/usr/sbin:/usr/bin"):
        pytest.skip("HAProxy is not installed")
    folder = tmp_path_factory.mktemp("shared")
    service = Service(janua_command, folder, APP, ("--threads", "4"))
    port = free_port()
    socket = service.fastcgi[len("unix:"):]
    config = folder / "haproxy.cfg"
    config.write_text(CONFIG.format(port=port, socket=socket, folder=folder))
    haproxy = Process(["/usr/sbin/haproxy", "-db", "-f", config], folder / "output.log")
    haproxy.start()
    try:
        haproxy.wait_until(lambda: listens(port))
        yield port, socket
    finally:
        haproxy.stop()
        assert service.stop() == 0


def ask(port, method, path, body=None):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        client.request(method, path, body)
        response = client.getresponse()
        return response.status, response.read()
    finally:
        client.close()


def ask_again(port, method, path, body=None):
    """HAProxy 2.6 gives a request up, with this page of its own, when the body of another one has left no room in its
    buffer for the parameters: it sends BEGIN_REQUEST and at once ABORT_REQUEST (haproxy/haproxy issue 2568, fixed
    since)."""
    for _ in range(100):
        status, answer = ask(port, method, path, body() if callable(body) else body)
        if b"<h1>500 Internal Server Error</h1>" not in answer:
            break
        time.sleep(0.01)
    return status, answer


def slow_body(count):
    for number in range(count):
        time.sleep(0.02)
        yield b"%d." % number


def test_slow_and_fast_requests_share_connections(front):
    """Nothing is lost and nothing is mixed up while bodies come slowly, answers are long and readers are slow."""
    port, socket = front
    failures = []

    def fast(me):
        for number in range(60):
            status, body = ask_again(port, "GET", f"/fast-{me}?{number}")
            if (status, body) != (200, b"/fast-%d %d" % (me, number)):
                failures.append((status, body[:80]))

    def posting(me):
        for number in range(10):
            sent = b"%d-%d " % (me, number) * 20_000
            status, body = ask_again(port, "POST", "/echo", sent)
            if (status, body) != (200, sent):
                failures.append(("post", status, len(body)))

    def slow(me):
        for _ in range(2):
            status, body = ask_again(port, "POST", "/echo", lambda: slow_body(25))
            if (status, body) != (200, b"".join(b"%d." % number for number in range(25))):
                failures.append(("slow", status, body[:80]))

    def long(me):
        for _ in range(3):
            status, body = ask_again(port, "GET", "/large?1000")
            if (status, len(body)) != (200, 1000 * 1024):
                failures.append(("long", status, len(body)))

    work = [threading.Thread(target=one, args=(me,)) for one in (fast, posting, slow, long) for me in range(4)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(120)
    assert not failures, failures[:5]


def test_requests_that_are_open_at_the_same_time_are_on_one_connection(front):
    """Else the other tests would show nothing."""
    port, socket = front
    assert ask_again(port, "GET", "/x")[0] == 200
    before, clients = open_connections(socket), []
    for number in range(10):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.putrequest("POST", "/echo")
        client.putheader("Content-Length", "4")
        client.endheaders(b"%02d" % number)
        clients.append(client)
        # One after the other: HAProxy opens another connection where it does not know yet whether one can be shared.
        time.sleep(0.05)
    opened = open_connections(socket) - before
    for client in clients:
        client.send(b"..")
    assert [client.getresponse().read() for client in clients] == [b"%02d.." % number for number in range(10)]
    for client in clients:
        client.close()
    assert opened < 3, f"{opened} connections more for 10 requests"


def test_a_client_that_leaves_takes_nobody_along(front, tmp_path):
    """HAProxy gives the request up with ABORT_REQUEST and keeps the connection."""
    port, socket = front
    names = [tmp_path / str(number) for number in range(3)]
    for name in names:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("GET", f"/until-told?{name}")
        response = client.getresponse()
        assert response.read(6) == b"block\n"
        client.sock.close()
        response.close()
        assert ask(port, "GET", "/x")[0] == 200
    deadline = time.monotonic() + 15
    while not all(name.exists() for name in names):
        assert time.monotonic() < deadline, "close() was not called"
        time.sleep(0.02)
