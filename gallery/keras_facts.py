"""Facts of Keras that the reference tells, asked of Keras itself and kept until another
version is installed.
"""

import functools
import hashlib
import inspect
import json
from importlib import metadata

from gallery.asking import ask_once
from gallery.paths import DOCS, ROOT

KEPT = DOCS / "_build" / "keras_facts.json"


def find_parameters(thing):
    """Return {name: parameter as it is written} of what is called, but for **kwargs."""
    return {
        name: str(parameter.replace(annotation=inspect.Parameter.empty))
        for name, parameter in inspect.signature(thing).parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


def calls_of(module, name, thing):
    """Return {"signature": a call with all defaults, as "keras.layers.Dense(units, ...)";
    "call": what a layer or loss is called with, as "(x, mask=None)", "" for others;
    "arguments": the names of both's arguments}."""
    made, called = find_parameters(thing), {}
    has_call = inspect.isclass(thing) and hasattr(thing, "call")
    if has_call:
        _, *called = find_parameters(thing.call).items()  # without self
    of_call = ", ".join(dict(called).values())
    return {
        "signature": f"{module}.{name}({', '.join(made.values())})",
        "call": f"({of_call})" if has_call else "",
        "arguments": [*dict.fromkeys([*made, *dict(called)])],
    }


def facts_of_keras():
    """Return {"names": {title of a family: {name: what calls_of returns, with "weights"
    and a "note" on them}}, "masks": what mask_facts.find_masks returns}."""
    from gallery import keras_names, mask_facts, weight_rules  # they import Keras

    names = {
        title: {
            name: {
                **calls_of(keras_names.MODULES[title].__name__, name, thing),
                "weights": weight_rules.find_weights(name) if title == "Layers" else [],
                "note": weight_rules.NOTES.get(name, ""),
            }
            for name, thing in things.items()
        }
        for title, things in keras_names.named().items()
    }
    return {"names": names, "masks": mask_facts.find_masks()}


@functools.cache
def read_all():
    """Return what facts_of_keras returns, kept or asked."""
    modules = ("keras_facts", "keras_names", "mask_facts", "weight_rules")
    sources = [ROOT / f"gallery/{module}.py" for module in modules]
    digests = [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources]
    made_by = [metadata.version("keras"), *digests]
    return ask_once(KEPT, made_by, "-m", "gallery.keras_facts")


def read_facts():
    """Return {title of a family: {name: what facts_of_keras tells of it}}."""
    return read_all()["names"]


def read_masks():
    """Return {layer: {"predicting": what it does with a mask, "training": ...}}."""
    return read_all()["masks"]


def mask_in_words(predicting, training):
    """Tell what a layer does with a mask, in predicting and in training."""
    differs = training != predicting
    return f"{predicting}; in training, it {training}" if differs else predicting


if __name__ == "__main__":
    print(json.dumps(facts_of_keras()))
