"""The moving picture in Chromium: does it compute what NumPy computes?"""

import json

import numpy as np
import pytest
from conftest import ROOT, SITE
from playwright.sync_api import expect
from test_browser import chromium, tab  # noqa: F401

PLACES = {  # the page that shows it, and the page whose numbers it shows
    "index": "dense/plot_3_ones_bias",
    "auto_examples/dense/plot_1_no_bias": "dense/plot_1_no_bias",
    "auto_examples/dense/plot_3_ones_bias": "dense/plot_3_ones_bias",
}


def read(tab, name):  # noqa: F811
    """The numbers that stand in one array of the picture: x, W, b or y."""
    array = tab.locator(f".array-{name}")
    if not array.count():
        return 0
    columns = int(array.evaluate("e => e.style.getPropertyValue('--columns')"))
    cells = array.locator("input, button")
    texts = cells.evaluate_all("cells => cells.map(c => c.value || c.textContent)")
    return np.array(texts, dtype="float64").reshape(-1, columns)


def computed(tab, relu=False):  # noqa: F811
    """y as NumPy computes it, from what stands in x, W and b."""
    y = read(tab, "x") @ read(tab, "W") + read(tab, "b")
    return np.maximum(0, y) if relu else y


@pytest.fixture(params=PLACES)
def picture(request, tab, address):  # noqa: F811
    tab.goto(f"{address}/{request.param}.html")
    tab.product = json.loads(
        (ROOT / f"docs/auto_examples/{PLACES[request.param]}.product.json").read_text()
    )
    return tab


def test_the_numbers_are_those_of_the_page(picture):
    x = read(picture, "x")
    np.testing.assert_array_equal(x, picture.product["x"][: len(x)])
    np.testing.assert_array_equal(read(picture, "W"), picture.product["W"])
    np.testing.assert_array_equal(read(picture, "b"), picture.product.get("b", 0))
    np.testing.assert_array_equal(read(picture, "y"), computed(picture))
    assert len(x) in (4, 10)


def test_every_number_can_be_changed(picture):
    rng = np.random.default_rng(0)
    for relu in (False, True):
        picture.get_by_label("relu").set_checked(relu)
        for name in picture.product:
            for cell in picture.locator(f".array-{name} input").all():
                before = read(picture, "y")
                value = rng.integers(-40, 41)  # y then needs no more than five digits
                cell.fill(str(value if name == "x" else value + 0.5))
                after = read(picture, "y")
                np.testing.assert_array_equal(after, computed(picture, relu))
                assert relu or np.any(before != after)
    picture.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(read(picture, "W"), picture.product["W"])
    np.testing.assert_array_equal(read(picture, "y"), computed(picture))


def made(tab):  # noqa: F811
    """Which cells are marked, by array."""
    found = {}
    for name in "xWby":
        array = tab.locator(f".array-{name}")
        marks = array.locator("input, button").evaluate_all(
            "cells => cells.map(c => c.classList.contains('made'))"
        )
        if marks:
            columns = int(array.evaluate("e => e.style.getPropertyValue('--columns')"))
            found[name] = np.argwhere(np.reshape(marks, (-1, columns))).tolist()
    return found


@pytest.mark.parametrize("how", ["hover", "tap", "focus"])
def test_an_entry_shows_what_made_it(picture, how):
    row, column = 2, 1
    cell = picture.locator(".array-y button").nth(row * 5 + column)
    {"hover": cell.hover, "tap": cell.click, "focus": cell.focus}[how]()
    expected = {
        "x": [[row, 0], [row, 1]],
        "W": [[0, column], [1, column]],
        "y": [[row, column]],
    }
    if "b" in picture.product:
        expected["b"] = [[0, column]]
    assert made(picture) == expected
    written = picture.locator(".moving-picture output").inner_text()
    terms = [
        f"{x} × {w}" if w >= 0 else f"{x} × (−{-w})"
        for x, w in zip(
            picture.product["x"][row], np.transpose(picture.product["W"])[column]
        )
    ]
    bias = picture.product.get("b")
    if bias:
        terms.append(
            str(bias[0][column]) if bias[0][column] >= 0 else f"(−{-bias[0][column]})"
        )
    y = int(computed(picture)[row, column])
    assert written == f"y[{row}, {column}] = {' + '.join(terms)} = {y}".replace(
        "= -", "= −"
    )


def test_relu_is_written_out(picture):
    picture.locator(".array-W input").nth(1).fill("-50")
    picture.get_by_label("relu").check()
    picture.locator(".array-y button").nth(1).hover()
    expect(picture.locator("output")).to_contain_text(", and relu makes it 0")
    expect(picture.locator(".array-y")).to_contain_text("y = relu(x W")
    assert read(picture, "y")[0, 1] == 0


def test_by_keyboard(picture):
    """Each array is one stop of the Tab key; arrow keys move inside."""
    picture.locator(".array-x input").first.focus()
    stops = []
    for _ in range(5):
        stops.append(picture.evaluate("document.activeElement.parentElement.className"))
        picture.keyboard.press("Tab")
    names = ["x", "W", "b", "y"] if "b" in picture.product else ["x", "W", "y"]
    assert stops[: len(names)] == [f"array array-{name}" for name in names]
    picture.locator(".array-y button").first.focus()
    for key in (
        "ArrowDown",
        "ArrowRight",
        "ArrowRight",
        "ArrowUp",
        "ArrowUp",
        "ArrowLeft",
    ):
        picture.keyboard.press(key)  # the second ArrowUp finds no row and stays
    assert made(picture)["y"] == [[0, 1]]
    picture.locator(".array-W input").first.focus()
    picture.keyboard.press("ArrowRight")
    picture.keyboard.type("12")
    assert read(picture, "W")[0, 1] == 12
    np.testing.assert_array_equal(read(picture, "y"), computed(picture))


@pytest.mark.parametrize("text", ["", "seven", "1e9", "1,5", "NaN"])
def test_what_is_no_number_is_refused(picture, text):
    before = read(picture, "y")
    cell = picture.locator(".array-W input").first
    old = cell.input_value()
    cell.fill(text)
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(picture.locator("output")).to_contain_text(
        "W takes numbers from −9999 to 9999"
    )
    np.testing.assert_array_equal(read(picture, "y"), before)
    cell.blur()
    assert cell.input_value() == old
    expect(cell).to_have_attribute("aria-invalid", "false")


def test_without_javascript_the_figure_stands(chromium, address):  # noqa: F811
    for place in PLACES:
        for javascript in (True, False):
            context = chromium.new_context(java_script_enabled=javascript)
            page = context.new_page()
            page.goto(f"{address}/{place}.html")
            figure = page.locator("img:has(+ .moving-picture)")
            expect(figure).to_be_visible(visible=not javascript)
            assert page.locator(".moving-picture button").count() > 0 or not javascript
            context.close()


def test_it_is_small():
    assert (SITE / "_static/moving_picture.js").stat().st_size < 10_000
