"""Is every page open to all? axe looks for what keeps a reader out."""

import itertools
import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from project import HTML, SECTIONS, html_of

VIEWS = list(itertools.product(("light", "dark"), (1280, 375)))  # scheme, width
# Axe takes a second and a half for a view: "make test" looks at one view of each page
# that is written by hand and of one page a section, "make test-site" at all of all.
COMPLETE = "AXE_COMPLETE" in os.environ
CHOSEN = [
    name
    for name in HTML
    if COMPLETE or name.count("/") < 2 or name in map(html_of, SECTIONS.values())
]
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


@pytest.mark.parametrize("number, name", list(enumerate(CHOSEN)), ids=CHOSEN)
def test_axe_finds_no_violation(tab, address, number, name):
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
