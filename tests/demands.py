"""What the tests demand of each thing that Keras has, for the site: printed as JSON.

gallery/proof_results.py runs this, and keeps what it prints. It needs what the site is
built with, and no tool of the tests.
"""

import inspect
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/proof")]
import faults  # noqa: E402
import keras  # noqa: E402
from library import reasons  # noqa: E402
from library.engine import kinds  # noqa: E402
from library.engine.subjects import (  # noqa: E402
    SUBJECTS,
    FunctionSubject,
    read_cases,
)

from gallery.functions import plain, things_by_function  # noqa: E402
from gallery.keras_names import arguments, named  # noqa: E402
from gallery.proof_results import PAGES  # noqa: E402

COMMON = set(arguments(keras.layers.Layer))  # what its own entry tells


def told_to(thing):
    """The arguments of a class or function that are its own."""
    own = inspect.signature(thing).parameters
    base = keras.layers.Layer
    is_layer = inspect.isclass(thing) and issubclass(thing, base) and thing is not base
    common = COMMON - own.keys() if is_layer else ()
    return [name for name in arguments(thing) if name not in common]


def family_of(title, thing):
    """What Keras calls the family of a layer; of other things, there is one of each
    kind."""
    package = thing.__module__.split(".")  # as keras.src.layers.pooling.max_pooling2d
    return package[3] if title == "Layers" and len(package) > 4 else ""


def find_kind(name):
    """Return the kind of the first thing that has this name in Keras, or None."""
    return next((kind for kind, things in named().items() if name in things), None)


def find_thing(subject):
    """Return what of Keras a subject of the library's proof is, as (kind, name); None
    where Keras has nothing of the name."""
    compared = [getattr(subject, place, None) for place in ("target", "reference")]
    for title, things in named().items():
        for name, thing in things.items():
            if any(thing is other for other in compared):
                return title, name
    return things_by_function(named()).get(plain(subject.name))


def part_of(words):
    """Return what a fault of the derived proof is about: an argument that is ignored, an
    array that is misread or, in the words themselves, another way to take an argument."""
    part, _, how = words.rpartition(": ")
    is_array = part.split(" ")[0] in ("weights", "inputs", "call")
    return part.removeprefix("call, ") if is_array or how == "ignored" else words


def exceptions_of(name):
    """Return {part of a subject: why less is demanded of it}."""
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
    """Return what is demanded of a subject of the library's proof: the arguments that must
    change an answer, those that are checked by kind, {argument: what it does}, and where
    less is demanded, {part: reason}."""
    exceptions, by_kind = exceptions_of(subject.name), {}
    left = {*exceptions}
    if not isinstance(subject, FunctionSubject):  # whose inputs are arguments
        by_kind = kinds.arguments_by_kind(subject)
        left |= {*subject.skipped(()), *by_kind}
    parameters = list(subject.signature.parameters.values())
    parameters += list(subject.of_call.parameters.values())[1:]  # without self
    return {
        "thing": find_thing(subject),
        "answer": [
            parameter.name
            for parameter in parameters
            if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            and parameter.name not in left
        ],
        "kinds": {
            argument: check.__name__.replace("_", " ")
            for argument, check in by_kind.items()
            if argument not in exceptions
        },
        "exceptions": exceptions,
    }


def find_faults():
    """Return {name: what there is to tell} of the typed faults of the pages that there
    are."""
    return {
        fault.name: {
            "page": fault.page,
            "covers": fault.covers,
            "kind": find_kind(fault.covers.partition(".")[0]),
        }
        for module in faults.catalogues()
        for fault in module.FAULTS
        if fault.page in PAGES
    }


def find_demands():
    """Return {"names": {kind: {name of Keras: its arguments, family, and the reason why
    another one stands for it}}, "subjects": {name: its demands}, "faults": {name: ...}}."""
    read_cases()
    names = {
        title: {
            name: {
                "arguments": told_to(thing),
                "family": family_of(title, thing),
                "instead": reasons.WITHOUT_SUBJECT.get(name, ""),
            }
            for name, thing in things.items()
        }
        for title, things in named().items()
    }
    return {
        "names": names,
        "subjects": {name: demands_of(subject) for name, subject in SUBJECTS.items()},
        "faults": find_faults(),
    }


if __name__ == "__main__":
    print(json.dumps(find_demands()))
