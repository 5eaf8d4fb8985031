"""What nbsphinx leaves to us: what a notebook imports, and what its figures show."""

from docutils import nodes

from gallery import stages
from gallery.one_file import FILE


def note_file(app, docname, source):
    """Run a notebook again when what it imports has changed."""
    is_notebook = app.env.doc2path(docname).suffix == ".ipynb"
    if is_notebook and f"import {FILE.stem}" in source[0]:
        app.env.note_dependency(FILE)


def tell_figures(app, doctree):
    """Let the title above a figure be its text for readers who cannot see it."""
    if app.env.docname in app.env.nbsphinx_notebooks:
        for section in doctree.findall(nodes.section):  # the innermost comes last
            for image in section.findall(nodes.image):
                image["alt"] = section[0].astext()


def setup(app):
    app.setup_extension("nbsphinx")
    app.connect("source-read", note_file, priority=stages.READ_TEXT)
    app.connect("doctree-read", tell_figures, priority=stages.CHANGE_DOCTREE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
