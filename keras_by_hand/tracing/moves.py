"""Rules of the tape: what moves, repeats, leaves out or joins entries.

Most need no rule of their own: entries that are numbered go the same way, and
tell where they went.
"""

from functools import partial
from typing import Any

import numpy as np

from keras_by_hand.occurrences import Occurrences
from keras_by_hand.tracing.tape import (
    RULES,
    Source,
    Traced,
    has_rows,
    map_parts,
    plain,
)

MOVES = [
    np.repeat,
    np.take,
    np.take_along_axis,
    np.diag,
    np.diagonal,
    np.flip,
    np.roll,
    np.rot90,
    np.tile,
    np.tril,
    np.triu,
    np.array_split,
]
RESHAPES = np.reshape, np.ravel, np.expand_dims, np.squeeze, np.atleast_1d
FILLS = np.zeros, np.full


def _moved(function: Any, x: Traced, *args: Any, **options: Any) -> Any:
    """What a function returns that computes nothing."""
    y = function(x.value, *args, **options)
    if isinstance(y, list):  # as of array_split

        def part(number):
            return lambda *given, **named: function(*given, **named)[number]

        parts = range(len(y))
        return [_moved(part(n), x, *args, **options) for n in parts]

    def pull(g):
        numbers = np.arange(1, x.size + 1).reshape(x.shape)
        places = function(numbers, *args, **options)  # 0: what is filled in
        total = np.bincount(places.ravel(), g.ravel(), x.size + 1)
        return total[1:].reshape(x.shape)

    return Traced(y, [Source(x.node, pull)])


# -- What has an inverse, which is faster


def _reshaped(function, x, *args, **options):
    if "order" in options or any(isinstance(arg, str) for arg in args):
        return _moved(function, x, *args, **options)
    y = function(x.value, *args, **options)
    return Traced(y, [Source(x.node, lambda g: g.reshape(x.shape))])


def _broadcast_to(x, shape):
    y = np.broadcast_to(x.value, shape)
    return Traced(y, [Source(x.node, lambda g: g)])  # the way back sums up


def _transpose(x, axes=None):
    back = None if axes is None else np.argsort(np.array(axes) % x.ndim)
    y = np.transpose(x.value, axes)
    return Traced(y, [Source(x.node, lambda g: g.transpose(back))])


def _swapaxes(x, axis1, axis2):
    y = np.swapaxes(x.value, axis1, axis2)
    return Traced(y, [Source(x.node, lambda g: g.swapaxes(axis1, axis2))])


def _moveaxis(x, source, destination):
    y = np.moveaxis(x.value, source, destination)
    return Traced(
        y, [Source(x.node, lambda g: np.moveaxis(g, destination, source))]
    )


def _pad(x, pad_width, mode="constant", **options):
    if mode != "constant":  # repeats entries
        return _moved(np.pad, x, pad_width, mode, **options)
    y = np.pad(x.value, pad_width, mode, **options)
    before = np.broadcast_to(pad_width, (x.ndim, 2))[:, 0]
    kept = tuple(slice(a, a + n) for a, n in zip(before, x.shape))
    return Traced(y, [Source(x.node, lambda g: g[kept])])


def _sliding_window_view(x, window_shape, axis):
    view = np.lib.stride_tricks.sliding_window_view
    y = view(x.value, window_shape, axis)
    axes = np.atleast_1d(axis) % x.ndim
    size = tuple(np.atleast_1d(window_shape))

    def pull(g):
        total = np.zeros(x.shape, g.dtype)
        last = range(-len(size), 0)
        # Copied, as entries of a window are then read one after another.
        by_entry = np.ascontiguousarray(np.moveaxis(g, last, range(len(size))))
        for entry in np.ndindex(*size):
            place = [slice(None)] * x.ndim
            for a, first in zip(axes, entry):
                place[a] = slice(first, first + g.shape[a])
            total[tuple(place)] += by_entry[entry]
        return total

    return Traced(y, [Source(x.node, pull)])


def _getitem(x, index):
    index = map_parts(plain, index)
    y = x.value[index]
    parts = index if isinstance(index, tuple) else (index,)

    def pull(g):
        if not has_rows(index):  # slices and numbers meet no entry twice
            total = np.zeros(x.shape, g.dtype)
            total[index] = g
            return total
        rows = np.asarray(parts[0])
        if len(parts) == 1 and rows.dtype.kind in "iu":
            rows = np.where(rows < 0, rows + len(x), rows).ravel()
            return Occurrences(g.reshape(-1, *x.shape[1:]), rows, x.shape)
        total = np.zeros(x.shape, g.dtype)
        np.add.at(total, index, g)
        return total

    return Traced(y, [Source(x.node, pull)])


# -- Arrays that are filled, made by like=


def _filled(function, *args, **options):
    return Traced(function(*args, **options))


def _full_like(x, fill_value, **options):
    return np.full_like(plain(x), fill_value, **options)


# -- Joined, and cut in pieces


def _joined(y, arrays, pull_of):
    """An array that others are parts of: pull_of takes the number of one."""
    return Traced(
        y,
        [
            Source(array.node, pull_of(number))
            for number, array in enumerate(arrays)
            if isinstance(array, Traced)
        ],
    )


def _concatenate(arrays, axis=0):
    y = np.concatenate([plain(array) for array in arrays], axis)
    ends = np.cumsum([array.shape[axis] for array in arrays])[:-1]
    return _joined(
        y, arrays, lambda number: lambda g: np.split(g, ends, axis)[number]
    )


def _stack(arrays, axis=0):
    y = np.stack([plain(array) for array in arrays], axis)
    return _joined(y, arrays, lambda number: lambda g: g.take(number, axis))


def _split(x, indices_or_sections, axis=0):
    places = np.split(np.arange(x.shape[axis]), indices_or_sections)
    before = (slice(None),) * (axis % x.ndim)
    ends = np.cumsum([0, *map(len, places)])
    return [x[(*before, slice(*pair))] for pair in zip(ends, ends[1:])]


def _sort(x, axis=-1):
    order = np.argsort(x.value, axis, kind="stable")
    return np.take_along_axis(x, order, axis)


def _select(conditions, choices, default=0):
    y = default
    for condition, choice in zip(conditions[::-1], choices[::-1]):
        y = np.where(condition, choice, y)
    return y


RULES.update({function: partial(_moved, function) for function in MOVES})
RULES.update({function: partial(_reshaped, function) for function in RESHAPES})
RULES.update({function: partial(_filled, function) for function in FILLS})
RULES.update(
    {
        np.broadcast_to: _broadcast_to,
        np.transpose: _transpose,
        np.swapaxes: _swapaxes,
        np.moveaxis: _moveaxis,
        np.pad: _pad,
        np.lib.stride_tricks.sliding_window_view: _sliding_window_view,
        "getitem": _getitem,
        np.concatenate: _concatenate,
        np.stack: _stack,
        np.split: _split,
        np.sort: _sort,
        np.select: _select,
        np.full_like: _full_like,
    }
)
