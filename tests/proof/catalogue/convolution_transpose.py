"""Faults of transposed convolutions and of the gradients of a convolution."""

from breaking import (
    altered,
    altered_argument,
    during,
    gradient_times,
    ignoring_argument,
    inputs,
    operation,
    turned,
    weight,
    with_gradient_of,
)
from fault import Fault
from keras import ops
from keras.layers import Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3DTranspose

ANY_RANK = "convolution/plot_conv_transpose_any_rank"
SIZE = "convolution/plot_conv_transpose_size"
GRADIENT = "convolution/plot_conv_gradient"
INPUT_GRADIENT = "convolution/plot_conv_input_gradient"

# -- Transposed convolutions

FAULTS = []
FAULTS += [
    Fault(
        "Conv3DTranspose, dilation_rate: ignored",
        ANY_RANK,
        "Conv3DTranspose.dilation_rate",
        ignoring_argument(Conv3DTranspose, "dilation_rate"),
    ),
]
FAULTS += [
    Fault(
        f"{layer.__name__}, filters: one more",
        ANY_RANK,
        f"{layer.__name__}.filters",
        altered_argument(layer, "filters", turned),
    )
    for layer in (Conv1DTranspose, Conv2DTranspose)
]
FAULTS += [
    Fault(
        f"{layer.__name__}, kernel_size: one more",
        ANY_RANK,
        f"{layer.__name__}.kernel_size",
        altered_argument(layer, "kernel_size", lambda size: size + 1),
    )
    for layer in (Conv1DTranspose, Conv2DTranspose, Conv3DTranspose)
]


def padded_by_0(real, x, kernel, **arguments):
    arguments["output_padding"] = arguments["output_padding"] or 0
    return real(x, kernel, **arguments)


FAULTS += [
    Fault(
        "Conv2DTranspose, size: output_padding None taken for 0",
        SIZE,
        "Conv2DTranspose.output_padding",
        during(Conv2DTranspose, operation("conv_transpose", padded_by_0)),
    ),
    Fault(
        "Conv2DTranspose, size: kernel_size of columns, rows",
        SIZE,
        "Conv2DTranspose.kernel_size",
        altered_argument(Conv2DTranspose, "kernel_size", turned),
    ),
    Fault(
        "Conv2DTranspose, checkerboard: kernel larger",
        "convolution/plot_conv_transpose_checkerboard",
        "Conv2DTranspose.kernel_size",
        altered_argument(Conv2DTranspose, "kernel_size", turned),
    ),
]
FAULTS += [
    Fault(
        f"Conv2DTranspose, size announced: {name}",
        SIZE,
        "Conv2DTranspose.compute_output_shape",
        altered(Conv2DTranspose, "compute_output_shape", change),
    )
    for name, change in [
        ("rows and columns exchanged", lambda s: (s[0], s[2], s[1], s[3])),
        ("a row more", lambda s: (s[0], s[1] + 1, *s[2:])),
    ]
]


# -- Gradients


def backward(other):
    """A Conv2D that is right forward and wrong backward: what it computes has the
    gradient of ``other``, which takes the convolution, its input and its kernel."""

    def changed(real, x, kernel, **arguments):
        def conv(x, kernel):
            return real(x, kernel, **arguments)

        kernel = ops.convert_to_tensor(kernel)
        return with_gradient_of(other(conv, x, kernel), conv(x, kernel))

    return during(Conv2D, operation("conv", changed))


def input_through(change):
    """The input's gradient computed with a changed kernel."""
    stopped = ops.stop_gradient
    return backward(
        lambda conv, x, kernel: (
            conv(x, stopped(change(kernel))) + conv(stopped(x), kernel)
        )
    )


def first_sample(x):
    """One for the first sample and zero for the others, (batch, 1, 1, 1)."""
    first = ops.cast(ops.arange(ops.shape(x)[0]) == 0, x.dtype)
    return first[:, None, None, None]


FAULTS += [
    Fault(
        f"Conv2D, gradient of {name}",
        INPUT_GRADIENT if "input" in name else GRADIENT,
        "Conv2D.call",
        breaking,
    )
    for name, breaking in [
        (
            "the kernel: a mean",
            weight(Conv2D, "kernel", lambda w: gradient_times(1 / 48, w)),
        ),
        (
            "the kernel: flipped",
            weight(
                Conv2D, "kernel", lambda w: with_gradient_of(ops.flip(w, (0, 1)), w)
            ),
        ),
        (
            "the kernel: in and out exchanged",
            weight(
                Conv2D, "kernel", lambda w: with_gradient_of(ops.swapaxes(w, 2, 3), w)
            ),
        ),
        (
            "the kernel: of the first image alone",
            backward(
                lambda conv, x, kernel: (
                    conv(x, ops.stop_gradient(kernel))
                    + conv(x * first_sample(x), kernel)
                    - conv(x * first_sample(x), ops.stop_gradient(kernel))
                )
            ),
        ),
        (
            "the bias: reversed",
            weight(Conv2D, "bias", lambda b: with_gradient_of(ops.flip(b), b)),
        ),
        (
            "the bias: a mean",
            weight(Conv2D, "bias", lambda b: gradient_times(1 / 48, b)),
        ),
        ("the input: stopped", inputs(Conv2D, lambda x: gradient_times(0.0, x))),
        (
            "the input: a row further",
            inputs(Conv2D, lambda x: with_gradient_of(ops.roll(x, 1, 1), x)),
        ),
        (
            "the input: with the kernel flipped",
            input_through(lambda kernel: ops.flip(kernel, (0, 1))),
        ),
        (
            "the input: with in and out exchanged",
            input_through(lambda kernel: ops.swapaxes(kernel, 2, 3)),
        ),
    ]
]
