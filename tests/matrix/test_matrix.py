"""No red cell. `make matrix` shows the whole table."""

import pytest

from matrix.stage import ROWS
from matrix.targets import TARGETS


def test_rows_and_targets_can_be_told_apart():
    assert len({str(row) for row in ROWS}) == len(ROWS)
    assert len({target.name for target in TARGETS}) == len(TARGETS)
    assert all(bool(row.settings) == bool(row.why) for row in ROWS), "a setting needs its reason"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_app_sees_the_clients_url(stage, row):
    results = stage.results(row)
    faults = [f"{result.target.of(row.prefix)}: {result.fault}" for result in results if result.fault]
    assert not faults, "\n".join(faults)
    assert sum(not result.status for result in results) >= 30, "most targets never reached the app"
