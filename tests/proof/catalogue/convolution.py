"""Faults of convolutions: causal padding, dilation, groups and LoRA."""

from breaking import (
    altered_argument,
    during,
    flipped,
    ignoring_argument,
    operation,
    turned,
    weight,
    with_arguments,
)
from fault import Fault
from keras.layers import Conv1D, Conv2D, Conv3D


def larger(size):
    return tuple(side + 1 for side in size)


FAULTS = [
    Fault(
        "Conv2D, filters: one more",
        "convolution/plot_conv2d",
        "Conv2D.filters",
        altered_argument(Conv2D, "filters", turned),
    ),
    Fault(
        "Conv2D, kernel_size: columns, rows",
        "convolution/plot_conv2d",
        "Conv2D.kernel_size",
        altered_argument(Conv2D, "kernel_size", turned),
    ),
    Fault(
        "Conv2D, kernel_size: columns, rows, padded",
        "convolution/plot_conv2d_padding",
        "Conv2D.kernel_size",
        altered_argument(Conv2D, "kernel_size", turned),
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {argument}: {what}",
        "convolution/plot_conv_any_rank",
        f"{layer.__name__}.{argument}",
        altered_argument(layer, argument, change),
    )
    for layer in (Conv1D, Conv3D)
    for argument, what, change in [
        ("filters", "one more", turned),
        ("kernel_size", "one larger", larger),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, groups: ignored",
        "convolution/plot_conv_any_rank",
        f"{layer.__name__}.groups",
        ignoring_argument(layer, "groups"),
    )
    for layer in (Conv1D, Conv2D, Conv3D)
]

CAUSAL = "convolution/plot_causal_conv1d"


FAULTS += [
    Fault(
        "Conv1D, causal padding: repeats the first step",
        CAUSAL,
        "Conv1D.padding",
        during(Conv1D, operation("pad", lambda pad, x, widths: pad(x, widths, "edge"))),
    ),
    Fault(
        "Conv1D, dilation_rate: one more",
        CAUSAL,
        "Conv1D.dilation_rate",
        altered_argument(Conv1D, "dilation_rate", turned),
    ),
]


DILATED = "convolution/plot_dilated_conv"


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
]

GROUPED = "convolution/plot_grouped_conv"


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
