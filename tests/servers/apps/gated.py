"""An app in the tests' hands: they tell it when to go on, and it tells them how far it has come."""

import hashlib
import json
import os
import time
from pathlib import Path
from urllib.parse import parse_qs

# Beside the folder that the server shows.
GATES = Path(__file__).parents[2] / "gates"

# Each process that loads the app is one more line.
with GATES.joinpath("loads").open("a") as loads:
    loads.write(f"{os.getpid()}\n")


def make(version):
    """The app; `version()` tells which code is loaded."""

    def application(environ, start_response):
        parameters = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        page = PAGES[environ["PATH_INFO"]]
        return page(environ, start_response, parameters, version)

    return application


def respond(start_response, body, status="200 OK"):
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def reach(token, mark):
    GATES.joinpath(f"{token}-{mark}").touch()


def pid(environ, start_response, parameters, version):
    return respond(start_response, b"%d" % os.getpid())


def tell_version(environ, start_response, parameters, version):
    """Three lines that take their time: all of them come from the same code, or the answer is mixed."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    for _ in range(3):
        yield version() + b"\n"
        time.sleep(0.002)


def hold(environ, start_response, parameters, version):
    """Answers when the gate is opened; with `part`, the first half is sent before."""
    answer = b"%d" % os.getpid() + b" " * 100_000
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    if "part" in parameters:
        yield answer[:50_000]
        answer = answer[50_000:]
    reach(parameters["token"], "entered")
    deadline = time.monotonic() + 30
    while not GATES.joinpath(f"{parameters['token']}-open").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    yield answer


def read(environ, start_response, parameters, version):
    """Reads the body to its end, and says so if there is none."""
    reach(parameters["token"], "entered")
    try:
        while environ["wsgi.input"].read(65536):
            pass
    except OSError:
        reach(parameters["token"], "failed")
        raise
    return respond(start_response, b"read")


def ignore(environ, start_response, parameters, version):
    return respond(start_response, b"not read", "403 Forbidden")


def digest(environ, start_response, parameters, version):
    found, length = hashlib.sha256(), 0
    while block := environ["wsgi.input"].read(65536):
        found.update(block)
        length += len(block)
    return respond(start_response, json.dumps([length, found.hexdigest()]).encode())


def blocks(environ, start_response, parameters, version):
    """So many blocks of 64 KiB."""
    count = int(parameters["count"])
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(count * 65536))])
    return (block(number) for number in range(count))


def block(number):
    return hashlib.sha256(b"%d" % number).digest() * 2048


class Endless:
    def __init__(self, token):
        self.token = token

    def __iter__(self):
        while True:
            yield b"x" * 16384
            time.sleep(0.002)

    def close(self):
        reach(self.token, "closed")


def endless(environ, start_response, parameters, version):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Endless(parameters["token"])


PAGES = {
    "/pid": pid,
    "/version": tell_version,
    "/hold": hold,
    "/read": read,
    "/ignore": ignore,
    "/digest": digest,
    "/blocks": blocks,
    "/endless": endless,
}
