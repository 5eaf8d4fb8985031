"""Faults of lookups and texts: vocabularies, special tokens, output modes and words."""

from pathlib import Path
from unittest import mock

import numpy as np
from breaking import altered, function_of, ignoring_argument
from fault import Fault
from keras.layers import IntegerLookup, StringLookup, TextVectorization
from keras.src.utils.module_utils import tensorflow as tf


def reversed_list(values):
    return None if values is None else list(values)[::-1]


def ties_from_a_to_z(real, keys):
    """Orders tokens by frequency, so that reversed, equal ones go from a to z."""
    tokens, counts = keys
    order = np.argsort(tokens)[::-1]
    return order[np.argsort(counts[order], kind="stable")]


def save_reversed(self, folder):
    tokens = self.get_vocabulary()[::-1]
    Path(folder, "vocabulary.txt").write_text("\n".join(map(str, tokens)))


def load_reversed(self, folder):
    tokens = Path(folder, "vocabulary.txt").read_text().split("\n")
    self.set_vocabulary([int(token) for token in reversed(tokens)])


FAULTS = [
    Fault(
        f"{layer.__name__}, {argument}: ignored ({page.partition('plot_')[2]})",
        page,
        f"{layer.__name__}.{argument}",
        ignoring_argument(layer, argument),
    )
    for layer, page, argument in [
        (StringLookup, "preprocessing/plot_lookup_vocabulary", "encoding"),
        (IntegerLookup, "preprocessing/plot_lookup_vocabulary", "max_tokens"),
        (StringLookup, "preprocessing/plot_lookup_invert", "invert"),
        (IntegerLookup, "preprocessing/plot_integer_lookup", "vocabulary_dtype"),
        (StringLookup, "preprocessing/plot_lookup_oov", "salt"),
        (IntegerLookup, "preprocessing/plot_lookup_oov", "oov_method"),
        (IntegerLookup, "preprocessing/plot_lookup_oov", "salt"),
        (StringLookup, "preprocessing/plot_lookup_sparse", "sparse"),
        (IntegerLookup, "preprocessing/plot_lookup_sparse", "sparse"),
        (TextVectorization, "preprocessing/plot_lookup_sparse", "sparse"),
    ]
]

FAULTS += [
    Fault(
        "StringLookup.adapt: the least frequent first",
        "preprocessing/plot_lookup_vocabulary",
        "StringLookup.adapt",
        function_of(np, "lexsort", lambda real, keys: real(keys)[::-1]),
    ),
    Fault(
        "StringLookup.adapt: equal frequencies from a to z",
        "preprocessing/plot_lookup_vocabulary",
        "StringLookup.adapt",
        function_of(np, "lexsort", ties_from_a_to_z),
    ),
]

SAVED = "preprocessing/plot_lookup_saved"
TEXT = "preprocessing/plot_text_vectorization"
NGRAMS = "preprocessing/plot_text_ngrams"
FAULTS += [
    Fault(
        "TextVectorization, ragged: ignored (ngrams)",
        NGRAMS,
        "TextVectorization.ragged",
        ignoring_argument(TextVectorization, "ragged"),
    ),
    Fault(
        "TextVectorization, encoding: ignored",
        "preprocessing/plot_lookup_vocabulary",
        "TextVectorization.encoding",
        ignoring_argument(TextVectorization, "encoding"),
    ),
    Fault(
        "TextVectorization.adapt: the least frequent first",
        TEXT,
        "TextVectorization.adapt",
        function_of(np, "lexsort", lambda real, keys: real(keys)[::-1]),
    ),
    Fault(
        "TextVectorization.adapt: weights without the 1 in the denominator",
        NGRAMS,
        "TextVectorization.adapt",
        mock.patch.object(
            StringLookup,
            "_inverse_document_frequency",
            lambda self, count, number: tf.math.log(1 + number / count),
        ),
    ),
    Fault(
        "StringLookup, vocabulary: in the file without special tokens",
        SAVED,
        "StringLookup.get_vocabulary",
        altered(
            StringLookup,
            "get_vocabulary",
            lambda tokens: [token for token in tokens if token not in ("", "[UNK]")],
        ),
    ),
    Fault(
        "StringLookup, vocabulary: not in the config",
        SAVED,
        "StringLookup.get_config",
        altered(
            StringLookup, "get_config", lambda config: {**config, "vocabulary": None}
        ),
    ),
    Fault(
        "IntegerLookup: saved and loaded in another order",
        SAVED,
        "IntegerLookup.get_vocabulary",
        mock.patch.multiple(
            IntegerLookup, save_assets=save_reversed, load_assets=load_reversed
        ),
    ),
    Fault(
        "IntegerLookup: saved in another order",
        SAVED,
        "IntegerLookup.get_vocabulary",
        altered(IntegerLookup, "get_vocabulary", reversed_list),
    ),
]
