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


def shown(signature):
    """Return the parameters of a signature as they are written, but for **kwargs."""
    return [
        str(parameter.replace(annotation=inspect.Parameter.empty))
        for parameter in signature.parameters.values()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]


def signature(title, name, thing):
    """Return a call with all defaults, as "keras.layers.Dense(units, ...)"."""
    arguments = ", ".join(shown(inspect.signature(thing)))
    return f"keras.{title.lower()}.{name}({arguments})"


def call_signature(thing):
    """Return what a layer or loss is called with, as "(x, mask=None)"; "" for others."""
    if not inspect.isclass(thing) or not hasattr(thing, "call"):
        return ""
    return f"({', '.join(shown(inspect.signature(thing.call))[1:])})"  # without self


def facts_of_keras():
    """Return {"names": {title of a family: {name: {"signature", "call", "weights",
    "note"}}}, "masks": what mask_facts.find_masks returns}."""
    from gallery import keras_names, mask_facts, weight_rules  # they import Keras

    names = {
        title: {
            name: {
                "signature": signature(title, name, thing),
                "call": call_signature(thing),
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
