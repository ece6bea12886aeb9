"""lighttpd, and the mounts it is tested with."""

import re

from servers.server import AS_ROOT, USER

from .front import Front, Row

FIRST_SEGMENT = "SCRIPT_NAME is the first segment of the path, as it would be with a mount there"


def row(protocol, kind, prefix, config, **more):
    return Row("lighttpd", protocol, kind, prefix, config, **more)


def backend(protocol, key, *options):
    lines = [f'"socket" => "@{protocol}@"', '"check-local" => "disable"', *options]
    return f'{protocol}.server = ( "{key}" => (( {", ".join(lines)} )) )'


FIX = '"fix-root-scriptname" => "enable"'


def within(prefix, config):
    """The key of a mount alone would also take what only begins like it."""
    return f'$HTTP["url"] =~ "^{prefix}(/|\\?|$)" {{ {config} }}'


def backends(protocol):
    return [
        row(protocol, "root", "", backend(protocol, "/", FIX)),
        row(
            protocol, "root", "", backend(protocol, "/"),
            variant="unfixed", settings=("--script-name=",), why=FIRST_SEGMENT,
        ),
        row(protocol, "prefix", "/app", within("/app", backend(protocol, "/app"))),
        row(protocol, "script", "/app.fcgi", within(r"/app\.fcgi", backend(protocol, "/app.fcgi"))),
        row(
            protocol, "rewrite", "",
            'url.rewrite-once = ( "(?s)^(/.*)$" => "/index.fcgi$1" )\n' + backend(protocol, "/index.fcgi"),
        ),
        row(
            protocol, "stripped", "/app",
            'url.rewrite-once = ( "(?s)^/app(/.*)$" => "$1", "^" => "/outside" )\n'
            + '$HTTP["url"] != "/outside" { ' + backend(protocol, "/", FIX) + " }",
        ),
    ]  # fmt: skip


CGI = '$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ( ".cgi" => "" ) }'

ROWS = [
    row("cgi", "script", "/cgi-bin/app.cgi", CGI, scripts=("cgi-bin/app.cgi",)),
    row(
        "cgi", "prefix", "/app", within("/app", 'alias.url = ( "/app" => "@www@/app.cgi" )\ncgi.assign = ( ".cgi" => "" )'),
        scripts=("app.cgi",),
    ),
    row(
        "cgi", "rewrite", "", 'url.rewrite-once = ( "(?s)^(/.*)$" => "/cgi-bin/app.cgi$1" )\n' + CGI,
        scripts=("cgi-bin/app.cgi",),
    ),
    *backends("fastcgi"),
    *backends("scgi"),
]  # fmt: skip


class Lighttpd(Front):
    name = "lighttpd"
    rows = ROWS
    version_command = ("/usr/sbin/lighttpd", "-v")

    @staticmethod
    def query(query):
        """A "%" that begins no escape is escaped itself."""
        return re.sub("%(?![0-9A-Fa-f]{2})", "%25", query)

    def whole(self, rows):
        first = self.ports[rows[0][0]]
        return "\n".join(
            [
                'server.modules = ( "mod_rewrite", "mod_alias", "mod_fastcgi", "mod_scgi", "mod_cgi" )',
                'server.bind = "127.0.0.1"',
                f"server.port = {first}",
                f'server.document-root = "{self.places.www}"',
                f'server.pid-file = "{self.pid_file}"',
                f'server.errorlog = "{self.errors}"',
                f'server.upload-dirs = ( "{self.places.make("temporary")}" )',
                f'server.username = "{USER}"\nserver.groupname = "{USER}"' if AS_ROOT else "",
                *(
                    f'$SERVER["socket"] == "127.0.0.1:{self.ports[row]}" {{\n'
                    f'server.document-root = "{self.www(row)}"\n{config}\n}}'
                    for row, config in rows
                ),
                "",
            ]
        )

    def command(self):
        return ["/usr/sbin/lighttpd", "-D", "-f", self.config]
