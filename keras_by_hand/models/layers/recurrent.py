"""How recurrent layers and their cells work in a model."""

import functools
from collections.abc import Sequence

import numpy as np

from keras_by_hand.layers.conv_lstm import conv_lstm1d, conv_lstm2d, conv_lstm3d
from keras_by_hand.layers.recurrent import (
    gru,
    gru_cell,
    lstm,
    lstm_cell,
    rnn,
    simple_rnn,
    simple_rnn_cell,
    stacked_rnn_cells,
)
from keras_by_hand.models.config import with_weights
from keras_by_hand.models.layers.layer import (
    ALL_BUT_BOOLEANS,
    Layer,
    LayerTable,
)
from keras_by_hand.models.tensors import flat, speaks_numpy


class Recurrent(Layer):
    """A layer that goes from step to step, from states that it may be given."""

    places: Sequence[str] = ("initial_state", "mask", "training")
    kinds = ALL_BUT_BOOLEANS
    reads: Sequence[str] = ("stateful", "dropout")
    parts: Sequence[str] = ("cell",)
    kept = None  # the last states, from which a stateful layer goes on

    def apply(self, x, mask=None, initial_state=None, **keywords):
        if speaks_numpy(initial_state):
            initial_state = [initial_state]
        if not self.config.get("stateful"):
            return self.loop(x, mask, initial_state, **keywords)
        options = {**self.options, **keywords}
        keywords["return_state"] = True
        start = self.kept if initial_state is None else initial_state
        y, *self.kept = self.loop(x, mask, start, **keywords)
        return [y, *self.kept] if options.get("return_state") else y

    def loop(self, x, mask, initial_state, **keywords):
        """Return what it makes of all steps of an array."""
        keywords["initial_state"] = initial_state
        return super().apply(x, mask, **keywords)

    def mask_after(self, x, mask):
        return mask if self.config.get("return_sequences") else None


class Cell(Layer):
    """A cell in an RNN."""

    places = ("states", "training")
    reads = ("dropout",)
    states = 1  # how many it has

    def first_states(self, batch, given):
        """Return the states with which it begins: those given, as long as
        there are any, or zeros."""
        zeros = np.zeros((batch, self.config["units"]), self.dtype)
        return [next(given, zeros) for _ in range(self.states)]

    def as_function(self):
        """Return a step, a function of x and the states."""
        return functools.partial(self.function, **self.arrays, **self.options)


class LSTMCell(Cell):
    states = 2


class StackedCells(Layer):
    """Cells, each of which takes the output of the one before."""

    places = ("states", "training")
    reads = ("cells",)

    def prepare(self, build):
        groups = self.weights.get("cells", {})
        saved = with_weights(self.config["cells"], groups)
        self.cells = [self.build_inside(build, *pair) for pair in saved]

    def inside(self):
        return self.cells

    def first_states(self, batch, given):
        return [cell.first_states(batch, given) for cell in self.cells]

    def as_function(self):
        cells = [cell.as_function() for cell in self.cells]
        return functools.partial(self.function, cells=cells)


class RNN(Recurrent):
    """A loop around a cell."""

    reads = ("cell", "stateful")
    parts = ()

    def prepare(self, build):
        super().prepare(build)
        saved, weights = self.config["cell"], self.weights.get("cell", {})
        self.cell = self.build_inside(build, saved, weights)

    def inside(self):
        return [self.cell]

    def find_arrays(self, names):
        return {}

    def loop(self, x, mask, initial_state, **keywords):
        given = [] if initial_state is None else initial_state
        states = self.cell.first_states(len(x), iter(flat(given)))
        step = self.cell.as_function()
        options = {**self.options, **keywords}
        return self.function(step, x, states, mask, **options)


RECURRENT_LAYERS: LayerTable = {
    "ConvLSTM1D": (conv_lstm1d, Recurrent),
    "ConvLSTM2D": (conv_lstm2d, Recurrent),
    "ConvLSTM3D": (conv_lstm3d, Recurrent),
    "GRU": (gru, Recurrent),
    "GRUCell": (gru_cell, Cell),
    "LSTM": (lstm, Recurrent),
    "LSTMCell": (lstm_cell, LSTMCell),
    "RNN": (rnn, RNN),
    "SimpleRNN": (simple_rnn, Recurrent),
    "SimpleRNNCell": (simple_rnn_cell, Cell),
    "StackedRNNCells": (stacked_rnn_cells, StackedCells),
}
