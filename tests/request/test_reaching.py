"""Who cannot be reached is named, with the next step; wrong arguments say what to write."""

import os
import signal
import socket
import subprocess
import time

import pytest

from client.ports import free_port


def test_a_socket_that_is_not_there(ask, tmp_path):
    done = ask(f"fastcgi:unix:{tmp_path}/none", "/")
    assert done.status == 7
    assert done.line() == (
        f"janua: cannot connect to unix:{tmp_path}/none: there is no such socket; start it with "
        f"'janua serve --fastcgi unix:{tmp_path}/none APP', or correct the address"
    )


def test_a_socket_that_nobody_listens_on(ask, tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left"))
    done = ask(f"scgi:unix:{tmp_path}/left")
    assert done.status == 7 and "nobody listens there; start it with 'janua serve --scgi unix:" in done.line()


def test_a_file_that_is_no_socket(ask, tmp_path):
    (tmp_path / "file").write_text("")
    done = ask(f"scgi:unix:{tmp_path}/file")
    assert done.status == 7 and "no socket" in done.line()


def test_a_port_that_nobody_listens_on(ask):
    done = ask(f"http://127.0.0.1:{free_port()}/", "/x")
    assert done.status == 7 and "nobody listens there; start it with 'janua serve --http 127.0.0.1:" in done.line()


def test_a_service_that_accepts_nothing_does_not_hold_us_up(ask, tmp_path):
    """A full queue of a unix socket holds `connect` up, which no time limit of a socket ends."""
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as first:
        busy.bind(str(tmp_path / "busy"))
        busy.listen(0)
        first.connect(str(tmp_path / "busy"))
        began = time.monotonic()
        done = ask(f"fastcgi:unix:{tmp_path}/busy", "--max-time", "0.5")
        assert time.monotonic() - began < 5
    assert done.status == 28 and "too busy" in done.line()


def test_ctrl_c_ends_the_wait(command, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "mute"))
        listener.listen(1)
        process = subprocess.Popen([*command, f"scgi:unix:{tmp_path}/mute"], stderr=subprocess.PIPE)
        with listener.accept()[0]:
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=10) == (None, b"")
    assert process.returncode == -signal.SIGINT


WRONG = {
    "no address": ([], "the address is missing"),
    "no protocol": (["127.0.0.1:9000", "/"], "write fastcgi:ADDR, scgi:ADDR or http:ADDR"),
    "no port": (["scgi:localhost", "/"], "the port is missing"),
    "no path": (["scgi:unix:/x", "x"], "begins with '/'"),
    "a blank in the path": (["scgi:unix:/x", "/a b"], "write it as %20"),
    "an option": (["scgi:unix:/x", "--parm", "A=b"], "the nearest is --param"),
    "a header": (["scgi:unix:/x", "-H", "X"], "'Name: value'"),
    "a parameter that is not there": (["scgi:unix:/x", "--no-param", "HTTP_HOTS"], "HTTP_HOTS"),
    "a file": (["scgi:unix:/x", "-d", "@/no/such"], "cannot read '/no/such'"),
    "a NUL": (["scgi:unix:/x", "/%00"], "NUL"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_arguments_are_one_line_and_status_2(ask, what):
    words, text = WRONG[what]
    done = ask(*words)
    assert (done.status, done.out) == (2, b"")
    assert text in done.line()


def test_help_fits_one_screen(ask, janua_command):
    done = ask("--help")
    assert (done.status, done.err) == (0, "") and len(done.out.splitlines()) <= 40
    # pytest loads readline, which tells child processes the width of a terminal unless they get a copy of os.environ.
    again = subprocess.run([*janua_command, "help", "request"], stdout=subprocess.PIPE, env=dict(os.environ), check=True)
    assert again.stdout == done.out
