"""An app that streams. Each line of a response is one block and says which it is and when it was made
(`time.monotonic`, which is one clock for all processes)."""

import time
from pathlib import Path

TEXT = [("Content-Type", "text/plain")]


def application(environ, start_response):
    return CASES[environ["PATH_INFO"].strip("/")](environ, start_response)


def block(number):
    return b"%d %.6f\n" % (number, time.monotonic())


def sleep(seconds):
    time.sleep(seconds)


def busy(seconds):
    """Runs Python code, which has the lock most of the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def in_c(seconds):
    """Never gives up Python's lock: each call goes on in C, for a few milliseconds at least."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1_000_000))


def blocks(work):
    """The first block follows the head; each of the others follows a pause."""

    def app(environ, start_response):
        start_response("200 OK", TEXT)
        for number in range(int(environ["QUERY_STRING"])):
            yield block(number)
            work(0.06)

    return app


def written(environ, start_response):
    write = start_response("200 OK", TEXT)
    for number in range(int(environ["QUERY_STRING"])):
        write(block(number))
        sleep(0.06)
    return []


def pairs(environ, start_response):
    """Two blocks, a pause, two blocks: the second of each pair has nobody to call for it but the first."""
    start_response("200 OK", TEXT)
    for number in range(0, int(environ["QUERY_STRING"]), 2):
        yield block(number)
        yield block(number + 1)
        sleep(0.06)


def long(environ, start_response):
    """Pauses so long that the lead goes elsewhere, and with one thread to nobody."""
    start_response("200 OK", TEXT)
    for number in range(int(environ["QUERY_STRING"])):
        sleep(0.25)
        yield block(number)
    sleep(0.25)


class Closing:
    """The last block must not wait until the app has cleaned up."""

    def __init__(self, count):
        self.blocks = iter([block(number) for number in range(count)])

    def __iter__(self):
        return self.blocks

    def close(self):
        time.sleep(0.3)


def closing(environ, start_response):
    start_response("200 OK", TEXT)
    return Closing(int(environ["QUERY_STRING"]))


def quick(environ, start_response):
    start_response("200 OK", TEXT)
    for number in range(int(environ["QUERY_STRING"])):
        yield b"%099d\n" % number


def watched(environ, start_response):
    """Goes on until a block fails, and then says so in the folder that the query names."""
    folder = Path(environ["QUERY_STRING"])
    try:
        write = start_response("200 OK", TEXT)
        for number in range(500):
            write(block(number))
            time.sleep(0.01)
    except OSError as error:
        (folder / "failed").write_text(type(error).__name__)
    return []


def logging(environ, start_response):
    """Logged text and blocks, in turns."""
    start_response("200 OK", TEXT)
    for number in range(int(environ["QUERY_STRING"])):
        environ["wsgi.errors"].write(f"marker-{number}\n")
        yield block(number)
        environ["wsgi.errors"].flush()


def breaks(environ, start_response):
    start_response("200 OK", TEXT)
    yield block(0)
    yield block(1)
    raise RuntimeError("marker-breaks")


CASES = {
    "sleep": blocks(sleep), "busy": blocks(busy), "in_c": blocks(in_c), "written": written, "pairs": pairs,
    "long": long, "closing": closing, "quick": quick, "watched": watched, "logging": logging, "breaks": breaks,
}  # fmt: skip
