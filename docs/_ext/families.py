"""The families of the gallery as cards, for the home page: each with its first page's
picture, its name and what its header says first.
"""

import itertools

from gallery import stages
from gallery.includes import write
from gallery.paths import GALLERY, SOURCES, find_pages

CARD = """\
   .. container:: family

      .. image:: {picture}
         :alt: {title}
         :target: auto_examples/{family}/index.html

      :doc:`{title} <auto_examples/{family}/index>` ({count})

      {text}
"""


def read_header(family):
    """Return the title of a family and the first sentence of its header."""
    title, _, text = (
        (SOURCES / family / "GALLERY_HEADER.rst").read_text().split("\n", 2)
    )
    return title, " ".join(text.split()).partition(". ")[0].rstrip(".") + "."


def write_families(app):
    text = ".. container:: families\n\n"
    pages = itertools.groupby(find_pages(), key=lambda page: page.parent.name)
    for family, of_family in pages:
        of_family = list(of_family)
        title, sentence = read_header(family)
        thumbnails = (GALLERY / family / "images/thumb").glob(
            f"sphx_glr_{of_family[0].stem}_thumb.*"
        )
        text += CARD.format(
            picture=f"auto_examples/{next(thumbnails).relative_to(GALLERY)}",
            family=family,
            title=title,
            count=f"{len(of_family)} page{'s' * (len(of_family) > 1)}",
            text=sentence,
        )
    write("families.inc", text)


def setup(app):
    app.connect("builder-inited", write_families, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
