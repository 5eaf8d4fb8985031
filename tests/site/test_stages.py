"""The order in which Sphinx calls the listeners, whatever the order of conf.py's list."""

import itertools
from operator import attrgetter
from unittest import mock

import pytest
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.events import EventManager
from sphinx.util.tags import Tags

from gallery import stages
from gallery.paths import DOCS, ROOT

OURS = {file.stem for file in (DOCS / "_ext").glob("*.py")}
PAGES_RUN = ("builder-inited", "terminal.run_pages")

# Of each event, the listeners of which a later one needs what an earlier one has done.
ORDER = [
    (
        "config-inited",
        "pruning.note_settings",
        "sphinx_gallery.gen_gallery.fill_gallery_conf_defaults",
        "linking.link_pages",
        "pruning.prune",
        "pruning.forget_failing",
    ),
    ("source-read", "launch_links.add_links", "comparison_tables.add_sentence"),
    ("source-read", "launch_links.add_links", "glossary.add_related"),
    ("source-read", "launch_links.add_links", "kinds.add_place"),
    ("source-read", "exercises.add_solutions", "comparison_tables.add_sentence"),
    ("html-page-context", "sidebar.collapse", "furo._html_page_context"),
    (
        "build-finished",
        "sphinx_gallery.interactive_example.copy_binder_files",
        "reproducible.undate",
        "failures.finish",
    ),
    ("build-finished", "library_downloads.put_beside", "reproducible.undate"),
    ("build-finished", "course_notebooks.put_beside", "reproducible.undate"),
    ("build-finished", "sitemap.write", "failures.finish"),
    ("build-finished", "search_index.write_index", "failures.finish"),
    (*PAGES_RUN, "pruning.forget_passing"),
    (*PAGES_RUN, "launch_links.check_wording"),
    (*PAGES_RUN, "library_downloads.write_wheel"),
    (*PAGES_RUN, "course_notebooks.write_zips"),
]


@pytest.fixture(scope="module", params=["as in conf.py", "reversed"])
def listeners(request, tmp_path_factory):
    """The listeners of each event in the order in which Sphinx calls them, as it would
    build the site: {event: {"module.function": priority}}. It is told of no event."""
    names = Config.read(ROOT, overrides={}, tags=Tags()).extensions
    names = names if request.param == "as in conf.py" else names[::-1]
    built = tmp_path_factory.mktemp("built")
    overrides = {"extensions": [*names, "furo"]}  # the theme comes last, with the HTML
    with mock.patch.object(EventManager, "emit", return_value=[]):
        app = Sphinx(DOCS, ROOT, built, built, "dummy", overrides, status=None)
    return {
        event: {
            f"{found.handler.__module__}.{found.handler.__name__}": found.priority
            for found in sorted(of_event, key=attrgetter("priority"))
            if hasattr(found.handler, "__name__")
        }
        for event, of_event in app.events.listeners.items()
    }


@pytest.mark.parametrize("event, handlers", [(e, h) for e, *h in ORDER])
def test_what_one_needs_another_has_done(listeners, event, handlers):
    order = list(listeners[event])
    places = [order.index(handler) for handler in handlers]
    assert places == sorted(places), handlers
    for first, second in itertools.pairwise(handlers):  # not by the order of the list
        assert listeners[event][first] < listeners[event][second], (first, second)


def test_texts_are_made_of_what_the_pages_have_left(listeners):
    texts = {
        handler: priority
        for handler, priority in listeners["builder-inited"].items()
        if handler.split(".")[0] in OURS - {"terminal"}
    }
    assert len(texts) > 10
    assert set(texts.values()) == {stages.TELL_OF_PAGES}


def test_each_listener_of_ours_names_a_stage(listeners):
    """Those of other packages are called by their own numbers, which stand there, too."""
    numbers = {number for name, number in vars(stages).items() if name.isupper()}
    found = {
        (event, handler): priority
        for event, of_event in listeners.items()
        for handler, priority in of_event.items()
        if handler.split(".")[0] in OURS
    }
    assert len(found) > 30
    assert set(found.values()) <= numbers
    of_others = listeners["config-inited"], listeners["builder-inited"]
    module = "sphinx_gallery.gen_gallery"
    assert of_others[0][f"{module}.fill_gallery_conf_defaults"] == stages.FILL_SETTINGS
    assert of_others[1]["terminal.run_pages"] == stages.RUN_PAGES
