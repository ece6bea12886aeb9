"""`janua explain`: where it takes a request from, what it prints, and its exit status."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "data" / "environ-captures.jsonl"

STOCK_NGINX = ["SERVER_SOFTWARE=nginx/1.22.1", "SCRIPT_NAME=/shop/cart", "REQUEST_URI=/shop/cart?x=1"]


@pytest.fixture
def explain(janua_command):
    def run(*arguments, stdin=b"", env=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
        return subprocess.run(
            [*janua_command, "explain", *map(str, arguments)],
            input=stdin, env={**environment, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
        )  # fmt: skip

    return run


def params(*pairs):
    return [word for pair in pairs for word in ("--param", pair)]


def test_a_request_in_doubt_ends_with_3_and_the_lines_to_add(explain):
    done = explain(*params(*STOCK_NGINX))
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (3, b"")
    assert "      fastcgi_split_path_info ^(/shop)(.*)$;\n" in text
    assert "      janua serve --script-name=/shop\n" in text
    assert "PATH_INFO        (not sent) -> /shop/cart" in text
    assert len(text.splitlines()) <= 50


@pytest.mark.parametrize(
    "arguments, env",
    [(["--script-name=/shop"], {}), ([], {"JANUA_SCRIPT_NAME": "/shop"})],
    ids=["option", "environment"],
)
def test_a_setting_decides_wherever_it_is_written(explain, arguments, env):
    done = explain(*arguments, "--json", *params(*STOCK_NGINX), env=env)
    explanation = json.loads(done.stdout)
    assert (done.returncode, explanation["verdict"]) == (0, "decided")
    assert explanation["environ"] == {
        "SCRIPT_NAME": "/shop", "PATH_INFO": "/cart", "QUERY_STRING": "x=1", "wsgi.url_scheme": "http",
    }  # fmt: skip


def test_a_refusal_ends_with_1(explain):
    done = explain("--script-name=/other", *params(*STOCK_NGINX))
    assert done.returncode == 1
    assert b"The answer is 404" in done.stdout and b"--on-mismatch=pass" in done.stdout


def test_a_capture_is_picked_by_its_id(explain):
    done = explain("--json", CAPTURES, "--id", "8101-hdrs")
    explanation = json.loads(done.stdout)
    assert (done.returncode, explanation["server"], explanation["protocol"]) == (3, "nginx", "fastcgi")
    assert explanation["environ"]["PATH_INFO"] == "/app/x"


def test_every_capture_that_is_certain_is_explained_as_it_must_be(explain):
    """One of each listener: the rules themselves are tested on all of them elsewhere."""
    seen = {}
    for line in CAPTURES.read_text().splitlines():
        capture = json.loads(line)
        if "expect" in capture:
            seen.setdefault(capture["listener"], (capture, line))
    assert len(seen) > 20
    for capture, line in seen.values():
        explanation = json.loads(explain("--json", "-", stdin=line.encode()).stdout)
        environ = explanation["environ"]
        assert {name: environ[name] for name in capture["expect"]} == capture["expect"], capture["id"]


def test_the_output_of_env_is_a_request(explain):
    dump = b"PATH=/bin\nREQUEST_METHOD=GET\nSERVER_SOFTWARE=Apache/2.4\nSCRIPT_NAME=/a.cgi\nPATH_INFO=/caf\xc3\xa9\n"
    done = explain("--protocol=cgi", "-", stdin=dump)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "over CGI from apache: decided" in text and "/caf\u00e9" in text
    assert "      CGIPassAuth On\n" in text


def test_the_example_of_the_documentation_is_what_is_printed(explain):
    request, printed = re.findall(r"^```\n(.+?)^```", (ROOT / "docs/explain.md").read_text(), re.MULTILINE | re.DOTALL)
    assert explain("-", stdin=request.encode()).stdout.decode() == printed


def test_the_keys_of_the_documentation_are_those_of_the_json(explain):
    table = re.findall(r"^\| (`.+?`) \|", (ROOT / "docs/explain.md").read_text(), re.MULTILINE)
    explanation = json.loads(explain("--json", *params(*STOCK_NGINX)).stdout)
    assert set(explanation) == {name for row in table for name in re.findall(r"`(\w+)`", row)}


WRONG = {
    "no request": ([], "the request is missing"),
    "two requests": ([CAPTURES, "--param", "A=1"], "one request is explained at a time"),
    "two files": ([CAPTURES, CAPTURES], "one request is explained at a time"),
    "several in one file": ([CAPTURES], "choose one by --id"),
    "an id that is not there": ([CAPTURES, "--id", "none"], "'none'"),
    "a file that is not there": (["no/such.jsonl"], "cannot read 'no/such.jsonl'"),
    "no pair": (["--param", "SCRIPT_NAME"], "'SCRIPT_NAME' is not NAME=VALUE"),
    "an unknown protocol": (["--protocol=ajp", "--param", "A=1"], "cgi scgi fastcgi http"),
    "an unknown option": (["--parm", "A=1"], "the nearest is --param"),
    "a setting of a service": (["--threads=2", "--param", "A=1"], "means nothing to 'janua explain FILE'"),
}


@pytest.mark.parametrize("arguments, says", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_understood_ends_with_2_and_one_line(explain, arguments, says):
    done = explain(*arguments)
    message = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in message and message.startswith("janua: ") and message.count("\n") == 1
