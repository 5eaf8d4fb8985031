"""Faults of depthwise and separable convolutions, of channels first, and of what
convolutions share with Dense."""

from unittest import mock

import keras
from breaking import (
    activation,
    altered_argument,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    inputs,
    operation,
    outputs,
    turned,
    weight,
)
from fault import Fault
from keras import constraints, layers, ops
from keras.layers import (
    Conv2D,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from keras.src.initializers import random_initializers


def plus_one(value):
    return value + 1


# -- Depthwise

FAULTS = [
    Fault(
        f"DepthwiseConv2D, {name}: {what}",
        "convolution/plot_depthwise_conv",
        "DepthwiseConv2D.call",
        weight(DepthwiseConv2D, name, change),
    )
    for name, what, change in [
        ("kernel", "rows flipped", flipped(0)),
        ("kernel", "columns flipped", flipped(1)),
        ("kernel", "channels reversed", flipped(2)),
        ("kernel", "multiplier reversed", flipped(3)),
        ("kernel", "rows and columns exchanged", exchanged(0)),
        ("kernel", "multiplier first", exchanged(2)),
        ("bias", "reversed", flipped(0)),
    ]
]
FAULTS += [
    Fault(
        f"DepthwiseConv1D, {name}: {what}",
        "convolution/plot_depthwise_conv",
        "DepthwiseConv1D.call",
        weight(DepthwiseConv1D, name, change),
    )
    for name, what, change in [
        ("kernel", "steps flipped", flipped(0)),
        ("kernel", "multiplier first", exchanged(1)),
        ("bias", "reversed", flipped(0)),
    ]
]
for layer in (DepthwiseConv1D, DepthwiseConv2D):
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: ignored",
            "convolution/plot_depthwise_conv",
            f"{layer.__name__}.{name}",
            ignoring_argument(layer, name),
        )
        for name in (
            "strides",
            "padding",
            "dilation_rate",
            "depth_multiplier",
            "data_format",
        )
    ]
    FAULTS.append(
        Fault(
            f"{layer.__name__}, kernel_size: turned",
            "convolution/plot_depthwise_conv",
            f"{layer.__name__}.kernel_size",
            altered_argument(layer, "kernel_size", turned),
        )
    )

# -- Separable


def between(change):
    """Change what the depthwise half returns, before the 1 by 1 convolution."""

    def separable(real, x, depthwise_kernel, pointwise_kernel, **options):
        h = ops.depthwise_conv(x, depthwise_kernel, **options)
        return ops.conv(change(h), pointwise_kernel, data_format=options["data_format"])

    return operation("separable_conv", separable)


def strided_twice(real, x, depthwise_kernel, pointwise_kernel, **options):
    h = ops.depthwise_conv(x, depthwise_kernel, **options)
    strides, data_format = options["strides"], options["data_format"]
    return ops.conv(h, pointwise_kernel, strides=strides, data_format=data_format)


for layer in (SeparableConv1D, SeparableConv2D):
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: {what}",
            "convolution/plot_separable_conv",
            f"{layer.__name__}.call",
            weight(layer, name, change),
        )
        for name, what, change in [
            ("depthwise_kernel", "rows flipped", flipped(0)),
            ("depthwise_kernel", "channels reversed", flipped(-2)),
            ("depthwise_kernel", "multiplier first", exchanged(-2)),
            ("pointwise_kernel", "filters reversed", flipped(-1)),
            ("pointwise_kernel", "channels reversed", flipped(-2)),
            ("pointwise_kernel", "transposed", exchanged(-2)),
            ("bias", "reversed", flipped(0)),
        ]
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, between its halves: {what}",
            "convolution/plot_separable_conv",
            f"{layer.__name__}.call",
            during(layer, breaking),
        )
        for what, breaking in [
            ("relu", between(ops.relu)),
            ("a bias", between(plus_one)),
            ("strides twice", operation("separable_conv", strided_twice)),
        ]
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: ignored",
            "convolution/plot_separable_conv",
            f"{layer.__name__}.{name}",
            ignoring_argument(layer, name),
        )
        for name in (
            "strides",
            "padding",
            "dilation_rate",
            "depth_multiplier",
            "data_format",
        )
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: {what}",
            "convolution/plot_separable_conv",
            f"{layer.__name__}.{name}",
            altered_argument(layer, name, change),
        )
        for name, what, change in [
            ("filters", "one more", plus_one),
            ("kernel_size", "turned", turned),
        ]
    ]

# -- Channels first


def mended(real, x1, x2):
    """keras.ops.add on TensorFlow without its guess: it looks at the second alone."""
    return real(x2, x1)


def over_channels(z, y):
    return ops.softmax(z, axis=1)


FAULTS += [
    Fault(
        f"Conv2D, channels first: {what}",
        "convolution/plot_channels_first",
        "Conv2D.data_format",
        breaking,
    )
    for what, breaking in [
        ("ignored", ignoring_argument(Conv2D, "data_format")),
        ("kernel's rows and columns exchanged", weight(Conv2D, "kernel", exchanged(0))),
        ("kernel's channels reversed", weight(Conv2D, "kernel", flipped(2))),
        ("kernel's filters reversed", weight(Conv2D, "kernel", flipped(3))),
        ("bias reversed", weight(Conv2D, "bias", flipped(0))),
        ("rows flipped", inputs(Conv2D, flipped(2))),
        ("channels reversed", inputs(Conv2D, flipped(1))),
        ("filters reversed", outputs(Conv2D, flipped(1))),
        ("pixels and channels mixed", inputs(Conv2D, exchanged(1))),
    ]
]
FAULTS += [
    Fault(
        "softmax: over the second axis",
        "convolution/plot_channels_first",
        "softmax",
        activation("softmax", over_channels),
    ),
    Fault(
        "Conv2D, channels first: the bias added as it should be",
        "convolution/plot_channels_first_bias",
        "Conv2D.call",
        during(Conv2D, operation("add", mended)),
    ),
    Fault(
        "Conv2D, channels first: the bias reversed",
        "convolution/plot_channels_first_bias",
        "Conv2D.call",
        weight(Conv2D, "bias", flipped(0)),
    ),
    Fault(
        "Permute, dims: turned",
        "convolution/plot_channels_first_bias",
        "Permute.dims",
        altered_argument(layers.Permute, "dims", turned),
    ),
    Fault(
        "ops.add: the column as it should be",
        "convolution/plot_channels_first_bias",
        "Add",
        mock.patch.object(keras.ops, "add", lambda x1, x2: ops.subtract(x1, -x2)),
    ),
]

# -- What they share with Dense

OF_DENSE = ["activation", "use_bias", "activity_regularizer"]
OF_WEIGHTS = ["initializer", "regularizer", "constraint"]
KERNELS = {
    "Conv1D": ["kernel"],
    "Conv2D": ["kernel"],
    "Conv3D": ["kernel"],
    "Conv1DTranspose": ["kernel"],
    "Conv2DTranspose": ["kernel"],
    "Conv3DTranspose": ["kernel"],
    "DepthwiseConv1D": ["depthwise"],
    "DepthwiseConv2D": ["depthwise"],
    "SeparableConv1D": ["depthwise", "pointwise"],
    "SeparableConv2D": ["depthwise", "pointwise"],
}
for name, kernels in KERNELS.items():
    of_weights = [f"{w}_{of}" for w in [*kernels, "bias"] for of in OF_WEIGHTS]
    FAULTS += [
        Fault(
            f"{name}, {argument}: ignored",
            "convolution/plot_conv_arguments",
            f"{name}.{argument}",
            ignoring_argument(getattr(layers, name), argument),
        )
        for argument in OF_DENSE + of_weights
    ]


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
        "MaxNorm of a kernel: axis ignored",
        "convolution/plot_conv_max_norm",
        "MaxNorm.axis",
        ignoring_argument(constraints.MaxNorm, "axis"),
    ),
    Fault(
        "Conv2D, kernel_constraint: ignored, the norm of filters",
        "convolution/plot_conv_max_norm",
        "Conv2D.kernel_constraint",
        ignoring_argument(Conv2D, "kernel_constraint"),
    ),
]
