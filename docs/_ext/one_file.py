"""keras_by_hand.py: the library in one file, for download and beside notebooks."""

import textwrap

from package import (
    NAME,
    PACKAGE,
    find_functions,
    find_modules,
    imported,
    order_modules,
    read_statements,
)
from paths import DOCS, ROOT
from repository import find_source, find_versions

FILE = DOCS / "_build" / f"{NAME}.py"  # no page, so not in the gallery
HEADER = """\
{count} names that compute in NumPy what Keras computes. The pages of {base} explain and
compare them with Keras, on every change. A whole model runs from its file by python
keras_by_hand.py model.keras --input x.npy --output y.npy, or by
load_model("model.keras").predict(x); this needs h5py, too. Made from {source}, checked
with {versions}."""


def describe_source():
    commit, changed = find_source()
    return f"commit {commit[:12] or 'none'}{' and changes' if changed else ''}"


def join():
    """Return the imports of the library, and its code: what a module needs comes first,
    the command last.

    Raises ValueError where two modules have one name for two things.
    """
    imports, parts, homes = set(), [], {}
    modules = order_modules(find_modules())
    for file in sorted(modules, key=lambda file: file.stem == "__main__"):
        statements, name = read_statements(file), file.relative_to(PACKAGE)
        imports |= {s.text for s in statements if s.is_import and not imported(s)}
        for statement in statements:
            for bound in () if statement.is_import else statement.binds:
                if homes.setdefault(bound, name) != name:
                    raise ValueError(f"{homes[bound]} and {name} both have {bound}")
        begin = max(s.node.end_lineno for s in statements if is_head(s))
        code = "\n".join(file.read_text().splitlines()[begin:]).strip()
        parts.append(f"# -- {name}\n\n\n{code}\n")
    return "\n".join(sorted(imports)), "\n\n".join(parts)


def is_head(statement):
    """Whether it is an import of a module, or its docstring."""
    return statement.is_import or statement.line == 1


def write_file(app):
    header = HEADER.format(
        count=len(find_functions()),
        base=app.config.html_baseurl,
        source=describe_source(),
        versions=find_versions(),
    )
    header = textwrap.fill(header, 80, break_long_words=False, break_on_hyphens=False)
    licence = (ROOT / "LICENSE").read_text().strip()
    docstring = f'"""Keras by hand.\n\n{header}\n\n{licence}\n"""'
    text = "\n\n\n".join([docstring, *join()])
    if not FILE.exists() or FILE.read_text() != text:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(text)


def setup(app):
    app.connect("builder-inited", write_file, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
