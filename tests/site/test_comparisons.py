"""What is recorded of an assertion: how much it compared, and whether it could fail."""

import json
from unittest import mock

import numpy as np
import pytest

from gallery import comparisons


def test_exact_checks():
    error = np.array([1.0, 3.0])
    assert comparisons.describe("assert_array_equal", error, error.copy()) == {
        "numbers": 2,
        "part": None,
        "rtol": None,
        "vain": None,
    }
    assert comparisons.describe("assert_equal", (2, 3), (2, 3))["numbers"] == 1
    itself = comparisons.describe("assert_array_equal", error, error)
    assert "with itself" in itself["vain"]


def test_part_of_a_limit():
    error, limit = np.array([1.0, 3.0]), np.array([4.0, 4.0])
    assert comparisons.describe("assert_array_less", error, limit) == {
        "numbers": 2,
        "part": 0.75,
        "rtol": None,
        "vain": None,
    }
    none = comparisons.describe("assert_array_less", np.zeros(2), limit)
    assert "finds no error" in none["vain"]
    endless = comparisons.describe("assert_array_less", error, np.array([4.0, np.inf]))
    assert "no finite number" in endless["vain"]


@pytest.mark.parametrize(
    "arguments, options, part",
    [
        ((), {"rtol": 0.5}, 0.4),  # |2 - 2.5| / (0.5 * 2.5)
        ((), {"rtol": 0.5, "atol": 1}, 0.5 / 2.25),
        ((0.5, 1), {}, 0.5 / 2.25),
        ((), {"atol": 2}, 0.25),  # rtol is 1e-7 then
        ((0.5, 0, True), {"err_msg": "close"}, 0.4),
    ],
)
def test_part_of_a_tolerance(arguments, options, part):
    actual, desired = np.float32([1, 0, np.nan]), np.array([1, 0, np.nan])
    close = comparisons.describe(
        "assert_allclose", actual, desired, *arguments, **options
    )
    assert (close["numbers"], close["part"]) == (3, 0)  # no error at all
    assert close["rtol"] == {**dict(zip(["rtol", "atol"], arguments)), **options}.get(
        "rtol", 1e-7
    )
    actual[1:], desired[1:] = (2, np.inf), (2.5, np.inf)
    np.testing.assert_allclose(actual, desired, *arguments, **options)
    close = comparisons.describe(
        "assert_allclose", actual, desired, *arguments, **options
    )
    assert close["part"] == pytest.approx(part, rel=1e-6)
    assert close["vain"] is None


def test_a_tolerance_in_vain():
    one = np.ones(2)
    itself = comparisons.describe("assert_allclose", one, one, rtol=1e-9)
    assert "with itself" in itself["vain"]
    for limit in ({"rtol": np.inf}, {"atol": np.inf}):
        endless = comparisons.describe("assert_allclose", one, one + 1, **limit)
        assert "no finite number" in endless["vain"]


def test_all_arguments_are_handed_on():
    with mock.patch.object(comparisons, "checks", []):
        close = comparisons.recorded("assert_allclose")
        close(np.ones(2), np.full(2, 1.5), 0.5, atol=0.25, strict=True)
        with pytest.raises(AssertionError):
            close(np.ones(2), np.full(2, 1.5), 0.1)
        with pytest.raises(AssertionError):
            close(np.ones(2), np.ones(2, "float32"), strict=True)
        assert [check["part"] for check in comparisons.checks] == [0.5]


def test_a_page_is_recorded_while_it_runs(tmp_path, monkeypatch):
    page = tmp_path / "examples/trial/plot_trial.py"
    record = tmp_path / "docs/trial/plot_trial.checks.json"
    for file in (page, record):
        file.parent.mkdir(parents=True)
    page.touch()
    monkeypatch.setattr(comparisons, "EXAMPLES", tmp_path / "examples")
    monkeypatch.setattr(comparisons, "GALLERY", tmp_path / "docs")
    before = {name: getattr(np.testing, name) for name in comparisons.NAMES}
    np.testing.assert_equal(0, 0)
    comparisons.start()
    np.testing.assert_equal(1, 1)
    np.testing.assert_array_equal(np.arange(3), [0, 1, 2])
    comparisons.stop(page.name)
    np.testing.assert_equal(2, 2)
    kept = json.loads(record.read_text())
    assert [check["numbers"] for check in kept["checks"]] == [1, 3]
    assert set(kept["versions"]) == {"Keras", "TensorFlow", "NumPy"}
    assert before == {name: getattr(np.testing, name) for name in comparisons.NAMES}
