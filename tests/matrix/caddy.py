"""Caddy, and the mounts it is tested with."""

from .front import Front, Row

NOT_SENT = "SCRIPT_NAME is always empty"


def row(kind, prefix, config, **more):
    return Row("caddy", "fastcgi", kind, prefix, config, **more)


def proxy(*options, matcher=""):
    return f"reverse_proxy {matcher} unix/@fastcgi@ {{\ntransport fastcgi {{\n" + "\n".join(options) + "\n}\n}"


# Caddy answers what nobody handles with an empty page.
OTHERWISE = "handle {\nrespond 404\n}"
UNDER_APP = "@app path /app /app/*\n"

ROWS = [
    row("root", "", proxy()),
    row("prefix", "/app", UNDER_APP + "handle @app {\n" + proxy("env SCRIPT_NAME /app") + "\n}\n" + OTHERWISE),
    row(
        "prefix", "/app", UNDER_APP + "handle @app {\n" + proxy() + "\n}\n" + OTHERWISE,
        variant="setting", settings=("--script-name=/app",), why=NOT_SENT,
    ),
    row("script", "/app.fcgi", "@app path /app.fcgi /app.fcgi/*\nhandle @app {\n" + proxy("split .fcgi") + "\n}\n" + OTHERWISE),
    row("rewrite", "", "uri path_regexp ^ /index.fcgi\n" + proxy("split .fcgi")),
    row("stripped", "/app", "handle_path /app/* {\n" + proxy() + "\n}\n" + OTHERWISE, merges=True),
]  # fmt: skip


class Caddy(Front):
    name = "caddy"
    rows = ROWS
    merges = False
    version_command = ("/usr/bin/caddy", "version")

    def whole(self, rows):
        sites = [f":{self.ports[row]} {{\nbind 127.0.0.1\n{config}\n}}" for row, config in rows]
        return "\n".join(["{", "admin off", "auto_https off", "}", *sites, ""])

    def command(self):
        # It saves its configuration and its keys below these.
        home = self.places.make("home")
        homes = [f"{name}={home}" for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")]
        return ["/usr/bin/env", *homes, "/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", self.config]
