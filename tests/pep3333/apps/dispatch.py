"""The application under test: `/topic/case` is the function `case` in `topic.py` beside this file.

The case gets the very arguments that janua passed, and janua gets the very object that the case returns.
"""

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

TOPICS = {
    name: importlib.import_module("apps." + name)
    for name in (
        "blocks", "closing", "environment", "errors", "failing", "fields", "input", "lengths", "printing", "sending",
        "starting", "streaming", "validated", "wrapping",
    )
}


def application(environ, start_response):
    _, topic, case = environ["PATH_INFO"].split("/")[:3]
    return getattr(TOPICS[topic], case)(environ, start_response)
