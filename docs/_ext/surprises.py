"""What Keras does and its documentation does not say, or does wrong: all in one table.

A page tells of a surprise in a warning that begins with "Seen in Keras" and a version.
The table is made of these; the check beside each turns its page red when Keras changes.
"""

import re
import textwrap

from gallery import stages
from gallery.includes import table, write
from gallery.paths import find_pages, name_of

SURPRISE = re.compile(
    r"^# \.\. warning:: \*\*Seen in Keras (?P<version>[\d.]+):\*\*(?P<first>.*)\n"
    r"(?P<rest>(?:#    .*\n)*)",
    re.M,
)


def find_surprises(source):
    """Yield (version of Keras, text) of each surprise that a page tells of."""
    for found in SURPRISE.finditer(source):
        rest = textwrap.dedent(re.sub(r"^#", "", found["rest"], flags=re.M))
        text = " ".join((found["first"] + "\n" + rest).split())
        yield found["version"], text[0].upper() + text[1:]


def write_surprises(app):
    rows = [
        (text, version, f":doc:`/auto_examples/{name_of(page)}`")
        for page in find_pages()
        for version, text in find_surprises(page.read_text())
    ]
    header = ("What Keras does", "Seen in", "Page")
    write(
        "surprises.inc", table(header, rows) if rows else "No page tells of one yet.\n"
    )


def setup(app):
    app.connect("builder-inited", write_surprises, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
