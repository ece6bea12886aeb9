"""The app of these tests: each path does one thing."""

import hashlib
import os
import time


def application(environ, start_response):
    path, query, body = environ["PATH_INFO"], environ["QUERY_STRING"], environ["wsgi.input"]
    status, answer = "200 OK", b"hello\n"
    if path == "/pid":
        answer = b"%d" % os.getpid()
    elif path == "/slow":
        time.sleep(float(query))
    elif path == "/digest":
        digest, size = hashlib.sha256(), 0
        while block := body.read(65536):
            digest.update(block)
            size += len(block)
        answer = f"{size} {digest.hexdigest()}".encode()
    elif path == "/echo":
        answer = body.read()
    elif path == "/errors":
        environ["wsgi.errors"].write("said by the app\n")
    elif path == "/fail":
        raise ValueError("as it was asked to")
    elif path == "/variable":
        answer = repr((os.environ.get(query), environ.get(query))).encode()
    elif path == "/place":
        umask = os.umask(0)
        os.umask(umask)
        answer = f"{os.getcwd()} {umask:o}".encode()
    elif path == "/blocks":
        start_response(status, [("Content-Type", "application/octet-stream")])
        return (bytes([number % 256]) * 65536 for number in range(int(query)))
    elif path == "/half":
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", "1000")])
        return half(query)
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]


def half(mark):
    """Sends a part, says so, and waits until somebody ends this process; says as well if it was the client that left."""
    try:
        yield b"a part"
        for _ in range(600):
            time.sleep(0.05)
            yield b"."
    finally:
        with open(mark, "w") as file:
            file.write("closed")
