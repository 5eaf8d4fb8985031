"""The reference and the gallery filter what they show as one types."""

from gallery import stages

PAGES = {"reference", "auto_examples/index"}


def add_script(app, pagename, templatename, context, doctree):
    if pagename in PAGES:
        app.add_js_file("filter.js", loading_method="defer")


def setup(app):
    app.connect("html-page-context", add_script, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
