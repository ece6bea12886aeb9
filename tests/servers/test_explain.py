"""Three configurations as people really write them, each with one line missing. `janua explain` prints the line; put
where it says, it turns the wrong answer into the right one."""

import json
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest

from .apache import Apache
from .browser import Browser
from .lighttpd import Lighttpd
from .nginx import Nginx
from .process import Process
from .server import CONF, Places, listens
from .site import APPS

SERVE = "janua serve --fastcgi unix:/run/janua/fastcgi.sock --socket-group www-data"

#: Tells what the server sends to a CGI program, which `serve --explain` cannot: the environment, explained.
EXPLAIN_CGI = """#!/bin/sh
echo Content-Type: application/json
echo
env | /usr/local/bin/janua explain --protocol cgi --json -
"""


def without(conf, *lines):
    """A file of conf/ that lacks the lines with these texts."""
    text = (CONF / conf).read_text().splitlines(keepends=True)
    kept = [line for line in text if not any(wanted in line for wanted in lines)]
    assert len(text) - len(kept) == len(lines), f"{conf} has changed"
    return "".join(kept)


def behind(text, anchor, lines):
    """The configuration with `lines` behind the line that contains `anchor`."""
    (place,) = [line for line in text.splitlines(keepends=True) if anchor in line]
    return text.replace(place, place + "".join(f"{line}\n" for line in lines))


class Bench:
    """One server, started anew with whatever configuration is to be tried."""

    def __init__(self, server, folder, janua):
        self.server = server
        self.folder = folder
        self.janua = janua
        self.tries = 0

    def ask(self, conf, target, serve=None, script=None, **options):
        """Answers `target` with the configuration `conf`, a service or a CGI script behind it."""
        self.tries += 1
        folder = self.folder / str(self.tries)
        folder.mkdir()
        folder.chmod(0o755)
        shutil.copytree(APPS, folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
        places = Places(folder, folder / "app", self.janua)
        fragment = folder / "given.conf"
        fragment.write_text(conf)
        if script:
            program = folder / "www" / "cgi-bin" / "app.cgi"
            program.parent.mkdir()
            program.write_text(places.fill(script))
            program.chmod(0o755)
        service = None
        if serve:
            service = Process([self.janua, *shlex.split(places.fill(serve))[1:]], folder / "janua.log")
        server = self.server(places, fragment)
        browser = Browser(places.port, "")
        try:
            if service:
                service.start()
                service.wait_until(lambda: any(map(listens, places.run.glob("*.sock"))))
            server.start()
            answer = browser.get(target, **options)
            assert answer.status == 200, (answer, server.error_log())
            return answer.json()
        finally:
            browser.close()
            server.stop()
            if service:
                service.stop()


@pytest.fixture
def bench(workshop, janua):
    def make(server):
        folder = Path(tempfile.mkdtemp(prefix="explain-", dir=workshop))
        folder.chmod(0o755)
        return Bench(server, folder, janua)

    return make


def lines_for(explanation, configuration, case):
    """The lines to write in that configuration if `case` is so."""
    assert explanation["verdict"] == "undecidable"
    (doubt,) = explanation["undecidable"]
    found = [
        fix["lines"] for fix in doubt["fixes"] if fix["configuration"] == configuration and case in fix["when"]
    ]
    return found[0]


def paths(environ):
    return environ["SCRIPT_NAME"], environ["PATH_INFO"]


def options_of(lines):
    """`--script-name=/app` of `janua serve --script-name=/app`."""
    (line,) = lines
    return SERVE.replace("janua serve", line)


def test_nginx_with_its_stock_parameters_under_a_prefix(bench):
    bench = bench(Nginx)
    broken = without("nginx/fastcgi-prefix.conf", "fastcgi_split_path_info  ", "PATH_INFO $fastcgi_path_info;")
    target = "/app/foo%20bar/x?q=1"
    app = f"{SERVE} /srv/app/app.py"
    assert paths(bench.ask(broken, target, app)) == ("", "/app/foo bar/x")

    told = bench.ask(broken, target, f"{SERVE} --explain", headers={"Accept": "application/json"})
    assert told["server"] == "nginx"
    lines = lines_for(told, "nginx", "is at /app")
    mended = behind(broken, "include ", lines)
    assert paths(bench.ask(mended, target, app)) == ("/app", "/foo bar/x")
    assert paths(bench.ask(mended, "/app", app)) == ("/app", "")
    assert bench.ask(mended, target, f"{SERVE} --explain", headers={"Accept": "application/json"})["verdict"] == "decided"

    by_option = options_of(lines_for(told, "janua", "is at /app"))
    assert paths(bench.ask(broken, target, f"{by_option} /srv/app/app.py")) == ("/app", "/foo bar/x")
    assert paths(bench.ask(broken, "/app", f"{by_option} /srv/app/app.py")) == ("/app", "")


def test_lighttpd_at_the_root_without_fix_root_scriptname(bench):
    bench = bench(Lighttpd)
    broken = without("lighttpd/fastcgi.conf", "fix-root-scriptname")
    target = "/foo/bar?q=1"
    app = f"{SERVE} /srv/app/app.py"
    assert paths(bench.ask(broken, target, app)) == ("/foo", "/bar")

    told = bench.ask(broken, target, f"{SERVE} --explain", headers={"Accept": "application/json"})
    lines = lines_for(told, "lighttpd", "at the root")
    mended = behind(broken, "check-local", lines)
    assert paths(bench.ask(mended, target, app)) == ("", "/foo/bar")

    by_option = options_of(lines_for(told, "janua", "at the root"))
    assert paths(bench.ask(broken, target, f"{by_option} /srv/app/app.py")) == ("", "/foo/bar")


def test_apache_without_cgipassauth(bench):
    bench = bench(Apache)
    broken = without("apache/cgi-bin.conf", "CGIPassAuth On")
    script = (CONF / "app.fcgi").read_text()
    login = {"Authorization": "Basic dTpw"}
    assert "HTTP_AUTHORIZATION" not in bench.ask(broken, "/app/foo", script=script, headers=login)

    told = bench.ask(broken, "/app/foo", script=EXPLAIN_CGI, headers=login)
    assert told["verdict"] == "decided" and paths(told["environ"]) == ("/app", "/foo")
    (note,) = [note for note in told["notes"] if note["name"] == "authorization-hidden"]
    assert "<Directory>" in note["place"]
    mended = behind(broken, '<Directory "/srv/www/cgi-bin">', [note["line"]])
    assert bench.ask(mended, "/app/foo", script=script, headers=login)["HTTP_AUTHORIZATION"] == "Basic dTpw"
    assert bench.ask(mended, "/app/foo", script=EXPLAIN_CGI, headers=login)["notes"] == []
