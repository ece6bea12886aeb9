"""The picture of ARCHITECTURE.md, checked against what cargo and the tree say."""

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: What each crate may use of the others. Whatever is missing here is a dependency against the stream.
ALLOWED = {
    "janua-vocabulary": set(),
    "janua-cgi": {"janua-vocabulary"},
    "janua-scgi": {"janua-vocabulary"},
    "janua-fastcgi": {"janua-vocabulary"},
    "janua-http": {"janua-vocabulary"},
    "janua-environ": {"janua-vocabulary"},
    "janua-explain": {"janua-vocabulary", "janua-environ"},
    "janua-response": {"janua-vocabulary"},
    "janua-backend": set(),
    "janua-app": {"janua-vocabulary", "janua-environ", "janua-response"},
    "janua-four-ways": set(),  # a test; what it is made of is for its tests alone
    "janua-inprocess": {  # benchmarks, on nobody's way
        "janua-vocabulary", "janua-cgi", "janua-scgi", "janua-fastcgi", "janua-http", "janua-environ", "janua-app",
    },
    "janua-properties": {  # a test; it asks whatever takes bytes that others wrote
        "janua-vocabulary", "janua-cgi", "janua-scgi", "janua-fastcgi", "janua-http",
        "janua-environ", "janua-explain", "janua-response", "janua-cli",
    },
    "janua-serve": {
        "janua-vocabulary", "janua-cgi", "janua-scgi", "janua-fastcgi", "janua-http",
        "janua-environ", "janua-explain", "janua-response", "janua-app", "janua-backend",
    },
    "janua-request": {"janua-vocabulary", "janua-scgi", "janua-fastcgi", "janua-http"},
    "janua-relay": {"janua-vocabulary", "janua-cgi", "janua-fastcgi", "janua-response", "janua-backend"},
    "janua-cli": {"janua-vocabulary", "janua-environ", "janua-serve", "janua-request", "janua-backend"},
    "janua": {"janua-app", "janua-backend", "janua-cli", "janua-explain", "janua-serve", "janua-request"},
}  # fmt: skip

#: Who may use what of the outside that says something about a crate's place.
OUTSIDE = {
    "pyo3": {"janua-app", "janua", "janua-inprocess"},
    "tokio": {"janua-serve"},
    "rustix": {"janua-serve", "janua-backend", "janua-relay"},
    "nix": {"janua-serve", "janua-relay"},
    "nom": {"janua-scgi", "janua-fastcgi"},
    "httparse": {"janua-http"},
    "clap": {"janua-cli"},
}

#: The files that may say `unsafe`.
UNSAFE = {"src/app/environ.rs", "src/serve/system.rs"}


def packages():
    output = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps", "--locked"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip
    return {package["name"]: package for package in json.loads(output)["packages"]}


def used(package):
    return {dependency["name"] for dependency in package["dependencies"] if dependency["kind"] is None}


def test_dependencies_point_one_way():
    found = {name: used(package) & set(ALLOWED) for name, package in packages().items()}
    assert set(found) == set(ALLOWED), "a crate is missing here or in the workspace"
    against = {name: uses - ALLOWED[name] for name, uses in found.items() if uses - ALLOWED[name]}
    assert not against


def test_python_tokio_and_the_system_stay_in_their_places():
    for outside, places in OUTSIDE.items():
        users = {name for name, package in packages().items() if outside in used(package)}
        assert users <= places, outside
        assert users, f"{outside} is used nowhere"


def sources():
    return [path for folder in ("adapters", "src") for path in sorted((ROOT / folder).rglob("*.rs"))]


def test_unsafe_stands_only_where_it_may_and_says_why():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text()
        blocks = re.findall(r"\bunsafe \{", text)
        assert not blocks or name in UNSAFE, name
        assert len(blocks) == text.count("// SAFETY:"), name
        assert not re.search(r"\bunsafe (fn|impl|trait)\b", text), name


def test_files_stay_short():
    """A file that needs more than this holds more than one noun. Tests may be longer: a list is a list."""
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sources()
        if "tests" not in path.parts and (lines := len(path.read_text().splitlines())) > 450
    }
    assert not long
