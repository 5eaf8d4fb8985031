"""Is every page open to all? axe looks for what keeps a reader out."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from looked_at import EVERY_PAGE, LOOKED_AT

VIEWS = list(itertools.product(("light", "dark"), (1280, 375)))  # scheme, width
# Axe takes a second and a half for a view: "make test" looks at one view of a page, and
# there at six of what is many, such as the entries of the reference; "make test-site" at
# all of all.
LEAVE_SIX = """document.querySelectorAll("article :nth-child(n + 7)").forEach(
    (element) => element.remove()
)"""
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def violations(tab, views):
    """What axe finds on a page in these views, {(scheme, width, rule): elements}."""
    found = {}
    for scheme, width in views:
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        tab.set_viewport_size({"width": width, "height": 900})
        tab.evaluate(NEXT_FRAME)  # when the page hears of it
        for violation in Axe().run(tab).response["violations"]:
            elements = [node["html"] for node in violation["nodes"]]
            found[scheme, width, violation["id"]] = elements
    return found


@pytest.mark.drawn
@pytest.mark.parametrize("number, name", list(enumerate(LOOKED_AT)), ids=LOOKED_AT)
def test_axe_finds_no_violation(tab, address, number, name):
    tab.emulate_media(reduced_motion="reduce")  # nothing is half faded in
    tab.goto(f"{address}/{name}")
    if not EVERY_PAGE:
        tab.evaluate(LEAVE_SIX)
    views = VIEWS if EVERY_PAGE else [VIEWS[number % len(VIEWS)]]
    assert violations(tab, views) == {}


def test_a_wrong_address_is_open_to_all(tab, address):
    """Wherever it is: a page that does not find its styles has no regions, and what is
    dark has no contrast."""
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(f"{address}/auto_examples/no/such/page.html")
    assert violations(tab, VIEWS) == {}
