"""What deny.toml asks of the dependencies, as far as cargo alone can tell: licences, versions, where they come from.

`make deny` asks the same of cargo-deny, with what is known of faults in them; that takes longer to install than to run.
"""

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib", reason="deny.toml is read with the tomllib of Python 3.11")

ROOT = Path(__file__).resolve().parents[1]
RULES = tomllib.loads((ROOT / "deny.toml").read_text())


def allows(expression, allowed):
    """Whether a licence expression (SPDX) can be satisfied by what is allowed."""
    words = re.findall(r"[()]|[^\s()/]+|/", expression)

    def term():
        word = words.pop(0)
        if word == "(":
            value = either()
            assert words.pop(0) == ")", expression
            return value
        if words[:1] == ["WITH"]:
            word = " ".join([word, words.pop(0), words.pop(0)])
        return word in allowed

    def both():
        value = term()
        while words[:1] == ["AND"]:
            words.pop(0)
            value = term() and value
        return value

    def either():
        value = both()
        while words and words[0] in ("OR", "/"):
            words.pop(0)
            value = both() or value
        return value

    value = either()
    assert not words, expression
    return value


def metadata(target):
    command = ["cargo", "metadata", "--format-version=1", "--all-features", "--locked", f"--filter-platform={target}"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)


def needed(whole, programs):
    """The packages that these programs of the workspace are built with, without what only tests and benchmarks need."""
    known = {package["id"]: package for package in whole["packages"]}
    nodes = {node["id"]: node for node in whole["resolve"]["nodes"]}
    waiting, seen = [package["id"] for package in known.values() if package["name"] in programs], set()
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            dependencies = nodes[package]["deps"]
            waiting += [each["pkg"] for each in dependencies if {kind["kind"] for kind in each["dep_kinds"]} - {"dev"}]
    return [known[package] for package in seen if known[package]["source"]]


@pytest.fixture(scope="module")
def packages():
    """What comes into the wheel, on any of the targets."""
    found = {}
    for target in RULES["graph"]["targets"]:
        for package in needed(metadata(target), {"janua", "janua-relay"}):
            found[package["id"]] = package
    assert len(found) > 20
    return list(found.values())


@pytest.mark.parametrize("expression, passes", [
    ("MIT", True),
    ("GPL-3.0", False),
    ("Unlicense OR MIT", True),
    ("MIT/Apache-2.0", True),
    ("(MIT OR GPL-3.0) AND Unicode-3.0", True),
    ("MIT AND GPL-3.0", False),
    ("GPL-3.0 AND MIT OR MIT", True),
    ("Apache-2.0 WITH LLVM-exception", True),
    ("Apache-2.0 WITH another-exception", False),
])  # fmt: skip
def test_licence_expressions_are_understood(expression, passes):
    assert allows(expression, RULES["licenses"]["allow"]) == passes


def test_every_licence_is_allowed(packages):
    allowed = RULES["licenses"]["allow"]
    wrong = {package["name"]: package["license"] for package in packages if not allows(package["license"] or "none", allowed)}
    assert not wrong


def test_nothing_is_there_in_two_versions(packages):
    versions = defaultdict(set)
    for package in packages:
        versions[package["name"]].add(package["version"])
    assert not {name: several for name, several in versions.items() if len(several) > 1}


def test_nothing_is_there_that_is_banned(packages):
    banned = {rule["name"] for rule in RULES["bans"]["deny"]}
    assert not banned & {package["name"] for package in packages}


def test_all_comes_from_the_one_registry(packages):
    (source,) = {package["source"] for package in packages}
    assert source.startswith("registry+")
