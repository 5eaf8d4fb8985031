"""What Keras does and its documentation does not say, or does wrong: the ten worst, a table
of how many of each gravity a family of pages has, and a section for each family.
"""

import itertools
from collections import Counter

from families import read_header

from gallery import stages
from gallery.includes import heading, rubric, table, write
from gallery.paths import DOCS
from gallery.surprises import GRAVITIES, by_gravity, find_surprises, find_worst


def label(family):
    return f"surprises-{family.replace('_', '-')}"


def told(surprise):
    """Return what Keras does, with a link to the page that shows it."""
    page = f":doc:`/auto_examples/{surprise.page}`"
    return f"{surprise.text} {page} (seen in {surprise.versions})"


def worst():
    """Return the list of those to know first, as reStructuredText."""
    return "".join(f"#. **If {whom}:** {told(s)}\n" for s, whom in find_worst())


def count_of(surprises):
    """Return how many surprises there are of each gravity."""
    counts = Counter(surprise.gravity for surprise in surprises)
    return [counts[gravity] for gravity in GRAVITIES]


def overview(families):
    """Return the table of all families, as reStructuredText."""
    rows = [
        (f":ref:`{label(family)}`", *(count or "" for count in count_of(surprises)))
        for family, surprises in families.items()
    ]
    total = count_of(itertools.chain(*families.values()))
    header = ("Family", *(gravity.capitalize() for gravity in GRAVITIES))
    return table(header, [*rows, ("All", *total)])


def section(family, surprises):
    """Return the surprises of a family, the worst first, as reStructuredText."""
    title = read_header(family)[0]
    text = f".. _{label(family)}:\n\n{heading(title, '~')}"
    for gravity, group in itertools.groupby(
        sorted(surprises, key=by_gravity), key=lambda surprise: surprise.gravity
    ):
        group = list(group)
        lines = [f"- {told(surprise)}\n" for surprise in group]
        title = rubric(f"{gravity.capitalize()}: {len(group)}")
        text += "".join([title, "\n", *lines, "\n"])
    return text


def write_surprises(app):
    if not (DOCS / "surprises.rst").exists():
        return
    families = {
        family: list(group)
        for family, group in itertools.groupby(
            find_surprises(), key=lambda surprise: surprise.page.split("/")[0]
        )
    }
    sections = [section(family, group) for family, group in families.items()]
    write("worst_surprises.inc", worst())
    write("surprises.inc", "\n".join([overview(families), *sections]))


def setup(app):
    app.connect("builder-inited", write_surprises, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
