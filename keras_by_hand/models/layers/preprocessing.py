"""How preprocessing layers are saved and called in a model."""

import numpy as np

from keras_by_hand.layers.preprocessing import (
    as_whole_numbers,
    category_encoding,
    center_crop,
    discretization,
    normalization,
    rescaling,
    resizing,
)
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import (
    ALL_NUMBERS,
    KeepsMask,
    Layer,
    LayerTable,
)
from keras_by_hand.models.notes import LARGER, ROUNDED
from keras_by_hand.models.tensors import in_dtype, tensors_in


class Images(Layer):
    """A layer that makes images of another size. In predict, it and its like
    turn whole numbers into their dtype, too."""

    kinds = ALL_NUMBERS


class CenterCrop(Images):
    """A CenterCrop, in which a Resizing of float32 makes larger images."""

    def apply(self, x, mask=None):
        y = self.function(x, **self.options)
        is_larger = any(new > old for new, old in zip(y.shape, x.shape))
        if is_larger and self.dtype == "float64":
            self.note(LARGER)
        return y


class Resizing(Images):
    """A Resizing, which rounds where a model is called, but not in predict."""

    def call(self, args, keywords):
        kinds = {x.array.dtype.kind for x in tensors_in([args, keywords])}
        if kinds & {"i", "u"}:
            self.note(ROUNDED)
        return super().call(args, keywords)


class Scaling(KeepsMask):
    """A layer that computes with each number alone."""

    reads = ("mean", "variance")

    kinds = ALL_NUMBERS


class CategoryEncoding(Layer):
    """A CategoryEncoding, with weights of the counts or without."""

    places = ("count_weights",)


def rounded_as(x, y):
    """Return numbers y rounded to whole ones if x has these. Raises CannotRun
    where it depends on errors of float32 to which one of them goes."""
    if x.dtype.kind == "f":
        return y
    from_half = np.abs(y - np.floor(y) - 0.5)
    if np.any((from_half > 0) & (from_half < 1e-3)):
        raise CannotRun("a number lies too near to the middle of two pixels")
    return as_whole_numbers(y, x.dtype)


class Discretization(Layer):
    """A Discretization, whose bins are int32."""

    def apply(self, x, mask=None):
        return in_dtype(super().apply(x), "int32", "i")


PREPROCESSING_LAYERS: LayerTable = {
    "CategoryEncoding": (category_encoding, CategoryEncoding),
    "CenterCrop": (center_crop, CenterCrop),
    "Discretization": (discretization, Discretization),
    "Normalization": (normalization, Scaling),
    "Rescaling": (rescaling, Scaling),
    "Resizing": (resizing, Resizing),
}
