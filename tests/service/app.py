"""An app for the tests of the service: each path does one thing."""

import gc
import json
import os
import signal
import threading
import time
from pathlib import Path

kept = []
local = threading.local()


def application(environ, start_response):
    return CASES[environ["PATH_INFO"].strip("/")](environ, start_response)


def text(start_response, body):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]


def who(environ, start_response):
    flags = {name: environ["wsgi." + name] for name in ("multithread", "multiprocess", "run_once")}
    return text(start_response, json.dumps({"pid": os.getpid(), "parent": os.getppid(), **flags}))


def gate(environ, start_response):
    """Answers when the file that the query names is there."""
    folder = Path(environ["QUERY_STRING"])
    (folder / "entered").touch()
    while not (folder / "open").exists():
        time.sleep(0.01)
    return text(start_response, "open")


def die(environ, start_response):
    os.kill(os.getpid(), signal.SIGKILL)


def nap(environ, start_response):
    time.sleep(0.02)
    return text(start_response, "rested")


def stuck(environ, start_response):
    time.sleep(60)


def keep(environ, start_response):
    """An app that leaves references behind, as tracebacks in cycles do."""
    gc.disable()
    kept.append((environ, start_response))
    return text(start_response, "kept")


def late(environ, start_response):
    """What becomes of the streams of a request that is over."""
    said = []
    for kept_environ, _ in kept:
        try:
            kept_environ["wsgi.input"].read()
        except ValueError as error:
            said.append(str(error))
        kept_environ["wsgi.errors"].write("marker-late\n")
    return text(start_response, "; ".join(said))


def count(environ, start_response):
    """How many requests this thread has had, by `threading.local`."""
    local.count = getattr(local, "count", 0) + 1
    return text(start_response, str(local.count))


def large(environ, start_response):
    """More than any socket buffers, in one block, whatever is sent."""
    return text(start_response, "x" * 4_000_000)


def memory(environ, start_response):
    """Waits for the body without reading it, answers much, and says what that cost."""
    with open("/proc/self/status") as status:
        peak = [line.split()[1] for line in status if line.startswith("VmHWM")][0]
    return text(start_response, peak)


CASES = {
    "who": who, "gate": gate, "die": die, "nap": nap, "stuck": stuck, "keep": keep, "late": late, "count": count,
    "large": large, "memory": memory,
}  # fmt: skip


def swallow(environ, start_response):
    """Goes on writing after a write that failed."""
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        write(b"A" * 8_000_000)
    except OSError:
        for letter in (b"B", b"C"):
            try:
                write(letter * 100)
            except OSError:
                pass
    return [b"D"]


def leaves(environ, start_response):
    """Raises after the peer has gone."""
    folder = Path(environ["QUERY_STRING"])
    (folder / "entered").touch()
    while not (folder / "open").exists():
        time.sleep(0.01)
    raise RuntimeError("marker-after-the-peer")


def own_error(environ, start_response):
    """An OSError that has nothing to do with the request's body."""
    open("/no/such/file/marker-own")


def part_of_a_file(environ, start_response):
    file = open(__file__, "rb")
    file.seek(3)
    start_response("200 OK", [("Content-Length", "10")])
    return environ["wsgi.file_wrapper"](file)


CASES.update(swallow=swallow, leaves=leaves, own_error=own_error, part_of_a_file=part_of_a_file)
