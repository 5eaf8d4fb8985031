"""Faults of transposed convolutions and of the gradients of a convolution."""

from breaking import (
    altered,
    altered_argument,
    during,
    exchanged,
    flipped,
    gradient_times,
    ignoring_argument,
    inputs,
    operation,
    outputs,
    turned,
    weight,
    with_gradient_of,
)
from fault import Fault
from keras import ops
from keras.layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3DTranspose,
    UpSampling2D,
)


def shifted(y):
    """What a transposed convolution returns, an odd pixel cropped at the start."""
    return ops.roll(y, -1, 1)


def between_zeros(y):
    """Every second row set to zero, as if pixels stood between zeros."""
    odd = ops.cast(ops.arange(y.shape[1]) % 2 == 0, y.dtype)
    return y * odd[:, None, None]


def columns_rows(value):
    """A tuple in the other order; one number as it is."""
    return value[::-1] if isinstance(value, tuple) else value


TRANSPOSED = (Conv1DTranspose, Conv2DTranspose, Conv3DTranspose)
TRANSPOSE = "convolution/plot_conv_transpose"
ANY_RANK = "convolution/plot_conv_transpose_any_rank"
CHECKERBOARD = "convolution/plot_conv_transpose_checkerboard"
MATRIX = "convolution/plot_conv_transpose_matrix"
SIZE = "convolution/plot_conv_transpose_size"
GRADIENT = "convolution/plot_conv_gradient"
INPUT_GRADIENT = "convolution/plot_conv_input_gradient"

# -- Transposed convolutions

FAULTS = []
for layer in TRANSPOSED:
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: ignored",
            ANY_RANK,
            f"{layer.__name__}.{name}",
            ignoring_argument(layer, name),
        )
        for name in (
            "strides",
            "padding",
            "output_padding",
            "data_format",
            "dilation_rate",
        )
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}: one more",
            ANY_RANK,
            f"{layer.__name__}.{name}",
            altered_argument(layer, name, lambda value: value + 1),
        )
        for name in ("filters", "kernel_size")
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, {name}",
            ANY_RANK,
            f"{layer.__name__}.call",
            weight(layer, array, change),
        )
        for name, array, change in [
            ("kernel: flipped", "kernel", flipped(0)),
            ("kernel: in and out exchanged", "kernel", exchanged(-2)),
            ("bias: reversed", "bias", flipped(0)),
        ]
    ]
    FAULTS += [
        Fault(
            f"{layer.__name__}, y: a row further",
            ANY_RANK,
            f"{layer.__name__}.call",
            outputs(layer, shifted),
        )
    ]
FAULTS += [
    Fault(
        f"Conv2DTranspose, {name}",
        TRANSPOSE,
        "Conv2DTranspose.call",
        breaking,
    )
    for name, breaking in [
        ("kernel: columns flipped", weight(Conv2DTranspose, "kernel", flipped(1))),
        (
            "kernel: rows and columns exchanged",
            weight(Conv2DTranspose, "kernel", exchanged(0)),
        ),
        ("kernel: in and out of 6", weight(Conv2DTranspose, "kernel", exchanged(2))),
        ("kernel of 2D: turned", weight(Conv2DTranspose, "kernel", flipped(0, 1))),
        ("bias of 2D: reversed", weight(Conv2DTranspose, "bias", flipped(0))),
        ("x: rows and columns exchanged", inputs(Conv2DTranspose, exchanged(1))),
        ("y: channels reversed", outputs(Conv2DTranspose, flipped(-1))),
    ]
]
FAULTS += [
    Fault(
        f"Conv2DTranspose, strides of copies: {name}",
        TRANSPOSE,
        "Conv2DTranspose.strides",
        breaking,
    )
    for name, breaking in [
        ("ignored", ignoring_argument(Conv2DTranspose, "strides")),
        ("one more", altered_argument(Conv2DTranspose, "strides", turned)),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {name}",
        MATRIX,
        f"{layer.__name__}.call",
        weight(layer, "kernel", change),
    )
    for layer in (Conv1D, Conv1DTranspose)
    for name, change in [
        ("kernel in a matrix: steps flipped", flipped(0)),
        ("kernel in a matrix: in and out exchanged", exchanged(1)),
        ("kernel in a matrix: steps and channels exchanged", exchanged(0)),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}, strides in a matrix: ignored",
        MATRIX,
        f"{layer.__name__}.strides",
        ignoring_argument(layer, "strides"),
    )
    for layer in (Conv1D, Conv1DTranspose)
]


def transposing(change):
    """A layer whose transposed convolution has other arguments, a dict by name."""

    def changed(real, x, kernel, **arguments):
        return change(real, x, kernel, arguments)

    return during(Conv2DTranspose, operation("conv_transpose", changed))


def cropped_at_the_start(real, x, kernel, arguments):
    """The size is right, but where the number is odd, a pixel goes at the start."""
    y = real(x, kernel, **arguments)
    if arguments["padding"] != "same":
        return y
    everything = real(
        x, kernel, **{**arguments, "padding": "valid", "output_padding": None}
    )
    for axis in (1, 2):
        crop = max(everything.shape[axis] - y.shape[axis], 0)
        first = crop - crop // 2
        index = ops.arange(first, first + y.shape[axis])
        everything = ops.take(everything, index, axis)
    return everything


def zeros_at_the_start(real, x, kernel, arguments):
    """What output_padding adds stands before the first row, not behind the last."""
    y = real(x, kernel, **arguments)
    if arguments["padding"] == "same" or not arguments["output_padding"]:
        return y
    return ops.roll(y, arguments["output_padding"], (1, 2))


def given(name, value):
    def change(real, x, kernel, arguments):
        return real(x, kernel, **{**arguments, name: value(arguments)})

    return change


FAULTS += [
    Fault(
        f"Conv2DTranspose, {name}",
        SIZE,
        f"Conv2DTranspose.{argument}",
        breaking,
    )
    for argument, name, breaking in [
        (
            "padding",
            "size: the odd pixel cropped at the start",
            transposing(cropped_at_the_start),
        ),
        (
            "padding",
            "size: valid taken for same",
            transposing(given("padding", lambda given: "same")),
        ),
        (
            "padding",
            "size: same taken for valid",
            transposing(given("padding", lambda given: "valid")),
        ),
        (
            "output_padding",
            "size: zeros at the start",
            transposing(zeros_at_the_start),
        ),
        (
            "output_padding",
            "size: output_padding None taken for 0",
            transposing(
                given("output_padding", lambda given: given["output_padding"] or 0)
            ),
        ),
        (
            "output_padding",
            "size: output_padding ignored",
            ignoring_argument(Conv2DTranspose, "output_padding"),
        ),
        (
            "output_padding",
            "size: output_padding of columns, rows",
            altered_argument(
                Conv2DTranspose,
                "output_padding",
                columns_rows,
            ),
        ),
        (
            "strides",
            "size: strides of columns, rows",
            altered_argument(
                Conv2DTranspose,
                "strides",
                columns_rows,
            ),
        ),
        (
            "kernel_size",
            "size: kernel_size of columns, rows",
            altered_argument(Conv2DTranspose, "kernel_size", turned),
        ),
    ]
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
FAULTS += [
    Fault(f"{layer.__name__}, checkerboard: {name}", CHECKERBOARD, covered, breaking)
    for layer, name, covered, breaking in [
        (
            Conv2DTranspose,
            "strides ignored",
            "Conv2DTranspose.strides",
            ignoring_argument(Conv2DTranspose, "strides"),
        ),
        (
            Conv2DTranspose,
            "kernel larger",
            "Conv2DTranspose.kernel_size",
            altered_argument(Conv2DTranspose, "kernel_size", turned),
        ),
        (
            Conv2DTranspose,
            "y a row further",
            "Conv2DTranspose.call",
            outputs(Conv2DTranspose, shifted),
        ),
        (
            UpSampling2D,
            "pixels not repeated",
            "UpSampling2D.call",
            outputs(UpSampling2D, between_zeros),
        ),
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
FAULTS += [
    Fault(
        f"Conv2D, {name} in training: ignored, {page}",
        page,
        f"Conv2D.{name}",
        ignoring_argument(Conv2D, name),
    )
    for page in (GRADIENT, INPUT_GRADIENT)
    for name in ("strides", "padding")
]
