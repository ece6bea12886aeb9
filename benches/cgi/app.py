"""The app: hello, the two that carry 100 MB, and who it is."""

import hashlib
import os

BLOCK = 64 * 1024
PLAIN = ("Content-Type", "text/plain")


def hello(environ, start_response):
    start_response("200 OK", [PLAIN, ("Content-Length", "12")])
    return [b"hello world\n"]


def upload(environ, start_response):
    """Answers with the digest of what it was sent."""
    digest = hashlib.sha1()
    while block := environ["wsgi.input"].read(BLOCK):
        digest.update(block)
    return told(digest.hexdigest(), start_response)


def download(environ, start_response):
    """As many bytes as the query says, of a pattern that shows what is lost or misplaced."""
    length = int(environ["QUERY_STRING"])
    start_response("200 OK", [PLAIN, ("Content-Length", str(length))])
    return pattern(length)


def pattern(length):
    for number in range(0, length, BLOCK):
        yield (b"%015d\n" % number * (BLOCK // 16))[: length - number]


def pid(environ, start_response):
    return told(str(os.getpid()), start_response)


def told(text, start_response):
    start_response("200 OK", [PLAIN, ("Content-Length", str(len(text)))])
    return [text.encode()]


def application(environ, start_response):
    name = environ.get("PATH_INFO", "")[1:]
    return {"upload": upload, "download": download, "pid": pid}.get(name, hello)(environ, start_response)
