"""The recipe of conf/ for hosts without FastCGI, as their users meet it: few rights, tight limits, a stingy environment."""

import grp
import json
import os
import pwd
import subprocess
import tempfile
from pathlib import Path

import pytest

from .apache import Prefork
from .browser import Browser
from .environment import PYTHON
from .kept import write
from .process import end_all_that_mention
from .server import AS_ROOT, Places

pytestmark = pytest.mark.skipif(not AS_ROOT, reason="only root can have the server run as a user who has nothing else running")

# A user without a home, and with no other process of these tests.
USER = "nobody"

APP = """
import json, os

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    umask = os.umask(0)
    os.umask(umask)
    answer = {"version": VERSION, "pid": os.getpid(), "environ": seen, "os": dict(os.environ), "umask": umask,
              "length": len(body)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""

# What suEXEC does before it becomes the script, and what hosts make it do. It stands in the script's first line, where
# the kernel gives it the same words as `janua-cgi` itself would get.
LIMITED = """#!{python} -IS
import os, resource, sys

os.umask({umask})
resource.setrlimit(resource.RLIMIT_NPROC, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
if os.environ["REQUEST_METHOD"] == "GET":
    os.close(0)
os.environ["PATH"] = "/usr/local/bin:/usr/bin:/bin"
os.environ.pop("HOME", None)
os.execv({relay!r}, [{relay!r}, *sys.argv[1:]])
"""


class Host:
    """Apache with the files that its operator and a user have written."""

    def __init__(self, folder, janua, umask):
        owner = pwd.getpwnam(USER)
        self.private = Path(f"/tmp/janua-{owner.pw_uid}")
        self.before = set(self.private.glob("*"))
        self.app = folder / "app"
        self.app.mkdir()
        self.write_app("VERSION = 1")
        self.places = Places(folder, self.app, janua)
        self.places.user, self.places.group = USER, grp.getgrgid(owner.pw_gid).gr_name
        www = self.places.www / "shop"
        self.places.copy("apache/htaccess-cgi", www / ".htaccess")
        self.script = self.places.copy("app.cgi", www / "index.cgi", executable=True)
        relay, limited = str(janua.with_name("janua-cgi")), folder / "limited"
        write(limited, LIMITED.format(python=PYTHON, umask=umask, relay=relay), 0o755)
        text = self.script.read_text()
        assert text.startswith(f"#!{relay}\n")
        write(self.script, text.replace(relay, str(limited), 1), 0o755)
        self.server = Prefork(self.places, "apache/htaccess-cgi-host.conf")
        self.browser = Browser(self.places.port, "/shop")

    def write_app(self, first):
        write(self.app / "app.py", first + "\n" + APP, 0o644)

    def get(self, path="/", **options):
        self.browser.close()
        answer = self.browser.get(path, **options)
        assert answer.status == 200, f"{answer}\n{self.server.error_log()}"
        return answer.json()

    def stop(self):
        self.browser.close()
        status = self.server.stop()
        end_all_that_mention(self.places.folder)
        for path in set(self.private.glob("*")) - self.before:
            path.unlink()
        if not self.before:
            self.private.rmdir()
        return status


@pytest.fixture
def host(workshop, janua):
    """Starts a host; what was started ends with the test."""
    started = []

    def one(umask=0o777):
        folder = Path(tempfile.mkdtemp(prefix="host-", dir=workshop))
        folder.chmod(0o755)
        started.append(Host(folder, janua, umask))
        started[-1].server.start()
        return started[-1]

    yield one
    for host in started:
        assert host.stop() is not None, f"the server had to be killed; its log:\n{host.server.error_log()}"


@pytest.mark.parametrize("umask", [0o777, 0o000], ids=oct)
def test_the_app_is_kept_and_sees_the_client_s_url(host, umask):
    host = host(umask)
    first = host.get("/a%20b/100%25?x=1")
    environ = first["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/shop", "/a b/100%", "x=1")
    assert "HOME" not in first["os"] and "REQUEST_METHOD" not in first["os"]
    assert first["umask"] == umask
    again = host.get("/", headers={"Authorization": "Basic dTpw"})
    assert again["pid"] == first["pid"] and again["environ"]["HTTP_AUTHORIZATION"] == "Basic dTpw"
    answer = host.browser.ask("POST", "/form", b"x" * 1_000_000)
    assert (answer.json()["length"], answer.json()["pid"]) == (1_000_000, first["pid"])
    found = host.private.lstat()
    assert (found.st_uid, found.st_mode & 0o7777) == (pwd.getpwnam(USER).pw_uid, 0o700)


@pytest.mark.parametrize("umask", [0o777, 0o022], ids=oct)
def test_new_code_is_served_at_once(host, umask):
    host = host(umask)
    pids = [host.get()["pid"]]
    host.write_app("VERSION = 2  # edited")
    second = host.get()
    assert second["version"] == 2
    os.utime(host.script)
    pids += [second["pid"], host.get()["pid"]]
    assert len(set(pids)) == 3
    # A module that only this version needs is watched as well.
    write(host.app / "goods.py", "NAME = 1", 0o644)
    host.write_app("from goods import NAME as VERSION")
    assert host.get()["version"] == 1
    write(host.app / "goods.py", "NAME = 22", 0o644)
    assert host.get()["version"] == 22
    host.write_app("import no_such_module")
    host.browser.close()
    assert host.browser.get("/").status == 500
    assert "no_such_module" in host.server.error_log()
    host.write_app("VERSION = 3")
    assert host.get()["version"] == 3


def test_however_few_processes_are_left_every_request_is_answered(host):
    """Where a backend cannot be started, or cannot start what it needs, each request is served by its own process."""
    host, kept = host(), []
    for others in range(20, 4, -1):
        sleepers = [subprocess.Popen(["sleep", "60"], user=USER, group=host.places.group) for _ in range(others)]
        try:
            kept.append(len({host.get()["pid"] for _ in range(3)}) == 1)
        finally:
            for sleeper in sleepers:
                sleeper.kill()
            for sleeper in sleepers:
                sleeper.wait()
        end_all_that_mention(host.script)
        # As if ten seconds had gone by: the next request tries again, and says so if it fails again.
        for note in set(host.private.glob("*.failed")) - host.before:
            note.unlink()
    # The limit was met, and then it was not.
    assert not kept[0] and kept[-1], kept
    assert 0 < host.server.error_log().count("has no backend") <= kept.count(False)
