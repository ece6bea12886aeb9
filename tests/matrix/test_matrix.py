"""No red cell. `make matrix` shows the whole table."""

from dataclasses import replace

import pytest

from matrix.cell import Cells
from matrix.stage import ROWS
from matrix.targets import TARGETS, Target


def test_rows_and_targets_can_be_told_apart():
    assert len({str(row) for row in ROWS}) == len(ROWS)
    assert len({target.name for target in TARGETS}) == len(TARGETS)
    assert all(bool(row.settings) == bool(row.why) for row in ROWS), "a setting needs its reason"


def judged(stage, name, path, **changes):
    """The cell of a target behind a row of which other things are expected than it does."""
    row = next(row for row in ROWS if str(row) == name)
    front = stage.front(row.server)
    return Cells(replace(row, **changes), front, front.ports[row]).judge(Target("", "", path))


def test_another_mount_than_expected_is_noticed(stage):
    result = judged(stage, "nginx-fastcgi-root", "/bar", prefix="/foo")
    assert result.fault == "SCRIPT_NAME '', PATH_INFO '/foo/bar'"


def test_an_answer_of_januas_own_does_not_pass_for_the_servers(stage):
    result = judged(stage, "nginx-fastcgi-prefix-setting", "/apple/pie", prefix="", settings=())
    assert result.fault == "janua answers 404"


def test_an_answer_of_the_servers_that_is_not_listed_is_noticed(stage):
    assert judged(stage, "nginx-fastcgi-prefix", "/elsewhere", prefix="").fault == "the server answers 404"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_app_sees_the_clients_url(stage, row):
    results = stage.results(row)
    faults = [f"{result.target.of(row.prefix)}: {result.fault}" for result in results if result.fault]
    assert not faults, "\n".join(faults)
    assert sum(not result.status for result in results) >= 30, "most targets never reached the app"
