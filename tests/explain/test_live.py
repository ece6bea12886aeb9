"""`janua serve --explain`, and the warnings of a service that serves an app."""

import json
import os
import signal
import subprocess

import pytest

from client import fastcgi, http, scgi
from client.params import nginx_fastcgi
from client.ports import free_port

APP = """
def application(environ, start_response):
    body = f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    file = tmp_path_factory.mktemp("app") / "app.py"
    file.write_text(APP)
    return str(file)


@pytest.fixture(scope="module")
def telling(start_service):
    """Without an app: the explanation takes its place."""
    return start_service("", "--explain")


def ask(service, changes):
    """What nginx sends for /shop/cart, with some of it changed; None takes a variable away."""
    return fastcgi.ask(service.fastcgi, "GET", "/shop/cart", params=changes)


def test_every_protocol_gets_the_explanation_as_text(telling):
    for question, where, way in [
        (http.ask, telling.http, "HTTP"),
        (scgi.ask, telling.scgi, "SCGI"),
        (fastcgi.ask, telling.fastcgi, "FastCGI from nginx"),
    ]:
        answer = question(where, "GET", "/shop/cart", headers=[("Host", "example.com")])
        text = answer.body.decode()
        assert (answer.status, answer.whole) == (200, True)
        assert answer.head.get("Content-Type") == "text/plain; charset=utf-8"
        assert "its own address  http://example.com/shop/cart" in text
        assert f"GET /shop/cart, over {way}: " in text


@pytest.mark.parametrize(
    "query, headers",
    [("format=json", []), ("", [("Accept", "application/json")])],
    ids=["query", "header"],
)
def test_whoever_asks_for_json_gets_it(telling, query, headers):
    answer = fastcgi.ask(telling.fastcgi, "GET", "/shop/cart", query, headers=headers)
    assert answer.head.get("Content-Type") == "application/json"
    explanation = json.loads(answer.body)
    assert explanation["undecidable"][0]["fixes"][0]["lines"][0] == "fastcgi_split_path_info ^(/shop)(.*)$;"


def test_a_body_is_taken_and_head_gets_no_body(telling):
    answer = http.ask(telling.http, "POST", "/form", body=b"x" * 200_000)
    assert answer.status == 200 and b"200000 bytes" in answer.body
    answer = http.ask(telling.http, "HEAD", "/form")
    assert answer.status == 200 and answer.whole and answer.body == b""


def test_a_request_that_would_be_refused_is_explained_with_200(telling):
    answer = ask(telling, {"CONTENT_LENGTH": "7, 8"})
    assert answer.status == 200
    assert b"The answer is 400" in answer.body


def test_no_app_need_be_named(janua_command, tmp_path):
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
    command = [*janua_command, "serve", "--explain", "--script-name=/shop", f"--http=127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, env=environ) as process:
        try:
            assert b"ready on" in process.stderr.readline()
            answer = http.ask(f"127.0.0.1:{port}", "GET", "/shop/cart")
            assert answer.status == 200 and b"mount-configured" in answer.body
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


#: For each situation: what makes nginx's request one of it, and the lines that the log must have.
SITUATIONS = {
    "mount-not-sent": ({}, ["fastcgi_split_path_info ^(/shop)(.*)$;", "janua serve --script-name=/shop"]),
    "first-segment-or-mount": (
        {"SERVER_SOFTWARE": "lighttpd/1.4.69", "SCRIPT_NAME": "/shop", "PATH_INFO": "/cart", "DOCUMENT_URI": None},
        ['"fix-root-scriptname" => "enable"', "janua serve --script-name=/"],
    ),
    "empty-path-info": ({"PATH_INFO": ""}, ["fastcgi_split_path_info is missing", "--script-name=/shop"]),
    "whole-url-is-script": (
        {"SERVER_SOFTWARE": "Apache/2.4.62", "SCRIPT_FILENAME": "/srv/run.fcgi", "DOCUMENT_URI": None},
        ['Alias "/shop" "/srv/run.fcgi"', "--script-name=/shop"],
    ),
    "proxied-file": (
        {
            "SERVER_SOFTWARE": "Apache/2.4.62", "SCRIPT_FILENAME": "proxy:fcgi://127.0.0.1:9000/srv/cart.py",
            "SCRIPT_NAME": "/shop/cart.py", "REQUEST_URI": "/shop/cart.py", "DOCUMENT_URI": None,
        },
        ['ProxyPass "/shop" "fcgi://127.0.0.1:9000"', "--script-name=/shop"],
    ),
    "prefix-from-stranger": (
        {"SERVER_SOFTWARE": "Caddy/2.6", "HTTP_X_FORWARDED_PREFIX": "/x", "PATH_INFO": "/shop/cart",
         "SCRIPT_NAME": "", "DOCUMENT_URI": None},
        ["--trusted-proxies=127.0.0.1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("changes, lines", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_worker_warns_once_of_each_situation(start_service, app, changes, lines):
    service = start_service(app)
    for _ in range(3):
        assert ask(service, changes).status == 200
    log = service.wait_for_log(lines[0])
    for line in lines:
        assert log.count(line) >= 1, log
    warnings = [line for line in log.splitlines() if "janua serve --explain" in line]
    assert len(warnings) == 1, log


def test_each_worker_and_each_situation_has_its_own_warning(start_service, app):
    service = start_service(app)
    for changes, _ in SITUATIONS.values():
        ask(service, changes)
    service.wait_for_log("--trusted-proxies=")
    warnings = [line for line in service.log().splitlines() if "janua serve --explain" in line]
    assert len(warnings) == len(set(warnings)) == len(SITUATIONS)


def test_nothing_is_said_where_script_name_is_set(start_service, app):
    service = start_service(app, "--script-name=/shop")
    answer = ask(service, {})
    assert answer.body == b"/shop|/cart"
    assert "--script-name" not in service.log()


def test_a_cgi_program_says_nothing(janua_command, app, tmp_path):
    """It would with every request."""
    sent = {name.decode(): value.decode() for name, value in nginx_fastcgi("GET", "/shop/cart", "", [], None)}
    environ = {"PATH": os.environ["PATH"], **sent}
    done = subprocess.run([*janua_command, "cgi", app], env=environ, stdin=subprocess.DEVNULL, capture_output=True)
    assert done.stdout.endswith(b"|/shop/cart") and done.stderr == b""
