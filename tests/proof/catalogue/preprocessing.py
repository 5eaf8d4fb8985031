"""Faults of preprocessing: scales, statistics, bins, categories and random images."""

from unittest import mock

import keras
import numpy as np
from breaking import (
    altered_argument,
    during,
    function_of,
    ignoring_argument,
    inputs,
    training_is,
)
from fault import Fault
from keras import layers, ops
from keras.src.layers.preprocessing import discretization

NUMPY = keras.src.backend.numpy  # what these layers call in place of keras.ops


def adapting_to(change):
    """A Normalization that adapts to ``change(mean, variance)`` of the data."""
    adapt = layers.Normalization.adapt

    def adapted(self, data):
        adapt(self, data)
        read = ops.convert_to_numpy
        mean, variance = change(read(self.adapt_mean), read(self.adapt_variance))
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)
        self.finalize_state()

    return mock.patch.object(layers.Normalization, "adapt", adapted)


def first_of(axis):
    return axis[:1] if isinstance(axis, list) else axis


def of_equal_weight(data):
    """Batches of one length: the last one repeated."""
    return (
        [batch.repeat(3 // len(batch), 0) for batch in data]
        if (isinstance(data, list))
        else data
    )


def in_range(x):
    """Numbers of categories, which are checked unless a model is being built."""
    if isinstance(x, np.ndarray) and x.max() > 4:
        raise ValueError("a number is out of range")
    return x


FAULTS = []

NORMALIZATION = "preprocessing/plot_normalization"
FAULTS += [
    Fault(
        "Normalization, axis: None",
        NORMALIZATION,
        "Normalization.axis",
        altered_argument(
            layers.Normalization,
            "axis",
            lambda axis: None if np.ndim(axis) == 0 else axis,
        ),
    ),
    Fault(
        "Normalization, axis: the first of a list only",
        NORMALIZATION,
        "Normalization.axis",
        altered_argument(layers.Normalization, "axis", first_of),
    ),
    Fault(
        "Normalization, adapt: the variance is a sample's",
        NORMALIZATION,
        "Normalization.adapt",
        adapting_to(lambda mean, variance: (mean, variance * 20 / 19)),
    ),
    Fault(
        "Normalization, adapt: the mean square, not the variance",
        NORMALIZATION,
        "Normalization.adapt",
        adapting_to(lambda mean, variance: (mean, variance + mean**2)),
    ),
    Fault(
        "Normalization, adapt: batches count alike",
        NORMALIZATION,
        "Normalization.adapt",
        altered_argument(layers.Normalization, "data", of_equal_weight, "adapt"),
    ),
    Fault(
        "Normalization: the least deviation is 1e-3",
        NORMALIZATION,
        "Normalization.call",
        during(
            layers.Normalization,
            function_of(NUMPY, "maximum", lambda real, x, least: real(x, 1e-3)),
        ),
    ),
]

ENCODING = "preprocessing/plot_category_encoding"
BINS = "preprocessing/plot_discretization"
QUANTILES = "preprocessing/plot_discretization_adapt"
FAULTS += [
    Fault(
        "CategoryEncoding, sparse: ignored",
        ENCODING,
        "CategoryEncoding.sparse",
        ignoring_argument(layers.CategoryEncoding, "sparse"),
    ),
    Fault(
        "CategoryEncoding: an error for a number out of range",
        ENCODING,
        "CategoryEncoding.call",
        inputs(layers.CategoryEncoding, in_range),
    ),
    Fault(
        "Discretization, sparse: ignored",
        BINS,
        "Discretization.sparse",
        ignoring_argument(layers.Discretization, "sparse"),
    ),
    Fault(
        "Discretization, num_bins: one more",
        QUANTILES,
        "Discretization.num_bins",
        altered_argument(layers.Discretization, "num_bins", lambda n: n + 1),
    ),
    Fault(
        "Discretization, epsilon: ignored",
        QUANTILES,
        "Discretization.epsilon",
        ignoring_argument(layers.Discretization, "epsilon"),
    ),
    Fault(
        "Discretization, adapt: to the numbers but for the largest",
        QUANTILES,
        "Discretization.adapt",
        altered_argument(
            layers.Discretization, "data", lambda data: np.sort(data)[:-1], "adapt"
        ),
    ),
    Fault(
        "Discretization, adapt: the last boundary is kept",
        QUANTILES,
        "Discretization.adapt",
        function_of(
            discretization,
            "get_bin_boundaries",
            lambda real, summary, bins: discretization.compress_summary(
                summary, 1 / bins
            )[0],
        ),
    ),
]

RANDOM = "preprocessing/plot_random_layers"
FAULTS += [
    Fault(
        f"{layer.__name__}: acts when the model predicts",
        RANDOM,
        f"{layer.__name__}.call",
        training_is(layer, True),
    )
    for layer in (
        layers.AugMix,
        layers.Equalization,
        layers.MixUp,
        layers.RandomContrast,
        layers.RandomRotation,
        layers.RandomTranslation,
    )
]
FAULTS += [
    Fault(
        "RandomCrop: crops when the model predicts",
        RANDOM,
        "RandomCrop.call",
        training_is(layers.RandomCrop, True),
    ),
    Fault(
        "RandomBrightness: does not act unless in training",
        RANDOM,
        "RandomBrightness.call",
        training_is(layers.RandomBrightness, False),
    ),
]
