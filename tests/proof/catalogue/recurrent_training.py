"""Faults of recurrent layers in training: what goes back through time, and what a trained
model writes and forecasts."""

import functools

from breaking import (
    activation,
    flipped,
    gradient_times,
    ignoring_argument,
    in_order,
    outputs,
    states,
    weight,
    with_arguments,
    with_gradient_of,
)
from fault import Fault
from keras import ops
from keras.layers import (
    GRU,
    LSTM,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
)

halved = functools.partial(gradient_times, 0.5)
cut = functools.partial(gradient_times, 0.0)


def all_times(factor):
    """A change of states that multiplies their gradients."""
    times = functools.partial(gradient_times, factor)
    return lambda states: [times(state) for state in states]


def transposed_gradient(w):
    return with_gradient_of(ops.transpose(w), w)


def reversed_gradient(b):
    return with_gradient_of(ops.flip(b), b)


def without_gradient(gate):
    """An LSTM, one of whose gates sends no gradient to its kernels and its inputs."""

    def change(given):
        given["z"] = [cut(z) if i == gate else z for i, z in enumerate(given["z"])]

    return with_arguments(LSTMCell, "_compute_carry_and_output_fused", change)


FAULTS = []
for layer, cell, page in [
    (SimpleRNN, SimpleRNNCell, "recurrent/plot_bptt_simple_rnn"),
    (LSTM, LSTMCell, "recurrent/plot_bptt_lstm"),
]:
    name = layer.__name__
    FAULTS += [
        Fault(f"{name}, gradient of {what}", page, f"{cell.__name__}.call", by)
        for what, by in [
            ("the states: cut after a step", states(cell, all_times(0.0))),
            ("the states: halved by each step", states(cell, all_times(0.5))),
            ("the kernel: halved", weight(cell, "kernel", halved)),
            (
                "the recurrent kernel: halved",
                weight(cell, "recurrent_kernel", halved),
            ),
            ("the bias: reversed", weight(cell, "bias", reversed_gradient)),
        ]
    ]
    FAULTS += [
        Fault(f"{name}, gradient of {what}", page, f"{name}.call", by)
        for what, by in [
            (
                "y: of the last step alone",
                outputs(
                    layer,
                    lambda y: ops.concatenate([cut(y[:, :-1]), y[:, -1:]], axis=1),
                ),
            ),
            (
                "y: steps in reverse",
                outputs(layer, lambda y: with_gradient_of(flipped(1)(y), y)),
            ),
        ]
    ]
    FAULTS.append(
        Fault(
            f"{name}, gradient of tanh: 1 everywhere",
            page,
            f"{name}.activation",
            activation("tanh", lambda z, y: with_gradient_of(z, y)),
        )
    )
FAULTS += [
    Fault(
        "SimpleRNN, gradient of the recurrent kernel: transposed",
        "recurrent/plot_bptt_simple_rnn",
        "SimpleRNNCell.call",
        weight(SimpleRNNCell, "recurrent_kernel", transposed_gradient),
    ),
]
FAULTS += [
    Fault(f"LSTM, gradient of {what}", "recurrent/plot_bptt_lstm", covers, by)
    for what, covers, by in [
        (
            "h: not sent to the step before",
            "LSTMCell.call",
            states(LSTMCell, lambda states: [cut(states[0]), states[1]]),
        ),
        (
            "c: not sent to the step before",
            "LSTMCell.call",
            states(LSTMCell, lambda states: [states[0], cut(states[1])]),
        ),
        (
            "sigmoid: 1/4 everywhere",
            "LSTM.recurrent_activation",
            activation("sigmoid", lambda z, y: with_gradient_of(z / 4, y)),
        ),
    ]
]
FAULTS += [
    Fault(
        f"LSTM, gradient of the {name}: missing",
        "recurrent/plot_bptt_lstm",
        "LSTMCell.call",
        without_gradient(gate),
    )
    for gate, name in enumerate(
        ["input gate", "forget gate", "candidate", "output gate"]
    )
]


def set_to(name, value):
    """A change of arguments that sets one of them."""
    return lambda given: given.update({name: value})


VANISHING = "recurrent/plot_vanishing_gradient"
FAULTS += [
    Fault(name, VANISHING, covers, by)
    for name, covers, by in [
        (
            "LSTM, vanishing gradient: one per cent less in each step",
            "LSTMCell.call",
            states(LSTMCell, all_times(0.99)),
        ),
        (
            "LSTM, vanishing gradient: through c alone",
            "LSTMCell.call",
            states(LSTMCell, lambda states: [cut(states[0]), states[1]]),
        ),
        (
            "SimpleRNN, vanishing gradient: one per cent less in each step",
            "SimpleRNNCell.call",
            states(SimpleRNNCell, all_times(0.99)),
        ),
        (
            "SimpleRNN, vanishing gradient: the recurrent kernel transposed",
            "SimpleRNNCell.call",
            weight(
                SimpleRNNCell,
                "recurrent_kernel",
                lambda w: ops.transpose(ops.convert_to_tensor(w)),
            ),
        ),
        (
            "SimpleRNN, vanishing gradient: the recurrent kernel not orthogonal",
            "SimpleRNN.recurrent_initializer",
            with_arguments(
                SimpleRNN, "__init__", set_to("recurrent_initializer", "glorot_normal")
            ),
        ),
    ]
]


FORECAST = "recurrent/plot_lstm_forecast"
TEXT = "recurrent/plot_character_model"
FAULTS += [
    Fault(f"{name}, {what}", page, covers, by)
    for page, name, what, covers, by in [
        (
            FORECAST,
            "LSTM",
            "forecast: initial state ignored",
            "LSTM.call",
            ignoring_argument(LSTM, "initial_state", "call"),
        ),
        (
            FORECAST,
            "LSTM",
            "forecast: h and c exchanged",
            "LSTMCell.call",
            states(LSTMCell, lambda states: states[::-1]),
        ),
        (
            FORECAST,
            "LSTM",
            "forecast: sequences read backwards",
            "LSTM.go_backwards",
            with_arguments(LSTM, "__init__", set_to("go_backwards", True)),
        ),
        (
            TEXT,
            "GRU",
            "text: the state is not kept",
            "GRU.stateful",
            ignoring_argument(GRU, "stateful"),
        ),
        (
            TEXT,
            "GRU",
            "text: update gate and reset gate exchanged",
            "GRUCell.call",
            weight(GRUCell, "recurrent_kernel", in_order(1, 0, 2)),
        ),
    ]
]
