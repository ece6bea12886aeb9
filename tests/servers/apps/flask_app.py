"""A Flask app whose pages link to each other."""

from flask import Flask, redirect, render_template_string, request, url_for

application = Flask(__name__)


@application.get("/")
def index():
    return render_template_string(
        '<a href="{{ url_for("page", name="plain") }}">1</a> <a href="{{ url_for("page", name="café au lait") }}">2</a>'
        ' <a href="{{ url_for("page", name="abroad", _external=True) }}">3</a>'
    )


@application.get("/page/<name>")
def page(name):
    return f"page {name} at {request.script_root or 'the root'}"


@application.post("/form")
def form():
    return redirect(url_for("page", name=request.form["name"]))
