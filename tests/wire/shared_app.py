"""The application behind the tests of connections that several requests share."""

import os
import time

#: What a response of `/large` repeats.
LINE = b"0123456789abcdef" * 64


def length(stream):
    """How long it is, read in steps, so that a body of any size costs the app no memory."""
    count = 0
    while piece := stream.read(65536):
        count += len(piece)
    return count


def application(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    respond = lambda: start_response("200 OK", [("Content-Type", "text/plain")])  # noqa: E731
    if path == "/echo":
        body = environ["wsgi.input"].read()
        respond()
        return [body]
    if path == "/count":
        count = length(environ["wsgi.input"])
        respond()
        return [b"%d" % count]
    if path == "/large":
        respond()
        return (LINE for _ in range(int(query)))
    if path == "/hold":
        # Until the test lets it go; what it reads then, it sends back.
        wait_for(query)
        count = length(environ["wsgi.input"])
        respond()
        return [b"%d" % count]
    if path == "/until-told":
        return UntilTold(query, start_response)
    if path == "/fail":
        raise RuntimeError("marker-fail")
    respond()
    return [path.encode("latin-1"), b" ", query.encode("latin-1")]


def wait_for(name):
    deadline = time.monotonic() + 20
    while not os.path.exists(name) and time.monotonic() < deadline:
        time.sleep(0.01)


class UntilTold:
    """Blocks without end; `close()` leaves a file behind that says how many there were."""

    def __init__(self, name, start_response):
        self.name = name
        self.given = 0
        start_response("200 OK", [("Content-Type", "text/plain")])

    def __iter__(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            self.given += 1
            yield b"block\n"
            time.sleep(0.01)

    def close(self):
        with open(self.name + ".part", "w") as file:
            file.write(str(self.given))
        os.rename(self.name + ".part", self.name)
