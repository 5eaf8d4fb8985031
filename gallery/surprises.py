"""What Keras does and its documentation does not say, or does wrong: what pages warn of.

Each warning of a page is a surprise, and the check beside it turns the page red when Keras
changes. It begins with the versions of Keras and one of the GRAVITIES. The names of Keras
that its first sentence has, as ``code``, are those that it is about.
"""

import functools
import re
import tomllib
from typing import NamedTuple

from sphinx.errors import ExtensionError

from gallery.keras_facts import read_facts
from gallery.paths import DOCS, ROOT, SOURCES, find_pages, name_of
from gallery.versions import dated

GRAVITIES = (
    "wrong numbers",
    "wrong shape",
    "error",
    "documentation",
)  # the worst first
WARNING = re.compile(r"^# \.\. warning::.*\n(?:#    .*\n)*", re.M)
FORM = re.compile(
    r"\.\. warning:: \*\*Seen in Keras "
    r"(?P<versions>\d[\w.]*(?:, (?:not|mended) in [\w. -]+)?), "
    rf"(?P<gravity>{'|'.join(GRAVITIES)}):\*\* (?P<text>.+)"
)
NAME = re.compile(r"``(keras(?:\.\w+)+|\w+)")
WRITE = (
    "write a warning as .. warning:: **Seen in Keras 3.15.1, "
    f'{GRAVITIES[0]}:** ``GRU`` ignores ... The version may be "3.15.1, not in 3.16.0"; '
    f"how grave it is, one of {', '.join(GRAVITIES)}; and the first sentence names in "
    "``code`` what of Keras it is about: a layer or another name of the reference, or a "
    "path such as ``keras.Model.predict``"
)


class Surprise(NamedTuple):
    """What a page, "section/stem", warns of.

    versions: those of Keras that it was seen in, in words; names: those of Keras that it
    is about, as "GRU" or "keras.Model.predict"; text: what Keras does, as
    reStructuredText.
    """

    page: str
    versions: str
    gravity: str
    names: tuple
    text: str


@functools.cache
def names_of_keras():
    return {name for things in read_facts().values() for name in things}


def find_names(text):
    """Return the names of Keras in the first sentence of a text, each once."""
    names = NAME.findall(text.partition(". ")[0])
    known = [n for n in names if n.startswith("keras.") or n in names_of_keras()]
    return tuple(dict.fromkeys(known))


def read_surprises(page):
    """Yield the surprises of a page.

    Raises ExtensionError, which says where and what to write, for a warning that does not
    have the form of one, or names nothing of Keras.
    """
    source = page.read_text()
    for warning in WARNING.finditer(source):
        words = re.sub("^#", "", warning[0], flags=re.M).split()
        found = FORM.fullmatch(dated(" ".join(words), name_of(page)))
        names = find_names(found["text"]) if found else ()
        if not names:
            line = source.count("\n", 0, warning.start()) + 1
            raise ExtensionError(f"{page.relative_to(ROOT)}:{line}: {WRITE}")
        yield Surprise(
            name_of(page), found["versions"], found["gravity"], names, found["text"]
        )


@functools.cache
def find_surprises():
    """Return all surprises, in the order of the pages."""
    pages = [SOURCES / f"{name_of(page)}.py" for page in find_pages()]
    return [surprise for page in pages for surprise in read_surprises(page)]


def surprises_of(title, name):
    """Return the surprises about a name of Keras, the worst first; title: that of its
    family in keras_names."""
    told = {name, f"keras.{title.lower()}.{name}"}
    found = [surprise for surprise in find_surprises() if told & {*surprise.names}]
    return sorted(found, key=by_gravity)


def by_gravity(surprise):
    return GRAVITIES.index(surprise.gravity)


@functools.cache
def find_worst():
    """Return the surprises to know first, as docs/worst_surprises.toml lists them, each
    with whom it meets, as "you load an old model".

    Raises ExtensionError where none, or more than one, begins as it says there.
    """
    file, found = DOCS / "worst_surprises.toml", []
    for listed in tomllib.loads(file.read_text())["worst"]:
        same = [s for s in find_surprises() if s.text.startswith(listed["begins"])]
        if len(same) != 1:
            raise ExtensionError(
                f"{file.relative_to(ROOT)}: {len(same)} warnings of pages begin with "
                f"{listed['begins']!r}: write there how one of them begins now"
            )
        found.append((*same, listed["if"]))
    return found
