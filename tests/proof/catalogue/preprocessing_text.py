"""Faults of lookups and texts: vocabularies, special tokens, output modes and words."""

from unittest import mock

import numpy as np
from breaking import (
    altered,
    altered_argument,
    function_of,
    ignoring_argument,
    outputs,
)
from fault import Fault
from keras.layers import IntegerLookup, StringLookup, TextVectorization
from keras.src.utils.module_utils import tensorflow as tf


def reversed_list(values):
    return None if values is None else list(values)[::-1]


def one_more(number):
    return None if number is None else number + 1


def ties_from_a_to_z(real, keys):
    """Orders tokens by frequency, so that reversed, equal ones go from a to z."""
    tokens, counts = keys
    order = np.argsort(tokens)[::-1]
    return order[np.argsort(counts[order], kind="stable")]


FAULTS = [
    Fault(
        f"{layer.__name__}, {argument}: ignored ({page})",
        f"preprocessing/plot_{page}",
        f"{layer.__name__}.{argument}",
        ignoring_argument(layer, argument),
    )
    for layer, page, *arguments in (
        (StringLookup, "lookup_vocabulary", "mask_token", "encoding"),
        (IntegerLookup, "lookup_vocabulary", "max_tokens", "num_oov_indices"),
        (StringLookup, "string_lookup", "mask_token", "oov_token"),
        (StringLookup, "string_lookup", "num_oov_indices"),
        (StringLookup, "lookup_invert", "invert", "oov_token", "num_oov_indices"),
        (IntegerLookup, "lookup_invert", "invert", "oov_token", "mask_token"),
        (IntegerLookup, "integer_lookup", "mask_token", "oov_token"),
        (IntegerLookup, "integer_lookup", "num_oov_indices", "vocabulary_dtype"),
        (StringLookup, "lookup_oov", "num_oov_indices", "salt"),
        (IntegerLookup, "lookup_oov", "num_oov_indices", "oov_method", "salt"),
        (StringLookup, "lookup_output_modes", "output_mode", "pad_to_max_tokens"),
        (IntegerLookup, "lookup_output_modes", "output_mode", "pad_to_max_tokens"),
        (StringLookup, "lookup_sparse", "sparse"),
        (IntegerLookup, "lookup_sparse", "sparse"),
        (TextVectorization, "lookup_sparse", "sparse"),
    )
    for argument in arguments
]

for layer, page in [
    (StringLookup, "string_lookup"),
    (IntegerLookup, "integer_lookup"),
]:
    FAULTS.append(
        Fault(
            f"{layer.__name__}, vocabulary: reversed",
            f"preprocessing/plot_{page}",
            f"{layer.__name__}.vocabulary",
            altered_argument(layer, "vocabulary", reversed_list),
        )
    )

MODES = "preprocessing/plot_lookup_output_modes"
for layer in (StringLookup, IntegerLookup):
    FAULTS += [
        Fault(
            f"{layer.__name__}, max_tokens: one more",
            MODES,
            f"{layer.__name__}.max_tokens",
            altered_argument(layer, "max_tokens", one_more),
        ),
        Fault(
            f"{layer.__name__}, idf_weights: reversed",
            MODES,
            f"{layer.__name__}.idf_weights",
            altered_argument(layer, "idf_weights", reversed_list),
        ),
    ]
FAULTS += [
    Fault(
        "StringLookup, idf_weights: 0 for unknown words",
        MODES,
        "StringLookup.idf_weights",
        function_of(np, "average", lambda real, weights: 0 * real(weights)),
    ),
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
    Fault(
        "IntegerLookup: the remainder has the sign of the number",
        "preprocessing/plot_integer_lookup",
        "IntegerLookup.call",
        function_of(tf.math, "floormod", lambda real, x, n: tf.truncatemod(x, n)),
    ),
    Fault(
        "StringLookup: one place further",
        "preprocessing/plot_string_lookup",
        "StringLookup.call",
        outputs(StringLookup, lambda y: y + 1),
    ),
]

SAVED = "preprocessing/plot_lookup_saved"
STANDARDIZE = "preprocessing/plot_text_standardize"
TEXT = "preprocessing/plot_text_vectorization"
NGRAMS = "preprocessing/plot_text_ngrams"
FAULTS += [
    Fault(
        f"TextVectorization, {argument}: ignored ({page.rpartition('_')[2]})",
        page,
        f"TextVectorization.{argument}",
        ignoring_argument(TextVectorization, argument),
    )
    for page, *arguments in (
        (STANDARDIZE, "standardize", "split"),
        (TEXT, "split", "output_sequence_length"),
        (NGRAMS, "ngrams", "output_mode", "pad_to_max_tokens", "ragged"),
    )
    for argument in arguments
]
FAULTS += [
    Fault(
        "TextVectorization, encoding: ignored",
        "preprocessing/plot_lookup_vocabulary",
        "TextVectorization.encoding",
        ignoring_argument(TextVectorization, "encoding"),
    ),
    Fault(
        "TextVectorization, max_tokens: one more",
        NGRAMS,
        "TextVectorization.max_tokens",
        altered_argument(TextVectorization, "max_tokens", one_more),
    ),
    Fault(
        "TextVectorization, idf_weights: reversed",
        NGRAMS,
        "TextVectorization.idf_weights",
        altered_argument(TextVectorization, "idf_weights", reversed_list),
    ),
    Fault(
        "TextVectorization, vocabulary: reversed",
        TEXT,
        "TextVectorization.vocabulary",
        altered_argument(TextVectorization, "vocabulary", reversed_list),
    ),
    Fault(
        "TextVectorization, standardize: all letters of all alphabets made small",
        STANDARDIZE,
        "TextVectorization.standardize",
        function_of(
            tf.strings, "lower", lambda real, text: real(text, encoding="utf-8")
        ),
    ),
    Fault(
        "TextVectorization, standardize: a space for each mark",
        STANDARDIZE,
        "TextVectorization.standardize",
        function_of(
            tf.strings,
            "regex_replace",
            lambda real, text, pattern, mark: real(text, pattern, " "),
        ),
    ),
    Fault(
        "TextVectorization, ngrams: joined without a space",
        NGRAMS,
        "TextVectorization.ngrams",
        function_of(
            tf.strings,
            "ngrams",
            lambda real, words, ngram_width, separator: real(words, ngram_width, ""),
        ),
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
        "TextVectorization: one place further",
        TEXT,
        "TextVectorization.call",
        outputs(TextVectorization, lambda y: y + 1),
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
        "IntegerLookup: saved in another order",
        SAVED,
        "IntegerLookup.get_vocabulary",
        altered(IntegerLookup, "get_vocabulary", reversed_list),
    ),
]
