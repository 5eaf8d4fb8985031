"""What kind a page is, and where the reference has what it is about, stands below its
title. Notes stand below their articles: a family shows pictures of its other pages, in
groups; an article lists its notes, as the sidebar does.
"""

import re

from gallery import stages
from gallery.about import find_entries_about
from gallery.course import LAB, LESSON, number_lessons, read_course
from gallery.includes import plain, rubric
from gallery.kinds import NOTE, kind_of, notes_of
from gallery.paths import GROUPS, NOTES, SOURCES, find_pages, name_in, name_of
from gallery.scripts import read_title

LINKS = ".. container:: page-links\n"  # the first of them stand below the title
NOTES_HEADING = "Notes, each on one problem"
INDEX = re.compile(r"auto_examples/(\w+)/index")
CARDS = re.compile(  # as Sphinx-Gallery writes them
    r"(?P<open>\.\. raw:: html\n\n    <div class=\"sphx-glr-thumbnails\">\n\n"
    r"\.\. thumbnail-parent-div-open\n\n)(?P<cards>.*)"
    r"(?P<close>\.\. thumbnail-parent-div-close\n\n\.\. raw:: html\n\n    </div>\n)",
    re.DOTALL,
)
CARD = re.compile(
    r"\.\. raw:: html\n\n    <div class=\"sphx-glr-thumbcontainer.*?"
    r":doc:`/auto_examples/(?P<name>\w+/\w+)`.*?\n    </div>\n",
    re.DOTALL,
)


def read_again(app, env, added, changed, removed):
    """Return the pages whose place or notes have changed, and the families that show
    them."""
    pages = list(map(name_of, find_pages()))
    before = getattr(env, "kinds", {})
    env.kinds = {page: (place_of(page), notes_of(page)) for page in pages}
    for page in pages:
        family = f"{page.split('/')[0]}/index"
        shown = env.kinds.get(family, [])
        env.kinds[family] = [*shown, (page, page in NOTES, GROUPS.get(page))]
    differ = {name for name, kind in env.kinds.items() if kind != before.get(name)}
    return [
        page for name in differ if (page := f"auto_examples/{name}") in env.found_docs
    ]


def link(name):
    title = read_title(SOURCES / f"{name}.py").replace("`", "")
    return f":doc:`{title} </auto_examples/{name}>`"


# -- A page


def place_of(name):
    """Return which lesson a page is, or whose note, and where the reference has what it
    is about."""
    numbers, kind, places = number_lessons(read_course()), kind_of(name), []
    if kind == LESSON:
        place = (
            f"Lesson {numbers[name]} of {len(numbers)} in :doc:`the course </course>`"
        )
        places.append(place)
    elif kind == LAB:
        places.append("A lab of :doc:`the course </course>`")
    elif kind == NOTE:
        places.append(f"A note on {link(NOTES[name])}")
    if entries := find_entries_about()[name]:
        links = ", ".join(f"`{plain(e.title)} <{address_of(e)}>`__" for e in entries)
        places.append(f"In the reference: {links}")
    return ". ".join(places)


def address_of(entry):
    """Return the address of an entry, from a page of the gallery."""
    return f"../../{entry.page}.html#{entry.anchors[0]}"


def add_place(app, docname, source):
    if (name := name_in(docname)) and (place := app.env.kinds[name][0]):
        line = f".. rst-class:: place\n\n{place}\n\n"
        source[0] = source[0].replace(LINKS, f"{line}{LINKS}", 1)


def list_notes(app, docname, source):
    """Lead from an article to its notes, and let the sidebar show them below it."""
    if (name := name_in(docname)) and (notes := notes_of(name)):
        entries = "".join(f"* {link(note)}\n" for note in notes)
        tree = "".join(f"   /auto_examples/{note}\n" for note in notes)
        source[0] += f"\n{rubric(NOTES_HEADING)}\n{entries}\n"
        source[0] += f".. toctree::\n   :hidden:\n\n{tree}\n"


# -- The pages of a family


def arrange(found):
    """Return the cards of a family in its groups, and the notes of each below them."""
    cards = {card["name"]: card[0] for card in CARD.finditer(found["cards"])}
    groups = [[]]
    for name in cards:
        if name in GROUPS and groups[-1]:
            groups.append([])
        groups[-1].append(name)
    return "\n".join(arrange_group(found, cards, names) for names in groups if names)


def arrange_group(found, cards, names):
    heading = GROUPS.get(names[0], "")
    notes = [name for name in names if name in NOTES]
    shown = "\n".join(cards[name] for name in names if name not in NOTES)
    text = f"{heading}\n{'^' * len(heading)}\n\n" if heading else ""
    text += f"{found['open']}{shown}\n{found['close']}\n"
    if notes:
        entries = "".join(f"* {link(note)}\n" for note in notes)
        text += f"{rubric(NOTES_HEADING)}\n{entries}\n"
    return text


def arrange_family(app, docname, source):
    if INDEX.fullmatch(docname):
        text = CARDS.sub(arrange, source[0])
        for note in NOTES:  # articles have them in their own trees
            text = text.replace(f"   /auto_examples/{note}\n", "")
        source[0] = text


def setup(app):
    app.connect("env-get-outdated", read_again, priority=stages.FIND_OUTDATED)
    app.connect("source-read", add_place, priority=stages.READ_TEXT)
    app.connect("source-read", list_notes, priority=stages.READ_TEXT)
    app.connect("source-read", arrange_family, priority=stages.READ_TEXT)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
