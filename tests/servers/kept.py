"""A script that `janua-cgi` keeps loaded, behind a server that starts it as plain CGI."""

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from client.load import write
from client.patience import until

from .apache import Apache, Prefork
from .browser import Browser
from .lighttpd import Lighttpd
from .process import end_all_that_mention, processes_that_mention
from .server import Places

APP = Path(__file__).with_name("apps") / "gated.py"

SCRIPT = """#!{relay}
# janua: cgi_folder = "{folder}"
{settings}
VERSION = {version}

import gated
import helper

application = gated.make(lambda: b"%d %d" % (VERSION, helper.VERSION))
"""


@dataclass(frozen=True)
class Way:
    """A server, and the file of conf/ by which it starts CGI scripts."""

    name: str
    server: type
    conf: str
    # It asks the app while the client still sends the body.
    asks_early: bool = True

    def __str__(self):
        return self.name


WAYS = {
    way.name: way
    for way in [
        Way("apache-cgid", Apache, "apache/cgi-bin.conf"),
        Way("apache-cgi", Prefork, "apache/cgi-bin.conf"),
        Way("lighttpd", Lighttpd, "lighttpd/cgi.conf", asks_early=False),
    ]
}


def memory(pid, name="VmRSS"):
    """Bytes that a process has in RAM; with VmHWM the most that it ever had. 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


class Kept:
    """The script `app.cgi` and a module beside it, in a folder of their own, and a running server."""

    def __init__(self, way, folder, janua, crowd=False):
        self.janua = janua
        self.asks_early = way.asks_early
        self.places = Places(folder, folder / "app", janua)
        self.places.crowd = crowd
        self.gates = self.places.make("gates")
        self.script = folder / "www" / "cgi-bin" / "app.cgi"
        self.script.parent.mkdir()
        self.helper = self.script.with_name("helper.py")
        self.script.with_name(APP.name).write_text(APP.read_text())
        self.settings = ""
        self.write_script(1)
        self.write_helper("VERSION = 1")
        self.server = way.server(self.places, way.conf)
        self.browser = self.new_browser()

    def new_browser(self):
        return Browser(self.places.port, "/cgi-bin/app.cgi")

    def write_script(self, version):
        text = SCRIPT.format(
            relay=self.janua.with_name("janua-cgi"), folder=self.places.run / "cgi", settings=self.settings, version=version
        )
        write(self.script, text, 0o755)

    def write_helper(self, text):
        write(self.helper, text, 0o644)

    def start(self):
        self.server.start()

    def stop(self):
        """The server's exit status."""
        self.browser.close()
        status = self.server.stop()
        end_all_that_mention(self.places.folder)
        return status

    def pid(self):
        """The process that answers."""
        # The server may just be closing a connection that has rested for some seconds.
        self.browser.close()
        answer = self.browser.get("/pid")
        assert answer.status == 200, answer
        return int(answer.body)

    def loads(self):
        """Each process that has loaded the app, also if it served one request only."""
        return [int(line) for line in self.gates.joinpath("loads").read_text().split()]

    def relays(self):
        """The processes that the server has started and that wait for their answers."""
        ours = processes_that_mention(self.script)
        return [pid for pid, command in ours.items() if command.split()[0].endswith("janua-cgi")]

    def token(self):
        return secrets.token_hex(8)

    def wait_for(self, token, mark):
        until(self.gates.joinpath(f"{token}-{mark}").exists)

    def open(self, token):
        self.gates.joinpath(f"{token}-open").touch()

    def backend_log(self):
        return "".join(path.read_text() for path in sorted((self.places.run / "cgi").glob("*.log")))


def begin(kept, method, path, body=None, headers=None):
    """A request of a thread of its own: gives where its answer, or what broke it off, will be."""
    pool = ThreadPoolExecutor(1)

    def ask():
        try:
            return kept.new_browser().ask(method, path, body, headers)
        except Exception as error:
            return error

    future = pool.submit(ask)
    pool.shutdown(wait=False)
    return future
