"""The porting index: what other frameworks call what Keras has, as tables."""

from gallery import stages
from gallery.elsewhere import FAMILIES, names_there, read_elsewhere
from gallery.functions import name_alone
from gallery.includes import heading, literal, plain, table, write
from gallery.keras_facts import read_facts
from gallery.reference import find_addresses, find_names

HEADER = "Keras", "Elsewhere"


def link(name, address):
    """Return a name that leads to its entry in the reference, if it has one."""
    if address is None:
        return literal([name])
    page, _, anchor = address.partition("#")
    return f"`{plain(name)} <{page}.html#{anchor}>`__"


def in_lines(parts):
    """Return the text of a cell with a line for each part."""
    return "\n       ".join(f"| {part}" for part in parts if part)


def row(title, names, entry):
    """Return the cells: wide names would leave no room for a column of what differs."""
    told = [
        f"{framework}: {literal(name.removeprefix('torch.') for name in there)}"
        for framework, there in names_there([entry]).items()
    ]
    told.append(entry["differs"])
    if functions := entry["carried_by"]:
        links = [link(name, find_addresses()[name]) for name in functions]
        told.append(f"Weights converted by {', '.join(links)}.")
    of_keras = [link(name, find_names().get((title, name))) for name in names]
    return in_lines(of_keras), in_lines(told)


def rows_of(title):
    """Return the rows of a family of Keras; what has equal entries shares one."""
    known, rows = read_elsewhere(), {}
    for name in sorted(read_facts()[title]):
        if entry := known.get(name_alone(title, name)):
            _, names = rows.setdefault(str(entry), (entry, []))
            names.append(name)
    return [row(title, names, entry) for entry, names in rows.values()]


def write_porting(app):
    tables = [f"{heading(title)}{table(HEADER, rows_of(title))}" for title in FAMILIES]
    write("porting.inc", "\n".join(tables))


def setup(app):
    app.connect("builder-inited", write_porting, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
