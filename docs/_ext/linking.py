"""Pages are linked before Sphinx-Gallery looks for them: gallery/linker.py says how."""

import sys

from gallery import stages
from gallery.linker import write_pages
from gallery.package import LinkError


def link_pages(app, config):
    """Write the linked pages. What cannot be linked ends the build in one line, of which
    Sphinx would make a report."""
    try:
        write_pages()
    except LinkError as error:
        sys.exit(f"{error}")


def setup(app):
    app.connect("config-inited", link_pages, priority=stages.LINK)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
