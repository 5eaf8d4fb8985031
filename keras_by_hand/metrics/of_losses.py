"""Metrics that are means of a loss: of its numbers, one for each sample, with
weights. What the loss refuses, it refuses by its own name.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from keras_by_hand.metrics.means import mean_metric
from keras_by_hand.pairs import in_one_dtype, of_one_rank
from keras_by_hand.shapes import as_arrays, check_broadcasts, check_pair


def mean_squared_error_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of mean_squared_error, with weights (Keras documentation,
    MeanSquaredError).

    y_true and y_pred: as mean_squared_error takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what mean_squared_error refuses, and for weights that
    do not fit.

    >>> metric = mean_squared_error_metric
    >>> print(metric([[1], [1]], [[3], [1]], [1, 3]).round(2))
    1.0
    """
    values = mean_squared_error(y_true, y_pred)
    return mean_metric(values, sample_weight)


def mean_absolute_error_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of mean_absolute_error, with weights (Keras documentation,
    MeanAbsoluteError).

    y_true and y_pred: as mean_absolute_error takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what mean_absolute_error refuses, and for weights that
    do not fit.

    >>> metric = mean_absolute_error_metric
    >>> print(metric([[1], [1]], [[3], [1]], [1, 3]).round(2))
    0.5
    """
    values = mean_absolute_error(y_true, y_pred)
    return mean_metric(values, sample_weight)


def mean_squared_logarithmic_error_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of mean_squared_logarithmic_error, with weights (Keras
    documentation, MeanSquaredLogarithmicError).

    y_true and y_pred: as mean_squared_logarithmic_error takes them,
    sample_weight: (batch, ...), for the first axes of what it returns. Returns
    a number.

    Raises ValueError for what mean_squared_logarithmic_error refuses, and for
    weights that do not fit.

    >>> metric = mean_squared_logarithmic_error_metric
    >>> print(metric([[1], [1]], [[3], [1]], [1, 3]).round(2))
    0.12
    """
    values = mean_squared_logarithmic_error(y_true, y_pred)
    return mean_metric(values, sample_weight)


def mean_absolute_percentage_error_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of mean_absolute_percentage_error, with weights (Keras
    documentation, MeanAbsolutePercentageError).

    y_true and y_pred: as mean_absolute_percentage_error takes them,
    sample_weight: (batch, ...), for the first axes of what it returns. Returns
    a number.

    Raises ValueError for what mean_absolute_percentage_error refuses, and for
    weights that do not fit.

    >>> metric = mean_absolute_percentage_error_metric
    >>> print(metric([[1], [1]], [[3], [1]], [1, 3]).round(2))
    50.0
    """
    values = mean_absolute_percentage_error(y_true, y_pred)
    return mean_metric(values, sample_weight)


def hinge_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of hinge, with weights (Keras documentation,
    Hinge).

    y_true and y_pred: as hinge takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what hinge refuses, and for weights that do not fit.

    >>> print(hinge_metric([[1], [1]], [[3], [1]], [1, 3]).round(2))
    0.0
    """
    values = hinge(y_true, y_pred)
    return mean_metric(values, sample_weight)


def squared_hinge_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of squared_hinge, with weights (Keras documentation,
    SquaredHinge).

    y_true and y_pred: as squared_hinge takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what squared_hinge refuses, and for weights that do
    not fit.

    >>> print(squared_hinge_metric([[1], [1]], [[3], [1]], [1, 3]).round(2))
    0.0
    """
    values = squared_hinge(y_true, y_pred)
    return mean_metric(values, sample_weight)


def log_cosh_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of log_cosh, with weights (Keras documentation,
    LogCoshError).

    y_true and y_pred: as log_cosh takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what log_cosh refuses, and for weights that do not
    fit.

    >>> print(log_cosh_error([[1], [1]], [[3], [1]], [1, 3]).round(2))
    0.33
    """
    values = log_cosh(y_true, y_pred)
    return mean_metric(values, sample_weight)


def categorical_hinge_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of categorical_hinge, with weights (Keras documentation,
    CategoricalHinge).

    y_true and y_pred: as categorical_hinge takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what categorical_hinge refuses, and for weights that
    do not fit.

    >>> print(categorical_hinge_metric([[0, 1]], [[0.5, 0.5]]).round(2))
    1.0
    """
    values = categorical_hinge(y_true, y_pred)
    return mean_metric(values, sample_weight)


def kl_divergence_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of kl_divergence, with weights (Keras documentation,
    KLDivergence).

    y_true and y_pred: as kl_divergence takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what kl_divergence refuses, and for weights that do
    not fit.

    >>> print(kl_divergence_metric([[0, 1]], [[0.5, 0.5]]).round(2))
    0.69
    """
    values = kl_divergence(y_true, y_pred)
    return mean_metric(values, sample_weight)


def poisson_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of poisson, with weights (Keras documentation,
    Poisson).

    y_true and y_pred: as poisson takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what poisson refuses, and for weights that do not fit.

    >>> print(poisson_metric([[0, 1]], [[0.5, 0.5]]).round(2))
    0.85
    """
    values = poisson(y_true, y_pred)
    return mean_metric(values, sample_weight)


def cosine_similarity_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    axis: int | Sequence[int] = -1,
) -> Any:
    """The mean of cosine_similarity, with weights (Keras documentation,
    CosineSimilarity).

    y_true and y_pred: as cosine_similarity takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.
    Unlike the loss, 1 stands for one direction and -1 for opposite ones.

    Raises ValueError for what cosine_similarity refuses, and for weights that
    do not fit.

    >>> print(cosine_similarity_metric([[3, 4], [1, 0]], [[3, 4], [0, 9]]))
    0.5
    """
    values = cosine_similarity(y_true, y_pred, axis=axis)
    return mean_metric(-values, sample_weight)


def binary_crossentropy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    from_logits: bool = False,
    label_smoothing: float = 0,
) -> Any:
    """The mean of binary_crossentropy, with weights (Keras documentation,
    BinaryCrossentropy).

    y_true and y_pred: as binary_crossentropy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what binary_crossentropy refuses, and for weights that
    do not fit.

    >>> print(binary_crossentropy_metric([[1], [0]], [[0.5], [0.5]]).round(2))
    0.69
    """
    values = binary_crossentropy(
        y_true, y_pred, from_logits=from_logits, label_smoothing=label_smoothing
    )
    return mean_metric(values, sample_weight)


def categorical_crossentropy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    from_logits: bool = False,
    label_smoothing: float = 0,
    axis: int = -1,
) -> Any:
    """The mean of categorical_crossentropy, with weights (Keras documentation,
    CategoricalCrossentropy).

    y_true and y_pred: as categorical_crossentropy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what categorical_crossentropy refuses, and for weights
    that do not fit.

    >>> print(categorical_crossentropy_metric([[1, 0]], [[0.5, 0.5]]).round(2))
    0.69
    """
    values = categorical_crossentropy(
        y_true,
        y_pred,
        from_logits=from_logits,
        label_smoothing=label_smoothing,
        axis=axis,
    )
    return mean_metric(values, sample_weight)


def sparse_categorical_crossentropy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """The mean of sparse_categorical_crossentropy, with weights (Keras
    documentation, SparseCategoricalCrossentropy).

    y_true and y_pred: as sparse_categorical_crossentropy takes them,
    sample_weight: (batch, ...), for the first axes of what it returns. Returns
    a number. As in Keras 3.15.1, labels of ignore_class have no weight where
    there are weights, and else count with a loss of 0.

    Raises ValueError for what sparse_categorical_crossentropy refuses, and for
    weights that do not fit.

    >>> metric = sparse_categorical_crossentropy_metric
    >>> y_pred = [[0.5, 0.5], [1, 0]]
    >>> print(metric([0, -1], y_pred, ignore_class=-1).round(2))
    0.35
    """
    [sample_weight] = as_arrays(
        sparse_categorical_crossentropy_metric, sample_weight=sample_weight
    )
    values = sparse_categorical_crossentropy(
        y_true, y_pred, from_logits, ignore_class, axis
    )
    if ignore_class is not None and sample_weight is not None:
        kept = np.reshape(y_true, np.shape(values)) != ignore_class
        kept, sample_weight = of_one_rank(kept, sample_weight)
        _check_one_weight_each(sample_weight, kept)
        sample_weight = kept * sample_weight
    return mean_metric(values, sample_weight)


def _check_one_weight_each(sample_weight, kept):
    """A label to ignore needs a weight of its own."""
    check_broadcasts(
        sparse_categorical_crossentropy_metric,
        sample_weight=(sample_weight, kept.shape),
    )


def root_mean_squared_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The root of the mean of squared errors, with weights (Keras
    documentation, RootMeanSquaredError).

    y_true and y_pred: (batch, ...), sample_weight: (batch, ...), for their
    first axes. Returns a number; mean_state takes the squares of batches.

    Raises ValueError for shapes and weights that do not fit.

    >>> print(root_mean_squared_error([[1], [1]], [[3], [1]], [1, 3]))
    1.0
    """
    y_true, y_pred = as_arrays(
        root_mean_squared_error, y_true=y_true, y_pred=y_pred
    )
    check_pair(root_mean_squared_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    return np.sqrt(mean_metric((y_pred - y_true) ** 2, sample_weight))
