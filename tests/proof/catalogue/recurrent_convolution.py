"""Faults of ConvLSTM layers: their two convolutions, gates, states and arguments."""

from unittest import mock

from breaking import (
    Together,
    altered,
    altered_argument,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    in_order,
    inverted_mask,
    mirrored,
    operation,
    states,
    turned,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

CONV_LSTM_2D = "recurrent/plot_conv_lstm2d"
CONV_LSTM = "recurrent/plot_conv_lstm"
LAYERS = (ConvLSTM1D, ConvLSTM2D, ConvLSTM3D)


def of_state(options):
    """Whether a convolution is that of the state: it is never told a dilation_rate."""
    return "dilation_rate" not in options


def dilated_state(conv, x, kernel, **options):
    """A convolution of the state that is dilated, as that of x may be."""
    if of_state(options):
        options["dilation_rate"] = 2
    return conv(x, kernel, **options)


def mirrored_state(conv, x, kernel, **options):
    """A convolution of the state whose odd pixel of padding comes first."""
    convolve = mirrored if of_state(options) else (lambda real, *a, **b: real(*a, **b))
    return convolve(conv, x, kernel, **options)


def gates_exchanged(first, second):
    """A cell that takes two of the four gates i, f, g, o for each other."""
    order = [0, 1, 2, 3]
    order[first], order[second] = second, first
    names = ("kernel", "recurrent_kernel", "bias")
    return Together(*[weight(ConvLSTMCell, n, in_order(*order)) for n in names])


FAULTS = [
    Fault(f"ConvLSTM2D, {name}", CONV_LSTM_2D, "ConvLSTM2D.call", by)
    for name, by in [
        (
            "convolution of the state: dilated",
            during(ConvLSTMCell, operation("conv", dilated_state)),
        ),
        (
            "convolution of the state: odd pixel first",
            during(ConvLSTMCell, operation("conv", mirrored_state)),
        ),
        (
            "convolution of the state: left out",
            altered(ConvLSTMCell, "recurrent_conv", ops.zeros_like),
        ),
        ("gates i and f: exchanged", gates_exchanged(0, 1)),
        ("gates f and g: exchanged", gates_exchanged(1, 2)),
        ("gates g and o: exchanged", gates_exchanged(2, 3)),
        ("state h: forgotten", states(ConvLSTMCell, lambda hc: [0 * hc[0], hc[1]])),
        ("state c: forgotten", states(ConvLSTMCell, lambda hc: [hc[0], 0 * hc[1]])),
    ]
]
FAULTS += [
    Fault(
        f"ConvLSTM2D, {name}: {what}",
        CONV_LSTM_2D,
        "ConvLSTM2D.call",
        weight(ConvLSTMCell, name, change),
    )
    for name in ("kernel", "recurrent_kernel")
    for what, change in [
        ("rows flipped", flipped(0)),
        ("columns flipped", flipped(1)),
        ("channels reversed", flipped(2)),
        ("filters reversed", flipped(3)),
        ("rows and columns exchanged", exchanged(0)),
        ("channels and filters exchanged", exchanged(2)),
    ]
]
FAULTS += [
    Fault(
        "ConvLSTM2D, bias: reversed",
        CONV_LSTM_2D,
        "ConvLSTM2D.call",
        weight(ConvLSTMCell, "bias", flipped(0)),
    ),
    Fault(
        "ConvLSTM2D, filters: one more",
        CONV_LSTM_2D,
        "ConvLSTM2D.filters",
        altered_argument(ConvLSTM2D, "filters", lambda filters: filters + 1),
    ),
    Fault(
        "ConvLSTM2D, kernel_size: columns, rows",
        CONV_LSTM_2D,
        "ConvLSTM2D.kernel_size",
        altered_argument(ConvLSTM2D, "kernel_size", turned),
    ),
]
FAULTS += [
    Fault(
        f"ConvLSTM2D, {name}: ignored, of a video",
        CONV_LSTM_2D,
        f"ConvLSTM2D.{name}",
        ignoring_argument(ConvLSTM2D, name),
    )
    for name in ("padding", "strides", "dilation_rate")
]


def states_exchanged(given):
    if given.get("initial_state") is not None:
        given["initial_state"] = given["initial_state"][::-1]


for layer in LAYERS:
    name = layer.__name__
    FAULTS += [
        Fault(
            f"{name}, {argument}: ignored",
            CONV_LSTM,
            f"{name}.{argument}",
            ignoring_argument(layer, argument),
        )
        for argument in (
            "strides",
            "padding",
            "data_format",
            "dilation_rate",
            "return_sequences",
            "return_state",
            "go_backwards",
            "zero_output_for_mask",
        )
    ]
    FAULTS += [
        Fault(
            f"{name}, filters: one more, any rank",
            CONV_LSTM,
            f"{name}.filters",
            altered_argument(layer, "filters", lambda filters: filters + 1),
        ),
        Fault(
            f"{name}, kernel_size: one larger",
            CONV_LSTM,
            f"{name}.kernel_size",
            altered_argument(
                layer, "kernel_size", lambda size: tuple(side + 1 for side in size)
            ),
        ),
        Fault(
            f"{name}, mask: inverted",
            CONV_LSTM,
            f"{name}.call",
            altered_argument(layer, "mask", inverted_mask, "call"),
        ),
        Fault(
            f"{name}, initial_state: c, h",
            CONV_LSTM,
            f"{name}.call",
            with_arguments(layer, "call", states_exchanged),
        ),
    ]
FAULTS += [
    Fault(
        f"ConvLSTM1D, {argument}: ignored",
        CONV_LSTM,
        "ConvLSTM1D.call",
        ignoring_argument(ConvLSTM1D, argument, "call"),
    )
    for argument in ("mask", "initial_state")
]
FAULTS += [
    Fault(
        f"ConvLSTM layers, {name}, any rank",
        CONV_LSTM,
        "ConvLSTM3D.call",
        by,
    )
    for name, by in [
        ("gates i and f: exchanged", gates_exchanged(0, 1)),
        ("gates g and o: exchanged", gates_exchanged(2, 3)),
        (
            "convolution of the state: odd pixel first",
            during(ConvLSTMCell, operation("conv", mirrored_state)),
        ),
    ]
]

ARGUMENTS = "recurrent/plot_conv_lstm_arguments"


def activations_exchanged(given):
    if "recurrent_activation" in given:
        gates, given["recurrent_activation"] = (
            given["recurrent_activation"],
            given["activation"],
        )
        given["activation"] = gates


for layer in LAYERS:
    name = layer.__name__
    FAULTS += [
        Fault(
            f"{name}, {argument}: ignored, arguments",
            ARGUMENTS,
            f"{name}.{argument}",
            ignoring_argument(layer, argument),
        )
        for argument in (
            "activation",
            "recurrent_activation",
            "use_bias",
            "kernel_initializer",
            "recurrent_initializer",
            "bias_initializer",
            "unit_forget_bias",
            "kernel_regularizer",
            "recurrent_regularizer",
            "bias_regularizer",
            "activity_regularizer",
            "kernel_constraint",
            "recurrent_constraint",
            "bias_constraint",
            "stateful",
        )
    ]
FAULTS += [
    Fault(
        "ConvLSTM1D, reset_state: does nothing",
        ARGUMENTS,
        "ConvLSTM1D.reset_state",
        mock.patch.object(ConvLSTM1D, "reset_state", lambda self: None),
    ),
    Fault(
        "ConvLSTM1D, activations: exchanged",
        ARGUMENTS,
        "ConvLSTM1D.recurrent_activation",
        with_arguments(ConvLSTM1D, "__init__", activations_exchanged),
    ),
]
