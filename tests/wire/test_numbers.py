"""The suite is as large as it says."""

import pytest


def test_there_are_enough_cases_of_each_protocol(request):
    """At least 60 of FastCGI and 40 of SCGI, each with the sentence of the specification that it stands for."""
    folder = request.path.parent
    items = [item for item in request.session.items if item.path.parent == folder]
    if {item.path for item in items} != set(folder.glob("test_*.py")) or request.config.option.keyword:
        pytest.skip("only a part of the suite was chosen")
    cases = {"fastcgi": 0, "scgi": 0}
    for item in items:
        assert item.function.__doc__, f"{item.nodeid} does not say what it stands for"
        for protocol in cases:
            cases[protocol] += item.path.name.startswith(f"test_{protocol}") or f"[{protocol}" in item.name
    assert cases["fastcgi"] >= 60 and cases["scgi"] >= 40, cases
