"""The built site in Chromium, as a reader meets it."""

import contextlib
import os
from urllib.parse import urlsplit

import browser
import pytest
from conftest import PAGES, SITE
from playwright.sync_api import expect, sync_playwright

HTML = [file.relative_to(SITE).as_posix() for file in sorted(SITE.glob("**/*.html"))]


@contextlib.contextmanager
def opened_chromium():
    path = browser.find()
    if path is None:
        reason = "no Chromium is here and none could be installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield instance
        instance.close()


@pytest.fixture(scope="module")
def chromium():
    with opened_chromium() as instance:
        yield instance


@pytest.fixture
def tab(chromium):
    """A new page; it fails the test when it asked another host for anything, or
    when a script on it failed."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    hosts, errors = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    context.close()
    assert hosts <= {"127.0.0.1", None}
    assert errors == []


def test_from_home_to_a_page_by_clicking(tab, address):
    tab.goto(f"{address}/index.html")
    tab.locator(".sidebar-tree").get_by_role("link", name="The gallery").click()
    expect(tab.locator("h1")).to_contain_text("The gallery")
    tab.locator(".sphx-glr-thumbcontainer").first.click()
    expect(tab.locator("h1")).to_contain_text("A Dense layer is a matrix product")
    assert len(PAGES) <= tab.locator(".sidebar-tree a").count()


def test_a_card_of_the_home_page_opens_its_page(tab, address):
    tab.goto(f"{address}/index.html")
    cards = tab.locator(".sphx-glr-thumbcontainer")
    assert cards.count() == len([page for page in PAGES if page.parent.name == "dense"])
    cards.nth(3).click()
    expect(tab.locator("h1")).to_contain_text("relu")


def test_a_download_is_the_script(tab, address):
    page = PAGES[0]
    tab.goto(f"{address}/auto_examples/{page.parent.name}/{page.stem}.html")
    with tab.expect_download() as download:
        tab.get_by_role(
            "link", name=f"Download Python source code: {page.name}"
        ).click()
    assert download.value.suggested_filename == page.name
    with open(download.value.path(), "rb") as file:
        assert file.read() == page.read_bytes()


def test_search_finds_a_page(tab, address):
    tab.goto(f"{address}/index.html")
    tab.get_by_placeholder("Search").fill("relu")
    tab.keyboard.press("Enter")
    found = tab.locator("#search-results a", has_text="relu replaces")
    found.first.click()
    expect(tab.locator("h1")).to_contain_text("relu replaces what is negative")


def test_the_copy_button_copies_the_code(tab, address):
    tab.goto(f"{address}/auto_examples/dense/plot_3_ones_bias.html")
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


@pytest.mark.parametrize("name", HTML)
def test_no_sideways_scrolling_on_a_phone(tab, address, name):
    tab.set_viewport_size({"width": 375, "height": 700})
    tab.goto(f"{address}/{name}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375


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
    tab.locator("#search-results a", has_text="relu replaces").first.click()
    expect(tab.locator("h1")).to_contain_text("relu replaces what is negative")
    tab.locator(".related-pages .next-page").click()
    expect(tab.locator("h1")).to_contain_text("Set the weights by hand")
    figure = tab.locator("img.sphx-glr-single-img")
    assert figure.evaluate("image => image.naturalWidth") > 300
    tab.close()
    # What the search finds comes without its summaries, which browsers fetch by HTTP.
    assert set(errors) <= {"Failed to fetch"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_prints_as_a_handout(tab, address, page):
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 718, "height": 1000})  # A4 less its margins
    tab.goto(f"{address}/auto_examples/{page.parent.name}/{page.stem}.html")
    for block in tab.locator("pre").all():
        hidden = block.evaluate(
            "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        )
        assert max(hidden) <= 1, block.inner_text()
    for left_out in (".sphx-glr-footer", ".sidebar-drawer", ".sphx-glr-thumbnails"):
        expect(tab.locator(left_out).first).to_be_hidden()
    expect(tab.locator(".checked")).to_be_visible()
    expect(tab.locator("img.sphx-glr-single-img")).to_be_visible()


def test_a_card_says_more_when_it_has_the_focus(tab, address):
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(f"{address}/auto_examples/index.html")
    card = tab.locator(".sphx-glr-thumbcontainer").first
    look = "card => getComputedStyle(card, '::after').content"
    assert card.evaluate(look) == "none"
    card.get_by_role("link").focus()
    assert "multiplies its input by its kernel" in card.evaluate(look)
