"""An app that makes no system calls but those that mark a place in a trace of them."""

import os
import time


def application(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/hold":
        open(query + "/held", "x").close()
        while not os.path.exists(query + "/go"):
            time.sleep(0.01)
    if path in ("/hold", "/mark"):
        os.access("/mark", os.F_OK)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, world\n"]
