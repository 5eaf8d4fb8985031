"""How layers of several inputs treat their masks in a model."""

import functools

import numpy as np

from keras_by_hand.layers.merging import (
    add,
    aligned,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import ALL_NUMBERS, Layer, LayerTable
from keras_by_hand.models.notes import BIAS, is_taken_for_bias


class Merging(Layer):
    """Add, Average or Subtract: what any input keeps is kept, if all have
    masks."""

    places = ()

    def apply(self, x, mask=None):
        return super().apply(of_one_batch(x))

    def mask_after(self, x, mask):
        if any(m is None for m in mask):
            return None
        return np.logical_or.reduce(mask)


def of_one_batch(arrays):
    """Return arrays with as many samples: those of a constant may be one."""
    samples = max((len(x) for x in arrays if x.ndim), default=1)
    return [
        np.broadcast_to(x, (samples, *x.shape[1:]))
        if x.shape[:1] == (1,)
        else x
        for x in arrays
    ]


class Adding(Merging):
    """An Add or the like, whose later inputs TensorFlow may take for a bias."""

    def apply(self, x, mask=None):
        y = super().apply(x)
        inputs = aligned(x)
        if any(is_taken_for_bias(y, other) for other in inputs[1:]):
            self.note(BIAS.format("an input"))
        return y


class Average(Adding):
    """An Average, which Keras computes in float64 among whole numbers."""

    def apply(self, x, mask=None):
        if all(array.dtype.kind != "f" for array in x):
            raise CannotRun("whole numbers alone are not known here")
        return super().apply(x)


class MaskedMerging(Merging):
    """A merging layer of what is not masked.

    neutral: what stands for a masked number. Where all inputs are masked, it
    returns the first.
    """

    def apply(self, x, mask=None):
        if all(m is None for m in mask or ()):
            return super().apply(x)
        x = of_one_batch(x)
        kept = [True if m is None else m[..., np.newaxis] for m in mask]
        y = self.function(
            [np.where(k, each, self.neutral) for k, each in zip(kept, x)]
        )
        if any(m is None for m in mask):
            return y
        is_kept = functools.reduce(np.logical_or, kept)
        return np.where(is_kept, y, self.of_none(x))

    def of_none(self, x):
        return x[0]


class Maximum(MaskedMerging):
    neutral = -np.inf


class Minimum(MaskedMerging):
    neutral = np.inf


class Multiply(MaskedMerging):
    """Where all inputs are masked, it returns 0."""

    neutral = 1

    def of_none(self, x):
        return 0


class Concatenate(Layer):
    """A step is kept where any number of it is."""

    places = ()

    def mask_after(self, x, mask):
        if all(m is None for m in mask):
            return None
        filled = [
            np.ones(array.shape, bool)
            if m is None
            else np.broadcast_to(
                m.reshape(m.shape + (1,) * (array.ndim - m.ndim)), array.shape
            )
            for array, m in zip(x, mask)
        ]
        return np.any(np.concatenate(filled, self.config["axis"]), axis=-1)


class TFDConcat(Concatenate):
    """A Concatenate among layers of preprocessing, which makes floats of whole
    numbers."""

    kinds = ALL_NUMBERS


MERGING_LAYERS: LayerTable = {
    "Add": (add, Adding),
    "Average": (average, Average),
    "Concatenate": (concatenate, Concatenate),
    "Dot": (dot, Layer),
    "Maximum": (maximum, Maximum),
    "Minimum": (minimum, Minimum),
    "Multiply": (multiply, Multiply),
    "Subtract": (subtract, Merging),
    "TFDConcat": (concatenate, TFDConcat),
}
