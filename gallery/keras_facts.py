"""Facts of Keras that the reference tells, asked of Keras itself and kept until another
version is installed.
"""

import functools
import hashlib
import inspect
import itertools
import json
from importlib import metadata

from gallery.asking import ask_once
from gallery.paths import DOCS, ROOT

KEPT = DOCS / "_build" / "keras_facts.json"
SIZES = {  # of the arguments that a layer needs; primes, to be found again in shapes
    "units": 7,
    "filters": 11,
    "input_dim": 13,
    "output_dim": 17,
    "kernel_size": 3,
}
FEATURES = 5


def signature(title, name, thing):
    """Return a call with all defaults, as "keras.layers.Dense(units, ...)"."""
    parameters = inspect.signature(thing).parameters.values()
    shown = [
        str(parameter.replace(annotation=inspect.Parameter.empty))
        for parameter in parameters
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    return f"keras.{title.lower()}.{name}({', '.join(shown)})"


def in_symbols(size, sizes):
    """Return a size of a shape in words: that of an argument, times a number or not."""
    for name, prime in sizes.items():
        if size % prime == 0:
            return name if size == prime else f"{size // prime} * {name}"
    return str(size)


def weights(thing):
    """Return the weights of a layer, as [[name, shape in symbols], ...], in the order of
    get_weights(); none where Keras must be told more than sizes to make it."""
    from gallery import keras_names

    needed = {name: SIZES.get(name) for name in keras_names.required(thing)}
    if None in needed.values():
        return []
    for steps in range(5):  # axes between the batch and the features
        try:
            layer = thing(**needed)
            layer.build((None, *itertools.repeat(8, steps), FEATURES))
        except Exception:  # of as many kinds as there are layers
            continue
        sizes = {**needed, "features": FEATURES}
        return [
            [weight.name, [in_symbols(size, sizes) for size in weight.shape]]
            for weight in layer.weights
        ]
    return []


def facts_of_keras():
    """Return {"names": {title of a family: {name: {"signature", "weights"}}}, "masks":
    {layer: what it does with a mask}}."""
    from gallery import keras_names, mask_facts  # they import Keras

    names = {
        title: {
            name: {
                "signature": signature(title, name, thing),
                "weights": weights(thing) if title == "Layers" else [],
            }
            for name, thing in things.items()
        }
        for title, things in keras_names.named().items()
    }
    return {"names": names, "masks": mask_facts.find_masks()}


@functools.cache
def read_all():
    """Return what facts_of_keras returns, kept or asked."""
    modules = ("keras_facts", "keras_names", "mask_facts")
    sources = [ROOT / f"gallery/{module}.py" for module in modules]
    digests = [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources]
    made_by = [metadata.version("keras"), *digests]
    return ask_once(KEPT, made_by, "-m", "gallery.keras_facts")


def read_facts():
    """Return {title of a family: {name: {"signature": ..., "weights": ...}}}."""
    return read_all()["names"]


def read_masks():
    """Return {layer: what it does with a mask, in words}."""
    return read_all()["masks"]


if __name__ == "__main__":
    print(json.dumps(facts_of_keras()))
