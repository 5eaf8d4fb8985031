"""Is every page open to all? axe looks for what keeps a reader out."""

import itertools
import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_browser import HTML, chromium, tab  # noqa: F401

VIEWS = list(itertools.product(("light", "dark"), (1280, 375)))  # scheme, width
# All four take axe six seconds a page: "make test" looks at one, each page at the next.
COMPLETE = "AXE_COMPLETE" in os.environ  # "make test-site"
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


@pytest.mark.parametrize("number, name", list(enumerate(HTML)), ids=HTML)
def test_axe_finds_no_violation(tab, address, number, name):  # noqa: F811
    tab.emulate_media(reduced_motion="reduce")  # nothing is half faded in
    tab.goto(f"{address}/{name}")
    found = {}
    for scheme, width in VIEWS if COMPLETE else [VIEWS[number % len(VIEWS)]]:
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": 900})
        tab.evaluate(NEXT_FRAME)  # when the page hears of it
        for violation in Axe().run(tab).response["violations"]:
            elements = [node["html"] for node in violation["nodes"]]
            found[scheme, width, violation["id"]] = elements
    assert found == {}
