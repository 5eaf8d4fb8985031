"""What make test draws: each test is in one share, and as many commits draw all of them."""

from types import SimpleNamespace

import pytest
import tiers

NAMES = [f"tests/proof/test_proof.py::test_page[{number}]" for number in range(700)]


def test_each_name_is_in_one_share_and_the_shares_are_alike():
    shares = [
        [name for name in NAMES if tiers.is_drawn(name, share)]
        for share in range(tiers.SHARES)
    ]
    assert sorted(sum(shares, [])) == sorted(NAMES)
    assert all(70 <= len(share) <= 130 for share in shares)


def test_commits_in_a_row_draw_all_shares(monkeypatch):
    told = {"rev-parse": "false"}
    monkeypatch.setattr(tiers, "git", lambda command, *_: told[command])
    drawn = set()
    for number in range(100, 100 + tiers.SHARES):
        told["rev-list"] = str(number)
        drawn.add(tiers.find_share.__wrapped__())
    assert drawn == set(range(tiers.SHARES))


def item(name, marks):
    return SimpleNamespace(nodeid=name, get_closest_marker=lambda mark: mark in marks)


def asked(share, items):
    hook = SimpleNamespace(pytest_deselected=lambda items: None)
    config = SimpleNamespace(getoption=lambda name: share, hook=hook)
    items = list(items)
    tiers.leave_out(config, items)
    return {item.nodeid for item in items}


@pytest.fixture(autouse=True)
def nothing_has_changed(monkeypatch):
    monkeypatch.setattr(tiers, "find_changed", set)


def test_a_share_leaves_out_what_is_drawn_and_what_is_whole():
    items = [item(name, {"drawn"}) for name in NAMES]
    items += [item("always", ()), item("dear", {"whole"})]
    found = [asked(str(share), items) for share in range(tiers.SHARES)]
    assert set().union(*found) == {*NAMES, "always"}
    assert set.intersection(*found) == {"always"}
    assert asked(None, items) == {*NAMES, "always", "dear"}


def test_what_has_changed_is_asked_in_any_share(monkeypatch):
    monkeypatch.setattr(tiers, "find_changed", lambda: {"examples/dense/plot_relu.py"})
    changed = item("relu", {"drawn"})
    changed.callspec = SimpleNamespace(params={"page": "dense/plot_relu"})
    for share in range(tiers.SHARES):
        assert asked(str(share), [changed]) == {"relu"}


@pytest.mark.parametrize("folder", tiers.FOLDERS)
def test_a_module_is_asked_as_a_whole_and_when_it_or_its_cases_change(
    folder, monkeypatch
):
    items = [item(name, {"drawn"}) for name in NAMES]
    for one in items:
        one.module_of_library = "layers.dense"
    shares = [asked(str(share), items) for share in range(tiers.SHARES)]
    assert sorted(map(len, shares)) == [0] * (tiers.SHARES - 1) + [len(NAMES)]
    monkeypatch.setattr(tiers, "find_changed", lambda: {f"{folder}/layers/dense.py"})
    for share in range(tiers.SHARES):
        assert asked(str(share), items) == set(NAMES)
