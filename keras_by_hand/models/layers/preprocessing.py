"""How preprocessing layers are saved and called in a model."""

import numpy as np

from keras_by_hand.layers.preprocessing import as_whole_numbers
from keras_by_hand.layers.text import list_tokens
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import (
    ALL_NUMBERS,
    KeepsMask,
    Layer,
)
from keras_by_hand.models.notes import LARGER, ROUNDED
from keras_by_hand.models.tensors import arrays_of, in_dtype, tensors_in


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


class RandomImages(Layer):
    """A layer that changes images in training alone."""

    kinds = ALL_NUMBERS

    def compute(self, x, mask=None, training=None):
        self.function(arrays_of(x), **self.options)  # it checks them
        return x  # the same tensor, as in Keras


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


class UpSampling2D(Layer):
    """An UpSampling2D, which rounds among whole numbers."""

    def apply(self, x, mask=None):
        y = self.function(x, **self.options)
        if self.config.get("interpolation", "nearest") == "nearest":
            return y.astype(x.dtype, copy=False)
        return rounded_as(x, y)


class Discretization(Layer):
    """A Discretization, whose bins are int32."""

    def apply(self, x, mask=None):
        return in_dtype(super().apply(x), "int32", "i")


class Lookup(Layer):
    """A lookup: what it has learned stands in other files than the config."""

    def prepare(self, build):
        super().prepare(build)
        tokens = self.config.get("vocabulary")
        if tokens is None:
            tokens = self.learned_tokens()
        if not isinstance(tokens, list):
            raise CannotRun("its vocabulary is not in the file")
        if len(set(tokens)) < len(tokens):
            raise CannotRun("its vocabulary has a token twice")
        self.options["vocabulary"] = tokens
        variables = self.weights.get("vars")
        if isinstance(variables, dict) and "idf_weights" in variables:
            self.take_weights(tokens, np.ravel(variables["idf_weights"]))

    def take_weights(self, tokens, weights):
        """Take idf_weights: the file has them of all tokens, special ones too,
        and of places for more."""
        number = self.config.get("num_oov_indices", 1)
        most = min(number, len(weights)) if isinstance(number, int) else 0
        special = [self.config.get("oov_token", "[UNK]")] * most
        tokens = list_tokens(tokens, special)
        self.options.pop("idf_weights", None)
        self.options["vocabulary"] = tokens
        self.arrays["idf_weights"] = weights[: len(tokens)]

    def learned_tokens(self):
        """Return what adapt() has learned, as Keras reads it: empty lines at
        the end are no tokens."""
        lines = list(self.weights.get("vocabulary", ()))
        while lines and lines[-1] == "":
            lines.pop()
        tokens = self.read_tokens(lines)
        special = {
            self.config.get("mask_token", ""),
            self.config.get("oov_token", "[UNK]"),
        }
        if not set(tokens) - special:
            raise CannotRun("it has no vocabulary; call adapt() before save()")
        return tokens

    def read_tokens(self, lines):
        return lines


class IntegerLookup(Lookup):
    """A lookup of whole numbers, which the file has as text."""

    def read_tokens(self, lines):
        return [int(line) for line in lines]
