"""Small paths that each show one thing about the gateway. Everything else answers with the environ."""

import hashlib
import json
import time
from pathlib import Path
from urllib.parse import parse_qs

GATES = Path(__file__).with_name("gates")
ETAG = '"a page"'


def application(environ, start_response):
    parameters = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    page = PAGES.get(environ["PATH_INFO"], show_environ)
    return page(environ, start_response, parameters)


def respond(start_response, body, status="200 OK", headers=()):
    start_response(
        status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("X-Probe", "yes"), *headers]
    )
    return [body]


def show_environ(environ, start_response, parameters):
    """The environ, but for the objects in it, as JSON."""
    plain = {name: value for name, value in environ.items() if isinstance(value, (str, bool))}
    return respond(start_response, json.dumps(plain).encode())


def hash_body(environ, start_response, parameters):
    """Length and SHA-256 of the body, read in pieces."""
    digest, length = hashlib.sha256(), 0
    while block := environ["wsgi.input"].read(65536):
        digest.update(block)
        length += len(block)
    return respond(start_response, json.dumps([length, digest.hexdigest()]).encode())


def stream(environ, start_response, parameters):
    """Lines 1 to 5; each but the first waits until the client says that it has seen the one before."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Accel-Buffering", "no")])
    for number in range(1, 6):
        if number > 1:
            wait_for(GATES / f"{parameters['token']}-{number - 1}")
        yield b"line %d\n" % number


def wait_for(gate, seconds=10):
    deadline = time.monotonic() + seconds
    while not gate.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody opened {gate.name}")
        time.sleep(0.002)


class Endless:
    """Blocks without end, and a file that says that `close()` was called."""

    def __init__(self, token):
        self.token = token

    def __iter__(self):
        while True:
            yield b"x" * 16384
            time.sleep(0.002)

    def close(self):
        GATES.joinpath(f"{self.token}-closed").touch()


def endless(environ, start_response, parameters):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Accel-Buffering", "no")])
    return Endless(parameters["token"])


def tagged(environ, start_response, parameters):
    """A page with an ETag, and 304 for whoever has it."""
    if environ.get("HTTP_IF_NONE_MATCH") == ETAG:
        start_response("304 Not Modified", [("ETag", ETAG), ("X-Probe", "yes")])
        return []
    return respond(start_response, b"a page\n", headers=[("ETag", ETAG)])


def fail(environ, start_response, parameters):
    raise RuntimeError(f"the app fails: {parameters['token']}")


def ignore_body(environ, start_response, parameters):
    """Answers without a look at the body."""
    return respond(start_response, b"not read\n", status="403 Forbidden")


PAGES = {
    "/hash": hash_body,
    "/stream": stream,
    "/endless": endless,
    "/tagged": tagged,
    "/fail": fail,
    "/ignore": ignore_body,
}
