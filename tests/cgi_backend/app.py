"""An app for the tests of backends: each path does one thing."""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

AT_IMPORT = dict(os.environ)
kept = []


def application(environ, start_response):
    return CASES[environ["SCRIPT_NAME"].strip("/") or environ["PATH_INFO"].strip("/")](environ, start_response)


def text(start_response, body):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]


def who(environ, start_response):
    flags = {name: environ["wsgi." + name] for name in ("multithread", "multiprocess", "run_once")}
    return text(start_response, json.dumps({"pid": os.getpid(), **flags}))


def surroundings(environ, start_response):
    """What the app and a program that it starts find around them."""
    stdin = subprocess.run(["readlink", "/proc/self/fd/0"], stdout=subprocess.PIPE).stdout.decode().strip()
    found = {"at_import": AT_IMPORT, "now": dict(os.environ), "cwd": os.getcwd(), "stdin": stdin}
    return text(start_response, json.dumps(found))


def footprint(environ, start_response):
    gc.collect()
    status = Path("/proc/self/status").read_text()
    fields = {line.split(":")[0]: line.split() for line in status.splitlines()}
    return text(start_response, json.dumps({
        "descriptors": len(os.listdir("/proc/self/fd")), "threads": int(fields["Threads"][1]),
        "memory": int(fields["VmRSS"][1]) * 1024, "alive": threading.active_count()}))


def gate(environ, start_response):
    """Answers when the file that the query names is there."""
    folder = Path(environ["QUERY_STRING"])
    (folder / "entered").touch()
    while not (folder / "open").exists():
        time.sleep(0.01)
    return text(start_response, "open")


def echo(environ, start_response):
    return text(start_response, str(len(environ["wsgi.input"].read())))


class Endless:
    """Writes for ever, and leaves a note of how that ended in the folder that the query names."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __iter__(self):
        try:
            while True:
                yield b"x" * 10000
                time.sleep(0.01)
        except GeneratorExit:
            raise

    def close(self):
        (self.folder / "closed").touch()


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Endless(environ["QUERY_STRING"])


def reading(environ, start_response):
    """Reads its body, and leaves a note of how that ended."""
    folder = Path(environ["QUERY_STRING"])
    (folder / "entered").touch()
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        (folder / "failed").write_text(type(error).__name__)
        raise
    return text(start_response, "read")


def grow(environ, start_response):
    kept.append(bytearray(os.urandom(1)) * (64 << 20))
    return text(start_response, "grown")


def linger(environ, start_response):
    """Starts a thread that Python waits for at its end."""
    threading.Thread(target=time.sleep, args=(60,)).start()
    return text(start_response, "lingering")


def beat(environ, start_response):
    """Starts a thread that notes again and again, in the file that the query names, what time it is."""

    def go_on(note):
        while True:
            # Whenever this ends, the note is whole.
            fresh = Path(f"{note}.fresh")
            fresh.write_text(str(time.monotonic()))
            fresh.replace(note)
            time.sleep(0.01)

    threading.Thread(target=go_on, args=(environ["QUERY_STRING"],), daemon=True).start()
    return text(start_response, "alive")


def complain(environ, start_response):
    print("this goes to the app's own log")
    environ["wsgi.errors"].write("this goes to the server's log\n")
    return text(start_response, "complained")


CASES = {name: value for name, value in list(globals().items()) if callable(value)}
CASES[""] = who
