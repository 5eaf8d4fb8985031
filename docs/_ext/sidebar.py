"""The sidebar lists the sections, and the pages of the one that is open. All pages in the
sidebar of each would make the site, and the time to build it, grow as their square.
"""

import functools

from gallery import stages


def collapse(app, pagename, templatename, context, doctree):
    """Let the theme, which comes after, ask for a collapsed tree."""
    if toctree := context.get("toctree"):
        context["toctree"] = functools.partial(collapsed, toctree)


def collapsed(toctree, **options):
    return toctree(**{**options, "collapse": True})


def setup(app):
    app.connect("html-page-context", collapse, priority=stages.COLLAPSE_SIDEBAR)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
