"""Faults of LSTM and GRU: units, a new LSTM's bias, and where the reset gate stands."""

from unittest import mock

from breaking import (
    Called,
    altered_argument,
    ignoring_argument,
    operation,
    turned,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import GRU, LSTM, GRUCell, LSTMCell

FAULTS = [
    Fault(
        f"{layer.__name__}, units: one more",
        page,
        f"{layer.__name__}.units",
        altered_argument(layer, "units", turned),
    )
    for layer, page in [
        (LSTM, "recurrent/plot_lstm"),
        (LSTMCell, "recurrent/plot_lstm_gates"),
        (GRU, "recurrent/plot_gru"),
        (GRUCell, "recurrent/plot_gru_gates"),
    ]
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


# -- Where the reset gate stands

RESET = "recurrent/plot_gru_reset_after"


def after(real, self, inputs, states, **kwargs):
    """The gate after the product, and a second row of the bias that is 0."""
    if self.reset_after:
        return real(self, inputs, states, **kwargs)
    rows = ops.stack([self.bias, ops.zeros_like(self.bias)])
    with mock.patch.dict(vars(self), reset_after=True, bias=rows):
        return real(self, inputs, states, **kwargs)


FAULTS += [
    Fault(
        "GRUCell, reset_after: always after the product",
        RESET,
        "GRUCell.reset_after",
        Called(GRUCell, after),
    ),
]
