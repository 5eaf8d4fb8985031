"""Is every page open to all? axe looks for what keeps a reader out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_browser import HTML, chromium, tab  # noqa: F401


@pytest.mark.parametrize("name", HTML)
def test_axe_finds_no_violation(tab, address, name):  # noqa: F811
    tab.emulate_media(reduced_motion="reduce")  # nothing is half faded in
    tab.goto(f"{address}/{name}")
    found = {}
    for scheme in ("light", "dark"):
        for width in (1280, 375):
            tab.emulate_media(color_scheme=scheme)
            tab.set_viewport_size({"width": width, "height": 900})
            for violation in Axe().run(tab).response["violations"]:
                elements = [node["html"] for node in violation["nodes"]]
                found[scheme, width, violation["id"]] = elements
    assert found == {}
