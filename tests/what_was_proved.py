"""Write what was proved, for the site: python tests/what_was_proved.py

Of each name of Keras, what the library's proof demands of its arguments; of each page,
what became of its faults, of mistakes in its own lines, and of its comparisons. The build
reads it by gallery/proved.py.
"""

import collections
import inspect
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/proof")]
import kept  # noqa: E402
import keras  # noqa: E402
from library import reasons  # noqa: E402
from library.engine import kinds  # noqa: E402
from library.engine.subjects import (  # noqa: E402
    SUBJECTS,
    FunctionSubject,
    read_cases,
)

from gallery.dependencies import find_versions  # noqa: E402
from gallery.functions import plain, things_by_function  # noqa: E402
from gallery.keras_names import arguments, named  # noqa: E402
from gallery.paths import PROVED  # noqa: E402

COMMON = set(arguments(keras.layers.Layer))  # what its own entry tells


def own_arguments(thing):
    """The arguments of a class or function that are its own."""
    own = inspect.signature(thing).parameters
    base = keras.layers.Layer
    is_layer = inspect.isclass(thing) and issubclass(thing, base) and thing is not base
    common = COMMON - own.keys() if is_layer else ()
    return [name for name in arguments(thing) if name not in common]


def family_of(title, thing):
    """Layers have a family for each folder of Keras; of other things, one kind is one."""
    package = thing.__module__.split(".")  # as keras.src.layers.pooling.max_pooling2d
    return f"{title}: {package[3]}" if title == "Layers" and len(package) > 4 else title


def find_thing(subject):
    """What of Keras a subject of the library's proof is, as (kind, name); None where Keras
    has nothing of the name."""
    compared = [getattr(subject, place, None) for place in ("target", "reference")]
    for title, things in named().items():
        for name, thing in things.items():
            if any(thing is other for other in compared):
                return title, name
    return things_by_function(named()).get(plain(subject.name))


def part_of(words):
    """What a fault of the derived proof is about: an argument that is ignored, an array
    that is misread or, in the words themselves, another way to take an argument."""
    part, _, how = words.rpartition(": ")
    is_array = part.split(" ")[0] in ("weights", "inputs", "call")
    return part.removeprefix("call, ") if is_array or how == "ignored" else words


def exceptions_of(name):
    """{part of a subject: why less is demanded of it}."""
    found = {
        **reasons.NOT_COMPARED.get(name, {}),
        **reasons.NOT_OF_ITS_KIND.get(name, {}),
        **reasons.NEVER_DRAWN.get(name, {}),
    }
    for words, reason in reasons.WITHOUT_EFFECT.get(name, {}).items():
        found[part_of(words)] = reason
    for case, reason in reasons.OTHER_GRADIENT.get(name, {}).items():
        found["gradient" if case == "all" else f"gradient of case {case}"] = reason
    return found


def demands_of(subject):
    """What is demanded of a subject: the arguments that must change an answer, those that
    are checked by kind, {argument: what it does}, and where less is, {part: reason}."""
    exceptions, by_kind = exceptions_of(subject.name), {}
    left = {*exceptions}
    if not isinstance(subject, FunctionSubject):  # whose inputs are arguments
        by_kind = kinds.arguments_by_kind(subject)
        left |= {*subject.skipped(()), *by_kind}
    parameters = list(subject.signature.parameters.values())
    parameters += list(subject.of_call.parameters.values())[1:]  # without self
    named = [
        p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]
    return {
        "answer": [name for name in named if name not in left],
        "kinds": {
            argument: check.__name__.replace("_", " ")
            for argument, check in by_kind.items()
            if argument not in exceptions
        },
        "exceptions": exceptions,
    }


def joined(demands):
    """The demands of several subjects as one, and of none."""
    found = {"answer": [], "kinds": {}, "exceptions": {}}
    for one in demands:
        found["answer"] += [n for n in one["answer"] if n not in found["answer"]]
        found["kinds"] |= one["kinds"]
        found["exceptions"] |= one["exceptions"]
    return found


def find_names():
    """[{kind, name, family, is_compared, answer, kinds, exceptions, left, instead}, ...] of
    all names of Keras; left: arguments of which nothing is demanded."""
    subjects = collections.defaultdict(list)
    for subject in SUBJECTS.values():
        subjects[find_thing(subject)].append(demands_of(subject))
    found = []
    for kind, things in named().items():
        for name, thing in things.items():
            of = joined(subjects[kind, name])
            demanded = {*of["answer"], *of["kinds"], *of["exceptions"]}
            left = [n for n in own_arguments(thing) if n not in demanded]
            found.append(
                {
                    "kind": kind,
                    "name": name,
                    "family": family_of(kind, thing),
                    "is_compared": bool(subjects[kind, name]),
                    **of,
                    "left": left,
                    "instead": reasons.WITHOUT_SUBJECT.get(name, ""),
                }
            )
    return found


def find_pages():
    """{page: {comparisons, faults: {name: state}, mutants: {state: number}}} of those whose
    results still hold."""
    known = {page: found for page in kept.PAGES if (found := kept.read(page))}
    return {
        page: {
            "comparisons": len(found["reached"]),
            "faults": {name: fault["state"] for name, fault in found["faults"].items()},
            "mutants": collections.Counter(state for *_, state in found["mutants"]),
        }
        for page, found in known.items()
    }


def main():
    read_cases()
    proved = {
        "versions": find_versions(("keras", "tensorflow", "tensorflow-cpu", "numpy")),
        "subjects": len(SUBJECTS),
        "names": find_names(),
        "pages": find_pages(),
    }
    PROVED.parent.mkdir(parents=True, exist_ok=True)
    PROVED.write_text(json.dumps(proved, indent=1))


if __name__ == "__main__":
    main()
