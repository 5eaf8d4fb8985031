"""Faults of a whole network whose weights come from PyTorch."""

from breaking import (
    MISREAD_KERNEL,
    altered_argument,
    flipped,
    ignoring_argument,
    inputs,
    not_transposed,
    weight,
)
from fault import Fault
from keras import ops
from keras.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    ZeroPadding2D,
)


def columns_first(x):
    """An image column by column, for the rest of the network."""
    return ops.swapaxes(x, 1, 2)


PAGE = "weights/plot_nchw_to_nhwc"

FAULTS = [
    Fault(
        f"{layer.__name__}, kernel in a whole network: {name}",
        PAGE,
        f"{layer.__name__}.call",
        weight(layer, "kernel", change),
    )
    for layer in (Conv2D, DepthwiseConv2D, Conv2DTranspose)
    for name, change in MISREAD_KERNEL[4:]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, bias in a whole network: reversed",
        PAGE,
        f"{layer.__name__}.call",
        weight(layer, "bias", flipped(0)),
    )
    for layer in (Conv2D, DepthwiseConv2D, Conv2DTranspose, Dense)
]
FAULTS += [
    Fault(
        "BatchNormalization, epsilon in a whole network: ignored",
        PAGE,
        "BatchNormalization.epsilon",
        ignoring_argument(BatchNormalization, "epsilon"),
    ),
    Fault(
        "BatchNormalization, moving mean in a whole network: reversed",
        PAGE,
        "BatchNormalization.call",
        weight(BatchNormalization, "moving_mean", flipped(0)),
    ),
    Fault(
        "ZeroPadding2D, padding in a whole network: only at the end",
        PAGE,
        "ZeroPadding2D.padding",
        altered_argument(
            ZeroPadding2D, "padding", lambda size: ((0, 2 * size), (0, 2 * size))
        ),
    ),
    Fault(
        "Flatten in a whole network: columns before rows",
        PAGE,
        "Flatten.call",
        inputs(Flatten, columns_first),
    ),
    Fault(
        "Dense, kernel in a whole network: not transposed",
        PAGE,
        "Dense.call",
        weight(Dense, "kernel", not_transposed),
    ),
]
