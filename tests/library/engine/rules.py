"""Rules of the tape: what NumPy computes, and its gradients, as TensorFlow has them.

A rule has a row or a few in the module of ``cases`` that has the name of its own; all rows
of a module are the cases of one subject.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from library.engine.cases import Case
from library.engine.subjects import function

from keras_by_hand.tracing.tape import Traced, gradients, plain


class Row(NamedTuple):
    """words: what it shows; ours: of arrays, by NumPy; theirs: the same of tensors, or the
    words by which the tape refuses it; arrays: what comes in, arrays or shapes of some that
    are drawn, between 0.1 and 0.9."""

    words: str
    ours: Callable
    theirs: Callable | str
    arrays: tuple


def alike(name, *arrays, of=np, theirs=None, given=(), **options):
    """A row of a function that keras.ops, or TensorFlow, has by the name of NumPy's; given:
    what follows the arrays by place."""
    ours = getattr(of, name)
    theirs = theirs or getattr(keras.ops, name)
    return Row(
        " ".join(map(str, filter(None, [name, given, options]))),
        lambda *xs: ours(*xs, *given, **options),
        lambda *xs: theirs(*xs, *given, **options),
        arrays,
    )


def compare(name, rows, **options):
    """Return a decorator that makes rows, {words: Row}, the cases of a subject; of a
    function that draws an array in a shape."""

    def expected(words, *arrays):
        row = by_words[words]
        if isinstance(row.theirs, str):
            return np.array(row.theirs)
        tensors = [tf.convert_to_tensor(array) for array in arrays]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            y = row.theirs(*tensors)
        found = tape.gradient(y, tensors, output_gradients=tf.constant(factors(y)))
        return [y, *(nothing if g is None else tf.convert_to_tensor(g) for g in found)]

    def by_tape(words, *arrays):
        traced = [Traced(array) for array in arrays]
        try:
            y = by_words[words].ours(*traced)
            found = gradients(y, traced, factors(y)) if isinstance(y, Traced) else []
        except TypeError as error:
            return np.array(str(error))
        found = found or [None] * len(traced)
        return [plain(y), *(nothing if g is None else g for g in found)]

    def register(draw_array):
        def generate(draw):
            row = rows[draw.number]
            arrays = [
                draw_array(draw, a) if isinstance(a, tuple) else a for a in row.arrays
            ]
            return Case({}, (words[draw.number], *arrays))

        generate.__module__ = draw_array.__module__
        return function(expected, by_tape, name, number=len(rows), **options)(generate)

    nothing = np.zeros(0)  # in the place of None
    words = [f"{row.words} of {shapes_of(row)}" for row in rows]
    by_words = dict(zip(words, rows))
    assert len(by_words) == len(rows), "two rows have the same words"
    return register


def shapes_of(row):
    return " and ".join(str(a if isinstance(a, tuple) else a.shape) for a in row.arrays)


def factors(y):
    """The gradient at y: entries that differ."""
    return np.cos(np.arange(np.size(y)) + 1.0).reshape(tuple(y.shape))
