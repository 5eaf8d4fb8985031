"""Faults of depthwise and separable convolutions, of channels first, of initializers and
constraints."""

from unittest import mock

import keras
from breaking import altered_argument, during, ignoring_argument, operation, turned
from fault import Fault
from keras import ops
from keras.layers import Conv2D, DepthwiseConv1D, SeparableConv1D, SeparableConv2D
from keras.src.initializers import random_initializers

# -- Depthwise

FAULTS = [
    Fault(
        "DepthwiseConv1D, kernel_size: turned",
        "convolution/plot_depthwise_conv",
        "DepthwiseConv1D.kernel_size",
        altered_argument(DepthwiseConv1D, "kernel_size", turned),
    ),
]

# -- Separable


FAULTS += [
    Fault(
        f"{layer.__name__}, depth_multiplier: ignored",
        "convolution/plot_separable_conv",
        f"{layer.__name__}.depth_multiplier",
        ignoring_argument(layer, "depth_multiplier"),
    )
    for layer in (SeparableConv1D, SeparableConv2D)
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {argument}: {what}",
        "convolution/plot_separable_conv",
        f"{layer.__name__}.{argument}",
        altered_argument(layer, argument, turned),
    )
    for layer in (SeparableConv1D, SeparableConv2D)
    for argument, what in [("filters", "one more"), ("kernel_size", "turned")]
]

# -- Channels first


def mended(real, x1, x2):
    """keras.ops.add on TensorFlow without its guess: it looks at the second alone."""
    return real(x2, x1)


FAULTS += [
    Fault(
        "Conv2D, channels first: the bias added as it should be",
        "convolution/plot_channels_first_bias",
        "Conv2D.call",
        during(Conv2D, operation("add", mended)),
    ),
    Fault(
        "ops.add: the column as it should be",
        "convolution/plot_channels_first_bias",
        "Add",
        mock.patch.object(keras.ops, "add", lambda x1, x2: ops.subtract(x1, -x2)),
    ),
]

# -- Initializers and constraints


def of_channels_alone(shape, real=random_initializers.compute_fans):
    return real(tuple(shape)[-2:])


def exchanged_fans(shape, real=random_initializers.compute_fans, **axes):
    return real(shape, **axes)[::-1]


FAULTS += [
    Fault(
        f"fans of a kernel: {what}",
        "convolution/plot_conv_initializers",
        "HeUniform",
        mock.patch.object(random_initializers, "compute_fans", changed),
    )
    for what, changed in [
        ("of the channels alone", of_channels_alone),
        ("exchanged", exchanged_fans),
    ]
]
FAULTS += [
    Fault(
        "Conv2D, kernel_constraint: ignored, the norm of filters",
        "convolution/plot_conv_max_norm",
        "Conv2D.kernel_constraint",
        ignoring_argument(Conv2D, "kernel_constraint"),
    ),
]
