"""Apache, and the mounts it is tested with."""

from servers.apache import ENABLED, MODULES
from servers.server import AS_ROOT, USER

from .front import Front, Row

WANTED = ["mpm_event", *ENABLED.split()] + "cgid fcgid proxy proxy_fcgi proxy_scgi rewrite".split()

KEPT = "what the back end is asked for has the prefix too, as if the app were at the root"

# A rewritten path is read as a URL once more, so B encodes "%", "?" and "#" again.
REWRITE = """
    <Directory "@www@">
        AddHandler {handler}-script .{kind}
        Options +ExecCGI
        RewriteEngine On
        RewriteCond %{{REQUEST_FILENAME}} !-f
        RewriteRule ^(.*)$ index.{kind}/$1 [B=%?#,L]
    </Directory>"""

REWRITE_BELOW = REWRITE.replace('"@www@"', '"@www@/sub"')

ALIASED = """
    Alias "{mount}" "@www@/app.fcgi{slash}"
    <Directory "@www@">
        SetHandler fcgid-script
        Options +ExecCGI
    </Directory>"""

BY_HANDLER = r"""
    <FilesMatch "\.fcgi$">
        SetHandler "proxy:unix:{socket}|{scheme}://localhost/"
    </FilesMatch>"""

TO_SCRIPT = """
    <Directory "@www@">
        RewriteEngine On
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule ^(.*)$ index.fcgi/$1 [B=%?#,L]
    </Directory>"""


def row(module, protocol, kind, prefix, config, **more):
    return Row("apache", protocol, kind, prefix, config, module=module, **more)


def proxied(protocol, scheme):
    """The rows of mod_proxy_fcgi and mod_proxy_scgi."""
    socket = f"@{protocol}@"
    back = f"unix:{socket}|{scheme}://localhost"
    module = f"mod_proxy_{scheme}"
    handler = BY_HANDLER.format(socket=socket, scheme=scheme)
    return [
        row(module, protocol, "root", "", f'ProxyPass "/" "{back}/"'),
        row(module, protocol, "prefix", "/app", f'<Location "/app">\nProxyPass "{back}"\n</Location>'),
        row(
            module, protocol, "prefix", "/app", f'<Location "/app">\nProxyPass "{back}/app"\n</Location>',
            variant="kept", settings=("--script-name=/app",), why=KEPT,
        ),
        row(module, protocol, "script", "/app.fcgi", handler, scripts=("app.fcgi",)),
        row(module, protocol, "rewrite", "", handler + TO_SCRIPT, scripts=("index.fcgi",)),
        row(
            module, protocol, "stripped", "/app",
            f'RewriteEngine On\nRewriteRule "(?s)^/app(/.*)?$" "{back}$1" [P]\n',
        ),
    ]  # fmt: skip


ROWS = [
    row(
        "mod_cgid", "cgi", "root", "", 'ScriptAlias "/" "@www@/app.cgi/"', scripts=("app.cgi",)
    ),
    row("mod_cgid", "cgi", "prefix", "/app", 'ScriptAlias "/app" "@www@/app.cgi"', scripts=("app.cgi",)),
    row("mod_cgid", "cgi", "script", "/cgi-bin/app.cgi", 'ScriptAlias "/cgi-bin/" "@www@/"', scripts=("app.cgi",)),
    row("mod_cgid", "cgi", "rewrite", "", REWRITE.format(handler="cgi", kind="cgi"), scripts=("index.cgi",)),
    row("mod_fcgid", "fastcgi", "root", "", ALIASED.format(mount="/", slash="/"), scripts=("app.fcgi",)),
    row("mod_fcgid", "fastcgi", "prefix", "/app", ALIASED.format(mount="/app", slash=""), scripts=("app.fcgi",)),
    row(
        "mod_fcgid", "fastcgi", "script", "/app.fcgi",
        '<Directory "@www@">\nAddHandler fcgid-script .fcgi\nOptions +ExecCGI\n</Directory>', scripts=("app.fcgi",),
    ),
    row("mod_fcgid", "fastcgi", "rewrite", "", REWRITE.format(handler="fcgid", kind="fcgi"), scripts=("index.fcgi",)),
    row(
        "mod_fcgid", "fastcgi", "rewrite", "/sub", REWRITE_BELOW.format(handler="fcgid", kind="fcgi"),
        scripts=("sub/index.fcgi",), variant="in a folder",
    ),
    *proxied("fastcgi", "fcgi"),
    *proxied("scgi", "scgi"),
]  # fmt: skip


class Apache(Front):
    name = "apache"
    rows = ROWS
    version_command = ("/usr/sbin/apache2", "-v")

    def whole(self, rows):
        run = self.places.run
        return "\n".join(
            [
                f"ServerRoot {self.places.folder}",
                f"DefaultRuntimeDir {run}",
                f"PidFile {self.pid_file}",
                "ServerName localhost",
                "TypesConfig /dev/null",
                f"ErrorLog {self.errors}",
                *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in WANTED),
                *(f"User {USER}\nGroup {USER}".splitlines() if AS_ROOT else []),
                f"FcgidIPCDir {run}",
                f"FcgidProcessTableFile {run}/fcgid.table",
                f"ScriptSock {run}/cgid.sock",
                "StartServers 1\nMinSpareThreads 4\nMaxSpareThreads 8\nThreadsPerChild 8\nMaxRequestWorkers 16",
                f'<Directory "/">\nAllowOverride None\nRequire all denied\n</Directory>',
                f'<Directory "{self.places.www}">\nRequire all granted\n</Directory>',
                *(f"Listen 127.0.0.1:{port}" for port in self.ports.values()),
                *(self.host(row, config) for row, config in rows),
                "",
            ]
        )

    def host(self, row, config):
        lines = [
            f"<VirtualHost 127.0.0.1:{self.ports[row]}>",
            f"DocumentRoot {self.www(row)}",
            # A path with %2F is decoded; by default Apache answers 404.
            "AllowEncodedSlashes On",
            config,
            "</VirtualHost>",
        ]
        return "\n".join(lines)

    def command(self):
        return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", self.config]
