"""How layers of several inputs treat their masks in a model."""

import functools

import numpy as np

from keras_by_hand.models.layer import Layer


class Merging(Layer):
    """Add, Average or Subtract: what any input keeps is kept, if all have
    masks."""

    places = ()

    def mask_after(self, x, mask):
        if any(m is None for m in mask):
            return None
        return np.logical_or.reduce(mask)


class MaskedMerging(Merging):
    """A merging layer of what is not masked.

    neutral: what stands for a masked number. Where all inputs are masked, it
    returns the first.
    """

    def apply(self, x, mask=None):
        if all(m is None for m in mask or ()):
            return super().apply(x)
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
