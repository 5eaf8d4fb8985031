"""Which pages a browser looks at, as it takes its time: "make test-site" at all, "make
test" at those that are written by hand, at the first of each section and at those with a
moving picture.
"""

import os
import re

from project import HTML, PAGES, ROOT, SECTIONS, html_of

EVERY_PAGE = "EVERY_PAGE" in os.environ
CONFIG = "# sphinx_gallery_moving_picture = True"
PICTURED = [page for page in PAGES if CONFIG in page.read_text()]
CHOSEN = {html_of(page) for page in (*SECTIONS.values(), *PICTURED)}
LOOKED_AT = [
    name for name in HTML if EVERY_PAGE or name.count("/") < 2 or name in CHOSEN
]


def find_places():
    """Where a picture to touch is shown, and the page whose numbers it shows: {name of
    the HTML: page}."""
    shown = {html_of(page): page for page in PICTURED}
    for text in (ROOT / "docs").glob("*.rst"):
        for name in re.findall(r"^\.\. moving-picture:: (.*)$", text.read_text(), re.M):
            shown[f"{text.stem}.html"] = ROOT / f"examples/{name}.py"
    return shown


PLACES = find_places()
