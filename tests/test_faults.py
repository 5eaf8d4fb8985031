"""The harness of ``make faults`` itself: it tells its three states apart."""

import faults
import pages
import pytest

(PAGE,) = [page for page in pages.PAGES if page.stem == "plot_3_ones_bias"]
DENSE = faults.faults_of(PAGE)


def state(page, name):
    with faults.observed(measure_limit=True) as clean:
        pages.run(page.read_text(), page.name)
    return faults.cell(page, DENSE[name], clean)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("kernel: rounded to float16", "caught"),
        ("output: in float64", "caught"),
        ("set_weights: ignores the bias", "caught"),
        ("output: last unit off by 1e-6 of itself", "caught"),
        ("activation: relu becomes abs", "no effect"),
        ("inputs: rounded to TF32", "no effect"),
    ],
)
def test_states(name, expected):
    assert state(PAGE, name) == expected


@pytest.mark.parametrize(
    "strong, weak",
    [("1.5 * rounding_unit", "1e6 * rounding_unit"), ("y - expected", "y - y")],
)
def test_a_check_that_cannot_fail_misses_a_fault(tmp_path, strong, weak):
    text = PAGE.read_text()
    assert text.count(strong) == 1
    page = tmp_path / PAGE.name
    page.write_text(text.replace(strong, weak))
    assert state(page, "kernel: rounded to float16") == "missed"


def test_an_error_that_is_none_of_a_check_stops_a_page(tmp_path):
    first = "np.testing.assert_equal((y.shape"
    text = PAGE.read_text()
    assert text.count(first) == 1
    page = tmp_path / PAGE.name
    page.write_text(text.replace(first, f"batch, units = y.shape\n{first}"))
    assert state(page, "output: an axis too many") == "stopped"
    assert state(PAGE, "output: an axis too many") == "caught"


def test_problems_are_named():
    states = {
        "dense/one": {"a": "caught", "b": "missed", "c": "no effect"},
        "dense/two": {"a": "stopped", "b": "caught", "c": "no effect"},
    }
    assert faults.problems(states) == [
        "dense/one misses: b",
        "dense/two stops under: a",
        "has no effect on any page: c",
    ]


def test_faults_are_taken_out_again():
    for fault in DENSE.values():
        with fault:
            pass
    pages.run(PAGE.read_text(), PAGE.name)
