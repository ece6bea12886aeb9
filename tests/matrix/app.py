"""The app in every cell: shows its environ, and makes a link to itself with Flask's url_for."""

from flask import Flask, jsonify, request, url_for

application = Flask(__name__, static_folder=None)
application.url_map.merge_slashes = False


@application.route("/", defaults={"rest": ""})
@application.route("/<path:rest>")
def cell(rest):
    environ = {name: value for name, value in request.environ.items() if isinstance(value, str)}
    answer = jsonify(environ=environ, rest=rest, link=url_for("cell", rest=rest))
    answer.headers["X-Cell"] = "yes"
    return answer


@application.before_request
def unroutable():
    """Flask's routes match no line feed and redirect an empty path; the path is what it is all the same."""
    if request.routing_exception:
        return cell(request.path.lstrip("/"))
