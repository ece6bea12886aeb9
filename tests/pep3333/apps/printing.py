"""What an app prints must never become part of a response."""

import os
import subprocess
import sys

from .helpers import TEXT


def with_print(environ, start_response):
    print("marker-printed")
    sys.stdout.flush()
    start_response("200 OK", TEXT)
    return [b"clean"]


def by_descriptor(environ, start_response):
    os.write(1, b"marker-descriptor\n")
    start_response("200 OK", TEXT)
    return [b"clean"]


def by_child(environ, start_response):
    subprocess.check_call(["/bin/sh", "-c", "echo marker-child"])
    start_response("200 OK", TEXT)
    return [b"clean"]
