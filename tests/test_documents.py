"""What the documents show is what there is."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_readme_shows_the_files_that_the_tests_run():
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"<!-- (conf/\S+) -->\n```\w*\n(.*?)```", readme, re.DOTALL)
    assert len(shown) >= 3
    for name, text in shown:
        assert text.strip() in (ROOT / name).read_text(), f"README.md shows another {name} than there is"


def test_every_file_in_conf_is_listed_and_every_listed_file_is_there():
    listed = set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "conf/README.md").read_text(), re.MULTILINE))
    there = {path.relative_to(ROOT / "conf").as_posix() for path in (ROOT / "conf").rglob("*") if path.is_file()}
    assert there - {"README.md"} == {name for name in listed if re.match(r"\w[\w-]*[./]", name)}


def settings_of(function, janua_command):
    """The settings that mean something to a function, by asking the command for each."""
    text = (ROOT / "docs/settings.md").read_text()
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    names = set()
    for section in sections:
        if function in APPLIES.get(section.splitlines()[0], ()):
            names |= set(re.findall(r"^### `(\w+)`", section, re.MULTILINE))
    return names - {"app"}


#: Which functions the topics of the settings apply to, as the heads of docs/settings.md say.
APPLIES = {
    "Listening": ("serve",),
    "Processes and threads": ("serve", "run"),
    "Apps that janua-cgi keeps": ("run",),
    "General": ("serve", "run", "cgi"),
    "Limits": ("serve", "run", "cgi"),
    "Connections": ("serve", "run"),
    "FastCGI": ("serve", "run"),
    "What the app sees": ("serve", "run", "cgi"),
    "Finding faults": ("serve",),
}


@pytest.mark.parametrize("function", ["serve", "run", "cgi"])
def test_the_typed_keywords_are_the_settings(function, janua_command):
    stub = ast.parse((ROOT / "python/janua/__init__.pyi").read_text())
    (definition,) = [node for node in stub.body if isinstance(node, ast.FunctionDef) and node.name == function]
    assert {argument.arg for argument in definition.args.kwonlyargs} == settings_of(function, janua_command)


def test_the_topics_of_the_settings_are_those_known_here():
    text = (ROOT / "docs/settings.md").read_text()
    assert set(re.findall(r"^## (.+)$", text, re.MULTILINE)) == set(APPLIES)


def test_the_command_and_the_package_say_the_same_version(janua_command):
    said = subprocess.run([*janua_command, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
    version = re.search(r'^version = "([^"]+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    assert said.split()[-1] == version
