"""The application behind the wire tests: it says what it was asked."""

import itertools
import json

calls = itertools.count(1)


def application(environ, start_response):
    number = next(calls)
    body = environ["wsgi.input"].read()
    said = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "body": body.decode("latin-1"),
        "calls": number,
        "headers": {key: value for key, value in environ.items() if key.startswith("HTTP_")},
    }
    if environ["QUERY_STRING"] == "errors":
        environ["wsgi.errors"].write("marker-errors\n")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode("ascii")]
