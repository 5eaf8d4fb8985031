"""What make check asks: what imports what differs, nearest first, until the time is up."""

from types import SimpleNamespace

import checking
import pytest

from gallery.paths import ROOT

DENSE = ROOT / "keras_by_hand/layers/dense.py"


def plan(**told):
    """A plan in which nothing differs but what is told."""
    known = {"base": "HEAD", "until": 0, "changed": [], "names": [], "distances": {}}
    return known | {"changed pages": [], "pages": []} | told


def item(nodeid, *marks, module="", **params):
    return SimpleNamespace(
        name=nodeid.partition("::")[2],
        nodeid=nodeid,
        callspec=SimpleNamespace(params=params),
        function=item,
        module=SimpleNamespace(),
        module_of_library=module,
        get_closest_marker=lambda mark: mark if mark in marks else None,
    )


def test_a_file_of_the_library_is_near_to_the_tests_that_import_it():
    distances = checking.find_distances({DENSE})
    assert distances[ROOT / "tests/library/test_dense.py"] == 1
    assert distances[ROOT / "tests/library/test_derived.py"] > 1
    assert ROOT / "gallery/paths.py" not in distances


def test_a_file_that_is_no_module_is_near_to_the_modules_that_name_it():
    distances = checking.find_distances({ROOT / "docs/moved.toml"})
    assert distances[ROOT / "gallery/moved.py"] == 1
    assert distances[ROOT / "tests/site/test_moved.py"] > 1


def test_only_definitions_that_differ_are_named(monkeypatch):
    text = DENSE.read_text()
    monkeypatch.setattr(
        checking, "git", lambda *_: text.replace("y = y + bias", "pass")
    )
    assert checking.find_names(DENSE, "HEAD") == {"dense", "einsum_dense"}
    monkeypatch.setattr(checking, "git", lambda *_: text)
    assert checking.find_names(DENSE, "HEAD") == set()


def test_the_page_about_a_function_is_the_nearest():
    pages = checking.find_pages_that_link({"dense"}, {DENSE})
    assert pages[0] == "dense/plot_relu" and len(pages) > 1
    assert checking.find_pages_that_link({"dense"}, {ROOT / "conf.py"}) == []


def test_tests_are_ranked_by_how_near_they_are():
    told = plan(
        names=["dense"],
        distances={"a.py": 0, "b.py": 2, "layers.dense": 0},
        **{"changed pages": ["x/plot_new"], "pages": ["x/plot_near"]},
    )
    rank = checking.Check(told).rank
    pages = checking.PAGES_RUN
    assert rank(item("a.py::test_any")) == 0
    assert rank(item("b.py::test_it[dense]")) < rank(item("b.py::test_it[other]"))
    assert rank(item("b.py::test[dense]", module="layers.dense", name="dense")) == 1
    assert rank(item("b.py::test[other]", module="losses", name="other")) is None
    assert rank(item("c.py::test_far")) is None
    assert rank(item("b.py::test_dear[dense]", "whole")) is None
    assert rank(item("b.py::test_one_of_many", "drawn")) is None
    assert rank(item(f"{pages}::proof", "drawn", page="x/plot_new")) == 0
    assert rank(item(f"{pages}::run", "whole", page="x/plot_new")) is None
    assert rank(item(f"{pages}::run", "whole", page="x/plot_near")) == 1
    assert rank(item(f"{pages}::proof", "drawn", page="x/plot_near")) is None


def test_no_test_begins_when_the_time_is_up():
    check = checking.Check(plan())
    assert check.pytest_runtest_protocol(item("a.py::test")) is True
    assert check.late == {"a.py": 1}


def test_a_commit_that_is_none_is_named():
    with pytest.raises(pytest.UsageError, match="no commit nowhere"):
        checking.plan("nowhere")
