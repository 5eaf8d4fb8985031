"""Faults of recurrent layers whose weights go to PyTorch and ONNX, and come back."""

from breaking import (
    Together,
    flipped,
    ignoring_argument,
    in_order,
    not_transposed,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import GRU, LSTM, GRUCell, LSTMCell

LSTM_PYTORCH = "recurrent/plot_lstm_pytorch"
GRU_PYTORCH = "recurrent/plot_gru_pytorch"
LSTM_ONNX = "recurrent/plot_lstm_onnx"
GRU_ONNX = "recurrent/plot_gru_onnx"


def gates_transposed(w):
    """The square of each gate transposed."""
    units = w.shape[0]
    parts = ops.split(w, w.shape[1] // units, axis=1)
    return ops.concatenate([ops.transpose(part) for part in parts], axis=1)


def added_up(bias):
    """Both rows of a GRU's bias in the first one, as if it were an LSTM's."""
    rows = ops.stack([ops.sum(bias, axis=0), ops.zeros_like(bias[0])])
    return ops.cast(rows, bias.dtype)


def negated_z(w):
    """The update gate of the textbooks: sigmoid(-a) is 1 - sigmoid(a)."""
    z, r, g = ops.split(w, 3, axis=-1)
    return ops.concatenate([-z, r, g], axis=-1)


def of_two_rows(change):
    """A change of a GRU's bias, if it has the two rows of reset_after."""
    return lambda bias: change(bias) if len(bias.shape) == 2 else bias


def reset_gate_open(bias):
    """A bias with which the reset gate is 1."""
    z, r, g = ops.split(bias, 3, axis=-1)
    return ops.concatenate([z, r + 1000, g], axis=-1)


def always(layer, **arguments):
    """A layer that is made with these arguments, whatever it is told."""
    return with_arguments(layer, "__init__", lambda given: given.update(arguments))


OTHER_ORDERS = [  # of Keras' i, f, g, o and z, r, h
    (LSTMCell, "input and forget gate exchanged", in_order(1, 0, 2, 3)),
    (LSTMCell, "forget gate and candidate exchanged", in_order(0, 2, 1, 3)),
    (LSTMCell, "ONNX's order", in_order(0, 3, 1, 2)),
    (GRUCell, "update and reset gate exchanged", in_order(1, 0, 2)),
    (GRUCell, "reset gate and candidate exchanged", in_order(0, 2, 1)),
]
PORTED = [
    (LSTMCell, "to PyTorch", LSTM_PYTORCH),
    (GRUCell, "to PyTorch", GRU_PYTORCH),
    (LSTMCell, "to ONNX", LSTM_ONNX),
    (GRUCell, "to ONNX", GRU_ONNX),
]
FAULTS = [
    Fault(
        f"{cell.__name__}, {name} {where}: {what}",
        page,
        f"{cell.__name__}.call",
        weight(cell, name, change),
    )
    for cell, where, page in PORTED
    for name in ("kernel", "recurrent_kernel", "bias")
    for owner, what, change in OTHER_ORDERS
    if owner is cell
]
FAULTS += [
    Fault(
        f"{cell.__name__}, {name} {where}: {what}",
        page,
        f"{cell.__name__}.call",
        weight(cell, name, change),
    )
    for cell, where, page in PORTED
    for name, what, change in [
        ("kernel", "not transposed", not_transposed),
        ("kernel", "features reversed", flipped(0)),
        ("recurrent_kernel", "not transposed", not_transposed),
        ("recurrent_kernel", "each gate transposed", gates_transposed),
        ("bias", "reversed", flipped(-1)),
        ("bias", "twice", lambda bias: 2 * bias),
        ("bias", "half", lambda bias: bias / 2),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {name} {where}: {what}",
        page,
        f"{layer.__name__}.{name}",
        breaking,
    )
    for layer, where, page in [
        (LSTM, "to PyTorch", LSTM_PYTORCH),
        (GRU, "to PyTorch", GRU_PYTORCH),
        (LSTM, "to ONNX", LSTM_ONNX),
        (GRU, "to ONNX", GRU_ONNX),
    ]
    for name, what, breaking in [
        (
            "recurrent_activation",
            "hard_sigmoid, as in Keras 2",
            always(layer, recurrent_activation="hard_sigmoid"),
        ),
        ("activation", "relu", always(layer, activation="relu")),
        ("return_sequences", "ignored", ignoring_argument(layer, "return_sequences")),
    ]
]
FAULTS += [
    Fault(f"GRUCell {where}: {what}", page, f"GRUCell.{covers}", breaking)
    for where, page in [("to PyTorch", GRU_PYTORCH), ("to ONNX", GRU_ONNX)]
    for what, covers, breaking in [
        (
            "biases exchanged",
            "reset_after",
            weight(GRUCell, "bias", of_two_rows(flipped(0))),
        ),
        (
            "biases added up",
            "reset_after",
            weight(GRUCell, "bias", of_two_rows(added_up)),
        ),
        ("reset gate open", "call", weight(GRUCell, "bias", reset_gate_open)),
        (
            "z for 1 - z",
            "call",
            Together(
                weight(GRUCell, "kernel", negated_z),
                weight(GRUCell, "recurrent_kernel", negated_z),
                weight(GRUCell, "bias", negated_z),
            ),
        ),
    ]
]
FAULTS += [
    Fault(
        "GRU, reset_after to PyTorch: false",
        GRU_PYTORCH,
        "GRU.reset_after",
        always(GRU, reset_after=False),
    ),
    Fault(
        "GRU, reset_after to ONNX: ignored",
        GRU_ONNX,
        "GRU.reset_after",
        ignoring_argument(GRU, "reset_after"),
    ),
]
