"""What the tests have proved, as tests/what_was_proved.py wrote it: nothing where they have
not run."""

import functools
import json

from gallery.includes import literal, plain
from gallery.paths import PROVED

NOT_MEASURED = "Not measured here: ``make prove`` does it.\n"


@functools.cache
def read_proved():
    """Return {versions, subjects, names: [...], pages: {page: ...}}, or {}."""
    return json.loads(PROVED.read_text()) if PROVED.exists() else {}


def by_words(parts):
    """Return {part: words} as a text in which the parts that share words stand together:
    "part, part (words); part (other words)"."""
    sharing = {}
    for part, words in parts.items():
        sharing.setdefault(words, []).append(part)
    return "; ".join(f"{literal(p)} ({plain(words)})" for words, p in sharing.items())


def proof_of(kind, name):
    """Return what is demanded of a thing of Keras, as a list in reStructuredText."""
    for thing in read_proved().get("names", []):
        if (thing["kind"], thing["name"]) == (kind, name):
            told = {
                "Must change an answer": literal(thing["answer"]),
                "Checked by what it does": by_words(thing["kinds"]),
                "Exceptions": by_words(thing["exceptions"]),
                "Compared in another way": plain(thing["instead"]),
                "Nothing is demanded": literal(thing["left"]),
            }
            return "".join(f"- {words}: {of}\n" for words, of in told.items() if of)
    return NOT_MEASURED
