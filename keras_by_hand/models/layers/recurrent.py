"""How recurrent layers and their cells work in a model."""

import functools
from collections.abc import Sequence

import numpy as np

from keras_by_hand.activations import linear, sigmoid
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
from keras_by_hand.layers.regularization import dropout
from keras_by_hand.models.config import with_weights
from keras_by_hand.models.layers.layer import (
    ALL_BUT_BOOLEANS,
    Layer,
    LayerTable,
)
from keras_by_hand.models.tensors import flat, speaks_numpy
from keras_by_hand.random import draw_kept
from keras_by_hand.tracing.tape import plain


class Recurrent(Layer):
    """A layer that goes from step to step, from states that it may be given."""

    places: Sequence[str] = ("initial_state", "mask", "training")
    kinds = ALL_BUT_BOOLEANS
    reads: Sequence[str] = ("stateful", "dropout")
    parts: Sequence[str] = ("cell",)
    factors_of_states = None  # of its recurrent_dropout, in training

    def why_not_trained(self):
        names = "dropout", "recurrent_dropout"
        if any(not 0 <= (self.config.get(name) or 0) < 1 for name in names):
            return "dropout of all, or of less than nothing, is not known here"
        return super().why_not_trained()

    def draws(self):
        return bool(
            self.config.get("dropout") or self.config.get("recurrent_dropout")
        )

    def draw_factors(self, shape, rate):
        """Return by what each entry is multiplied in all steps, or None. Keras
        draws in predict, too, and uses it in training alone."""
        if not rate or self.seed_state is None:
            return None
        seed = self.next_seed()
        if not self.trains:
            return None
        kept = draw_kept(shape, rate, self.dtype, seed=seed)
        return dropout(np.ones(shape, self.dtype), kept, rate=rate)

    def apply(self, x, mask=None, initial_state=None, **keywords):
        x = self.drop(x)
        if speaks_numpy(initial_state):
            initial_state = [initial_state]
        if not self.config.get("stateful"):
            return self.loop(x, mask, initial_state, **keywords)
        options = {**self.options, **keywords}
        keywords["return_state"] = True
        start = self.kept if initial_state is None else initial_state
        y, *states = self.loop(x, mask, start, **keywords)
        self.kept = [plain(state) for state in states]
        return [y, *states] if options.get("return_state") else y

    def drop(self, x):
        """Draw, and return what is left of the input."""
        rates = self.config.get("dropout"), self.config.get("recurrent_dropout")
        factors = self.draw_factors((len(x), *x.shape[2:]), rates[0])
        units = self.config.get("units")
        self.factors_of_states = self.draw_factors((len(x), units), rates[1])
        return x if factors is None else x * factors[:, np.newaxis]

    def loop(self, x, mask, initial_state, **keywords):
        """Return what it makes of all steps of an array."""
        keywords["initial_state"] = initial_state
        return super().apply(x, mask, **keywords)

    def mask_after(self, x, mask):
        return mask if self.config.get("return_sequences") else None


class SimpleRNN(Recurrent):
    """A SimpleRNN, which may drop what comes from the step before."""

    def loop(self, x, mask, initial_state, **keywords):
        factors = self.factors_of_states
        if factors is None:
            return super().loop(x, mask, initial_state, **keywords)
        if initial_state is None:
            initial_state = [np.zeros(factors.shape, self.dtype)]
        cell_options, options = {}, {**self.options, **keywords}
        if "activation" in options:
            cell_options["activation"] = options.pop("activation")

        def step(x_of_step, states):
            dropped = [states[0] * factors]
            arrays = self.arrays
            return simple_rnn_cell(x_of_step, dropped, **arrays, **cell_options)

        options.pop("use_bias", None)
        return rnn(step, x, initial_state, mask, **options)


class Gated(Recurrent):
    """An LSTM or a GRU, which may drop other entries for each gate."""

    factors_of_input = None  # for each gate, in training

    def why_not_trained(self):
        dropout, of_states = map(
            self.config.get, ("dropout", "recurrent_dropout")
        )
        if dropout and not of_states and self.config.get("implementation") == 1:
            return "with dropout and implementation=1, Keras fails, too"
        return super().why_not_trained()

    def drop(self, x):
        rates = self.config.get("dropout"), self.config.get("recurrent_dropout")
        self.factors_of_input = self.factors_of_states = None
        if not rates[1]:
            return super().drop(x)
        gates = range(4 if self.kind == "LSTM" else 3)
        drawn = [
            [self.draw_factors((len(x), length), rate) for _ in gates]
            for length, rate in zip((x.shape[-1], self.config["units"]), rates)
        ]
        if self.trains:
            ones = np.ones((1, 1), self.dtype)
            self.factors_of_input, self.factors_of_states = [
                [ones if one is None else one for one in factors]
                for factors in drawn
            ]
        return x

    def loop(self, x, mask, initial_state, **keywords):
        if self.factors_of_input is None:
            return super().loop(x, mask, initial_state, **keywords)
        kernels = np.split(self.arrays["kernel"], len(self.factors_of_input), 1)
        parts = [
            (x * factor[:, np.newaxis]) @ kernel
            for factor, kernel in zip(self.factors_of_input, kernels)
        ]
        if initial_state is None:
            zeros = np.zeros((len(x), self.config["units"]), self.dtype)
            initial_state = [zeros] * (2 if self.kind == "LSTM" else 1)
        options, of_cell = {**self.options, **keywords}, {}
        for name in ("activation", "recurrent_activation", "reset_after"):
            if name in options:
                of_cell[name] = options.pop(name)
        told = self.factors_of_states, self.arrays, of_cell
        step = lstm_step_by_gate if self.kind == "LSTM" else gru_step_by_gate
        step = functools.partial(step, *told)
        x = np.concatenate(parts, axis=-1)
        return rnn(step, x, initial_state, mask, **options)


class ConvLSTM(Recurrent):
    """A ConvLSTM, which drops other entries of the input for each gate."""

    factors_of_input = None  # for each gate, in training

    def why_not_trained(self):
        if self.config.get("recurrent_dropout"):
            return "its recurrent_dropout is not known here"
        return super().why_not_trained()

    def drop(self, x):
        rate, shape = self.config.get("dropout"), (len(x), *x.shape[2:])
        drawn = [self.draw_factors(shape, rate) for _ in range(4)]
        self.factors_of_input = None if drawn[0] is None else drawn
        return x

    def loop(self, x, mask, initial_state, **keywords):
        if self.factors_of_input is None:
            return super().loop(x, mask, initial_state, **keywords)
        # Four inputs beside each other, of which each gate sees its own.
        is_first = self.config.get("data_format") == "channels_first"
        parts = [x * factor[:, np.newaxis] for factor in self.factors_of_input]
        x = np.concatenate(parts, 2 if is_first else -1)
        arrays = self.arrays
        self.arrays = {**arrays, "kernel": kernel_of_gates(arrays["kernel"])}
        try:
            return super().loop(x, mask, initial_state, **keywords)
        finally:
            self.arrays = arrays


def kernel_of_gates(kernel):
    """Return a kernel for four inputs beside each other, one for each gate:
    (..., 4 * channels, 4 * filters) of (..., channels, 4 * filters)."""
    parts = np.split(kernel, 4, -1)
    zeros = np.zeros(parts[0].shape, kernel.dtype)
    rows = [
        np.concatenate([part if n == gate else zeros for n in range(4)], -1)
        for gate, part in enumerate(parts)
    ]
    return np.concatenate(rows, -2)


def lstm_step_by_gate(factors, arrays, options, x, states):
    """A step of LSTM, in which each gate is given what is left of the state.

    x: what the kernel makes of the input, (batch, 4 * units).
    """
    h, c = states
    kernels = np.split(arrays["recurrent_kernel"], 4, 1)
    parts = [(h * factor) @ k for factor, k in zip(factors, kernels)]
    length = x.shape[-1]
    kernel = np.eye(length, dtype=h.dtype)
    nothing = np.zeros((length // 4, length), h.dtype)
    x = x + np.concatenate(parts, axis=-1)
    bias = arrays.get("bias")
    return lstm_cell(x, [h, c], kernel, nothing, bias, **options)


def gru_step_by_gate(factors, arrays, options, x, states):
    """A step of GRU, in which each gate is given what is left of the state.

    x: what the kernel makes of the input, (batch, 3 * units).
    """
    (h,) = states
    activate = options.get("activation", np.tanh) or linear
    gate = options.get("recurrent_activation", sigmoid) or linear
    is_after = options.get("reset_after", True)
    bias, of_states = arrays.get("bias", 0), 0
    if is_after and "bias" in arrays:
        bias, of_states = bias
    kernels = np.split(arrays["recurrent_kernel"], 3, 1)
    left = [h * factor for factor in factors]
    parts = [of_gate @ kernel for of_gate, kernel in zip(left, kernels)]
    x_z, x_r, x_g = np.split(x + bias, 3, -1)
    h_z, h_r, h_g = np.split(np.concatenate(parts, -1) + of_states, 3, -1)
    z, r = gate(x_z + h_z), gate(x_r + h_r)
    h_g = r * h_g if is_after else (r * left[2]) @ kernels[2]
    h = z * h + (1 - z) * activate(x_g + h_g)
    return h, [h]


class Cell(Layer):
    """A cell in an RNN."""

    places = ("states", "training")
    reads = ("dropout",)
    states = 1  # how many it has

    def why_not_trained(self):
        if self.config.get("dropout") or self.config.get("recurrent_dropout"):
            return "dropout in a cell is not known here; use its layer"
        return super().why_not_trained()

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
    "ConvLSTM1D": (conv_lstm1d, ConvLSTM),
    "ConvLSTM2D": (conv_lstm2d, ConvLSTM),
    "ConvLSTM3D": (conv_lstm3d, ConvLSTM),
    "GRU": (gru, Gated),
    "GRUCell": (gru_cell, Cell),
    "LSTM": (lstm, Gated),
    "LSTMCell": (lstm_cell, LSTMCell),
    "RNN": (rnn, RNN),
    "SimpleRNN": (simple_rnn, SimpleRNN),
    "SimpleRNNCell": (simple_rnn_cell, Cell),
    "StackedRNNCells": (stacked_rnn_cells, StackedCells),
}
