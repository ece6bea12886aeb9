"""HAProxy, and the mounts it is tested with."""

from .front import Front, Row

NOT_SENT = "without path-info it sends the whole path as SCRIPT_NAME"
SHORT_URL = "REQUEST_URI is the rewritten one too, so the prefix is nowhere"


def row(kind, prefix, app, front="", **more):
    config = "\n".join(
        [
            "frontend front@port@",
            "    bind 127.0.0.1:@port@",
            *(f"    {line}" for line in front.splitlines()),
            "    default_backend back@port@",
            "backend back@port@",
            "    use-fcgi-app app@port@",
            "    server janua unix@@fastcgi@ proto fcgi",
            "fcgi-app app@port@",
            "    docroot @www@",
            *(f"    {line}" for line in app.splitlines()),
            "",
        ]
    )
    return Row("haproxy", "fastcgi", kind, prefix, config, **more)


def only(prefix):
    """HAProxy sends no PATH_INFO where it would be empty, so the bare mount would look like a path not divided."""
    return (
        f"http-request redirect code 301 location {prefix}/ if {{ path {prefix} }}\n"
        f"http-request deny deny_status 404 unless {{ path_beg {prefix}/ }}\n"
    )


# There is no row for a rewrite to a script: with REQUEST_URI rewritten too, nobody can tell the client's URL, and
# setting that parameter back with set-param undoes the rewrite for all others.
ROWS = [
    row("root", "", ""),
    row("root", "", "path-info (?s)^()(/.*)$", variant="path-info"),
    row("prefix", "/app", "path-info (?s)^(/app)(/.*)?$", only("/app")),
    row("prefix", "/app", "", only("/app"), variant="setting", settings=("--script-name=/app",), why=NOT_SENT),
    row("script", "/app.fcgi", r"path-info (?s)^(/app\.fcgi)(/.*)?$", only("/app.fcgi")),
    row(
        "stripped", "/app", "", only("/app") + r"http-request replace-path ^/app/(.*)$ /\1", variant="setting",
        settings=("--script-name=/app", "--on-mismatch=pass"), why=SHORT_URL,
    ),
]  # fmt: skip


class HAProxy(Front):
    name = "haproxy"
    rows = ROWS
    merges = False
    version_command = ("/usr/sbin/haproxy", "-v")

    def whole(self, rows):
        surroundings = ["global", "    maxconn 256", "    nbthread 1", "defaults", "    mode http"]
        surroundings += [f"    timeout {what} 20s" for what in ("client", "server", "connect")]
        return "\n".join([*surroundings, *(config for _, config in rows), ""])

    def command(self):
        return ["/usr/sbin/haproxy", "-db", "-f", self.config]
