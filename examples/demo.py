"""One app, four ways in: what `make demo` shows.

    python examples/demo.py [--once]

Starts `janua serve` with inspector.py on HTTP, SCGI and FastCGI, asks it the same question each way and once
more as CGI, and compares what the app was told. SCGI and FastCGI get the parameters that nginx sends, CGI those
of Apache, all in their servers' own fashion: that the four environs agree is janua's work.
"""

import argparse
import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
APP = HERE / "inspector.py"
sys.path.insert(0, str(HERE.parent / "tests"))

from client import cgi, connection, fastcgi, http, scgi  # noqa: E402

PATH = "/caf%C3%A9/a%20door"
QUERY = "format=json&q=%C3%A9t%C3%A9"
BODY = b"word=janua"

# What the front server says of itself, of its files and of its connection: nothing of it is in the question.
SERVERS_OWN = {
    "SERVER_SOFTWARE", "SERVER_SIGNATURE", "SERVER_ADMIN", "SERVER_ADDR", "GATEWAY_INTERFACE", "SCGI", "REMOTE_PORT",
    "DOCUMENT_ROOT", "DOCUMENT_URI", "CONTEXT_PREFIX", "CONTEXT_DOCUMENT_ROOT", "SCRIPT_FILENAME", "PATH_TRANSLATED",
    "REDIRECT_STATUS",
}  # fmt: skip
# A CGI program gets its parameters as its environment, and some of its environment as parameters.
PROCESS = {"PATH", "LC_CTYPE"}
# What differs because it must: a CGI process answers one request.
ONE_REQUEST = {"wsgi.run_once", "wsgi.multithread", "wsgi.multiprocess"}


def janua_command():
    beside = Path(sys.executable).with_name("janua")
    command = str(beside) if beside.exists() else shutil.which("janua")
    return command or sys.exit("demo: there is no janua command here: run `make demo`, or `pip install .` first")


def a_port(wanted):
    """`wanted` if it is free, else any port that is."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    return sys.exit("demo: no free port on 127.0.0.1")


@contextlib.contextmanager
def service(janua, doors):
    """`janua serve` with a socket for each protocol, until the block ends."""
    sockets = [word for protocol, where in doors.items() for word in (f"--{protocol}", where)]
    process = subprocess.Popen([janua, "serve", "--script-name=/", *sockets, APP])
    try:
        for where in doors.values():
            wait_for(where, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for(where, process, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return connection.connect(where).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"demo: nothing listens on {where}")
            time.sleep(0.02)


def ask_each_way(janua, doors):
    """The answers to one and the same question: {protocol: Answer}."""
    port = doors["http"].rpartition(":")[2]
    headers = [
        ("Host", f"127.0.0.1:{port}"),
        ("Connection", "close"),
        ("Cookie", "key=under the mat"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    question = {"method": "POST", "path": PATH, "query": QUERY, "headers": headers}
    # The clients play a server on port 80 of example.com; let them play the one that the HTTP front is.
    address = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": port}
    program = cgi.Program([janua, "cgi", str(APP)])
    with http.begin_on(connection.Connection(doors["http"]), **question, length=len(BODY)) as exchange:
        exchange.send_all(BODY)
        by_http = exchange.answer()
    return {
        "http": by_http,
        "scgi": scgi.ask(doors["scgi"], **question, body=BODY, params=address),
        "fastcgi": fastcgi.ask(doors["fastcgi"], **question, body=BODY, params=address),
        "cgi": cgi.ask(program, **question, body=BODY, params=address),
    }


def show_answers(answers, doors):
    print(f"POST {PATH}?{QUERY}\n")
    for protocol, answer in answers.items():
        print(f"{protocol:8} {doors.get(protocol, 'janua cgi ' + APP.name)}")
        print(f"         {answer.status} {answer.reason}, {len(answer.body)} bytes of body")
        for name, value in answer.headers:
            print(f"         {name}: {value}")
        print()


def agree(answers):
    """Compares the environs key by key, prints what was found, and tells whether all are the same."""
    unanswered = [protocol for protocol, answer in answers.items() if answer.status != 200]
    if unanswered:
        print(f"No environ from {', '.join(unanswered)}.")
        return False
    environs = {}
    for protocol, answer in answers.items():
        seen = json.loads(answer.body)
        environs[protocol] = {**seen["environ"], "body": seen["body"]}
    names = sorted(set().union(*environs.values()))
    compared = [name for name in names if name not in SERVERS_OWN | PROCESS | ONE_REQUEST]
    different = [name for name in compared if len({repr(environ.get(name)) for environ in environs.values()}) > 1]
    for name in different:
        print(f"{name} is not the same:")
        for protocol, environ in environs.items():
            print(f"    {protocol:8} {environ.get(name, '(absent)')!r}")
    if different:
        print(f"\nThe four environs do NOT agree: {len(different)} of {len(compared)} keys differ.")
        return False
    for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_COOKIE", "CONTENT_LENGTH", "wsgi.url_scheme"):
        print(f"    {name:16} {environs['http'][name]!r}")
    print(f"\nThe four environs agree on all {len(compared)} keys.")
    others = ", ".join(name for name in names if name not in compared)
    print(textwrap.fill(f"Not compared, as each front server has its own, or none: {others}.", 100))
    return True


def main():
    parser = argparse.ArgumentParser(description="One app behind HTTP, SCGI, FastCGI and CGI.")
    parser.add_argument("--once", action="store_true", help="end after the comparison; status 0 if all four agreed")
    once = parser.parse_args().once
    # So that what was started is ended as well.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    janua = janua_command()
    with tempfile.TemporaryDirectory(prefix="janua-demo-") as folder:
        doors = {
            "http": f"127.0.0.1:{a_port(8000)}",
            "scgi": f"unix:{folder}/scgi.sock",
            "fastcgi": f"unix:{folder}/fastcgi.sock",
        }
        with service(janua, doors) as process:
            answers = ask_each_way(janua, doors)
            show_answers(answers, doors)
            agreed = agree(answers)
            if not once:
                print(f"\nhttp://{doors['http']}/ shows it to you. Ctrl-C ends it.", flush=True)
                with contextlib.suppress(KeyboardInterrupt):
                    process.wait()
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
