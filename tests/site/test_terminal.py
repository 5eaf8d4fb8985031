"""Pages are run by our own listener, in the place of Sphinx-Gallery's, or not at all."""

import importlib
import runpy

import pytest
import terminal
from sphinx.events import EventListener
from sphinx_gallery.gen_gallery import generate_gallery_rst


def other(app):
    pass


def test_our_listener_takes_the_place_of_sphinx_gallerys():
    listeners = [EventListener(1, other, 10), EventListener(2, generate_gallery_rst, 7)]
    terminal.run_pages_ourselves(listeners)
    assert listeners[1] == EventListener(2, terminal.run_pages, 7)
    assert listeners[0].handler is other


@pytest.mark.parametrize("listeners", [[], [EventListener(1, other, 500)]])
def test_where_it_is_not_there_the_build_ends_in_one_line(listeners):
    with pytest.raises(SystemExit) as end:
        terminal.run_pages_ourselves(listeners)
    assert len(str(end.value).splitlines()) == 1
    for part in (
        "docs/_ext/terminal.py",
        "generate_gallery_rst",
        "run_pages_ourselves",
    ):
        assert part in str(end.value)


@pytest.mark.parametrize(
    "module, name",
    [
        ("nbsphinx", "NotebookParser"),
        ("sphinx.util.logging", "pending_warnings"),
        ("sphinx_gallery.gen_gallery", "generate_gallery_rst"),
        ("sphinx_gallery.utils", "get_md5sum"),
    ],
)
def test_what_a_package_lacks_ends_the_build_in_one_line(monkeypatch, module, name):
    monkeypatch.delattr(importlib.import_module(module), name)
    with pytest.raises(SystemExit) as end:
        runpy.run_path(terminal.__file__)
    (line,) = str(end.value).splitlines()
    assert line.startswith("docs/_ext/terminal.py needs what another version lacks")
    assert f"'{name}'" in line and f"'{module}'" in line
