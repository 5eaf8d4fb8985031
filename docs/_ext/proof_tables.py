"""Tables of what the tests have proved, for docs/what_is_covered.rst and
docs/can_these_checks_fail.rst."""

import collections

from gallery import stages
from gallery.functions import find_taught, read_left_out
from gallery.includes import plain, prose, table, write
from gallery.proved import NOT_MEASURED, read_proved


def exception_of(thing):
    """Return what becomes of a thing of Keras that is not compared, and why."""
    if thing["instead"]:
        return "Compared in another way", thing["instead"]
    if why := read_left_out()[thing["kind"]].get(thing["name"]):
        return "Not computed", why
    return "Not covered", ""


def families_in_words(names):
    """Return a table of the families of Keras, and what is compared of none of them."""
    families, taught = collections.defaultdict(list), find_taught()
    for thing in names:
        families[thing["family"]].append(thing)
    rows = [
        (
            family,
            len(things),
            sum(thing["is_compared"] for thing in things),
            sum((thing["kind"], thing["name"]) in taught for thing in things),
            sum(len(thing["answer"]) for thing in things),
            sum(len(thing["kinds"]) for thing in things),
            sum(len(thing["exceptions"]) for thing in things),
        )
        for family, things in sorted(families.items())
    ]
    header = "Family", "Names", "Compared", "Taught", "Change an answer"
    text = table((*header, "Checked by kind", "Exceptions"), rows)
    header = "Compared in another way", "Not computed", "Not covered"
    found = {words: [] for words in header}
    for thing in names:
        if not thing["is_compared"]:
            words, why = exception_of(thing)
            name = plain(thing["name"])
            found[words].append(f"{name} ({prose(why)})" if why else name)
    for words, told in found.items():
        text += f"\n**{words}**: {', '.join(told) or 'none'}.\n"
    return text


def library_in_words(proved):
    """Tell how much the library's proof demands."""
    counts = {
        what: sum(len(thing[what]) for thing in proved["names"])
        for what in ("answer", "kinds", "exceptions")
    }
    return (
        f"In all, {proved['subjects']} layers and functions are compared with Keras "
        f"{proved['versions']['keras']}. Of the arguments of Keras, "
        f"{counts['answer']:,} must change an answer, and {counts['kinds']:,} are checked "
        f"by what they do. There are {counts['exceptions']:,} exceptions.\n"
    )


def pages_in_words(pages):
    """Tell what became of the pages when they were broken."""
    states, faults = collections.Counter(), []
    for page in pages.values():
        states.update(page["mutants"])
        faults += page["faults"].values()
    return (
        f"On {len(pages)} pages, each of {sum(p['comparisons'] for p in pages.values()):,} "
        f"comparisons went red, or has a reason in the open. Of {states.total():,} "
        f"mistakes in their lines, {states['caught']:,} were caught, "
        f"{states['no effect']:,} changed nothing there, and {states['unnoticed']:,} went "
        f"unnoticed. {len(faults)} faults were put into Keras itself: "
        f"{faults.count('caught') + faults.count('stopped')} turned their page red.\n"
    )


def write_tables(app):
    proved = read_proved()
    names, pages = proved.get("names"), proved.get("pages")
    write("covered.inc", families_in_words(names) if names else NOT_MEASURED)
    write("library.inc", library_in_words(proved) if names else NOT_MEASURED)
    write("faults.inc", pages_in_words(pages) if pages else NOT_MEASURED)


def setup(app):
    app.connect("builder-inited", write_tables, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
