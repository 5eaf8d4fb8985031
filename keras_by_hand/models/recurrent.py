"""How recurrent layers, their cells and what wraps them work in a model."""

import functools

import numpy as np

from keras_by_hand.models.config import with_weights
from keras_by_hand.models.layer import KeepsMask, Layer
from keras_by_hand.models.tensors import each, flat, in_float64


class Recurrent(Layer):
    """A layer that goes from step to step, from states that it may be given."""

    places = ("initial_state", "mask", "training")
    parts = ("cell",)

    def apply(self, x, mask=None, initial_state=None, **keywords):
        if isinstance(initial_state, np.ndarray):
            initial_state = [initial_state]
        keywords["initial_state"] = initial_state
        return super().apply(x, mask, **keywords)

    def mask_after(self, x, mask):
        return mask if self.config.get("return_sequences") else None


class Cell(Layer):
    """A cell in an RNN."""

    places = ("states", "training")
    states = 1  # how many it has

    def first_states(self, batch, given):
        """Return the states with which it begins: those given, as long as
        there are any, or zeros."""
        zeros = np.zeros((batch, self.config["units"]))
        return [next(given, zeros) for _ in range(self.states)]

    def as_function(self):
        """Return a step, a function of x and the states."""
        arrays = each(in_float64, self.arrays)
        return functools.partial(self.function, **arrays, **self.options)


class LSTMCell(Cell):
    states = 2


class StackedCells(Layer):
    """Cells, each of which takes the output of the one before."""

    places = ("states", "training")

    def prepare(self, build):
        groups = self.weights.get("cells", {})
        told = with_weights(self.config["cells"], groups)
        self.cells = [build(*pair) for pair in told]

    def first_states(self, batch, given):
        return [cell.first_states(batch, given) for cell in self.cells]

    def as_function(self):
        cells = [cell.as_function() for cell in self.cells]
        return functools.partial(self.function, cells=cells)


class RNN(Recurrent):
    """A loop around a cell."""

    parts = ()

    def prepare(self, build):
        super().prepare(build)
        told = self.config["cell"]
        self.cell = build(told, self.weights.get("cell", {}))

    def find_arrays(self, names):
        return {}

    def apply(self, x, mask=None, initial_state=None, **keywords):
        given = [] if initial_state is None else initial_state
        states = self.cell.first_states(len(x), iter(flat(given)))
        step = self.cell.as_function()
        options = {**self.options, **keywords}
        return self.function(step, x, states, mask, **options)


class Bidirectional(Recurrent):
    """Two recurrent layers, of which one goes backwards."""

    parts = ()

    def prepare(self, build):
        super().prepare(build)
        told = self.config["layer"]
        told_back = self.config.get("backward_layer") or told
        self.forward = build(told, self.weights.get("forward_layer", {}))
        group = self.weights.get("backward_layer", {})
        self.backward = build(told_back, group)

    def find_arrays(self, names):
        return {}

    def apply(self, x, mask=None, initial_state=None):
        _, common = self.find_arguments()
        told = self.forward.options
        options = {**self.options, **{n: told[n] for n in told if n in common}}
        options["backward_layer"] = self.backward.apply
        return self.function(
            self.forward.apply,
            x,
            mask=mask,
            initial_state=initial_state,
            **options,
        )

    def mask_after(self, x, mask):
        return self.forward.mask_after(x, mask)


class TimeDistributed(KeepsMask):
    """A layer, applied to each step."""

    def prepare(self, build):
        told = self.config["layer"]
        self.layer = build(told, self.weights.get("layer", {}))

    def apply(self, x, mask=None):
        given = mask if self.layer.takes_mask else None
        return self.function(self.layer.apply, x, mask=given)
