"""The pictures of cards, which gallery/cards.py has drawn, in the place of Sphinx-Gallery's
thumbnails: those are the whole figures.
"""

from shutil import copyfile

from gallery import stages
from gallery.figures import card_of
from gallery.paths import find_pages, name_of


def put_cards(app):
    """Put each card where Sphinx-Gallery looks for it, unless it stands there already; the
    thumbnail of a page that failed stays."""
    for page in find_pages():
        card = card_of(name_of(page))
        thumbnail = card.parents[1] / f"thumb/sphx_glr_{page.stem}_thumb.svg"
        if not (card.exists() and thumbnail.exists()):
            continue
        if card.read_bytes() != thumbnail.read_bytes():
            copyfile(card, thumbnail)


def setup(app):
    app.connect("builder-inited", put_cards, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
