"""Faults of MobileNetV2: its parts, and how they are put together."""

from breaking import (
    altered_argument,
    flipped,
    ignoring_argument,
    outputs,
    turned,
    weight,
)
from fault import Fault
from keras import layers, ops

PAGE = "models/plot_mobilenet_v2"

FAULTS = [
    Fault(
        "MobileNetV2: padding at the beginning",
        PAGE,
        "ZeroPadding2D.padding",
        altered_argument(
            layers.ZeroPadding2D, "padding", lambda pairs: tuple(map(turned, pairs))
        ),
    ),
    Fault(
        "MobileNetV2: relu without a ceiling",
        PAGE,
        "ReLU.max_value",
        ignoring_argument(layers.ReLU, "max_value"),
    ),
    Fault(
        "MobileNetV2: relu6 after the addition",
        PAGE,
        "Add.call",
        outputs(layers.Add, ops.relu6),
    ),
    Fault(
        "MobileNetV2: rows of the depthwise kernels flipped",
        PAGE,
        "DepthwiseConv2D.call",
        weight(layers.DepthwiseConv2D, "kernel", flipped(0)),
    ),
]
