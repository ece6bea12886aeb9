"""A page that shows what a WSGI app sees of a request. Nothing but the standard library; every gateway runs it.

    janua serve --http 127.0.0.1:8000 examples/inspector.py

With `?format=json` or `Accept: application/json` the same as JSON. Strings of the environ are shown there as
they are: latin-1, one character for each byte.
"""

import json
import os
import threading
from hashlib import sha256
from html import escape
from urllib.parse import parse_qs, quote

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --link: LinkText }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin: 2rem 0 .3rem }
a { color: var(--link) } nav a { margin-right: 1.2em }
.path { font: 1.2rem ui-monospace, monospace; background: var(--soft); padding: .6rem .8rem; overflow-wrap: anywhere }
.path b { color: var(--link) }
table { border-collapse: collapse; width: 100%; font: .85rem/1.5 ui-monospace, monospace }
th, td { border-bottom: 1px solid var(--line); padding: .15rem .6rem .15rem 0; text-align: left; vertical-align: top }
th { font-weight: normal; width: 16rem; opacity: .75 } td { overflow-wrap: anywhere }
form { margin: 1rem 0 }
"""


def application(environ, start_response):
    seen = inspect(environ)
    if wants_json(environ):
        kind, body = "application/json", json.dumps(seen, indent=1, sort_keys=True)
    else:
        kind, body = "text/html; charset=utf-8", page(environ, seen)
    body = body.encode()
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body))), ("Vary", "Accept")])
    return [body]


def inspect(environ):
    """All that there is to see, fit for JSON: what is not plain data is shown as its type."""
    length, digest = 0, sha256()
    for block in iter(lambda: environ["wsgi.input"].read(65536), b""):
        length += len(block)
        digest.update(block)
    plain = (str, bool, int, tuple, type(None))
    return {
        "environ": {
            name: value if isinstance(value, plain) else f"<{type(value).__module__}.{type(value).__qualname__}>"
            for name, value in environ.items()
        },
        "body": {"bytes": length, "sha256": digest.hexdigest()},
        "process": {"pid": os.getpid(), "thread": threading.current_thread().name},
    }


def wants_json(environ):
    asked = parse_qs(environ.get("QUERY_STRING", "")).get("format")
    return asked == ["json"] if asked else "application/json" in environ.get("HTTP_ACCEPT", "")


def link(environ, path):
    """A link to `path` of this app, wherever it is mounted: the mount is in SCRIPT_NAME, and only there."""
    return quote(environ.get("SCRIPT_NAME", ""), encoding="latin-1") + quote(path, safe="/?=&")


def text(value):
    """A value for readers: the bytes behind a string of the environ are mostly UTF-8."""
    if not isinstance(value, str):
        return repr(value)
    return value.encode("latin-1", "replace").decode("utf-8", "replace")


def groups(seen):
    """The tables of the page: (title, {name: value})."""
    environ = seen["environ"]
    kinds = {"WSGI": {}, "CGI": {}, "HTTP headers": {}, "Others": {}}
    for name in sorted(environ):
        if "." in name:
            kind = "WSGI"
        elif name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            kind = "HTTP headers"
        else:
            kind = "CGI" if name.isupper() else "Others"
        kinds[kind][name] = environ[name]
    kinds["Body"] = seen["body"]
    kinds["Process"] = seen["process"]
    return [(title, rows) for title, rows in kinds.items() if rows]


def table(title, rows):
    lines = (f"<tr><th>{escape(name)}<td>{escape(text(value))}" for name, value in rows.items())
    return f"<h2>{escape(title)}</h2>\n<table>\n" + "\n".join(lines) + "\n</table>"


def page(environ, seen):
    method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
    mount, rest = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    links = {
        "the root of the app": "/",
        "a path": "/some/where",
        "beyond ASCII": "/café/a door",
        "a query": "/search?q=janua&lang=la",
        "as JSON": "/?format=json",
    }
    navigation = " ".join(f'<a href="{escape(link(environ, path))}">{escape(name)}</a>' for name, path in links.items())
    tables = "\n".join(table(title, rows) for title, rows in groups(seen))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(text(mount + rest))}</title>
<style>{STYLE}</style>
<h1>What the app sees</h1>
<p class="path">{escape(method)} {escape(text(mount))}<b>{escape(text(rest))}</b>{escape("?" + text(query) if query else "")}
<p>The plain part of the path is <code>SCRIPT_NAME</code>, the mount; the coloured one is <code>PATH_INFO</code>.
<nav>{navigation}</nav>
<form method="post" action="{escape(link(environ, "/form"))}">
<input name="word" value="janua" aria-label="word"> <button>send it as a form</button>
</form>
{tables}
</html>
"""
