"""The app behind every server. A request names the app that it is for, so that one mount serves them all."""

import importlib
from wsgiref.validate import validator


def load(name):
    if name == "validated":
        return validator(load("probe"))
    return importlib.import_module(name).application


def application(environ, start_response):
    return load(environ.get("HTTP_X_APP", "probe"))(environ, start_response)
