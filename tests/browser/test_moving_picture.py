"""The moving picture in Chromium: does it compute what NumPy computes?"""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect
from project import PAGES, ROOT, SITE, html_of

DIRECTIVE = re.compile(r"^\.\. moving-picture:: (.*)$", re.M)
CONFIG = "# sphinx_gallery_moving_picture = True"


def places():
    """Where it is shown, and the page whose numbers it shows: {name of the HTML: page}."""
    shown = {html_of(page): page for page in PAGES if CONFIG in page.read_text()}
    for text in (ROOT / "docs").glob("*.rst"):
        for name in DIRECTIVE.findall(text.read_text()):
            shown[f"{text.stem}.html"] = ROOT / f"examples/{name}.py"
    return shown


def product(page):
    """The numbers of a page's product."""
    path = ROOT / "docs" / html_of(page)
    return json.loads(path.with_suffix(".product.json").read_text())


PLACES = places()
KINDS = {
    "b" in product(page): name for name, page in PLACES.items()
}  # with a bias or not


def read(tab, name):
    """The numbers that stand in one array of the picture: x, W, b or y."""
    array = tab.locator(f".array-{name}")
    if not array.count():
        return 0
    columns = int(array.evaluate("e => e.style.getPropertyValue('--columns')"))
    cells = array.locator("input, button")
    texts = cells.evaluate_all("cells => cells.map(c => c.value || c.textContent)")
    return np.array(texts, dtype="float64").reshape(-1, columns)


def computed(tab, relu=False):
    """y as NumPy computes it, from what stands in x, W and b."""
    y = read(tab, "x") @ read(tab, "W") + read(tab, "b")
    return np.maximum(0, y) if relu else y


@pytest.fixture(params=KINDS.values())
def picture(request, tab, address):
    tab.goto(f"{address}/{request.param}")
    tab.product = product(PLACES[request.param])
    return tab


def test_there_is_one_with_a_bias_and_one_without():
    assert set(KINDS) == {True, False}
    assert "index.html" in PLACES


@pytest.mark.parametrize("name", PLACES)
def test_the_numbers_are_those_of_the_page(tab, address, name):
    tab.goto(f"{address}/{name}")
    numbers = product(PLACES[name])
    x = read(tab, "x")
    np.testing.assert_array_equal(x, numbers["x"][: len(x)])
    np.testing.assert_array_equal(read(tab, "W"), numbers["W"])
    np.testing.assert_array_equal(read(tab, "b"), numbers.get("b", 0))
    np.testing.assert_array_equal(read(tab, "y"), computed(tab))
    assert len(x) in (4, 10)


def test_every_number_can_be_changed(picture):
    rng = np.random.default_rng(0)
    for relu in (False, True):
        picture.get_by_label("relu").set_checked(relu)
        for name in picture.product:
            for cell in picture.locator(f".array-{name} input").all():
                before = read(picture, "y")
                value = rng.integers(-40, 41)  # y then needs no more than five digits
                value += str(value) == cell.input_value()
                cell.fill(str(value if name == "x" else value + 0.5))
                after = read(picture, "y")
                np.testing.assert_array_equal(after, computed(picture, relu))
                assert relu or np.any(before != after)
    picture.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(read(picture, "W"), picture.product["W"])
    np.testing.assert_array_equal(read(picture, "y"), computed(picture))


def made(tab):
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


def test_without_javascript_the_figure_stands(chromium, address):
    for place in PLACES:
        for javascript in (True, False):
            context = chromium.new_context(java_script_enabled=javascript)
            page = context.new_page()
            page.goto(f"{address}/{place}")
            figure = page.locator("img:has(+ .moving-picture)")
            expect(figure).to_be_visible(visible=not javascript)
            assert page.locator(".moving-picture button").count() > 0 or not javascript
            context.close()


def test_it_is_small():
    assert (SITE / "_static/moving_picture.js").stat().st_size < 10_000
