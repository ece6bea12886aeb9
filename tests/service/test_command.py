"""What the command says when something is wrong: one line and status 2 for what the user wrote, a traceback and
status 1 for what the app did, and a valid answer wherever a web server waits for one."""

import os
import socket
import subprocess

import pytest


APP = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.py").write_text(APP)
    (tmp_path / "raises.py").write_text("import no_such_module_anywhere\n")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "odd.py").write_text("application = 3\n")
    return tmp_path


def run(command, folder, *arguments, env=None, **options):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
    environment.update(env or {})
    return subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=options.pop("stdin", subprocess.DEVNULL), timeout=30, **options,
    )  # fmt: skip


WRONG = {
    "an app that is missing": (["serve"], "app is missing"),
    "a file that is missing": (["serve", "--scgi=unix:s", "no/such.py"], "there is no file 'no/such.py'"),
    "a module that is missing": (["serve", "--scgi=unix:s", "nosuch.thing:app"], "there is no module 'nosuch'"),
    "a callable that is missing": (["serve", "--scgi=unix:s", "good.py:ap"], "has no 'ap'"),
    "no callable at all": (["serve", "--scgi=unix:s", "empty.py"], "neither 'application' nor 'app'"),
    "what cannot be called": (["serve", "--scgi=unix:s", "odd.py"], "cannot be called: it is of type int"),
    "what is no name": (["serve", "--scgi=unix:s", "good.py:a-b"], "no name of a callable"),
    "an address": (["serve", "--scgi=localhost", "good.py"], "the port is missing"),
    "a folder for a socket": (["serve", "--scgi=unix:no/s", "good.py"], "does not exist"),
    "a descriptor": (["serve", "--scgi=fd:77", "good.py"], "no such descriptor is open"),
    "a group": (["serve", "--scgi=unix:s", "--socket-group=nosuchgroup", "good.py"], "no group 'nosuchgroup'"),
    "an option": (["serve", "--thread=2", "good.py"], "threads"),
    "a value": (["serve", "--threads=x", "good.py"], "threads"),
    "a command": (["sevre", "good.py"], "nearest command is 'serve'"),
    "a file of settings": (["serve", "--config=none.toml", "good.py"], "none.toml"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_user_wrote_wrongly_is_one_line_and_status_2(janua_command, folder, what):
    arguments, text = WRONG[what]
    done = run(janua_command, folder, *arguments)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, len(lines), done.stdout) == (2, 1, b""), lines
    assert lines[0].startswith("janua") and text in lines[0]
    assert not (folder / "s").exists(), "a socket was left behind"


def test_an_unknown_variable_names_the_nearest(janua_command, folder):
    done = run(janua_command, folder, "serve", "good.py", env={"JANUA_THREDS": "2"})
    assert done.returncode == 2
    assert b"JANUA_THREDS" in done.stderr and b"JANUA_THREADS" in done.stderr


def test_an_app_that_does_not_import_gives_its_traceback_and_status_1(janua_command, folder):
    done = run(janua_command, folder, "serve", "--scgi=unix:s", "raises.py")
    assert done.returncode == 1
    assert b"No module named 'no_such_module_anywhere'" in done.stderr and b"raises.py\", line 1" in done.stderr
    assert not (folder / "s").exists()


def test_nothing_listens_before_the_app_is_there(janua_command, folder):
    (folder / "slow.py").write_text("import time\ntime.sleep(1.5)\n" + APP)
    process = subprocess.Popen([*janua_command, "serve", "--scgi=unix:s", "slow.py"], cwd=folder)
    try:
        while not (folder / "s").exists():
            assert process.poll() is None
        with socket.socket(socket.AF_UNIX) as sock, pytest.raises(ConnectionRefusedError):
            sock.connect(str(folder / "s"))
    finally:
        process.terminate()
        process.wait(20)


BROKEN_CGI = {
    "an app that does not import": (["cgi", "raises.py"], 1, "no_such_module_anywhere"),
    "an app that is not there": (["cgi", "nothing.py"], 2, "nothing.py"),
    "a script that does not import": (["./raises.py"], 1, "no_such_module_anywhere"),
    "an unknown option": (["cgi", "--thread=2", "good.py"], 2, "thread"),
    "an app that is no name": (["cgi", "good.py:a-b"], 2, "no name of a callable"),
}


@pytest.mark.parametrize("what", BROKEN_CGI)
def test_a_web_server_gets_a_valid_500_whatever_is_wrong(janua_command, folder, what):
    """Without a head Apache logs "End of script output before headers" and nobody learns more."""
    arguments, status, text = BROKEN_CGI[what]
    env = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
           "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "/x", "REQUEST_URI": "/x"}  # fmt: skip
    done = run(janua_command, folder, *arguments, env=env)
    assert done.returncode == status
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"Status: 500 ") and b"\r\nContent-Type: text/plain" in head
    assert body and text.encode() not in body, "the client must not see what is wrong"
    assert text in done.stderr.decode()


def test_a_script_that_nobody_serves_says_how_to_run_it(janua_command, folder):
    done = run(janua_command, folder, "./good.py")
    assert done.returncode == 2
    assert b"janua serve ./good.py" in done.stderr


def test_help_and_version_go_to_stdout(janua_command, folder):
    for arguments in (["--help"], ["serve", "--help"], ["cgi", "--help"], ["--version"], ["settings"]):
        done = run(janua_command, folder, *arguments)
        assert (done.returncode, done.stderr) == (0, b"") and done.stdout


def test_a_script_and_the_module_of_its_name_are_two(janua_command, folder):
    """`app.fcgi` that says `from app import application` once imported itself."""
    (folder / "app.py").write_text(APP)
    (folder / "app.fcgi").write_text("from app import application\n")
    env = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
           "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "/app.fcgi", "REQUEST_URI": "/app.fcgi"}  # fmt: skip
    for _ in range(2):
        done = run(janua_command, folder, "./app.fcgi", env=env)
        assert done.stdout.endswith(b"\r\n\r\nhere"), done.stderr
    compiled = [path.name for path in folder.glob("__pycache__/*")]
    assert all(name.startswith("app.cpython") for name in compiled)
