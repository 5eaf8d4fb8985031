"""What people write for the reference: words for arguments, and equations."""

import functools
import json
import tomllib
from fnmatch import fnmatchcase

from gallery.latex import latex_of
from gallery.paths import DOCS

WORDS = DOCS / "reference/arguments.toml"
EQUATIONS = DOCS / "reference/equations.toml"
ANY = "any"


@functools.cache
def read_words():
    """Return {heading: {argument: what it does, or {option: what it does}}}."""
    return tomllib.loads(WORDS.read_text())


@functools.cache
def read_equations():
    """Return a list of {"names": of Keras, "python": lines of NumPy, if it has them,
    "latex": lines of amsmath's aligned, "letters": what they mean, or ""}."""
    found = tomllib.loads(EQUATIONS.read_text())["equation"]
    for equation in found:
        if "python" in equation:
            equation["latex"] = latex_of(equation["python"])
        equation.setdefault("letters", "")
    return found


def headings_of(name):
    """Return the headings of the words for a name of Keras, but for those for any."""
    return [
        heading
        for heading in read_words()
        if any(fnmatchcase(name, pattern) for pattern in heading.split())
    ]


def words_of(name, argument):
    """Return what an argument of something in Keras does, as reStructuredText, or {option:
    what it does}. Raises KeyError where nobody has told it."""
    for heading in [*headings_of(name), ANY]:
        if argument in read_words()[heading]:
            return read_words()[heading][argument]
    raise KeyError(f"{WORDS.name} lacks the argument {argument} of {name}")


def option_in_words(words, options):
    """Return what words_of returns with what the argument may be, as reStructuredText.

    options: {value: "", or the names that alone take it}.
    """
    told = {
        value: code_of(value) + f" ({names})" * bool(names)
        for value, names in options.items()
    }
    if isinstance(words, dict):
        return ", ".join(
            f"{text} {words[value]}" if value else text for value, text in told.items()
        )
    *others, last = told.values() or [""]
    any_of = f"{', '.join(others)} or {last}" if others else last
    return f"{words}: {any_of}" if told else words


def code_of(value):
    """Return what an option may be as readers type it."""
    return f"``{json.dumps(value) if value else value}``"


def equation_of(name):
    """Return the equation of something in Keras; None if words do better."""
    return next((e for e in read_equations() if name in e["names"]), None)
