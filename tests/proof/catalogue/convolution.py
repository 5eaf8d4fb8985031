"""Faults of convolutions: kernels, patches, their padding, strides, dilation and groups."""

import numpy as np
from breaking import (
    MISREAD_KERNEL,
    altered,
    altered_argument,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    inputs,
    mirrored,
    operation,
    outputs,
    turned,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import Conv1D, Conv2D, Conv3D, ZeroPadding2D


def larger(size):
    return tuple(side + 1 for side in size)


FAULTS = [
    Fault(
        f"Conv2D, kernel: {name}",
        "convolution/plot_conv2d",
        "Conv2D.call",
        weight(Conv2D, "kernel", change),
    )
    for name, change in MISREAD_KERNEL
]
FAULTS += [
    Fault(
        "Conv2D, bias: reversed",
        "convolution/plot_conv2d",
        "Conv2D.call",
        weight(Conv2D, "bias", flipped(0)),
    ),
    Fault(
        "Conv2D, x: rows and columns exchanged",
        "convolution/plot_conv2d",
        "Conv2D.call",
        inputs(Conv2D, exchanged(1)),
    ),
    Fault(
        "Conv2D, y: rows and columns exchanged",
        "convolution/plot_conv2d",
        "Conv2D.call",
        outputs(Conv2D, exchanged(1)),
    ),
    Fault(
        "Conv2D, filters: one more",
        "convolution/plot_conv2d",
        "Conv2D.filters",
        altered_argument(Conv2D, "filters", lambda filters: filters + 1),
    ),
    Fault(
        "Conv2D, kernel_size: columns, rows",
        "convolution/plot_conv2d",
        "Conv2D.kernel_size",
        altered_argument(Conv2D, "kernel_size", turned),
    ),
]
for layer in (Conv1D, Conv3D):
    FAULTS += [
        Fault(
            f"{layer.__name__}, filters: one more",
            "convolution/plot_conv_any_rank",
            f"{layer.__name__}.filters",
            altered_argument(layer, "filters", lambda filters: filters + 1),
        ),
        Fault(
            f"{layer.__name__}, kernel_size: one larger",
            "convolution/plot_conv_any_rank",
            f"{layer.__name__}.kernel_size",
            altered_argument(layer, "kernel_size", larger),
        ),
    ]
for layer in (Conv1D, Conv2D, Conv3D):
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: ignored",
            "convolution/plot_conv_any_rank",
            f"{layer.__name__}.{name}",
            ignoring_argument(layer, name),
        )
        for name in ("strides", "padding", "dilation_rate", "groups", "data_format")
    ]


PADDING = "convolution/plot_conv2d_padding"


def padded_alike(conv, x, kernel, strides, padding, dilation_rate, data_format):
    """ops.conv of channels_last, whose "same" pads half a kernel on each side."""
    if padding == "same":
        widths = [(size // 2, size // 2) for size in kernel.shape[:-2]]
        x = ops.pad(x, [(0, 0), *widths, (0, 0)])
    return conv(x, kernel, strides, "valid", data_format, dilation_rate)


def reflected(conv, x, kernel, strides, padding, dilation_rate, data_format):
    """ops.conv of channels_last, whose "same" mirrors the image instead of zeros."""
    if padding == "same":
        length, steps = np.array(x.shape[1:-1]), np.array(strides)
        span = (np.array(kernel.shape[:-2]) - 1) * dilation_rate + 1
        zeros = np.maximum((-(-length // steps) - 1) * steps + span - length, 0)
        widths = [(int(zero // 2), int(zero - zero // 2)) for zero in zeros]
        x = ops.pad(x, [(0, 0), *widths, (0, 0)], mode="reflect")
    return conv(x, kernel, strides, "valid", data_format, dilation_rate)


FAULTS += [
    Fault(
        f"Conv2D, same padding: {name}",
        PADDING,
        "Conv2D.padding",
        during(Conv2D, operation("conv", change)),
    )
    for name, change in [
        ("odd pixel at the start", mirrored),
        ("half a kernel on each side", padded_alike),
        ("reflects the image", reflected),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {argument}: {name}, padded",
        PADDING,
        f"{layer.__name__}.{argument}",
        by,
    )
    for layer, argument, name, by in [
        (Conv2D, "padding", "ignored", ignoring_argument(Conv2D, "padding")),
        (Conv2D, "strides", "ignored", ignoring_argument(Conv2D, "strides")),
        (
            Conv2D,
            "strides",
            "columns, rows",
            altered_argument(Conv2D, "strides", turned),
        ),
        (
            Conv2D,
            "kernel_size",
            "columns, rows",
            altered_argument(Conv2D, "kernel_size", turned),
        ),
        (
            ZeroPadding2D,
            "padding",
            "one more",
            altered_argument(ZeroPadding2D, "padding", turned),
        ),
    ]
]

CAUSAL = "convolution/plot_causal_conv1d"


def swapped(widths):
    """The zeros of causal padding after the last step instead of before the first."""
    return [width[::-1] for width in widths]


def halved(widths):
    """Half of the zeros of causal padding at each end."""
    return [[sum(width) - sum(width) // 2, sum(width) // 2] for width in widths]


FAULTS += [
    Fault(
        f"Conv1D, causal padding: {name}",
        CAUSAL,
        "Conv1D.padding",
        altered(Conv1D, "_compute_causal_padding", change),
    )
    for name, change in [
        ("at the end", swapped),
        ("half at each end", halved),
    ]
]
FAULTS += [
    Fault(
        "Conv1D, causal padding: dilation_rate ignored",
        CAUSAL,
        "Conv1D.padding",
        altered(
            Conv1D,
            "_compute_causal_padding",
            lambda widths: [[min(width[0], 2), 0] for width in widths],
        ),
    ),
    Fault(
        "Conv1D, causal padding: present hidden",
        CAUSAL,
        "Conv1D.padding",
        outputs(Conv1D, lambda y: ops.roll(y, 1, 1)),
    ),
    Fault(
        "Conv1D, causal padding: repeats the first step",
        CAUSAL,
        "Conv1D.padding",
        during(Conv1D, operation("pad", lambda pad, x, widths: pad(x, widths, "edge"))),
    ),
    Fault(
        'Conv1D, padding: "same" for "causal"',
        CAUSAL,
        "Conv1D.padding",
        altered_argument(Conv1D, "padding", lambda padding: "same"),
    ),
    Fault(
        "Conv1D, dilation_rate: one more",
        CAUSAL,
        "Conv1D.dilation_rate",
        altered_argument(Conv1D, "dilation_rate", turned),
    ),
]
FAULTS += [
    Fault(
        f"Conv1D, {argument}: ignored, causal",
        CAUSAL,
        f"Conv1D.{argument}",
        ignoring_argument(Conv1D, argument),
    )
    for argument in ("padding", "strides", "dilation_rate")
]
FAULTS += [
    Fault(
        f"Conv1D, kernel: {name}",
        CAUSAL,
        "Conv1D.call",
        weight(Conv1D, "kernel", change),
    )
    for name, change in [
        ("steps flipped", flipped(0)),
        ("channels reversed", flipped(1)),
        ("filters reversed", flipped(2)),
        ("steps and channels exchanged", exchanged(0)),
        ("channels and filters exchanged", exchanged(1)),
    ]
]
FAULTS += [
    Fault(
        "Conv1D, bias: reversed",
        CAUSAL,
        "Conv1D.call",
        weight(Conv1D, "bias", flipped(0)),
    ),
    Fault(
        "Conv1D, x: steps reversed",
        CAUSAL,
        "Conv1D.call",
        inputs(Conv1D, flipped(1)),
    ),
]

DILATED = "convolution/plot_dilated_conv"


def strides_for_dilation(conv, x, kernel, **options):
    """ops.conv that skips patches instead of pixels inside a patch."""
    rate = tuple(options["dilation_rate"])
    if max(rate) > 1:
        options |= {"strides": list(rate), "dilation_rate": 1}
    return conv(x, kernel, **options)


def either_or(given):
    """Leave out dilation where strides are given, instead of refusing both."""
    if given.get("strides", 1) != 1:
        given.pop("dilation_rate", None)


FAULTS += [
    Fault(
        "Conv2D, strides and dilation_rate: not refused",
        DILATED,
        "Conv2D.dilation_rate",
        with_arguments(Conv2D, "__init__", either_or),
    ),
    Fault(
        "Conv2D, dilation_rate: ignored, dilated",
        DILATED,
        "Conv2D.dilation_rate",
        ignoring_argument(Conv2D, "dilation_rate"),
    ),
    Fault(
        "Conv2D, dilation_rate: columns, rows",
        DILATED,
        "Conv2D.dilation_rate",
        altered_argument(Conv2D, "dilation_rate", turned),
    ),
    Fault(
        "Conv2D, dilation_rate: strides",
        DILATED,
        "Conv2D.dilation_rate",
        during(Conv2D, operation("conv", strides_for_dilation)),
    ),
    Fault(
        "Conv2D, padding: ignored, dilated",
        DILATED,
        "Conv2D.padding",
        ignoring_argument(Conv2D, "padding"),
    ),
    Fault(
        "Conv2D, strides: ignored, dilated",
        DILATED,
        "Conv2D.strides",
        ignoring_argument(Conv2D, "strides"),
    ),
    Fault(
        "Conv2D, kernel: rows flipped, dilated",
        DILATED,
        "Conv2D.dilation_rate",
        weight(Conv2D, "kernel", flipped(0)),
    ),
]

GROUPED = "convolution/plot_grouped_conv"


def interleaved(groups_of):
    """Take every other channel or filter for a group, instead of neighbours.

    groups_of: 0 for the channels of x, 1 for the filters of the kernel.
    """

    def change(conv, *arrays, **options):
        arrays = list(arrays)
        groups = arrays[0].shape[-1] // arrays[1].shape[-2]
        size = arrays[groups_of].shape[-1]
        order = np.arange(size).reshape(-1, groups).T.ravel()
        arrays[groups_of] = ops.take(arrays[groups_of], order, axis=-1)
        return conv(*arrays, **options)

    return change


def next_group(conv, x, kernel, **options):
    """ops.conv whose groups read the channels of the group before."""
    return conv(ops.roll(x, kernel.shape[-2], -1), kernel, **options)


FAULTS += [
    Fault(
        f"Conv2D, groups: {name}",
        GROUPED,
        "Conv2D.groups",
        during(Conv2D, operation("conv", change)),
    )
    for name, change in [
        ("every other channel", interleaved(0)),
        ("every other filter", interleaved(1)),
        ("channels of another group", next_group),
    ]
]
FAULTS += [
    Fault(
        "Conv2D, groups: ignored, grouped",
        GROUPED,
        "Conv2D.groups",
        ignoring_argument(Conv2D, "groups"),
    ),
    Fault(
        "Conv2D, groups: always 3",
        GROUPED,
        "Conv2D.groups",
        altered_argument(Conv2D, "groups", lambda groups: 3),
    ),
    Fault(
        "Conv2D, groups: results in the order of filters, groups",
        GROUPED,
        "Conv2D.groups",
        outputs(
            Conv2D,
            lambda y: ops.reshape(
                ops.swapaxes(ops.reshape(y, (*y.shape[:-1], 3, -1)), -1, -2), y.shape
            ),
        ),
    ),
    Fault(
        "Conv2D, kernel: channels reversed, grouped",
        GROUPED,
        "Conv2D.groups",
        weight(Conv2D, "kernel", flipped(2)),
    ),
    Fault(
        "Conv2D, kernel: filters reversed, grouped",
        GROUPED,
        "Conv2D.groups",
        weight(Conv2D, "kernel", flipped(3)),
    ),
    Fault(
        "Conv2D, bias: reversed, grouped",
        GROUPED,
        "Conv2D.groups",
        weight(Conv2D, "bias", flipped(0)),
    ),
]

LORA = "convolution/plot_conv_lora"
for layer in (Conv1D, Conv2D, Conv3D):
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: ignored",
            LORA,
            f"{layer.__name__}.{name}",
            ignoring_argument(layer, name),
        )
        for name in ("lora_rank", "lora_alpha")
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, lora_kernel_a: channels reversed",
            LORA,
            f"{layer.__name__}.enable_lora",
            weight(layer, "lora_kernel_a", flipped(-2)),
        ),
        Fault(
            f"{layer.__name__}, lora_kernel_b: rank reversed",
            LORA,
            f"{layer.__name__}.enable_lora",
            weight(layer, "lora_kernel_b", flipped(0)),
        ),
    ]
