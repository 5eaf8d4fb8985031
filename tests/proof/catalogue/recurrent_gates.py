"""Faults of LSTM and GRU: their gates, states, biases, and what their loops return."""

import itertools
from unittest import mock

from breaking import (
    Called,
    altered_argument,
    attribute,
    flipped,
    ignoring_argument,
    in_order,
    inverted_mask,
    operation,
    outputs,
    states,
    turned,
    turned_round,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import GRU, LSTM, GRUCell, LSTMCell


def number_changed(number, change):
    """An attribute, called a few times a step, changed in the call of this number."""

    def changed(real):
        calls = itertools.count()

        def function(z):
            return change(real(z)) if next(calls) == number else real(z)

        return function

    return changed


def gate(cell, number, change):
    """A cell in one of whose gates, by number of computation, something else is."""
    return attribute(cell, "recurrent_activation", number_changed(number, change))


def candidate_of_lstm(change):
    """tanh is called twice a step: first for the candidate, then for the output."""
    return attribute(LSTMCell, "activation", number_changed(0, change))


def output_of_lstm(change):
    return attribute(LSTMCell, "activation", number_changed(1, change))


def open_gate(value):
    return ops.ones_like(value)


def exchanged_activations(given):
    """activation in the place of recurrent_activation, and the other way round."""
    activation = given.get("activation", "tanh")
    given["activation"] = given.get("recurrent_activation", "sigmoid")
    given["recurrent_activation"] = activation


def forgotten(states):
    return [ops.zeros_like(state) for state in states]


def exchanged_states(result):
    """The states c, h in the place of h, c."""
    h, states = result
    return h, states[::-1]


def cell_state_shown(result):
    """c in the place of h as the output."""
    _, (h, c) = result
    return c, [h, c]


LSTM_ORDERS = [
    ("order of ONNX", in_order(0, 3, 1, 2)),
    ("input gate and forget gate exchanged", in_order(1, 0, 2, 3)),
    ("candidate and output gate exchanged", in_order(0, 1, 3, 2)),
]
GRU_ORDERS = [
    ("order of PyTorch", in_order(1, 0, 2)),
    ("reset gate and candidate exchanged", in_order(0, 2, 1)),
]
WEIGHTS = ("kernel", "recurrent_kernel", "bias")


def of_gates(name, cell, page, covers, orders):
    """Faults of the gates, whose computation is that of the cell."""
    faults = [
        Fault(
            f"{name}, {of_weight}: {what}",
            page,
            covers,
            weight(cell, of_weight, change),
        )
        for of_weight in WEIGHTS
        for what, change in orders
    ]
    faults += [
        Fault(
            f"{name}, {of_weight}: {what}",
            page,
            covers,
            weight(cell, of_weight, change),
        )
        for of_weight, what, change in [
            ("kernel", "features reversed", flipped(0)),
            ("recurrent_kernel", "old units reversed", flipped(0)),
            ("bias", "reversed", flipped(-1)),
        ]
    ]
    return faults


def of_the_layer(name, layer, cell, page):
    """Faults of a whole layer: its arguments, its loop and its states."""
    faults = [
        Fault(
            f"{name}, {argument}: ignored",
            page,
            f"{name}.{argument}",
            ignoring_argument(layer, argument),
        )
        for argument in (
            "activation",
            "recurrent_activation",
            "use_bias",
            "return_sequences",
            "return_state",
            "go_backwards",
        )
    ]
    faults += [
        Fault(
            f"{name}, units: one more",
            page,
            f"{name}.units",
            altered_argument(layer, "units", turned),
        ),
        Fault(
            f"{name}, activations: exchanged",
            page,
            f"{name}.recurrent_activation",
            with_arguments(layer, "__init__", exchanged_activations),
        ),
        Fault(
            f"{name}, go_backwards: always",
            page,
            f"{name}.go_backwards",
            with_arguments(
                layer, "__init__", lambda given: given.update(go_backwards=True)
            ),
        ),
        Fault(
            f"{name}, state: zeros at each step",
            page,
            f"{name}.call",
            states(cell, forgotten),
        ),
        Fault(
            f"{name}, initial_state: zeros",
            page,
            f"{name}.call",
            ignoring_argument(layer, "initial_state", "call"),
        ),
        Fault(
            f"{name}, mask: ignored",
            page,
            f"{name}.call",
            ignoring_argument(layer, "mask", "call"),
        ),
        Fault(
            f"{name}, mask: inverted",
            page,
            f"{name}.call",
            altered_argument(layer, "mask", inverted_mask, "call"),
        ),
    ]
    return faults


FAULTS = [
    *of_gates("LSTM", LSTMCell, "recurrent/plot_lstm", "LSTM.call", LSTM_ORDERS),
    *of_the_layer("LSTM", LSTM, LSTMCell, "recurrent/plot_lstm"),
    *of_gates(
        "LSTMCell", LSTMCell, "recurrent/plot_lstm_gates", "LSTMCell.call", LSTM_ORDERS
    ),
    *of_gates("GRU", GRUCell, "recurrent/plot_gru", "GRU.call", GRU_ORDERS),
    *of_the_layer("GRU", GRU, GRUCell, "recurrent/plot_gru"),
    *of_gates(
        "GRUCell", GRUCell, "recurrent/plot_gru_gates", "GRUCell.call", GRU_ORDERS
    ),
]

# -- LSTM: i, f and o are computed in this order

FAULTS += [
    Fault(f"{name}, {what}", page, f"{name}.call", by)
    for name, page in [
        ("LSTM", "recurrent/plot_lstm"),
        ("LSTMCell", "recurrent/plot_lstm_gates"),
    ]
    for what, by in [
        ("input gate: turned round", gate(LSTMCell, 0, turned_round)),
        ("forget gate: turned round", gate(LSTMCell, 1, turned_round)),
        ("forget gate: always open", gate(LSTMCell, 1, open_gate)),
        ("output gate: turned round", gate(LSTMCell, 2, turned_round)),
        ("output gate: always open", gate(LSTMCell, 2, open_gate)),
        ("candidate: negated", candidate_of_lstm(ops.negative)),
        ("output: negated", output_of_lstm(ops.negative)),
    ]
]
FAULTS += [
    Fault(
        "LSTM, states: c, h",
        "recurrent/plot_lstm",
        "LSTM.return_state",
        outputs(LSTMCell, exchanged_states),
    ),
    Fault(
        "LSTM, output: c in the place of h",
        "recurrent/plot_lstm",
        "LSTM.call",
        outputs(LSTMCell, cell_state_shown),
    ),
    Fault(
        "LSTMCell, states: c, h",
        "recurrent/plot_lstm_gates",
        "LSTMCell.call",
        outputs(LSTMCell, exchanged_states),
    ),
    Fault(
        "LSTMCell, units: one more",
        "recurrent/plot_lstm_gates",
        "LSTMCell.units",
        altered_argument(LSTMCell, "units", turned),
    ),
]

# -- The bias of a new LSTM

FORGET = "recurrent/plot_lstm_forget_bias"


def zeros_forced(given):
    """What the documentation says of unit_forget_bias."""
    if given.get("unit_forget_bias", True):
        given["bias_initializer"] = "zeros"


def ones_in_another_gate(concatenate, parts, *args, **kwargs):
    return concatenate(parts[::-1], *args, **kwargs)


def one_added(concatenate, parts, *args, **kwargs):
    """1 added to what bias_initializer gives."""
    if len(parts) == 3:
        parts = [parts[0], parts[0] + parts[1], parts[2]]
    return concatenate(parts, *args, **kwargs)


def ones_in_all_gates(concatenate, parts, *args, **kwargs):
    return ops.ones_like(concatenate(parts, *args, **kwargs))


for layer in (LSTM, LSTMCell):
    name = layer.__name__
    FAULTS += [
        Fault(
            f"{name}, unit_forget_bias: ignored",
            FORGET,
            f"{name}.unit_forget_bias",
            ignoring_argument(layer, "unit_forget_bias"),
        ),
        Fault(
            f"{name}, unit_forget_bias: never",
            FORGET,
            f"{name}.unit_forget_bias",
            with_arguments(
                layer, "__init__", lambda given: given.update(unit_forget_bias=False)
            ),
        ),
        Fault(
            f"{name}, unit_forget_bias: zeros forced",
            FORGET,
            f"{name}.unit_forget_bias",
            with_arguments(layer, "__init__", zeros_forced),
        ),
        Fault(
            f"{name}, bias_initializer: ignored",
            FORGET,
            f"{name}.bias_initializer",
            ignoring_argument(layer, "bias_initializer"),
        ),
    ]
FAULTS += [
    Fault(
        f"LSTM, unit_forget_bias: {what}",
        FORGET,
        "LSTM.unit_forget_bias",
        operation("concatenate", change),
    )
    for what, change in [
        ("in another gate", ones_in_another_gate),
        ("added to bias_initializer", one_added),
        ("in all gates", ones_in_all_gates),
    ]
]
FAULTS += [
    Fault(
        f"LSTM, forget bias: {what}",
        FORGET,
        "LSTM.call",
        by,
    )
    for what, by in [
        ("added once more in each step", weight(LSTMCell, "bias", lambda b: b + 1)),
        ("of the input gate", weight(LSTMCell, "bias", in_order(1, 0, 2, 3))),
        ("state not carried", states(LSTMCell, forgotten)),
    ]
]

# -- GRU: z and r are computed in this order

FAULTS += [
    Fault(f"{name}, {what}", page, f"{name}.call", by)
    for name, page in [
        ("GRU", "recurrent/plot_gru"),
        ("GRUCell", "recurrent/plot_gru_gates"),
    ]
    for what, by in [
        ("bias: rows exchanged", weight(GRUCell, "bias", flipped(0))),
        ("update gate: turned round", gate(GRUCell, 0, turned_round)),
        ("update gate: always 1", gate(GRUCell, 0, open_gate)),
        ("update gate: always 0", gate(GRUCell, 0, ops.zeros_like)),
        ("reset gate: turned round", gate(GRUCell, 1, turned_round)),
        ("reset gate: always 1", gate(GRUCell, 1, open_gate)),
        (
            "candidate: negated",
            attribute(GRUCell, "activation", number_changed(0, ops.negative)),
        ),
    ]
]
FAULTS += [
    Fault(
        "GRU, reset_after: ignored",
        "recurrent/plot_gru",
        "GRU.reset_after",
        ignoring_argument(GRU, "reset_after"),
    ),
    *[
        Fault(
            f"{name}, {argument}: ignored",
            page,
            f"{name}.{argument}",
            ignoring_argument(cell, argument),
        )
        for name, cell, page, arguments in [
            (
                "LSTMCell",
                LSTMCell,
                "recurrent/plot_lstm",
                ("activation", "recurrent_activation", "use_bias"),
            ),
            ("GRUCell", GRUCell, "recurrent/plot_gru", ("use_bias",)),
        ]
        for argument in arguments
    ],
    Fault(
        "GRUCell, units: one more",
        "recurrent/plot_gru_gates",
        "GRUCell.units",
        altered_argument(GRUCell, "units", turned),
    ),
    Fault(
        "GRUCell, activation: ignored",
        "recurrent/plot_gru_gates",
        "GRUCell.activation",
        ignoring_argument(GRUCell, "activation"),
    ),
]

# -- Where the reset gate stands

RESET = "recurrent/plot_gru_reset_after"


def before(real, self, inputs, states, **kwargs):
    """The gate before the product; what the second row of the bias is for is added."""
    if not self.reset_after:
        return real(self, inputs, states, **kwargs)
    with mock.patch.dict(
        vars(self), reset_after=False, bias=ops.sum(self.bias, axis=0)
    ):
        return real(self, inputs, states, **kwargs)


def after(real, self, inputs, states, **kwargs):
    """The gate after the product, and a second row of the bias that is 0."""
    if self.reset_after:
        return real(self, inputs, states, **kwargs)
    rows = ops.stack([self.bias, ops.zeros_like(self.bias)])
    with mock.patch.dict(vars(self), reset_after=True, bias=rows):
        return real(self, inputs, states, **kwargs)


FAULTS += [
    Fault(f"{name}: {what}", RESET, covers, by)
    for name, what, covers, by in [
        (
            "GRU, reset_after",
            "False by default",
            "GRU.reset_after",
            with_arguments(
                GRU, "__init__", lambda given: given.setdefault("reset_after", False)
            ),
        ),
        (
            "GRUCell, reset_after",
            "ignored",
            "GRUCell.reset_after",
            ignoring_argument(GRUCell, "reset_after"),
        ),
        (
            "GRUCell, reset_after",
            "always before the product",
            "GRUCell.reset_after",
            Called(GRUCell, before),
        ),
        (
            "GRUCell, reset_after",
            "always after the product",
            "GRUCell.reset_after",
            Called(GRUCell, after),
        ),
        (
            "GRUCell, activation",
            "ignored, linear",
            "GRUCell.activation",
            ignoring_argument(GRUCell, "activation"),
        ),
        (
            "GRUCell, recurrent_activation",
            "ignored, linear",
            "GRUCell.recurrent_activation",
            ignoring_argument(GRUCell, "recurrent_activation"),
        ),
        (
            "GRUCell, reset gate",
            "1 in all units",
            "GRUCell.call",
            gate(GRUCell, 1, open_gate),
        ),
        (
            "GRUCell, recurrent_kernel",
            "old units reversed, of g",
            "GRUCell.call",
            weight(GRUCell, "recurrent_kernel", flipped(0)),
        ),
    ]
]
