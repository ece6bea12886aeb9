"""The same hello, by way of Flask."""

from flask import Flask

application = Flask(__name__)


@application.route("/", defaults={"path": ""})
@application.route("/<path:path>")
def hello(path):
    return "hello world\n", {"Content-Type": "text/plain"}
