"""Rules of the tape: what moves, repeats, leaves out or joins entries.

Most need no rule of their own: entries that are numbered go the same way, and
tell where they went.
"""

from typing import Any

import numpy as np

from keras_by_hand.occurrences import Occurrences
from keras_by_hand.tracing.tape import (
    RULES,
    Source,
    Traced,
    map_parts,
    plain,
    rule,
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
    np.delete,
    np.broadcast_arrays,
    np.array_split,
    np.atleast_1d,
]


def moved(function: Any, *args: Any, **options: Any) -> Any:
    """What a function returns that computes nothing."""
    y = function(*map_parts(plain, args), **map_parts(plain, options))
    if isinstance(y, list | tuple):  # as of broadcast_arrays

        def part(number):
            def take(*given, **named):
                return function(*given, **named)[number]

            return take

        parts = range(len(y))
        return [moved(part(n), *args, **options) for n in parts]
    sources: dict[int, Traced] = {}

    def note(thing):
        if isinstance(thing, Traced):
            sources[thing.node.number] = thing

    map_parts(note, (args, options))

    def back(source):
        def numbered(thing):
            if thing is source:
                numbers = np.arange(1, source.size + 1)
                return numbers.reshape(source.shape)
            if isinstance(thing, Traced) or _is_float(thing):
                return np.zeros(np.shape(thing), int)
            return thing

        def pull(g):
            places = function(
                *map_parts(numbered, args), **map_parts(numbered, options)
            )
            total = np.bincount(places.ravel(), g.ravel(), source.size + 1)
            return total[1:].reshape(source.shape)

        return pull

    return Traced(y, [Source(s.node, back(s)) for s in sources.values()])


def _is_float(thing):
    return getattr(thing, "dtype", np.dtype(int)).kind == "f"


def _move_of(function):
    def move(*args, **options):
        return moved(function, *args, **options)

    return move


RULES.update({function: _move_of(function) for function in MOVES})


# -- What has an inverse, which is faster


def _reshaping(function):
    def reshaped(x, *args, **options):
        y = function(x.value, *args, **options)
        return Traced(y, [Source(x.node, lambda g: g.reshape(x.shape))])

    return reshaped


RESHAPES = np.reshape, np.ravel, np.expand_dims, np.squeeze
RULES.update({function: _reshaping(function) for function in RESHAPES})


@rule(np.broadcast_to)
def _broadcast_to(x, shape):
    y = np.broadcast_to(x.value, shape)
    return Traced(y, [Source(x.node, lambda g: g)])  # the way back sums up


@rule(np.transpose)
def _transpose(x, axes=None):
    back = None if axes is None else np.argsort(np.array(axes) % x.ndim)
    y = np.transpose(x.value, axes)
    return Traced(y, [Source(x.node, lambda g: g.transpose(back))])


@rule(np.swapaxes)
def _swapaxes(x, a, b):
    y = np.swapaxes(x.value, a, b)
    return Traced(y, [Source(x.node, lambda g: g.swapaxes(a, b))])


@rule(np.moveaxis)
def _moveaxis(x, source, destination):
    y = np.moveaxis(x.value, source, destination)
    return Traced(
        y, [Source(x.node, lambda g: np.moveaxis(g, destination, source))]
    )


@rule(np.pad)
def _pad(x, pad_width, mode="constant", **options):
    if mode != "constant":  # repeats entries
        return moved(np.pad, x, pad_width, mode, **options)
    y = np.pad(x.value, pad_width, mode, **options)
    before = np.broadcast_to(pad_width, (x.ndim, 2))[:, 0]
    kept = tuple(slice(a, a + n) for a, n in zip(before, x.shape))
    return Traced(y, [Source(x.node, lambda g: g[kept])])


@rule(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(x, window_shape, axis):
    view = np.lib.stride_tricks.sliding_window_view
    y = view(x.value, window_shape, axis)
    axes = np.atleast_1d(axis)
    size = tuple(np.atleast_1d(window_shape))

    def pull(g):
        total = np.zeros(x.shape, g.dtype)
        for entry in np.ndindex(*size):
            place = [slice(None)] * x.ndim
            for a, first in zip(axes, entry):
                place[a] = slice(first, first + g.shape[a])
            total[tuple(place)] += g[(..., *entry)]
        return total

    return Traced(y, [Source(x.node, pull)])


@rule("getitem")
def _getitem(x, index):
    index = map_parts(plain, index)
    y = x.value[index]
    parts = index if isinstance(index, tuple) else (index,)
    by_rows = [isinstance(part, np.ndarray | list) for part in parts]

    def pull(g):
        if not any(by_rows):  # slices and numbers meet no entry twice
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


def _filled(function):
    def filled(*args, **options):
        return Traced(function(*args, **options))

    return filled


FILLS = np.zeros, np.ones, np.full
RULES.update({function: _filled(function) for function in FILLS})


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


@rule(np.concatenate)
def _concatenate(arrays, axis=0):
    y = np.concatenate([plain(array) for array in arrays], axis)
    ends = np.cumsum([array.shape[axis] for array in arrays])[:-1]
    return _joined(
        y, arrays, lambda number: lambda g: np.split(g, ends, axis)[number]
    )


@rule(np.stack)
def _stack(arrays, axis=0):
    y = np.stack([plain(array) for array in arrays], axis)
    return _joined(y, arrays, lambda number: lambda g: g.take(number, axis))


@rule(np.split)
def _split(x, indices_or_sections, axis=0):
    places = np.split(np.arange(x.shape[axis]), indices_or_sections)
    before = (slice(None),) * (axis % x.ndim)
    ends = np.cumsum([0, *map(len, places)])
    return [x[(*before, slice(*pair))] for pair in zip(ends, ends[1:])]


@rule(np.sort)
def _sort(x, axis=-1, **options):
    order = np.argsort(x.value, axis, **options)
    return np.take_along_axis(x, order, axis)


@rule(np.select)
def _select(conditions, choices, default=0):
    y = default
    for condition, choice in zip(conditions[::-1], choices[::-1]):
        y = np.where(condition, choice, y)
    return y
