"""The pictures to touch in Chromium: do they compute what NumPy computes?"""

import itertools
import json
import re

import numpy as np
import pytest
from looked_at import PLACES
from playwright.sync_api import expect
from project import ROOT, SITE, html_of, load_by_hand
from sphinx.errors import ExtensionError

from gallery import figures


def picture_of(page):
    """The kind and the numbers of a page's picture: (name, {name: list or number})."""
    path = ROOT / "docs" / html_of(page)
    picture = json.loads(path.with_suffix(".picture.json").read_text())
    return picture["kind"], picture["numbers"]


KINDS = {name: picture_of(page)[0] for name, page in PLACES.items()}
ARRAYS = [name for name, kind in KINDS.items() if kind in ("dense", "convolution")]
DENSE = {  # with a bias or not
    "b" in picture_of(PLACES[name])[1]: name
    for name, kind in KINDS.items()
    if kind == "dense"
}
CONVOLUTION = "auto_examples/convolution/plot_conv2d.html"
PADDING = "auto_examples/convolution/plot_conv2d_padding.html"
ATTENTION = "auto_examples/attention/plot_attention.html"

by_hand = load_by_hand()


def ask(tab, question):
    """What a function in JavaScript answers of each cell of the picture's arrays, as rows
    and columns: {name: answers}. All in one call: there are many."""
    answers = tab.evaluate(
        f"""() => [...document.querySelectorAll(".moving-picture .array")].map(
            (array) => {{
                const cells = [...array.querySelectorAll("input, button")];
                return [
                    array.className.replace("array array-", ""),
                    new Set(cells.map((cell) => cell.offsetTop)).size,
                    cells.map({question}),
                ];
            }})"""
    )
    return {name: np.reshape(cells, (rows, -1)) for name, rows, cells in answers}


def read(tab, *names):
    """The numbers that stand in arrays of the picture, such as y; 0 for what it lacks."""
    texts = ask(tab, "cell => cell.value || cell.textContent")
    found = [np.float64(texts.get(name, 0)) for name in names]
    return found if len(names) > 1 else found[0]


def convolved(tab, **options):
    """y as NumPy computes it, from what stands in x, W and b."""
    x, kernel, bias = read(tab, "x", "W", "b")
    x, kernel = x[np.newaxis, ..., np.newaxis], kernel[..., np.newaxis, np.newaxis]
    return by_hand.conv2d(x, kernel, **options)[0, :, :, 0] + bias


def computed(tab):
    """The same for a Dense layer."""
    x, kernel, bias = read(tab, "x", "W", "b")
    return x @ kernel + bias


@pytest.fixture(params=DENSE.values())  # with a bias or not
def picture(request, tab, address):
    tab.goto(f"{address}/{request.param}")
    _, tab.arrays = picture_of(PLACES[request.param])
    return tab


def test_there_is_one_with_a_bias_and_one_without():
    assert set(DENSE) == {True, False}
    assert "index.html" in PLACES


@pytest.mark.parametrize("name", [name for name in ARRAYS if name != PADDING])
def test_the_numbers_are_those_of_the_page(tab, address, name):
    tab.goto(f"{address}/{name}")
    kind, numbers = picture_of(PLACES[name])
    x = read(tab, "x")
    np.testing.assert_array_equal(x, numbers["x"][: len(x)])
    np.testing.assert_array_equal(read(tab, "W"), numbers["W"])
    np.testing.assert_array_equal(read(tab, "b"), numbers.get("b", 0))
    expected = computed(tab) if kind == "dense" else convolved(tab)
    np.testing.assert_array_equal(read(tab, "y"), expected)
    assert len(x) == len(numbers["x"]) or name == "index.html"


def test_every_number_can_be_changed(picture):
    rng = np.random.default_rng(0)
    for name in picture.arrays:
        before = read(picture, "y")
        for cell in picture.locator(f".array-{name} input").all():
            value = rng.integers(-40, 41)  # y then needs no more than five digits
            value += str(value) == cell.input_value()
            cell.fill(str(value if name == "x" else value + 0.5))
            x, kernel, bias, after = read(picture, "x", "W", "b", "y")
            np.testing.assert_array_equal(after, x @ kernel + bias)
            assert np.any(before != after)
            before = after
    picture.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(read(picture, "W"), picture.arrays["W"])
    np.testing.assert_array_equal(read(picture, "y"), computed(picture))


def made(tab, how="made"):
    """Which cells are marked, by array."""
    marks = ask(tab, f"cell => cell.classList.contains('{how}')")
    return {name: np.argwhere(of_array).tolist() for name, of_array in marks.items()}


def point_at(cell, how):
    {"hover": cell.hover, "tap": cell.click, "focus": cell.focus}[how]()


def in_brackets(number):
    return f"{number}" if number >= 0 else f"(−{-number})"


def test_an_entry_shows_what_made_it(picture):
    numbers = {name: np.array(array) for name, array in picture.arrays.items()}
    for how, row, column in (("hover", 2, 1), ("tap", 1, 3), ("focus", 0, 2)):
        point_at(picture.locator(".array-y button").nth(row * 5 + column), how)
        expected = {
            "x": [[row, 0], [row, 1]],
            "W": [[0, column], [1, column]],
            "y": [[row, column]],
        }
        products = zip(numbers["x"][row], numbers["W"][:, column])
        terms = [f"{x} × {in_brackets(w)}" for x, w in products]
        if "b" in numbers:
            expected["b"] = [[0, column]]
            terms.append(in_brackets(numbers["b"][0, column]))
        assert made(picture) == expected
        y = f"{int(computed(picture)[row, column])}".replace("-", "−")
        written = picture.locator(".moving-picture output").inner_text()
        assert written == f"y[{row}, {column}] = {' + '.join(terms)} = {y}"


WINDOWS = {"strides=1": {}, "strides=2": {"strides": 2}}
WINDOWS["dilation_rate=2"] = {"dilation_rate": 2}


@pytest.mark.drawn
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_convolution_shows_its_patch(tab, address, window, padding):
    tab.goto(f"{address}/{CONVOLUTION}")
    tab.get_by_label("strides").select_option(window)
    tab.get_by_label("padding").select_option(f'padding="{padding}"')
    tab.locator(".array-W input").nth(1).fill("5")
    y = convolved(tab, padding=padding, **WINDOWS[window])
    np.testing.assert_array_equal(read(tab, "y"), y)
    x, kernel = read(tab, "x", "W")
    size = np.array(kernel.shape)
    images = np.indices(x.shape) + 1  # rows and columns, counted from 1
    for number, at in enumerate(itertools.product(*map(range, y.shape))):
        tab.locator(".array-y button").nth(number).focus()
        of_patch = [  # NumPy pads them with zeros
            by_hand.patches(
                image[np.newaxis, ..., np.newaxis],
                tuple(size),
                padding=padding,
                **WINDOWS[window],
            )[(0, *at)].ravel()
            for image in images
        ]
        inside = [(i - 1, j - 1) for i, j in zip(*of_patch) if i and j]
        marks = made(tab)
        assert marks["x"] == [list(place) for place in sorted(inside)]
        outside = tab.locator(".array-x .zero.made").count()
        assert outside == len(of_patch[0]) - len(inside)
        assert marks["y"] == [list(at)]
        written = tab.locator(".moving-picture output").inner_text().replace("−", "-")
        total = sum_of(written.split(" = ")[1])
        assert total == y[at] == float(written.split(" = ")[2])


def sum_of(text):
    """The value of "a × b + (-c) × d + ..."."""
    terms = [
        term.split(" × ")
        for term in text.replace("(", "").replace(")", "").split(" + ")
    ]
    return sum(float(np.prod(np.float64(term))) for term in terms)


@pytest.fixture
def attention(tab, address):
    tab.goto(f"{address}/{ATTENTION}")
    return tab


def assert_attends(tab, scale=1):
    """Weights and y are NumPy's, of what stands in the other arrays, to two decimals, and
    five digits of large ones."""
    query, value, key, *shown = read(tab, "query", "value", "key", "y", "weights")
    expected = by_hand.attention(
        query[np.newaxis] * scale,
        value[np.newaxis],
        key[np.newaxis],
        return_attention_scores=True,
    )
    for actual, of_numpy in zip(shown, expected):
        np.testing.assert_allclose(actual, of_numpy[0], rtol=6e-5, atol=0.00501)


def test_attention_has_the_numbers_of_the_page(attention):
    _, numbers = picture_of(PLACES[ATTENTION])
    assert list(numbers) == ["query", "key", "value"]
    for name in numbers:
        np.testing.assert_array_equal(read(attention, name), numbers[name])
    assert_attends(attention)


def test_every_number_of_attention_can_be_changed(attention):
    rng = np.random.default_rng(0)
    before = {name: read(attention, name) for name in ("query", "key", "value")}
    y = read(attention, "y")
    for name in before:
        for cell in attention.locator(f".array-{name} input").all():
            cell.fill(f"{rng.integers(-200, 200) / 100}")
            assert_attends(attention)
        assert np.all(read(attention, name) != before[name])
    assert np.any(read(attention, "y") != y)
    attention.get_by_label("scale").select_option("scale=1/√d")
    attention.locator(".array-query input").first.fill("9999")  # e^9999 is no number
    attention.locator(".array-key input").first.fill("-9999")
    assert_attends(attention, scale=0.5)  # of 4 features
    attention.get_by_role("button", name="Reset").click()
    for name in before:
        np.testing.assert_array_equal(read(attention, name), before[name])
    np.testing.assert_array_equal(read(attention, "y"), y)
    assert attention.get_by_label("scale").input_value() == "scale=1"


def test_scale_divides_the_scores(attention):
    weights, y = read(attention, "weights"), read(attention, "y")
    label = attention.locator(".array-weights")
    expect(label).to_contain_text("weights = softmax(query keyᵀ)")
    attention.get_by_label("scale").select_option("scale=1/√d")
    expect(label).to_contain_text("weights = softmax(query keyᵀ / √4)")
    assert_attends(attention, scale=0.5)
    assert np.any(weights != read(attention, "weights"))
    assert np.any(y != read(attention, "y"))
    attention.locator(".array-weights button").first.hover()
    expect(attention.locator("output")).to_contain_text(") / √4 = ")


def places_of(shape, row=None, column=None):
    """The places of an array, or of its row or column, as made() has them."""
    rows, columns = (range(size) for size in shape)
    return [
        [i, j]
        for i in rows
        for j in columns
        if row in (None, i) and column in (None, j)
    ]


def numbers_in(text):
    return [
        float(number)
        for number in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))
    ]


@pytest.mark.parametrize("how", ["hover", "tap", "focus"])
def test_an_entry_of_attention_shows_what_made_it(attention, how):
    row, column = 1, 2
    query, key, value, weights, y = read(
        attention, "query", "key", "value", "weights", "y"
    )
    indirect = {
        "query": places_of(query.shape, row),
        "key": places_of(key.shape),
        "value": [],
        "weights": [],
        "y": [],
    }
    cells = attention.locator(".array-y button")
    cell = cells.nth(row * y.shape[1] + column)
    point_at(cell, how)
    assert made(attention) == {
        "query": [],
        "key": [],
        "value": places_of(value.shape, column=column),
        "weights": places_of(weights.shape, row),
        "y": [[row, column]],
    }
    assert made(attention, "indirect") == indirect
    written = attention.locator("output").inner_text()
    assert written.startswith(f"y[{row}, {column}] = ")
    terms = np.stack([weights[row], value[:, column]], axis=1)
    expected = [row, column, *terms.ravel(), y[row, column]]
    assert numbers_in(written) == expected

    cells = attention.locator(".array-weights button")
    cell = cells.nth(row * weights.shape[1] + column)
    point_at(cell, how)
    assert made(attention) == {
        "query": places_of(query.shape, row),
        "key": places_of(key.shape, column),
        "value": [],
        "weights": [[row, column]],
        "y": [],
    }
    assert made(attention, "indirect") == indirect
    score, weight = attention.locator("output").inner_text().split("\n")
    assert score.startswith(f"score: query[{row}] · key[{column}] = ")
    scores = key @ query[row]
    terms = np.stack([query[row], key[column]], axis=1)
    assert numbers_in(score) == [row, column, *terms.ravel(), scores[column]]
    assert weight.startswith(f"weights[{row}, {column}] = e^")
    expected = [row, column, scores[column], *scores, weights[row, column]]
    assert numbers_in(weight) == expected


def test_an_input_of_attention_shows_what_it_makes(attention):
    for name, number, output, place in (
        ("query", 0, "y", [0, 1]),  # of y[2, 1], the column stays
        ("key", 4, "weights", [0, 1]),
        ("query", 11, "weights", [2, 1]),
        ("value", 6, "y", [2, 2]),
    ):
        attention.locator(f".array-{name} input").nth(number).focus()
        assert made(attention)[output] == [place]
        assert (
            attention.locator("output").inner_text().count(f"{output}{place} = ") == 1
        )


def test_attention_by_keyboard(attention):
    attention.locator(".array-query input").first.focus()
    for name in ("query", "key", "value", "weights", "y"):
        stop = attention.evaluate("document.activeElement.parentElement.className")
        assert stop == f"array array-{name}"
        attention.keyboard.press("ArrowDown")
        attention.keyboard.press("ArrowRight")
        attention.keyboard.press("Tab")
    assert made(attention)["y"] == [[1, 1]]


@pytest.mark.parametrize("broken", ["attention_weights", "y", None])
def test_a_picture_of_attention_is_checked(broken):
    rng = np.random.default_rng(0)
    shapes = {"query": (2, 3, 4), "value": (2, 5, 2), "key": (2, 5, 4)}
    page = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    results = by_hand.attention(*page.values(), return_attention_scores=True)
    page["y"], page["attention_weights"] = map(np.float32, results)
    if broken is None:
        assert figures.picture_of(page)["kind"] == "attention"
        return
    page[broken][0, 1, 1] += 0.001
    with pytest.raises(ExtensionError, match=broken):
        figures.picture_of(page)


def test_by_keyboard(picture):
    """Each array is one stop of the Tab key; arrow keys move inside."""
    picture.locator(".array-x input").first.focus()
    stops = []
    for _ in range(5):
        stops.append(picture.evaluate("document.activeElement.parentElement.className"))
        picture.keyboard.press("Tab")
    names = ["x", "W", "b", "y"] if "b" in picture.arrays else ["x", "W", "y"]
    assert stops[: len(names)] == [f"array array-{name}" for name in names]
    picture.locator(".array-y button").first.focus()
    for way in ("Down", "Right", "Right", "Up", "Up", "Left"):
        picture.keyboard.press(f"Arrow{way}")  # the second Up finds no row and stays
    assert made(picture)["y"] == [[0, 1]]
    picture.locator(".array-W input").first.focus()
    picture.keyboard.press("ArrowRight")
    picture.keyboard.type("12")
    assert read(picture, "W")[0, 1] == 12
    np.testing.assert_array_equal(read(picture, "y"), computed(picture))


def assert_refused(tab, cell, texts, message):
    """Type what is no number: it is said, and what was computed before stays."""
    picture = tab.locator(".moving-picture")
    old = cell.input_value()
    for text in texts:
        cell.fill(text)
        expect(cell).to_have_attribute("aria-invalid", "true")
        expect(picture.locator("output")).to_contain_text(message)
        cell.blur()
        assert cell.input_value() == old
        expect(cell).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize(
    "place, name", [*((place, "W") for place in DENSE.values()), (ATTENTION, "key")]
)
def test_what_is_no_number_is_refused(tab, address, place, name):
    tab.goto(f"{address}/{place}")
    before = read(tab, "y")
    cell = tab.locator(f".array-{name} input").first
    texts = ("", "seven", "1e9", "1,5", "NaN")
    assert_refused(tab, cell, texts, f"{name} takes numbers from −9999 to 9999")
    np.testing.assert_array_equal(read(tab, "y"), before)


DRAWN = {
    "fork": "training/plot_backpropagation",
    "descent": "training/plot_sgd",
    "softmax": "training/plot_softmax_cross_entropy",
    "gates": "recurrent/plot_lstm",
    "clocks": "attention/plot_attention_positions",
}
DRAWN = {kind: f"auto_examples/{page}.html" for kind, page in DRAWN.items()}


@pytest.fixture
def drawing(request, tab, address):
    """The picture of the kind that a test is given, and its numbers."""
    place = DRAWN[request.param]
    kind, tab.numbers = picture_of(PLACES[place])
    assert kind == request.param
    tab.goto(f"{address}/{place}")
    return tab


def of(*kinds):
    return pytest.mark.parametrize("drawing", kinds, indirect=True)


def said(tab):
    """The lines below a drawing, each with the numbers after its last sign of equality."""
    lines = tab.locator(".moving-picture output").inner_text().split("\n")
    return [numbers_in(line.split(" = ")[-1]) for line in lines]


def set_by_keyboard(tab, label, value):
    """Type into a field, or move a slider by arrow keys."""
    control = tab.get_by_label(label, exact=True)
    control.focus()
    if control.get_attribute("type") == "text":
        tab.keyboard.press("Control+a")
        tab.keyboard.type(str(value))
        return
    step = float(control.get_attribute("step"))
    steps = round((value - float(control.input_value())) / step)
    for _ in range(abs(steps)):
        tab.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    np.testing.assert_allclose(float(control.input_value()), value)


def reset(tab, before):
    assert tab.locator(".moving-picture output").inner_text() != before
    tab.get_by_role("button", name="Reset").click()
    assert tab.locator(".moving-picture output").inner_text() == before


@of("fork")
def test_gradients_of_a_graph(drawing):
    before = drawing.locator("output").inner_text()
    values = {"x": 1.5, "w[0]": 4, "w[1]": -2, "v[0]": 0.5, "v[1]": 3, "t": 2}
    for label, value in values.items():
        set_by_keyboard(drawing, label, value)
        numbers = drawing.numbers
        if len(label) == 1:
            numbers[label] = value
        else:
            numbers[label[0]][int(label[2])] = value
        x, w, v, t = (np.array(numbers[name]) for name in "xwvt")
        h = np.maximum(0, x * w)
        y = h @ v
        z_gradient = 2 * (y - t) * v * (x * w > 0)
        expected = [[z_gradient @ w], x * z_gradient, 2 * (y - t) * h]
        for actual, gradient in zip(said(drawing), expected, strict=True):
            np.testing.assert_allclose(actual, gradient, rtol=1e-3)
        texts = drawing.locator(".drawing text").all_text_contents()
        assert (texts[-9], texts[-6]) == ("x", "y")
        nodes = [numbers_in(text)[0] for text in np.array(texts)[[-8, -7, -5, -4, -2]]]
        expected = [x, z_gradient @ w, y, 2 * (y - t), (y - t) ** 2]
        np.testing.assert_allclose(nodes, expected, rtol=1e-3)
    assert drawing.locator(".closed").count() == 3  # relu lets nothing through
    reset(drawing, before)


@of("fork", "softmax")
def test_a_field_refuses_what_is_no_number(drawing):
    before = drawing.locator("output").inner_text()
    field = drawing.locator(".moving-picture input[type=text]").first
    old = field.input_value()
    texts = ("", "seven", "1e9")
    assert_refused(drawing, field, texts, "numbers from −9999 to 9999")
    field.fill("3.5")
    field.fill(old)
    assert drawing.locator("output").inner_text() == before


def descend(start, curvature, steps, rate, momentum, nesterov):
    w, velocity = np.array(start), 0
    for _ in range(steps):
        step = -rate * w * curvature
        velocity = momentum * velocity + step
        w = w + (momentum * velocity + step if nesterov else velocity)
    return np.linalg.norm(w)


@of("descent")
def test_sgd_ends_where_numpy_ends(drawing):
    before = drawing.locator("output").inner_text()
    best = drawing.numbers.pop("best")
    start = drawing.numbers["start"], drawing.numbers["curvature"]
    steps = drawing.numbers["steps"]

    def check(plain, rate, momentum, nesterov=False):
        cases = [(plain, 0, False), (rate, momentum, nesterov)]
        ends = [descend(*start, steps, *case) for case in cases]
        largest = max(start[1])
        bounds = [2 / largest, 2 * (1 + momentum) / largest]
        bounds[1] /= 1 + 2 * momentum * nesterov
        expected = np.transpose([ends, bounds])
        np.testing.assert_allclose(said(drawing), expected, rtol=0.01)
        lines = drawing.locator("output").inner_text().split("\n")
        for line, case, bound in zip(lines, cases, bounds):
            assert ("exceeded" in line) == (case[0] > bound)

    check(best["plain"][0], *best["momentum"])
    set_by_keyboard(drawing, "rate, plain", 0.13)  # beyond its bound
    check(0.13, *best["momentum"])
    set_by_keyboard(drawing, "momentum", 0.8)
    set_by_keyboard(drawing, "rate with momentum", 0.09)
    check(0.13, 0.09, 0.8)
    drawing.get_by_label("Nesterov").press("Space")
    check(0.13, 0.09, 0.8, nesterov=True)
    assert drawing.locator(".drawing circle").count() == 2 * (steps + 1)
    reset(drawing, before)


@of("softmax")
def test_softmax_has_a_temperature(drawing):
    before = drawing.locator("output").inner_text()
    z, t = np.array(drawing.numbers["z"]), np.array(drawing.numbers["t"])
    for temperature in (1, 0.5, 3):
        set_by_keyboard(drawing, "temperature", temperature)
        set_by_keyboard(drawing, "z[1]", 1.5 + temperature)
        z = np.array([z[0], 1.5 + temperature, z[2]])
        p = by_hand.softmax(z / temperature)
        expected = [*p, -np.sum(t * np.log(p))]
        np.testing.assert_allclose(sum(said(drawing), []), expected, atol=0.00501)
        bars = drawing.locator(".drawing rect.green").all()[1:]  # after the legend's
        heights = [float(bar.get_attribute("height")) for bar in bars]
        np.testing.assert_allclose(heights, 50 * np.abs(p - t))
    reset(drawing, before)


@of("gates")
def test_the_gates_of_an_lstm(drawing):
    before = drawing.locator("output").inner_text()
    gates = {name: np.array(drawing.numbers[name], "float64") for name in "ifgo"}

    def check(step):
        c = 0
        for t in range(step):
            c = gates["f"][t] * c + gates["i"][t] * gates["g"][t]
        expected = [c, gates["o"][step - 1] * np.tanh(c)]
        assert numbers_in(drawing.locator("output").inner_text())[0] == step
        np.testing.assert_allclose(sum(said(drawing), []), expected, atol=0.001)

    check(5)
    for step, gate, value in [
        (6, "f", 0.5),
        (4, "i", 0.75),
        (4, "g", -0.5),
        (9, "o", 0),
    ]:
        set_by_keyboard(drawing, "step", step)
        set_by_keyboard(drawing, gate, value)
        gates[gate][step - 1] = value
        check(step)
    drawing.locator("[data-step='8']").click()
    check(8)
    drawing.get_by_label("the same in all steps").press("Space")
    set_by_keyboard(drawing, "f", 0.9)
    gates["f"][:] = 0.9
    check(8)
    assert drawing.get_by_label("step", exact=True).input_value() == "8"
    reset(drawing, before)


@of("clocks")
def test_positions_are_clocks(drawing):
    before = drawing.locator("output").inner_text()
    divisors = np.array(drawing.numbers["divisors"])
    for a, b in [(7, 0), (7, 5), (12, 10)]:
        set_by_keyboard(drawing, "step a", a)
        set_by_keyboard(drawing, "step b", b)
        first, second = (
            np.concatenate([np.sin(step / divisors), np.cos(step / divisors)])
            for step in (a, b)
        )
        product = numbers_in(drawing.locator("output").inner_text().split("≈")[1])
        np.testing.assert_allclose(product, [first @ second, a - b], atol=0.00501)
        tips = drawing.locator(".drawing circle.blue")
        middles = drawing.locator(".drawing circle[class='']")
        for pair, angle in enumerate(a / divisors):
            (x, y), (cx, cy) = (
                [float(circles.nth(pair).get_attribute(name)) for name in ("cx", "cy")]
                for circles in (tips, middles)
            )
            turned = np.arctan2(x - cx, cy - y) - angle  # clockwise, from the top
            np.testing.assert_allclose(np.cos(turned), 1)
    reset(drawing, before)


def test_padding_is_shown_until_there_is_none(tab, address):
    tab.goto(f"{address}/{PADDING}")
    _, numbers = picture_of(PLACES[PADDING])
    before = convolved(tab, strides=2, padding="same")

    def assert_shown(y, zeros):
        np.testing.assert_array_equal(read(tab, "y"), y)
        assert tab.locator(".zero").count() == zeros

    np.testing.assert_array_equal(read(tab, "x"), numbers["x"])
    assert_shown(before, 9)
    tab.get_by_label("padding").focus()
    tab.keyboard.press("ArrowUp")
    tab.locator(".array-x input").first.fill("7")
    assert_shown(convolved(tab, strides=2, padding="valid"), 0)
    tab.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(read(tab, "x"), numbers["x"])
    assert_shown(before, 9)


def test_without_javascript_the_figure_stands(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    for place in PLACES:
        page.goto(f"{address}/{place}", wait_until="domcontentloaded")
        expect(page.locator("img:has(+ .moving-picture)")).to_be_visible()
    context.close()


def test_it_is_small():
    assert (SITE / "_static/moving_picture.js").stat().st_size <= 30_000
