"""Pictures that readers can touch.

``.. moving-picture:: dense/plot_...`` hands the numbers of a page, which gallery/figures.py
has kept, to moving_picture.js, which puts its picture in the place of the figure just
before. Without JavaScript, the figure stands.
"""

import html
import json

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from gallery import stages
from gallery.paths import GALLERY


class MovingPicture(SphinxDirective):
    """Show the picture of a page: all of its samples of x, or the first so many."""

    required_arguments = 1
    option_spec = {"samples": directives.positive_int}

    def run(self):
        path = GALLERY / f"{self.arguments[0]}.picture.json"
        self.env.note_dependency(path)
        if not path.exists():  # the page has failed, and the build says so
            return []
        picture = json.loads(path.read_text())
        numbers = picture["numbers"]
        if "samples" in self.options:
            numbers["x"] = numbers["x"][: self.options["samples"]]
        text = (
            f'<div class="moving-picture" data-kind="{picture["kind"]}" '
            f'data-numbers="{html.escape(json.dumps(numbers))}" '
            f'data-chosen="{html.escape(json.dumps(picture["chosen"]))}"></div>'
        )
        return [nodes.raw("", text, format="html")]


def add_script(app, pagename, templatename, context, doctree):
    if 'class="moving-picture"' in context.get("body", ""):
        app.add_js_file("moving_picture.js", loading_method="defer")


def setup(app):
    app.add_directive("moving-picture", MovingPicture)
    app.connect("html-page-context", add_script, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
