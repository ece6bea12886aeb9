"""New code is served by the next request; the backend says which files that depends on."""

import json
import os
import time
from pathlib import Path

from .conftest import until

HELLO = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%s"]
"""

WITH_MODULE = """
import os, helper
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["QUERY_STRING"] == "lazy":
        import lazily
        return [lazily.TEXT]
    return [helper.TEXT]
"""


def body(relay, **options):
    answer = relay.ask("/", **options)
    assert answer.status == 200, (answer, relay.log())
    return answer.body


def test_an_edited_script_is_served_at_once(relay, script):
    relay = relay(script(HELLO % "one"))
    assert body(relay) == b"one"
    assert list(relay.state().watched()) == ["app.cgi"]
    script(HELLO % "two", old=False)
    assert body(relay) == b"two"
    assert len(relay.processes) == 2


def test_a_touch_is_enough(relay, script):
    path = script(HELLO % "one")
    relay = relay(path)
    assert body(relay) == b"one" == body(relay)
    path.touch()
    assert body(relay) == b"one"
    assert len(relay.processes) == 2
    assert body(relay) == b"one" and len(relay.processes) == 2, "what was noted is stable"


def test_a_module_beside_the_script_is_watched(relay, script):
    script("TEXT = b'old'\n", "helper.py")
    relay = relay(script(WITH_MODULE))
    assert body(relay) == b"old"
    assert set(relay.state().watched()) == {"app.cgi", "helper.py"}
    script("TEXT = b'new!'\n", "helper.py", old=False)
    assert body(relay) == b"new!"


def test_a_module_that_a_request_imports_is_watched_when_that_request_is_answered(relay, script):
    script("TEXT = b'helper'\n", "helper.py")
    script("TEXT = b'lazy'\n", "lazily.py")
    relay = relay(script(WITH_MODULE))
    assert body(relay) == b"helper"
    assert "lazily.py" not in relay.state().watched()
    assert body(relay, query="lazy") == b"lazy"
    noted = relay.state().watched()["lazily.py"]
    assert not noted.differs()
    script("TEXT = b'changed'\n", "lazily.py", old=False)
    assert body(relay, query="lazy") == b"changed"


def test_a_module_that_was_removed_is_missed(relay, script):
    helper = script("TEXT = b'old'\n", "helper.py")
    path = script(WITH_MODULE)
    relay = relay(path)
    assert body(relay) == b"old"
    helper.unlink()
    answer = relay.ask("/")
    assert answer.status == 500 and b"No module named 'helper'" in answer.stderr
    script("TEXT = b'back'\n", "helper.py", old=False)
    assert body(relay) == b"back"


def test_a_file_that_may_have_changed_while_it_was_loaded_is_not_believed(relay, script):
    """Written and imported in the same instant: whoever wrote it then may have written it again."""
    script("TEXT = b'fresh'\n", "helper.py", old=False)
    os.utime(script(WITH_MODULE).with_name("helper.py"), (time.time() + 60,) * 2)
    relay = relay(script(WITH_MODULE))
    assert body(relay) == b"fresh"
    assert relay.state().watched()["helper.py"].changed == 0 and relay.state().stale()
    os.utime(relay.app.with_name("helper.py"), (time.time() - 60,) * 2)
    assert body(relay) == b"fresh" and not relay.state().stale()


def test_packages_that_are_installed_below_the_script_are_not_watched(relay, script):
    packages = script("", "x").parent / "venv" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed.py").write_text("TEXT = b'installed'\n")
    relay = relay(script(
        f"import sys; sys.path.append({str(packages)!r})\nimport installed\n" + HELLO % "one"))
    assert body(relay) == b"one"
    assert list(relay.state().watched()) == ["app.cgi"]


def test_an_import_error_is_a_500_with_the_traceback_for_the_log_and_the_next_good_edit_heals(relay, script):
    script("TEXT = b'good'\n", "helper.py")
    relay = relay(script(WITH_MODULE))
    assert body(relay) == b"good"
    script("TEXT = b'bad\n", "helper.py", old=True)
    answer = relay.ask("/")
    assert answer.status == 500 and answer.whole
    assert b"SyntaxError" in answer.stderr and b"helper.py" in answer.stderr and b"SyntaxError" not in answer.body
    assert "SyntaxError" in relay.log()
    broken = relay.state()
    assert broken.broken and {"app.cgi", "helper.py"} <= set(broken.watched())
    # Nothing has changed, so the same process answers, and nobody waits for another import.
    assert not broken.stale()
    assert relay.ask("/").status == 500 and relay.state().pid == broken.pid
    script("TEXT = b'mended'\n", "helper.py")
    assert body(relay) == b"mended"
    assert not relay.state().broken


def test_what_raises_deep_inside_is_watched_where_it_raises(relay, script):
    script("import deeper\nTEXT = deeper.TEXT\n", "helper.py")
    script("def make():\n    raise ValueError('not today')\nTEXT = make()\n", "deeper.py")
    relay = relay(script(WITH_MODULE))
    answer = relay.ask("/")
    assert answer.status == 500 and b"ValueError: not today" in answer.stderr
    assert {"app.cgi", "helper.py", "deeper.py"} <= set(relay.state().watched())
    script("TEXT = b'today'\n", "deeper.py")
    assert body(relay) == b"today"


def test_a_script_without_an_app_is_broken_too(relay, script):
    relay = relay(script("x = 1\n"))
    answer = relay.ask("/")
    assert answer.status == 500 and b"neither 'application' nor 'app'" in answer.stderr
    assert relay.state().broken
    script(HELLO % "here")
    assert body(relay) == b"here"


def test_a_broken_backend_goes_after_a_few_seconds(relay, script):
    relay = relay(script("raise RuntimeError('no')\n"))
    began = time.monotonic()
    assert relay.ask("/").status == 500
    assert relay.ended() == 1
    assert time.monotonic() - began < 10
    assert not relay.socket.exists() and not relay.state_file.exists()


def test_reload_off_watches_nothing_but_what_is_named(relay, script, tmp_path):
    restart = tmp_path / "site" / "restart.txt"
    relay = relay(script(HELLO % "one"), JANUA_CGI_RELOAD="off,restart.txt")
    assert body(relay) == b"one"
    assert relay.state().files == []
    script(HELLO % "two")
    assert body(relay) == b"one"
    restart.touch()
    relay.ended()
    assert body(relay) == b"two"
    assert list(relay.state().watched()) == ["restart.txt"]
    os.utime(restart, (1, 1))
    script(HELLO % "three")
    assert body(relay) == b"three"


def test_a_file_of_settings_is_watched(relay, script, tmp_path):
    config = tmp_path / "janua.toml"
    config.write_text("cgi_threads = 2\n")
    relay = relay(script(HELLO % "one"), JANUA_CONFIG=str(config))
    assert body(relay) == b"one"
    assert set(relay.state().watched()) == {"app.cgi", "janua.toml"}


def test_a_module_may_be_named_instead_of_a_script(relay, script):
    folder = script(HELLO % "module", "site_app.py").parent
    relay = relay(folder / "x")
    relay.app = type("Named", (), {"parent": folder, "__str__": lambda self: "site_app:application"})()
    assert body(relay) == b"module"
    assert list(relay.state().watched()) == ["site_app.py"]
    assert relay.state().app == "site_app:application"


def test_settings_stand_in_the_script(relay, script):
    relay = relay(script('#!/x/janua-cgi\n# janua: script_name = "/mounted"\n# janua: cgi_threads = 2\n' + """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']} {environ['wsgi.multithread']}".encode()]
"""))
    assert relay.ask("/mounted/x").body == b"/mounted /x True"


def test_a_setting_that_is_wrong_is_a_500_that_names_file_and_line(relay, script):
    path = script("#!/x/janua-cgi\n# janua: script_nam = 1\n" + HELLO % "one")
    relay = relay(path)
    answer = relay.ask("/")
    assert answer.status == 500
    assert f"{path}: line 2: script_nam: there is no such setting".encode() in answer.stderr
    assert relay.state().broken
    relay.ended()
    assert not relay.socket.exists()
