"""Faults of Flatten, Reshape, Permute, RepeatVector, ZeroPadding and Cropping."""

import numpy as np
from breaking import (
    Called,
    altered_argument,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    inputs,
    mirrored,
    not_transposed,
    operation,
    outputs,
    turned,
    weight,
    with_arguments,
)
from fault import Fault
from keras import layers, ops

FLATTEN = "reshaping/plot_flatten"
RESHAPE = "reshaping/plot_reshape_permute"
PADDING = "reshaping/plot_zero_padding"
CROPPING = "reshaping/plot_cropping"


def reshaped(real, x, axes):
    """The shape of a transpose, and the numbers in their old order."""
    return ops.reshape(x, [x.shape[axis] for axis in axes])


def repeated_each(real, x, n, axis):
    """Each feature n times in turn, in the shape of n vectors."""
    return ops.reshape(real(x, n, axis=2), (-1, n, x.shape[2]))


def from_the_other_side(layer):
    """A layer that takes the end of each axis for its beginning."""

    def call(real, self, x):
        turn = flipped(*range(1, len(x.shape)))
        return turn(real(self, turn(x)))

    return Called(layer, call)


def only_at_the_end(real, x, widths):
    return real(x, [(0, before + after) for before, after in widths])


def with_the_edge(real, x, widths):
    return real(x, widths, mode="edge")


def or_nothing(real, self, x):
    """A layer that returns an empty array where it would raise an error."""
    try:
        return real(self, x)
    except ValueError:
        return x[:, :0]


FAULTS = [
    Fault(
        "Flatten, data_format: ignored, before a Dense kernel",
        FLATTEN,
        "Flatten.data_format",
        ignoring_argument(layers.Flatten, "data_format"),
    ),
    Fault(
        "Flatten, data_format: channels first where it is left out",
        FLATTEN,
        "Flatten.data_format",
        with_arguments(
            layers.Flatten,
            "__init__",
            lambda given: given.setdefault("data_format", "channels_first"),
        ),
    ),
    Fault(
        "Flatten: its last two axes exchanged, before a Dense kernel",
        FLATTEN,
        "Flatten.call",
        inputs(
            layers.Flatten,
            lambda x: exchanged(len(x.shape) - 2)(x) if len(x.shape) > 2 else x,
        ),
    ),
    Fault(
        "Flatten: one axis for a batch of numbers",
        FLATTEN,
        "Flatten.call",
        outputs(layers.Flatten, lambda y: y[:, 0] if y.shape[1] == 1 else y),
    ),
    Fault(
        "Dense, kernel behind Flatten: rows reversed",
        FLATTEN,
        "Dense.call",
        weight(layers.Dense, "kernel", flipped(0)),
    ),
    Fault(
        "Reshape, target_shape: turned",
        RESHAPE,
        "Reshape.target_shape",
        altered_argument(layers.Reshape, "target_shape", turned),
    ),
    Fault(
        "Reshape, target_shape: -1 is 1",
        RESHAPE,
        "Reshape.target_shape",
        altered_argument(layers.Reshape, "target_shape", lambda shape: np.abs(shape)),
    ),
    Fault(
        "Reshape: the first axis changes fastest",
        RESHAPE,
        "Reshape.call",
        outputs(layers.Reshape, not_transposed),
    ),
    Fault(
        "Permute, dims: ignored, beside Reshape",
        RESHAPE,
        "Permute.dims",
        altered_argument(layers.Permute, "dims", lambda dims: sorted(dims)),
    ),
    Fault(
        "Permute, dims: where an axis goes, not where it comes from",
        RESHAPE,
        "Permute.dims",
        altered_argument(
            layers.Permute,
            "dims",
            lambda dims: [dims.index(d + 1) + 1 for d in range(len(dims))],
        ),
    ),
    Fault(
        "Permute, dims: may count from 0",
        RESHAPE,
        "Permute.dims",
        altered_argument(
            layers.Permute, "dims", lambda dims: tuple(d + 1 - min(dims) for d in dims)
        ),
    ),
    Fault(
        "Permute: a reshape",
        RESHAPE,
        "Permute.call",
        during(layers.Permute, operation("transpose", reshaped)),
    ),
    Fault(
        "RepeatVector, n: one more",
        RESHAPE,
        "RepeatVector.n",
        altered_argument(layers.RepeatVector, "n", turned),
    ),
    Fault(
        "RepeatVector: each feature in turn",
        RESHAPE,
        "RepeatVector.call",
        during(layers.RepeatVector, operation("repeat", repeated_each)),
    ),
    Fault(
        'Conv2D, padding: the zeros of "same" at the top',
        PADDING,
        "Conv2D.padding",
        during(layers.Conv2D, operation("conv", mirrored)),
    ),
]
for kind, argument, page in [
    ("ZeroPadding", "padding", PADDING),
    ("Cropping", "cropping", CROPPING),
]:
    for rank in (1, 2, 3):
        name = f"{kind}{rank}D"
        layer = getattr(layers, name)
        FAULTS += [
            Fault(
                f"{name}, {argument}: one more, or turned",
                page,
                f"{name}.{argument}",
                altered_argument(layer, argument, turned),
            ),
            Fault(
                f"{name}, {argument}: ignored",
                page,
                f"{name}.{argument}",
                ignoring_argument(layer, argument),
            ),
            Fault(
                f"{name}, {argument}: another default",
                page,
                f"{name}.{argument}",
                with_arguments(
                    layer,
                    "__init__",
                    lambda given, argument=argument, default=int(name == "Cropping2D"): (
                        given.setdefault(argument, default)
                    ),
                ),
            ),
            Fault(
                f"{name}: the end of each axis for its beginning",
                page,
                f"{name}.call",
                from_the_other_side(layer),
            ),
        ]
        if name != "Cropping1D":
            FAULTS.append(
                Fault(
                    f"{name}, data_format: ignored",
                    page,
                    f"{name}.data_format",
                    ignoring_argument(layer, "data_format"),
                )
            )
FAULTS += [
    Fault(
        f"{layer.__name__}: {what}",
        PADDING,
        f"{layer.__name__}.call",
        during(layer, operation("pad", change)),
    )
    for layer in (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
    for what, change in [
        ("only at the end", only_at_the_end),
        ("the edge in place of zeros", with_the_edge),
    ]
]
FAULTS.append(
    Fault(
        "ZeroPadding1D, padding: a dictionary is taken",
        PADDING,
        "ZeroPadding1D.padding",
        altered_argument(
            layers.ZeroPadding1D,
            "padding",
            lambda padding: (
                tuple(padding.values()) if isinstance(padding, dict) else padding
            ),
        ),
    )
)
FAULTS += [
    Fault(
        "Cropping1D, data_format: taken, and ignored",
        CROPPING,
        "Cropping1D",
        ignoring_argument(layers.Cropping1D, "data_format"),
    ),
    Fault(
        "Cropping2D: drops all",
        CROPPING,
        "Cropping2D.call",
        Called(layers.Cropping2D, or_nothing),
    ),
]
