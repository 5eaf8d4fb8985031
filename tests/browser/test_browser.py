"""The built site in Chromium, as a reader meets it."""

import re

import pytest
from playwright.sync_api import expect
from project import HTML, PAGES, SITE, html_of


def test_from_home_to_a_page_by_clicking(tab, address):
    tab.goto(f"{address}/index.html")
    tab.locator(".sidebar-tree").get_by_role("link", name="The gallery").click()
    expect(tab.locator("h1")).to_contain_text("The gallery")
    tab.locator(".sphx-glr-thumbcontainer").first.click()
    expect(tab.locator("h1")).to_contain_text("Dense without a bias")
    of_section = [page for page in PAGES if page.parent == PAGES[0].parent]
    assert len(of_section) < tab.locator(".sidebar-tree a").count() < len(PAGES)


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


@pytest.mark.parametrize("name", ["reference", "auto_examples/index"])
def test_what_is_typed_filters(tab, address, name):
    tab.goto(f"{address}/{name}.html")
    entries = tab.locator(
        "article section > section > section, .sphx-glr-thumbcontainer"
    )
    everything = entries.count()
    assert everything > 50
    box = tab.get_by_role("searchbox", name="Show what contains these words")
    box.fill("leaky relu")
    shown = entries.filter(visible=True)
    expect(shown.first).to_contain_text(re.compile("leaky_?relu", re.IGNORECASE))
    assert shown.count() < everything / 5
    if name == "reference":
        box.fill("TFSMLayer")  # which has no entry, but a name
        expect(tab.get_by_text("TFSMLayer")).to_be_visible()
        expect(shown).to_have_count(0)
    box.fill("no such thing")
    expect(shown).to_have_count(0)
    box.fill("")
    expect(shown).to_have_count(everything)


def test_the_copy_button_copies_the_code(tab, address):
    tab.goto(f"{address}/auto_examples/dense/plot_ones_bias.html")
    block = tab.locator("div.highlight", has=tab.locator("button.copybtn")).first
    code = block.locator("pre").inner_text()
    block.hover()
    block.locator("button.copybtn").click()
    expect(block.locator("button.copybtn.success")).to_be_visible()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == code.strip()
    assert "import keras" in copied
    assert tab.locator(".sphx-glr-script-out button.copybtn").count() == 0


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


@pytest.mark.parametrize("name", HTML)
def test_a_page_fits_a_phone_and_paper(same_tab, address, name):
    same_tab.emulate_media(media="screen")
    same_tab.set_viewport_size({"width": 375, "height": 700})
    same_tab.goto(f"{address}/{name}")
    same_tab.evaluate("document.fonts.ready")
    assert same_tab.evaluate("document.documentElement.scrollWidth") <= 375
    assert same_tab.evaluate(WIDE_FORMULAS) == []
    if name in map(html_of, PAGES):
        moves = same_tab.locator(".moving-picture").count()
        figure = "img.sphx-glr-single-img"
        shown = [".checked", ".moving-picture" if moves else figure, ".page-links"]
        assert same_tab.evaluate(VISIBLE, shown) == shown
        printed = [".checked", figure]
        same_tab.emulate_media(media="print")
        same_tab.set_viewport_size({"width": 718, "height": 1000})  # A4, no margins
        assert same_tab.evaluate(CUT_OFF) == []
        assert same_tab.evaluate(VISIBLE, printed + NOT_PRINTED) == printed


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
    # What the search finds comes without its summaries, which browsers fetch by HTTP.
    assert set(errors) <= {"Failed to fetch"}


def test_a_card_says_more_when_it_has_the_focus(tab, address):
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(f"{address}/auto_examples/index.html")
    card = tab.locator(".sphx-glr-thumbcontainer").first
    look = "card => getComputedStyle(card, '::after').content"
    assert card.evaluate(look) == "none"
    card.get_by_role("link").focus()
    assert "multiplies its input by a matrix of weights" in card.evaluate(look)
