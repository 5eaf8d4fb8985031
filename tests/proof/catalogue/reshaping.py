"""Faults of Reshape, Permute, ZeroPadding and Cropping."""

import numpy as np
from breaking import Called, altered_argument, during, ignoring_argument, operation
from fault import Fault
from keras import layers

RESHAPE = "reshaping/plot_reshape_permute"
PADDING = "reshaping/plot_zero_padding"
CROPPING = "reshaping/plot_cropping"


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
        "Reshape, target_shape: -1 is 1",
        RESHAPE,
        "Reshape.target_shape",
        altered_argument(layers.Reshape, "target_shape", lambda shape: np.abs(shape)),
    ),
    Fault(
        "Permute, dims: may count from 0",
        RESHAPE,
        "Permute.dims",
        altered_argument(
            layers.Permute, "dims", lambda dims: tuple(d + 1 - min(dims) for d in dims)
        ),
    ),
]

FAULTS += [
    Fault(
        f"{layer.__name__}: the edge in place of zeros",
        PADDING,
        f"{layer.__name__}.call",
        during(layer, operation("pad", with_the_edge)),
    )
    for layer in (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
]
FAULTS += [
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
    ),
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
