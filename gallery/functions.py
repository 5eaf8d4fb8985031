"""What Keras has, and which function of keras_by_hand computes it."""

import functools

from gallery.keras_facts import read_facts
from gallery.linker import find_homes
from gallery.package import PACKAGE, find_functions, find_needed, read_statements

SHARED = [PACKAGE / "shapes.py", PACKAGE / "layers/windows.py"]


def plain(name):
    """Return a name without what tells spellings apart: RMSprop and rms_prop."""
    return name.replace("_", "").lower()


def things_by_function(names):
    """Return what Keras has by the names that functions for it have, in plain spelling:
    {name of a function: (title of a family, name of Keras)}.

    names: {title: [names]}. Where a layer shares its name with something else, as with an
    activation, the name of its function ends in "_layer".
    """
    found = {}
    for title in sorted(names, key=lambda title: title == "Layers"):  # last
        for name in names[title]:
            found.setdefault(plain(name), (title, name))
            if title == "Layers":
                found[plain(f"{name}_layer")] = (title, name)
    return found


@functools.cache
def find_things():
    """Return {(title of a family, name of Keras): name of the function for it}, of the
    functions that a page is about."""
    things = things_by_function(read_facts())
    found = {}
    for name in find_functions():
        thing = things.get(plain(name))
        if thing and page_of(name):
            found[thing] = name
    return found


def page_of(name):
    """Return the page, "section/stem", that is about a function; None if none is."""
    homes = find_homes()
    if name in homes:
        return homes[name]
    names = find_functions()[name].uses  # such as conv of conv1d = conv2d = conv
    return next((homes[n] for n in sorted(names) if n in homes), None)


def source_of(name):
    """Return the code of a function and of all that it needs, with its imports, but for
    what so many need that the reference has it once: that of the SHARED modules."""
    statement = find_functions()[name]
    found, imports = find_needed(statement.file, [name])
    shared = [s for s in found if s.file in SHARED]
    head = sorted({s.text for s in imports})
    if shared:
        names = ", ".join(sorted(n for s in shared for n in s.binds))
        head.append(f"# {names}: first on this page")
    own = [s.text for s in found if s not in shared]
    return "\n\n\n".join(filter(None, ["\n".join(head), *own]))


def read_shared():
    """Return the code that source_of leaves out, with its imports."""
    statements = [s for file in SHARED for s in read_statements(file)[1:]]
    head = sorted({s.text for s in statements if s.is_import})
    code = [s.text for s in statements if not s.is_import]
    return "\n\n\n".join(["\n".join(head), *code])
