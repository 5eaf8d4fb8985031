"""keras_by_hand.py: the library in one file, for download and beside notebooks."""

import hashlib
import textwrap

from gallery.package import (
    NAME,
    PACKAGE,
    find_functions,
    find_modules,
    imported,
    order_modules,
    read_statements,
    read_version,
)
from gallery.paths import DOCS, ROOT
from gallery.repository import find_address, find_versions

FILE = DOCS / "_build" / f"{NAME}.py"  # as the build writes it
HEADER = """\
{count} names that compute in NumPy what Keras computes. The pages of {base} explain and
compare them with Keras, on every change. A whole model runs from its file by python
keras_by_hand.py model.keras --input x.npy --output y.npy, or by
load_model("model.keras").predict(x); this needs h5py, too. This is version {version}
(code {digest}), checked with {versions}."""


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


def compose():
    """Return the text of keras_by_hand.py, which changes with the library alone."""
    imports, code = join()
    header = HEADER.format(
        count=len(find_functions()),
        base=find_address(),
        version=read_version(),
        digest=hashlib.sha256(code.encode()).hexdigest()[:12],
        versions=find_versions(),
    )
    header = textwrap.fill(header, 80, break_long_words=False, break_on_hyphens=False)
    licence = (ROOT / "LICENSE").read_text().strip()
    docstring = f'"""Keras by hand.\n\n{header}\n\n{licence}\n"""'
    version = f'__version__ = "{read_version()}"'
    return "\n\n\n".join([docstring, imports, version, code])
