"""How lookups are saved, and called in a model."""

import numpy as np

from keras_by_hand.layers.text import (
    integer_lookup,
    list_tokens,
    string_lookup,
    text_vectorization,
)
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import Layer, LayerTable


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


TEXT_LAYERS: LayerTable = {
    "IntegerLookup": (integer_lookup, IntegerLookup),
    "StringLookup": (string_lookup, Lookup),
    "TextVectorization": (text_vectorization, Lookup),
}
