"""Faults of ConvLSTM layers: sizes, masks, states, and what trains their weights."""

from breaking import altered_argument, ignoring_argument, turned
from fault import Fault
from keras.layers import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D

CONV_LSTM_2D = "recurrent/plot_conv_lstm2d"
CONV_LSTM = "recurrent/plot_conv_lstm"
LAYERS = (ConvLSTM1D, ConvLSTM2D, ConvLSTM3D)


FAULTS = [
    Fault(
        "ConvLSTM2D, filters: one more",
        CONV_LSTM_2D,
        "ConvLSTM2D.filters",
        altered_argument(ConvLSTM2D, "filters", turned),
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
        f"{layer.__name__}, {argument}: {what}",
        CONV_LSTM,
        f"{layer.__name__}.{argument}",
        altered_argument(layer, argument, change),
    )
    for layer in LAYERS
    for argument, what, change in [
        ("filters", "one more, any rank", turned),
        (
            "kernel_size",
            "one larger",
            lambda size: tuple(side + 1 for side in size),
        ),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, zero_output_for_mask: ignored",
        CONV_LSTM,
        f"{layer.__name__}.zero_output_for_mask",
        ignoring_argument(layer, "zero_output_for_mask"),
    )
    for layer in LAYERS
]
