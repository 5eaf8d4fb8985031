"""The NumPy functions of the pages, by the names that Keras has for what they compute:
collected word for word, in one file that needs nothing but NumPy, with what runs whole
models by them (model_files.py, operators.py and models.py).
"""

import ast
import builtins
import dataclasses
import functools
import itertools
import textwrap

from keras_facts import read_facts
from paths import DOCS, ROOT, find_pages, name_of
from repository import find_source, find_versions
from scripts import find_headings, text_of

FILE = DOCS / "_build" / "keras_by_hand.py"  # no page, so not in the gallery
MODELS = [DOCS / "_ext" / f"{n}.py" for n in ("model_files", "operators", "models")]
OWN, COPIED = "Compute it", "From other pages"
FUNCTIONS = ast.FunctionDef, ast.ClassDef
CALLED = (*FUNCTIONS, ast.Name)  # the last: another name of a function
IMPORTS = ast.Import, ast.ImportFrom


@dataclasses.dataclass(frozen=True)
class Definition:
    """What a page defines for its readers to copy: a function, class or constant.

    page: "section/stem"; line: where it stands there; kind: that of its node in the ast, or
    of the value that is assigned; source: its text; uses: the names that it needs.
    """

    name: str
    page: str
    line: int
    kind: type
    source: str
    uses: frozenset


def defined_in(statement):
    """Return the names that a statement of a page defines."""
    if isinstance(statement, FUNCTIONS):
        return [statement.name]
    if isinstance(statement, IMPORTS):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Assign):
        names = [node for target in statement.targets for node in ast.walk(target)]
        return [node.id for node in names if isinstance(node, ast.Name)]
    return []


def used_in(statement):
    """Return the names that a statement reads and neither defines nor finds in Python."""
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}
    own |= {name for node in ast.walk(statement) for name in defined_in(node)}
    own |= set(vars(builtins))
    return frozenset(node.id for node in names if node.id not in own)


@functools.cache
def read_page(page):
    """Return a page's own definitions and its imports, {name: Definition}, and the names
    that it repeats from other pages."""
    source = page.read_text()
    tree = ast.parse(source)
    own, copied = {}, set()
    for statement, heading in zip(tree.body, find_headings(page, tree)):
        if heading == COPIED:
            copied.update(defined_in(statement))
        elif heading == OWN or isinstance(statement, IMPORTS):
            for name in defined_in(statement):
                own[name] = Definition(
                    name,
                    name_of(page),
                    statement.lineno,
                    type(getattr(statement, "value", statement)),
                    text_of(statement, source),
                    used_in(statement),
                )
    return own, copied


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


def collect():
    """Return the functions of the pages that are named as something of Keras:
    {(title of a family, name): Definition}.

    Raises ValueError where two pages define the same.
    """
    things, found = things_by_function(read_facts()), {}
    for page in find_pages():
        own, _ = read_page(page)
        for definition in own.values():
            thing = things.get(plain(definition.name))
            if thing is None or definition.kind not in CALLED:
                continue
            if thing in found:
                raise ValueError(
                    f"{definition.page} and {found[thing].page} both compute "
                    f"{thing[1]}: {definition.name}"
                )
            found[thing] = definition
    return found


def with_needed(definitions):
    """Return definitions and all that they need, in the order of the pages.

    Raises ValueError where a function needs what its page does not define for readers to
    copy, or where two need different things of one name.
    """
    pages = {name_of(page): page for page in find_pages()}
    everywhere = {}
    for page in pages.values():
        for name, definition in read_page(page)[0].items():
            first = everywhere.setdefault(name, definition)
            if first.kind not in CALLED and definition.kind in CALLED:
                everywhere[name] = definition  # not a variable of this name
    found, left = {}, list(definitions)
    while left:
        needed = left.pop()
        other = found.setdefault(needed.name, needed)
        if other.source != needed.source:
            raise ValueError(
                f"{needed.page} and {other.page} both define {needed.name}, and differ"
            )
        own, copied = read_page(pages[needed.page])
        for name in needed.uses - found.keys():
            if name not in own and name not in copied:
                raise ValueError(
                    f"{needed.page}: {needed.name} needs {name}, which the page does not "
                    f"define under {OWN!r}"
                )
            left.append(own[name] if name in own else everywhere[name])
    order = list(pages)
    return sorted(found.values(), key=lambda d: (order.index(d.page), d.line))


def sources(definitions):
    """Return the text of definitions, once where one statement has several names."""
    return "\n\n\n".join(dict.fromkeys(d.source for d in definitions))


# -- The file

HEADER = """\
{count} functions that compute in NumPy what Keras computes. They are collected word for
word from the pages of {base} where each is explained and compared with Keras, on every
change. The page of a function stands above it. Behind them stands what runs a whole model
from its file: python keras_by_hand.py model.keras, or load_model("model.keras").predict(x)
(this needs h5py, too). Made from {source}, checked with {versions}."""


def describe_source():
    commit, changed = find_source()
    return f"commit {commit[:12] or 'none'}{' and changes' if changed else ''}"


def in_a_dict(collected, title):
    """Return a dict of the functions for things of Keras by the names of these, as text."""
    names = {name: d.name for (of, name), d in collected.items() if of == title}
    return "{\n" + "".join(f'    "{n}": {names[n]},\n' for n in sorted(names)) + "}"


def read_models(collected, defined):
    """Return the imports of what runs models, a set, and its code, with the functions for
    layers and activations filled in. Raises ValueError where it defines what a page does.
    """
    found, codes = set(), []
    for file in MODELS:
        text = file.read_text()
        tree = ast.parse(text)
        imports = [node for node in tree.body if isinstance(node, IMPORTS)]
        names = {name for node in tree.body for name in defined_in(node)}
        names -= {name for node in imports for name in defined_in(node)}
        if twice := sorted(names & defined):
            raise ValueError(f"{file.name} and a page both define {twice[0]}")
        found |= {text_of(node, text) for node in imports if not is_of_models(node)}
        lines = text.splitlines(keepends=True)
        codes.append("".join(lines[imports[-1].end_lineno :]).strip())
    code = "\n\n\n".join(codes)
    for name, title in {"LAYERS": "Layers", "ACTIVATIONS": "Activations"}.items():
        code = code.replace(f"{name} = {{}}", f"{name} = {in_a_dict(collected, title)}")
    return found, code


def is_of_models(node):
    """Whether an import is of one part of what runs models by another."""
    return getattr(node, "module", None) in [file.stem for file in MODELS]


def write_file(app):
    """Write keras_by_hand.py: a header, the imports, the functions, and what runs models
    by them."""
    base = app.config.html_baseurl
    collected = collect()
    definitions = with_needed(collected.values())
    functions = [d for d in definitions if d.kind not in IMPORTS]
    imports, models = read_models(collected, {d.name for d in functions})
    imports |= {d.source for d in definitions if d.kind in IMPORTS}
    header = HEADER.format(
        count=len(collected),
        base=base,
        source=describe_source(),
        versions=find_versions(),
    )
    header = textwrap.fill(header, 80, break_long_words=False, break_on_hyphens=False)
    licence = (ROOT / "LICENSE").read_text().strip()
    parts = [f'"""Keras by hand.\n\n{header}\n\n{licence}\n"""\n']
    parts.append("\n".join(sorted(imports)) + "\n")
    for page, of_page in itertools.groupby(functions, key=lambda d: d.page):
        parts.append(f"\n# {base}auto_examples/{page}.html\n{sources(of_page)}\n")
    parts.append(f"\n# -- Whole models\n\n{models}\n")
    text = "\n".join(parts)
    if not FILE.exists() or FILE.read_text() != text:
        FILE.write_text(text)


def setup(app):
    # Later than Sphinx-Gallery, in whose process Keras is imported.
    app.connect("builder-inited", write_file, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
