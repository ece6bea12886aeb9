"""The application that the client asks: it says what it was asked, or does what the path says."""

import hashlib
import json
import time


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/status/"):
        start_response(path[len("/status/"):], [("Content-Type", "text/plain")])
        return [b"the body\n"]
    if path == "/errors":
        environ["wsgi.errors"].write("the app complains\n")
    if path == "/slow":
        time.sleep(3)
    if path == "/stream":
        return stream(start_response)
    if path == "/cut":
        return cut(start_response)
    if path == "/large":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return (bytes(1 << 20) for _ in range(128))
    if path == "/unread":
        start_response("413 Content Too Large", [("Content-Type", "text/plain")])
        return [b"no\n"]
    return said(environ, start_response)


def said(environ, start_response):
    body = environ["wsgi.input"].read()
    answer = {
        "environ": {key: value for key, value in environ.items() if isinstance(value, str)},
        "length": len(body),
        "digest": hashlib.sha256(body).hexdigest(),
    }
    text = json.dumps(answer).encode("ascii")
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def stream(start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"one"
    time.sleep(2)
    yield b"two"


def cut(start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100")])
    yield b"a beginning"
    raise RuntimeError("the app breaks off")
