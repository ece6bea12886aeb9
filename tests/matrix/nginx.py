"""nginx, and the mounts it is tested with."""

import shutil
from pathlib import Path

from servers.nginx import TEMPORARY
from servers.server import AS_ROOT, USER

from .front import Front, Row

NOT_SENT = "the stock parameters do not say where the mount ends"


def row(protocol, kind, prefix, config, **more):
    return Row("nginx", protocol, kind, prefix, config, **more)


# In a regular expression "." stands for every character but a line feed; (?s) makes it every character.
ROWS = [
    row("fastcgi", "root", "", "location / { include fastcgi_params; fastcgi_pass unix:@fastcgi@; }"),
    row("fastcgi", "root", "", variant="path twice", config="""
        location / {
            include fastcgi_params;
            fastcgi_param SCRIPT_NAME "";
            fastcgi_param PATH_INFO $fastcgi_script_name;
            fastcgi_pass unix:@fastcgi@;
        }"""),
    row("fastcgi", "prefix", "/app", """
        location ~ ^/app(/|$) {
            fastcgi_split_path_info (?s)^(/app)(.*)$;
            include fastcgi_params;
            fastcgi_param PATH_INFO $fastcgi_path_info;
            fastcgi_pass unix:@fastcgi@;
        }"""),
    row("fastcgi", "prefix", "/app", variant="setting", settings=("--script-name=/app",), why=NOT_SENT, config="""
        location /app { include fastcgi_params; fastcgi_pass unix:@fastcgi@; }"""),
    row("fastcgi", "script", "/app.fcgi", r"""
        location ~ ^/app\.fcgi(/|$) {
            fastcgi_split_path_info (?s)^(/app\.fcgi)(.*)$;
            include fastcgi_params;
            fastcgi_param PATH_INFO $fastcgi_path_info;
            fastcgi_pass unix:@fastcgi@;
        }"""),
    row("fastcgi", "rewrite", "", r"""
        location / { rewrite (?s)^/(.*)$ /index.fcgi/$1 last; }
        location ~ ^/index\.fcgi(/|$) {
            internal;
            fastcgi_split_path_info (?s)^(/index\.fcgi)(.*)$;
            include fastcgi_params;
            fastcgi_param PATH_INFO $fastcgi_path_info;
            fastcgi_pass unix:@fastcgi@;
        }"""),
    row("fastcgi", "stripped", "/app", """
        location /app/ {
            rewrite (?s)^/app(/.*)$ $1 break;
            include fastcgi_params;
            fastcgi_pass unix:@fastcgi@;
        }"""),
    row("scgi", "root", "", "location / { include scgi_params; scgi_pass unix:@scgi@; }"),
    row("scgi", "prefix", "/app", """
        location ~ ^/app(/|$) { include scgi_params; scgi_param SCRIPT_NAME /app; scgi_pass unix:@scgi@; }"""),
    row("scgi", "prefix", "/app", variant="setting", settings=("--script-name=/app",), why=NOT_SENT, config="""
        location /app { include scgi_params; scgi_pass unix:@scgi@; }"""),
    row("scgi", "script", "/app.scgi", r"""
        location ~ ^/app\.scgi(/|$) { include scgi_params; scgi_param SCRIPT_NAME /app.scgi; scgi_pass unix:@scgi@; }"""),
    row("scgi", "rewrite", "", r"""
        location / { rewrite (?s)^/(.*)$ /index.scgi/$1 last; }
        location ~ ^/index\.scgi(/|$) {
            internal;
            include scgi_params;
            scgi_param SCRIPT_NAME /index.scgi;
            scgi_pass unix:@scgi@;
        }"""),
    row("scgi", "stripped", "/app", """
        location /app/ { rewrite (?s)^/app(/.*)$ $1 break; include scgi_params; scgi_pass unix:@scgi@; }"""),
]  # fmt: skip


class Nginx(Front):
    name = "nginx"
    rows = ROWS
    version_command = ("/usr/sbin/nginx", "-v")

    def whole(self, rows):
        for stock in ("scgi_params", "fastcgi_params"):
            shutil.copy(Path("/etc/nginx") / stock, self.places.folder)
        temporary = self.places.make("temporary")
        return "\n".join(
            [
                f"user {USER};" if AS_ROOT else "",
                "daemon off; worker_processes 1;",
                f"pid {self.pid_file}; error_log {self.errors};",
                "events { worker_connections 128; }",
                "http {",
                "access_log off;",
                *(f"{name}_temp_path {temporary}/{name};" for name in TEMPORARY),
                *(
                    f"server {{ listen 127.0.0.1:{self.ports[row]}; root {self.www(row)};\n{config}\n}}"
                    for row, config in rows
                ),
                "}\n",
            ]
        )

    def command(self):
        return ["/usr/sbin/nginx", "-e", self.errors, "-c", self.config, "-p", self.places.folder]
