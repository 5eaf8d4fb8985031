"""A page with entries, such as the gallery's index, filters them as one types; filter.js
says what an entry is.
"""

from gallery import stages


def add_script(app, pagename, templatename, context, doctree):
    if "data-words=" in context.get("body", ""):
        app.add_js_file("filter.js", loading_method="defer")


def setup(app):
    app.connect("html-page-context", add_script, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
