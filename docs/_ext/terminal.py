"""What a build shows in the terminal: which page runs. What TensorFlow logs is kept."""

import contextlib
import fcntl
import os
import sys

import sphinx_gallery
from pruning import checksum_of

from gallery import stages
from gallery.paths import DOCS, find_pages, name_of

try:  # these are no public parts of their packages
    from nbsphinx import NotebookParser as RunningParser
    from sphinx.util.logging import pending_warnings
    from sphinx_gallery.gen_gallery import generate_gallery_rst
    from sphinx_gallery.utils import get_md5sum
except ImportError as error:
    sys.exit(f"docs/_ext/terminal.py needs what another version lacks: {error}")

LOG = DOCS / "_build" / "tensorflow.log"
COUNT = DOCS / "_build" / "pages-begun"  # a dot for each, by all processes


# -- Progress, where Sphinx itself is told to be quiet


def show(text):
    """Show what runs now: on a terminal in the place of what ran before."""
    if sys.stdout.isatty():
        print(f"\r\x1b[2K{text}", end="", flush=True)
    elif text:
        print(text, flush=True)


def announce(app):
    """Return the names of the pages that Sphinx-Gallery is going to run, by their files."""
    return {
        page.name: name_of(page)
        for page in find_pages()
        if not (checksum := checksum_of(app, page)).exists()
        or checksum.read_text() != get_md5sum(page, "t")
    }


def show_page(gallery_conf, fname, when):
    """Show that a page runs, and how many have begun. Sphinx-Gallery calls it in the
    process that runs the page; one after another counts and shows."""
    waiting = gallery_conf["announced"]
    if when == "before" and fname in waiting:
        with COUNT.open("a") as count:
            fcntl.flock(count, fcntl.LOCK_EX)
            count.write(".")
            count.flush()
            show(f"Page {count.tell()} of {len(waiting)}: {waiting[fname]}")


def show_notebook(app, docname, source):
    """Show that a notebook runs, which it does when it is read."""
    if app.quiet and app.env.doc2path(docname).suffix == ".ipynb":
        show(f"Notebook: {docname}")


def show_writing(app, builder):
    if app.quiet:
        print("Writing HTML", flush=True)


# -- TensorFlow's lines


@contextlib.contextmanager
def stderr_to_log():
    """Let the file descriptor 2 be the log: C++ code knows no other stderr.

    The processes that start meanwhile write there too: other workers, kernels. Sphinx's
    warnings have to wait until it is the terminal again.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with LOG.open("a") as log:
        os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)
        show("")


def run_pages(app):
    """Run the pages, by Sphinx-Gallery."""
    app.config.sphinx_gallery_conf["announced"] = announce(app) if app.quiet else {}
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    COUNT.write_text("")
    with pending_warnings(), stderr_to_log():
        generate_gallery_rst(app)


class NotebookParser(RunningParser):
    def parse(self, inputstring, document):
        """Run a notebook and read it. Sphinx shows no warning before all is read."""
        with stderr_to_log():
            super().parse(inputstring, document)


def run_pages_ourselves(listeners):
    """Put run_pages in the place of the listener by which Sphinx-Gallery runs the pages.

    Where it is not among the listeners, the build ends in one line: all pages would run
    unannounced, with TensorFlow's lines among ours.
    """
    for place, listener in enumerate(listeners):
        if listener.handler is generate_gallery_rst:
            listeners[place] = listener._replace(handler=run_pages)
            return
    sys.exit(
        "docs/_ext/terminal.py looks for generate_gallery_rst of Sphinx-Gallery among the "
        f"listeners of builder-inited, and {sphinx_gallery.__version__} has it elsewhere: "
        "mend run_pages_ourselves there"
    )


def setup(app):
    for extension in ("nbsphinx", "sphinx_gallery.gen_gallery"):
        app.setup_extension(extension)  # before us, in whatever order conf.py has them
    run_pages_ourselves(app.events.listeners["builder-inited"])
    app.add_source_parser(NotebookParser, override=True)
    app.connect("source-read", show_notebook, priority=stages.READ_TEXT)
    app.connect("write-started", show_writing, priority=stages.WRITE_SITE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
