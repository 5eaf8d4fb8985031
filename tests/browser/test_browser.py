"""The built site in Chromium, as a reader meets it."""

import re

import pytest
from looked_at import LOOKED_AT, PLACES
from playwright.sync_api import expect
from project import PAGES, ROOT, SITE, html_of


def test_from_home_to_a_page_by_clicking(tab, address):
    tab.goto(f"{address}/index.html")
    tab.locator(".sidebar-tree").get_by_role("link", name="The gallery").click()
    expect(tab.locator("h1")).to_contain_text("The gallery")
    tab.locator(".titles a").first.click()
    expect(tab.locator("h1")).to_contain_text("Dense without a bias")
    of_section = [page for page in PAGES if page.parent == PAGES[0].parent]
    assert len(of_section) < tab.locator(".sidebar-tree a").count() < len(PAGES)


@pytest.mark.parametrize("width, height", [(1300, 800), (375, 812)])
def test_the_first_screen_says_what_the_site_is_for(tab, address, width, height):
    tab.set_viewport_size({"width": width, "height": height})
    tab.goto(f"{address}/index.html")
    ways = tab.locator(".ways > p")
    known = ["To learn", "To port", "To teach", "To be warned", "To upgrade"]
    expect(ways).to_contain_text([*known, "To contribute"])
    for way in ways.all():
        box = way.bounding_box()
        assert box["y"] + box["height"] <= height
        assert way.get_by_role("link").count() == 1
    expect(tab.locator(".moving-picture .array").first).to_be_visible()


def test_a_card_of_the_home_page_opens_its_family(tab, address):
    tab.goto(f"{address}/index.html")
    cards = tab.locator(".family")
    assert cards.count() == len({page.parent for page in PAGES})
    cards.nth(1).locator("img").click()
    expect(tab.locator("h1")).to_contain_text("Activations")


def test_a_download_is_the_script(tab, address):
    page = PAGES[0]
    tab.goto(f"{address}/{html_of(page)}")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Script").first.click()
    assert download.value.suggested_filename == page.name
    with open(download.value.path(), "rb") as file:
        assert file.read() == page.read_bytes()


def test_search_finds_a_page(tab, address):
    tab.goto(f"{address}/index.html")
    tab.get_by_placeholder("Search").fill("relu")
    tab.keyboard.press("Enter")
    found = tab.locator("#search-results a", has_text="Dense with relu")
    found.first.click()
    expect(tab.locator("h1")).to_contain_text("Dense with relu")


def filtered(tab):
    """Return the box to type in, the entries that are shown and what is said of none."""
    box = tab.get_by_role("searchbox", name="Show what contains these words")
    shown = tab.locator("article [data-words]").filter(visible=True)
    return box, shown, tab.get_by_role("status")


def test_what_is_typed_filters_the_gallery(tab, address):
    tab.goto(f"{address}/auto_examples/index.html")
    box, shown, nothing = filtered(tab)
    headings = tab.locator("article h2").filter(visible=True)
    expect(shown).to_have_count(len(PAGES))
    expect(nothing).to_be_hidden()
    box.fill("leaky relu")
    expect(shown.first).to_contain_text("leaky_relu")
    assert shown.count() < len(PAGES) / 5
    expect(headings).to_have_count(1)  # those of other families are hidden
    box.fill("ifco")  # another word for a page, which its title does not have
    expect(shown).to_have_text(["LSTM: formula, gates and weights in NumPy"])
    box.fill("with pictures")  # which is shown with each family, but is no title
    expect(shown).to_have_count(0)
    expect(headings).to_have_count(0)
    expect(nothing).to_have_text("Nothing found. Search all pages")
    box.fill("")
    expect(shown).to_have_count(len(PAGES))
    expect(tab).to_have_url(f"{address}/auto_examples/index.html")


def test_what_is_typed_is_part_of_the_address(tab, address):
    tab.goto(f"{address}/auto_examples/index.html?q=gelu")
    box, shown, nothing = filtered(tab)
    expect(box).to_have_value("gelu")
    expect(shown).to_have_text(["gelu: a smooth relu, by the normal distribution"])
    box.fill("kernel_regularizer conv2d & more")
    typed = r"\?q=kernel_regularizer\+conv2d\+%26\+more$"
    expect(tab).to_have_url(re.compile(typed))
    nothing.get_by_role("link").click()
    expect(tab.get_by_placeholder("Search").first).to_have_value(
        "kernel_regularizer conv2d & more"
    )


def test_names_are_filtered_by_what_is_marked_alone(tab, address):
    """As the reference has them: a name is found by itself and by its arguments."""
    tab.goto(f"{address}/404.html")
    tab.set_content("""<article><section><h1>Names</h1>
      <p>Layers <a data-words="units use_bias">Dense</a> <a data-words="">ReLU</a></p>
      <p>Losses <a data-words="delta">Huber</a></p>
      <div>Layers <button>copy</button></div></section></article>""")
    tab.add_script_tag(path=ROOT / "docs/_static/filter.js")
    box, shown, nothing = filtered(tab)
    paragraphs = tab.locator("p", has=tab.locator("a[data-words]"))
    for typed, names in {
        "dense": ["Dense"],
        "use_bias": ["Dense"],
        "BIAS dense": ["Dense"],
        "u": ["Dense", "ReLU", "Huber"],
        "copy": [],
        "layers": [],
    }.items():
        box.fill(typed)
        expect(shown).to_have_text(names)
        expect(nothing).to_be_visible(visible=not names)
    box.fill("huber")
    expect(paragraphs.filter(visible=True)).to_have_count(1)


@pytest.mark.parametrize(
    "old, entry",
    [
        ("reference.html#gru", "recurrent#gru"),
        ("reference.html#conv3d", "convolution#conv3d"),
        ("reference/recurrent.html#bidirectional", "wrappers#bidirectional"),
    ],
)
def test_the_address_of_a_name_leads_on_to_its_entry(tab, address, old, entry):
    page, _, anchor = entry.partition("#")
    tab.goto(f"{address}/{old}")
    tab.wait_for_url(f"{address}/reference/{page}.html#{anchor}")
    tab.go_back()  # the index with the name is no step of its own
    assert "reference" not in tab.url


def copy(tab, block):
    """Press the button of a block of code; return what it shows and what was copied."""
    block.hover()
    block.locator("button.copybtn").click()
    expect(block.locator("button.copybtn.success")).to_be_visible()
    copied = tab.evaluate("navigator.clipboard.readText()")
    return block.locator("pre").inner_text().strip(), copied.strip()


def test_the_copy_button_copies_the_code(tab, address):
    tab.goto(f"{address}/auto_examples/dense/plot_ones_bias.html")
    block = tab.locator("div.highlight", has=tab.locator("button.copybtn")).first
    code, copied = copy(tab, block)
    assert copied == code
    assert "import keras" in copied
    assert tab.locator(".sphx-glr-script-out button.copybtn").count() == 0


def test_of_an_example_what_one_types_is_copied(tab, address):
    tab.goto(f"{address}/reference/dense.html")
    example = tab.locator(".highlight-pycon div.highlight").first
    code, copied = copy(tab, example)
    assert code.startswith(">>> dense(") and "\narray(" in code
    assert copied.startswith("dense(") and "array(" not in copied


def background(tab):
    return tab.evaluate("getComputedStyle(document.body).backgroundColor")


def test_dark_mode(tab, address):
    tab.emulate_media(color_scheme="light")
    tab.goto(f"{address}/index.html")
    light = background(tab)
    tab.emulate_media(color_scheme="dark")
    assert background(tab) != light
    tab.emulate_media(color_scheme="light")
    assert background(tab) == light
    toggle = tab.locator(".content-icon-container .theme-toggle")
    seen = {light}
    for _ in range(3):  # dark, light, automatic, in an order of furo's
        toggle.click()
        seen.add(background(tab))
    assert len(seen) == 2


WIDE_FORMULAS = """() => [...document.querySelectorAll("math")].filter(formula => {
    const box = formula.closest("div.math")
    return box ? box.scrollWidth > box.clientWidth
               : formula.getBoundingClientRect().right > innerWidth
}).map(formula => formula.querySelector("annotation").textContent)"""
CUT_OFF = """() => [...document.querySelectorAll("pre")].filter(
    e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1
).map(e => e.innerText)"""
VISIBLE = """names => names.filter(name => {
    const element = document.querySelector(name), box = element.getBoundingClientRect()
    return box.height > 0 && getComputedStyle(element).visibility === "visible"
})"""
NOT_PRINTED = [".page-links", ".sidebar-drawer", ".sphx-glr-thumbnails"]


# Of a control of a picture to touch
NAMED = """control => control.ariaLabel || control.labels?.length
    || control.matches("button") && control.textContent"""


@pytest.mark.drawn
@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_fits_a_phone_and_paper(tab, address, name):
    tab.emulate_media(media="screen")
    tab.set_viewport_size({"width": 375, "height": 700})
    tab.goto(f"{address}/{name}")
    tab.evaluate("document.fonts.ready")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    assert tab.evaluate(WIDE_FORMULAS) == []
    picture = tab.locator(".moving-picture")
    if name in PLACES:
        expect(tab.locator("img:has(+ .moving-picture)")).to_be_hidden()
        box = picture.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 375
        assert picture.locator("button").count() > 0
    for control in picture.locator(":is(input, select, button)").all():
        assert control.evaluate(NAMED)
    if name in map(html_of, PAGES):
        figure = "img.sphx-glr-single-img"
        drawn = ".moving-picture" if picture.count() else figure
        shown = [".checked", drawn, ".page-links"]
        assert tab.evaluate(VISIBLE, shown) == shown
        printed = [".checked", figure]
        tab.emulate_media(media="print")
        tab.set_viewport_size({"width": 718, "height": 1000})  # A4, no margins
        assert tab.evaluate(CUT_OFF) == []
        assert tab.evaluate(VISIBLE, printed + NOT_PRINTED) == printed


def test_a_wrong_address_shows_the_way_back(tab, address):
    tab.goto(f"{address}/auto_examples/no/such/page.html")
    expect(tab.locator("h1")).to_contain_text("This page does not exist")
    tab.locator(".sidebar-tree").get_by_role("link", name="The gallery").click()
    expect(tab.locator("h1")).to_contain_text("The gallery")


def test_the_site_can_be_read_from_a_disk(chromium):
    tab = chromium.new_page()
    errors = []
    tab.on("pageerror", lambda error: errors.append(error.message))
    tab.goto((SITE / "index.html").as_uri())
    assert tab.locator(".moving-picture .array-y button").count() == 20
    tab.get_by_placeholder("Search").fill("relu")
    tab.keyboard.press("Enter")
    tab.locator("#search-results a", has_text="Dense with relu").first.click()
    expect(tab.locator("h1")).to_contain_text("Dense with relu")
    tab.locator(".related-pages .next-page").click()
    expect(tab.locator("h1")).to_contain_text("set_weights and get_weights")
    figure = tab.locator("img.sphx-glr-single-img")
    assert figure.evaluate("image => image.naturalWidth") > 300
    tab.close()
    assert errors == []


def test_a_card_says_more_when_it_has_the_focus(tab, address):
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(f"{address}/auto_examples/dense/index.html")
    card = tab.locator(".sphx-glr-thumbcontainer").first
    look = "card => getComputedStyle(card, '::after').content"
    assert card.evaluate(look) == "none"
    card.get_by_role("link").focus()
    assert "multiplies its input by a matrix of weights" in card.evaluate(look)


def test_long_code_shows_that_it_goes_on_and_scrolls_by_keyboard(tab, address):
    tab.set_viewport_size({"width": 375, "height": 812})
    tab.goto(f"{address}/reference/recurrent.html")
    folded = tab.locator("details:has(pre)").first
    code = folded.locator("pre")
    folded.locator("summary").click()
    expect(code).to_have_attribute("tabindex", "0")
    shadows = "pre => getComputedStyle(pre).backgroundAttachment"
    assert code.evaluate(shadows).startswith("local, local, scroll, scroll")
    code.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("pre => pre.scrollLeft > 0", arg=code.element_handle())
