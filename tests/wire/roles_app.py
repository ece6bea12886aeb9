"""The application behind the tests of roles: it says what it was asked to be, and gives back what it was given."""

import json
import os
import time


def application(environ, start_response):
    role = environ.get("fastcgi.role")
    path = environ["PATH_INFO"]
    if path == "/until-told":
        return UntilTold(environ["QUERY_STRING"], start_response)
    if role == "authorizer":
        allowed = environ.get("HTTP_X_TICKET") == "valid"
        start_response("200 OK" if allowed else "403 Forbidden", [("Variable-AUTH_USER", "someone")])
        return [b"" if allowed else b"no ticket"]
    said = {"role": role, "keys": sorted(key for key in environ if key.startswith("fastcgi."))}
    if role == "filter":
        said["length"], said["modified"] = environ["fastcgi.data_length"], environ["fastcgi.data_last_mod"]
        first, second = "fastcgi.data", "wsgi.input"
        if environ["QUERY_STRING"] == "in-order":
            first, second = second, first
        if environ["QUERY_STRING"] != "unread":
            said[first] = environ[first].read().decode("latin-1")
            said[second] = environ[second].read().decode("latin-1")
        if environ["QUERY_STRING"] == "lines":
            said["fastcgi.data"] = said["fastcgi.data"].splitlines()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode("ascii")]


class UntilTold:
    """Blocks until writing one raises; `close()` leaves a file behind."""

    def __init__(self, name, start_response):
        self.name = name
        start_response("200 OK", [("Content-Type", "text/plain")])

    def __iter__(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            yield b"block\n"
            time.sleep(0.01)
        os._exit(3)

    def close(self):
        open(self.name, "x").close()
