"""The weights of a model that are trained, in Keras' order, and what is asked
of each: a penalty, a constraint."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.constraints import (
    max_norm,
    min_max_norm,
    non_neg,
    unit_norm,
)
from keras_by_hand.models.errors import CannotRun, refusing
from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.regularizers import l1, l1l2, l2, orthogonal_regularizer

NEVER_TRAINED = {  # by the names of functions' arguments
    "moving_mean",
    "moving_variance",
    "vector_u",
    "mean",
    "variance",
    "count",
}
PENALTIES: dict[str, Callable] = {  # by Keras' classes
    "L1": l1,
    "L2": l2,
    "L1L2": l1l2,
    "OrthogonalRegularizer": orthogonal_regularizer,
}
CONSTRAINT_FUNCTIONS: dict[str, Callable] = {
    "MaxNorm": max_norm,
    "MinMaxNorm": min_max_norm,
    "NonNeg": non_neg,
    "UnitNorm": unit_norm,
}


class Weight(NamedTuple):
    """A weight: an array that its layer has by this name.

    path: as in Keras, such as "dense/kernel"; penalty and constraint: functions
    of the array, or None.
    """

    layer: Layer
    name: str
    path: str
    penalty: Callable[[Any], Any] | None
    constraint: Callable[[Any], Any] | None

    @property
    def array(self):
        return self.layer.arrays[self.name]

    def put(self, array):
        """Give the layer another array."""
        self.layer.arrays[self.name] = array


def trained_weights(model):
    """Return the weights of a model that are trained, in the order of Keras'
    trainable_variables. Raises CannotRun for what is asked of one and not known
    here."""
    found, seen = [], set()

    def visit(layer, path, is_trained):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        is_trained = is_trained and layer.config.get("trainable", True)
        for name in layer.arrays:
            told = _asked_of(layer, name)
            if is_trained and name not in NEVER_TRAINED:
                found.append(Weight(layer, name, f"{path}/{name}", *told))
        for inner in layer.inside():
            visit(inner, f"{path}/{inner.name}", is_trained)

    is_trained = model.config.get("trainable", True)
    for layer in model.layers:
        visit(layer, layer.name, is_trained)
    for layer in model.with_all_inside():
        _check_all_known(layer)
    return found


def put_into_groups(model):
    """Put the arrays of all layers into the groups of a file, from which they
    came, in the dtypes that they had there."""
    for layer in model.with_all_inside():
        places = [
            (held, number)
            for held in layer.held_lists()
            for number in range(len(held))
        ]
        # Of SpectralNormalization, the last one: its layer has the others.
        places = places[len(places) - len(layer.arrays) :]
        for (held, number), array in zip(places, layer.arrays.values()):
            held[number] = np.asarray(array, np.asarray(held[number]).dtype)


def _asked_of(layer, name):
    """The penalty and the constraint of a weight."""
    asked = []
    for kind, known in (
        ("regularizer", PENALTIES),
        ("constraint", CONSTRAINT_FUNCTIONS),
    ):
        key = _key_of(layer.config, name, kind)
        saved = layer.config.get(key) if key else None
        asked.append(saved and as_function_of(layer, saved, known))
    return asked


def _key_of(config, name, kind):
    """The key of a config that tells the regularizer or constraint of a weight:
    for a recurrent_kernel recurrent_regularizer, for a query_kernel
    kernel_regularizer."""
    short = name.removesuffix("_kernel")
    of_depthwise = ["depthwise"] * (name == "kernel")
    for part in (name, short, *of_depthwise, name.rpartition("_")[2]):
        if f"{part}_{kind}" in config:
            return f"{part}_{kind}"
    return None


def as_function_of(layer, saved, known):
    """Return the function of a saved regularizer or constraint, with its
    options. Raises CannotRun."""
    kind = saved.get("class_name") if isinstance(saved, dict) else saved
    if kind not in known:
        raise layer.refusal(
            CannotRun(
                f"{kind} is not known here, or a class of your own: make the "
                "model without it"
            )
        )
    function, options = refusing(known[kind]), saved["config"]
    return lambda array: function(array, **options)


def _check_all_known(layer):
    """Raise CannotRun where something is asked of a weight that there is not,
    as far as is known here."""
    for key, saved in layer.config.items():
        kind = key.rpartition("_")[2]
        if not saved or kind not in ("regularizer", "constraint"):
            continue
        keys = {_key_of(layer.config, name, kind) for name in layer.arrays}
        if key != "activity_regularizer" and key not in keys:
            raise layer.refusal(
                CannotRun(f"{key}: not known here of such a layer")
            )
