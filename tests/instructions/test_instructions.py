"""What a request costs must not grow unseen. A count of instructions shows that on a machine too busy to measure time."""

import pytest

from .counts import baseline, counted, differences, why_not

#: How much more than the baseline a part may cost. Less is within what an unrelated change does to the compiler's choices.
MARGIN = 0.05


@pytest.fixture(scope="module")
def now():
    if reason := why_not():
        pytest.skip(reason)
    return counted()


def test_no_part_of_a_request_costs_more_than_it_did(now):
    before = baseline()
    assert list(now.parts) == list(before.parts), "the list of parts changed: make instructions WRITE=1"
    others = differences(before, now)
    of_python = [other for other in others if other.startswith("python")]
    if others != of_python:
        pytest.skip(f"counted with {', '.join(others)}")
    compared = [name for name in now.parts if not (of_python and name in now.python_parts)]
    grown = {name: f"{before.parts[name]} -> {now.parts[name]}"
             for name in compared if now.parts[name] > before.parts[name] * (1 + MARGIN)}
    assert not grown, "if that is worth it: make instructions WRITE=1"
    if of_python:
        pytest.skip(f"all parts without Python are as they were; those with it were counted with {of_python[0]}")
