"""What each layer of a model makes, by names."""

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.input import InputLayer
from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.models.layers.recurrent import Recurrent
from keras_by_hand.models.limits import limited
from keras_by_hand.models.model import Model
from keras_by_hand.models.tensors import count_numbers, tensors_in


class Names:
    """Names the outputs of calls: that of the layer; its second output is
    "lstm/1", and those of its second call are "lstm#2" and "lstm#2/1"."""

    def __init__(self):
        self.counts = {}

    def of_call(self, layer, outputs):
        """Return the names of so many outputs of the layer's next call."""
        count = self.counts[layer] = self.counts.get(layer, 0) + 1
        call = layer if count == 1 else f"{layer}#{count}"
        return [call, *(f"{call}/{place}" for place in range(1, outputs))]


class Made(NamedTuple):
    """An output of a layer: the layer, the arrays that it took, and the one
    that it made."""

    layer: Layer
    given: list[np.ndarray]
    array: np.ndarray


class Stopped(Exception):
    """The last layer that was asked for has been called."""


def run_calls(model, x, around):
    """Run a model for all samples at once; around(layer, args, keywords) makes
    the call of each layer, but for inputs and for models in the model, whose
    layers are called instead. Return its outputs, Tensors. What keeps states
    begins without any, and has its own again afterwards.

    Raises CannotRun where x does not fit.
    """

    def step(layer, args, keywords):
        if isinstance(layer, InputLayer | Model):
            return layer.call(args, keywords)
        return around(layer, args, keywords)

    layers = model.with_all_inside()
    kept = {la: la.kept for la in layers if isinstance(la, Recurrent)}
    inputs = model.as_inputs(x)
    given = sum(tensor.array.size for tensor in tensors_in(inputs))
    numbers = given + count_numbers(model.weights)
    try:
        for layer in kept:
            layer.kept = None
        with model.calls_by(step), limited(numbers):
            return model.run(inputs)
    finally:
        for layer, states in kept.items():
            layer.kept = states


def record(model: Model, x: Any, until: str | None = None) -> dict[str, Made]:
    """Return {name: Made} of each layer's output, in the order of their calls.

    until: a name, after which it stops. Raises CannotRun where the model has no
    such layer, or x does not fit.
    """
    found: dict[str, Made] = {}
    names = Names()

    def around(layer, args, keywords):
        given = [tensor.array for tensor in tensors_in([args, keywords])]
        outputs = tensors_in(y := layer.call(args, keywords))
        for name, tensor in zip(
            names.of_call(layer.name, len(outputs)), outputs
        ):
            found[name] = Made(layer, given, tensor.array)
        if until in found:
            raise Stopped
        return y

    with contextlib.suppress(Stopped):
        run_calls(model, x, around)
    if until not in (None, *found):
        raise CannotRun(
            f"no layer {until} was called; those that were: {', '.join(found)}"
        )
    return found


def outputs_of(recorded: Mapping[str, Made]) -> dict[str, np.ndarray]:
    """Return {name: array} of what record returns."""
    return {name: np.asarray(made.array) for name, made in recorded.items()}


def weights_of(layer: Layer) -> dict[str, np.ndarray]:
    """Return a layer's weights by the names of its function's arguments, and
    behind the name of each layer in it, those of that: "forward/kernel". Of an
    own layer, they are named weight_0, ..., in the order of get_weights()."""
    found, names = dict(layer.arrays), Names()
    for inner in layer.inside():
        (name,) = names.of_call(inner.name, 1)
        for key, array in weights_of(inner).items():
            found[f"{name}/{key}"] = array
    return found
