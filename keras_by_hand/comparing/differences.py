"""How far two arrays differ, and an array in the layout of another."""

import itertools
import math

import numpy as np

MOST_AXES = 5  # of which all orders are tried


def difference(y, expected):
    """Return the largest difference of two arrays of one shape, as a part of
    the largest number of the second, and its place; what is not finite must be
    the same in both."""
    y, expected = np.asarray(y, "float64"), np.asarray(expected, "float64")
    if y.size == 0:
        return 0.0, ()
    with np.errstate(invalid="ignore"):
        error = np.asarray(np.abs(y - expected))
    place = np.unravel_index(np.argmax(error), error.shape)
    largest = max(np.max(expected), -np.min(expected)) or 1
    if not (np.isfinite(error[place]) and np.isfinite(largest)):
        error[(y == expected) | (np.isnan(y) & np.isnan(expected))] = 0
        error[np.isnan(error)] = np.inf
        place = np.unravel_index(np.argmax(error), error.shape)
        finite = np.abs(expected[np.isfinite(expected)])
        largest = np.max(finite, initial=0) or 1
    return float(error[place] / largest), tuple(map(int, place))


def correlation(y, expected):
    """Return Pearson's correlation of two arrays; NaN where one is constant."""
    pair = [np.ravel(array).astype("float64") for array in (y, expected)]
    y, expected = (
        array - array.mean() if array.size else array for array in pair
    )
    lengths = np.linalg.norm(y) * np.linalg.norm(expected)
    return float(y @ expected / lengths) if lengths > 0 else np.nan


def layouts(shape, wanted):
    """Yield what brings an array of a shape into the wanted shape: its axes in
    all orders that fit, as NCHW for NHWC, where axes of length 1 may be more or
    fewer; and a flat array, as programs in C write it, with its channels last,
    or first. The order as it is comes first."""
    axes = [axis for axis, length in enumerate(shape) if length != 1]
    lengths = [length for length in wanted if length != 1]
    if len(axes) > MOST_AXES:
        axes_in_order = [tuple(axes)]
    else:
        axes_in_order = itertools.permutations(axes)
    ones = tuple(axis for axis, length in enumerate(shape) if length == 1)
    for order in axes_in_order:
        if [shape[axis] for axis in order] == lengths:
            yield Layout(order + ones, tuple(wanted))
    if len(axes) < len(lengths) and math.prod(shape) == math.prod(wanted):
        yield Flat(tuple(wanted), is_channels_first=False)
        if len(wanted) > 2:
            yield Flat(tuple(wanted), is_channels_first=True)


class Layout:
    """An order of axes, and the shape after it.

    is_usual: whether no axis moves, or one does to the end, as channels do, or
    from there. In other orders, a transposed image may look like a right one.
    """

    def __init__(self, order, shape):
        self.order, self.shape = order, shape
        self.is_usual = is_usual(order)

    def __call__(self, array):
        return np.transpose(array, self.order).reshape(self.shape)


def is_usual(order):
    """Whether an order is that of all axes, with one moved to the end or from
    there."""
    *others, last = order
    moved_from = [axis for axis in order if axis != len(order) - 1]
    return others == sorted(others) or moved_from == sorted(moved_from)


class Flat:
    """The layout of an array without axes, or with fewer of them: its numbers
    are in the order of the shape, but for channels, which may come first."""

    is_usual = True

    def __init__(self, shape, is_channels_first):
        self.shape, self.is_channels_first = shape, is_channels_first
        self.order = "reshaped", is_channels_first

    def __call__(self, array):
        if not self.is_channels_first:
            return array.reshape(self.shape)
        samples, *places, channels = self.shape
        array = array.reshape(samples, channels, *places)
        return np.moveaxis(array, 1, -1)


class BeforeActivation:
    """The layout of what a layer makes before its activation, which it then
    applies."""

    def __init__(self, layout, activation):
        self.layout, self.activation = layout, activation
        self.order = "before", *layout.order
        self.is_usual = layout.is_usual

    def __call__(self, array):
        with np.errstate(all="ignore"):
            return self.activation(self.layout(array))


class Unfolded:
    """The layout of what was flattened from an array in another layout."""

    is_usual = True

    def __init__(self, before, layout, shape):
        self.before, self.layout, self.shape = before, layout, shape
        self.order = "flat", *layout.order

    def __call__(self, array):
        return self.layout(array.reshape(self.before)).reshape(self.shape)
