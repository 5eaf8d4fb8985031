"""The porting index: what other frameworks call what Keras has, as tables."""

from gallery import stages
from gallery.elsewhere import FRAMEWORKS, read_elsewhere
from gallery.functions import page_of
from gallery.includes import table, write
from gallery.keras_facts import read_facts

HEADER = "Keras", "Elsewhere"


def link(function):
    """Return the name of a function, which leads to the page about it if there is one."""
    page = page_of(function)
    return f":doc:`{function} </auto_examples/{page}>`" if page else f"``{function}``"


def literal(names):
    return ", ".join(f"``{name.removeprefix('torch.')}``" for name in names)


def in_lines(parts):
    """Return the text of a cell with a line for each part."""
    return "\n       ".join(f"| {part}" for part in parts if part)


def row(names, entry):
    """Return the cells: wide names would leave no room for a column of what differs."""
    told = [
        f"{framework}: {literal(entry[key])}"
        for key, framework in FRAMEWORKS.items()
        if entry[key]
    ]
    carried = ", ".join(map(link, entry["carried_by"]))
    told += [entry["differs"], carried and f"Carried by {carried}."]
    return in_lines(literal([name]) for name in names), in_lines(told)


def rows_of(names):
    """Return the rows of these names of Keras; what has equal entries shares one."""
    known, rows = read_elsewhere(), {}
    for name in sorted(known.keys() & names):
        rows.setdefault(str(known[name]), []).append(name)
    return [row(names, known[names[0]]) for names in rows.values()]


def write_porting(app):
    text = ""
    for title, things in read_facts().items():
        if rows := rows_of(things.keys()):
            text += f"{title}\n{'-' * len(title)}\n\n{table(HEADER, rows)}\n"
    write("porting.inc", text)


def setup(app):
    app.connect("builder-inited", write_porting, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
