"""What several topics need."""

import json
import os
import time

TEXT = [("Content-Type", "text/plain")]


def facts(start_response, **found):
    """Answers with what a case found out."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(found).encode("ascii")]


def note(environ, line):
    """Appends a line to the test's notes."""
    with open(environ["HTTP_X_NOTES"], "a", encoding="utf-8") as file:
        file.write(line + "\n")


def wait_at_gate(environ, number=1, seconds=8):
    """Waits until the test opens the gate. An error if it stays shut: then the test sees a broken response."""
    path = os.path.join(environ["HTTP_X_GATE"], str(number))
    deadline = time.monotonic() + seconds
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise TimeoutError("gate %s was never opened" % number)
        time.sleep(0.005)


class Noted:
    """An iterable over blocks that notes its end."""

    def __init__(self, environ, blocks):
        self.environ = environ
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        note(self.environ, "close")
