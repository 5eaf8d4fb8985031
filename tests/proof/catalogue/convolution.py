"""Faults of convolutions: kernels, patches, their padding, strides, dilation and groups."""

from breaking import altered_argument, ignoring_argument, inputs, outputs, weight
from fault import Fault
from keras import ops
from keras.layers import Conv1D, Conv2D, Conv3D


def exchanged(axis):
    """Two axes of an array exchanged, this one and the next, in the old shape."""

    def change(x):
        return ops.reshape(ops.swapaxes(x, axis, axis + 1), x.shape)

    return change


def flipped(*axes):
    return lambda x: ops.flip(x, axes)


def turned(value):
    """A tuple in another order; one number a step further."""
    return value[::-1] if isinstance(value, tuple) else value + 1


FAULTS = [
    Fault(
        f"Conv2D, kernel: {name}",
        "convolution/plot_conv2d",
        "Conv2D.call",
        weight(Conv2D, "kernel", change),
    )
    for name, change in [
        ("rows flipped", flipped(0)),
        ("columns flipped", flipped(1)),
        ("channels reversed", flipped(2)),
        ("filters reversed", flipped(3)),
        ("rows and columns exchanged", exchanged(0)),
        ("columns and channels exchanged", exchanged(1)),
        ("channels and filters exchanged", exchanged(2)),
    ]
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
