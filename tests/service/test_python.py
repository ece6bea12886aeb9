"""The package's functions, called from scripts as people have them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from client import http, scgi

from .test_process import quietly, until

HEAD = """
import sys
import janua

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    print("printed")
    return [environ["SCRIPT_NAME"].encode() + b"|" + environ["PATH_INFO"].encode()]

"""

CGI = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
       "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "/cgi-bin/x", "PATH_INFO": "/y", "QUERY_STRING": "",
       "REQUEST_URI": "/cgi-bin/x/y"}  # fmt: skip


@pytest.fixture
def python(janua_command):
    """The interpreter that the tested command belongs to."""
    beside = Path(janua_command[0]).with_name("python")
    return str(beside if beside.exists() else sys.executable)


@pytest.fixture
def script(tmp_path):
    def write(last):
        path = tmp_path / "script.py"
        path.write_text(HEAD + last + "\n")
        return str(path)

    return write


def run(python, path, env=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
    return subprocess.run(
        [python, path], env={**environment, **(env or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
    )  # fmt: skip


@pytest.mark.parametrize("last", ["janua.run(app)", "janua.cgi(app)"])
def test_a_script_answers_a_cgi_request(python, script, last):
    done = run(python, script(last), CGI)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"Status: 200 OK\r\n") and body == b"/cgi-bin/x|/y"
    assert done.stderr == b"printed\n"


@pytest.mark.parametrize("last", ["janua.run(app)", "janua.cgi(app)", "janua.serve(app)", "janua.run('{path}:app')"])
@pytest.mark.parametrize("words", [["{path}"], ["cgi", "{path}"]])
def test_a_script_that_janua_runs_may_hand_its_app_over(janua_command, script, tmp_path, last, words):
    """It answered by itself, into the log, or looked for a server that there was not."""
    other = tmp_path / "other.py"
    other.write_text(HEAD)
    path = script("named = app\ndel app\n" + last.replace("(app", "(named").format(path=other))
    done = subprocess.run([*janua_command, *(word.format(path=path) for word in words)], env={**os.environ, **CGI},
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"Status: 200 OK\r\n") and body == b"/cgi-bin/x|/y" and done.stderr == b"printed\n"


def test_serve_takes_settings_as_keywords(python, script, tmp_path):
    path = script(f"janua.serve(app, scgi=['unix:{tmp_path}/s'], http=None, threads=2, script_name='/app')\n"
                  "print('after', file=sys.stderr)")  # fmt: skip
    with subprocess.Popen([python, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until(lambda: quietly(lambda: scgi.ask(f"unix:{tmp_path}/s", path="/app/x").body == b"/app|/x"))
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read().decode()
        assert process.wait(10) == 0
    assert "2 threads" in said
    assert said.count("after") == 1, "what follows serve() runs once, in the process that called it"


def test_serve_takes_the_name_of_an_app(python, tmp_path):
    (tmp_path / "site_app.py").write_text(HEAD)
    path = tmp_path / "start.py"
    path.write_text(f"import janua\njanua.serve('{tmp_path}/site_app.py:app', http='unix:{tmp_path}/s')\n")
    with subprocess.Popen([python, str(path)], stderr=subprocess.DEVNULL) as process:
        until(lambda: quietly(lambda: http.ask(f"unix:{tmp_path}/s", path="/x").body == b"|/x"))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.mark.parametrize("last, error", [
    ("janua.serve(app, thread=3)", "ValueError: "),
    ("janua.serve(app, threads='many')", "ValueError: "),
    ("janua.serve(app, scgi='unix:/no/such/folder/s')", "OSError: cannot listen on"),
    ("janua.serve(3)", "TypeError: the app is neither a callable"),
    ("janua.serve('a-b')", "ValueError: 'a-b' names no app"),
    ("janua.run(app)", "RuntimeError: "),
    ("janua.cgi(app, workers=2)", "ValueError: "),
])
def test_what_cannot_be_understood_is_an_exception(python, script, last, error):
    done = run(python, script(last))
    assert done.returncode == 1
    assert error in done.stderr.decode().splitlines()[-1]
