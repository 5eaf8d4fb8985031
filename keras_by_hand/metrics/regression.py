"""Regression metrics: R2, and correlations."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.metrics.means import MetricState, mean_metric
from keras_by_hand.pairs import in_one_dtype, of_one_rank
from keras_by_hand.shapes import (
    as_arrays,
    as_option,
    check_axes,
    check_broadcasts,
    check_entries,
    check_pair,
    check_rank,
    check_shapes,
    check_sizes,
)

SUMS = "num_samples", "squared_sum", "sum", "residual", "count"


def r2_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> MetricState:
    """What Keras' R2Score keeps: the number of labels, and for each output the
    sums of squares, labels, squared errors and weights.

    Shapes and errors are those of r2_score.

    Raises ValueError for shapes and weights that do not fit.

    >>> state = r2_state([[1], [3]], [[1], [2]])
    >>> print(*state.values())
    2.0 [10.] [4.] [1.] [2.]
    """
    y_true, y_pred, sample_weight = as_arrays(
        r2_state, y_true=y_true, y_pred=y_pred, sample_weight=sample_weight
    )
    _check_regression(y_true, y_pred, sample_weight)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    weights = np.ones_like(y_true)
    if sample_weight is not None:
        if np.ndim(sample_weight) == 1:
            sample_weight = sample_weight[:, np.newaxis]
        weights = weights * sample_weight.astype(y_true.dtype)
    weighted = weights * y_true
    return {
        "num_samples": y_true.dtype.type(y_true.size),
        "squared_sum": np.sum(y_true * weighted, axis=0),
        "sum": np.sum(weighted, axis=0),
        "residual": np.sum(weights * (y_true - y_pred) ** 2, axis=0),
        "count": np.sum(weights, axis=0),
    }


def _check_regression(y_true, y_pred, sample_weight):
    """Both must be (batch, outputs), and weights for samples, or for all."""
    check_pair(r2_state, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(y_true, y_pred)
    check_rank(r2_state, 2, 2, y_pred=y_pred)
    check_shapes(r2_state, y_true=(y_true, np.shape(y_pred)))
    if sample_weight is not None:
        if np.ndim(sample_weight) == 1:
            sample_weight = sample_weight[:, np.newaxis]
        shape = np.shape(y_true)
        check_broadcasts(r2_state, sample_weight=(sample_weight, shape))


def r2_result(
    state: MetricState,
    *,
    class_aggregation: Literal["uniform_average", "variance_weighted_average"]
    | None = "uniform_average",
    num_regressors: int = 0,
) -> Any:
    """The score of each output, or their average.

    Arguments are those of r2_score.

    Raises TypeError for what is no dict, ValueError for one of other names, and
    for other options.

    >>> print(r2_result(r2_state([[1], [3]], [[1], [2]])))
    0.5
    """
    check_entries(r2_result, SUMS, state=state)
    class_aggregation = as_option(
        r2_result, class_aggregation=class_aggregation
    )
    check_sizes(r2_result, least=0, num_regressors=num_regressors)
    number, squares, total, residual, count = [state[name] for name in SUMS]
    variation = squares - total * (total / count)
    scores = 1 - residual / variation
    scores = np.where(np.isinf(scores), 0, scores)
    if class_aggregation == "uniform_average":
        scores = np.mean(scores)
    if class_aggregation == "variance_weighted_average":
        scores = np.sum(variation * scores) / np.sum(variation)
    if 0 < num_regressors < number - 1:
        part = (number - 1) / (number - num_regressors - 1)
        scores = 1 - (1 - scores) * part
    return scores


def r2_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    class_aggregation: Literal["uniform_average", "variance_weighted_average"]
    | None = "uniform_average",
    num_regressors: int = 0,
) -> Any:
    """1 - squared errors / squared distances from the mean of each output, or
    their average (Keras documentation, R2Score); 0 where labels do not vary.

    Both (batch, outputs), sample_weight: (batch,), or as these, or a number.
    num_regressors: adjusts the score for so many inputs of a regression, unless
    there are as many labels, with all outputs counted, or fewer.

    Raises ValueError for shapes and weights that do not fit, and for other
    options.

    >>> print(r2_score([[1], [3]], [[1], [2]]))
    0.5
    """
    state = r2_state(y_true, y_pred, sample_weight)
    return r2_result(
        state,
        class_aggregation=class_aggregation,
        num_regressors=num_regressors,
    )


def _check_axis_of_pair(function, y_true, y_pred, axis):
    """Both must fit, and have each axis."""
    check_pair(function, y_true=y_true, y_pred=y_pred)
    for y in of_one_rank(y_true, y_pred):
        check_axes(function, np.ndim(y), axis=axis)


def pearson_correlation(
    y_true: ArrayLike, y_pred: ArrayLike, axis: int | Sequence[int] = -1
) -> np.ndarray:
    """The correlation of both along axis, from -1 to 1 (Keras documentation,
    PearsonCorrelation). It is NaN where one does not vary.

    Both (batch, ...). Returns the same without axis.

    Raises ValueError for shapes that do not fit, and for an axis that there is
    not.

    >>> pearson_correlation([[1, 2, 3], [1, 2, 3]], [[2, 4, 6], [3, 2, 1]])
    array([ 1., -1.])
    """
    y_true, y_pred = as_arrays(
        pearson_correlation, y_true=y_true, y_pred=y_pred
    )
    _check_axis_of_pair(pearson_correlation, y_true, y_pred, axis)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    axes = tuple(np.ravel(axis))
    of_true = y_true - np.mean(y_true, axis=axes, keepdims=True)
    of_pred = y_pred - np.mean(y_pred, axis=axes, keepdims=True)
    of_true = of_true / np.std(of_true, axis=axes, keepdims=True)
    of_pred = of_pred / np.std(of_pred, axis=axes, keepdims=True)
    return np.mean(of_true * of_pred, axis=axes)


def concordance_correlation(
    y_true: ArrayLike, y_pred: ArrayLike, axis: int | Sequence[int] = -1
) -> np.ndarray:
    """How near both are to being equal along axis, from -1 to 1 (Lin, 1989):
    their correlation, less for other means or deviations.

    Both (batch, ...). Returns the same without axis.

    Raises ValueError for shapes that do not fit, and for an axis that there is
    not.

    >>> y_true, y_pred = [[1, 2, 3], [1, 2, 3]], [[1, 2, 3], [2, 4, 6]]
    >>> concordance_correlation(y_true, y_pred).round(2)
    array([1.  , 0.36])
    """
    y_true, y_pred = as_arrays(
        concordance_correlation, y_true=y_true, y_pred=y_pred
    )
    _check_axis_of_pair(concordance_correlation, y_true, y_pred, axis)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    axes = tuple(np.ravel(axis))
    mean_true = np.mean(y_true, axis=axes, keepdims=True)
    mean_pred = np.mean(y_pred, axis=axes, keepdims=True)
    spread = np.var(y_true, axis=axes, keepdims=True)
    spread = spread + np.var(y_pred, axis=axes, keepdims=True)
    spread = spread + (mean_true - mean_pred) ** 2 + 1e-7
    both = (y_true - mean_pred) * (y_pred - mean_pred)
    return np.mean(2 * both / spread, axis=axes)


def pearson_correlation_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    axis: int | Sequence[int] = -1,
) -> Any:
    """The mean of pearson_correlation, with weights (Keras documentation,
    PearsonCorrelation).

    y_true and y_pred: as pearson_correlation takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what pearson_correlation refuses, and for weights that
    do not fit.

    >>> print(pearson_correlation_metric([[1, 2, 3]], [[3, 2, 1]]).round(2))
    -1.0
    """
    values = pearson_correlation(y_true, y_pred, axis=axis)
    return mean_metric(values, sample_weight)


def concordance_correlation_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    axis: int | Sequence[int] = -1,
) -> Any:
    """The mean of concordance_correlation, with weights (Keras documentation,
    ConcordanceCorrelation).

    y_true and y_pred: as concordance_correlation takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what concordance_correlation refuses, and for weights
    that do not fit.

    >>> print(concordance_correlation_metric([[1, 2, 3]], [[3, 2, 1]]).round(2))
    -1.0
    """
    values = concordance_correlation(y_true, y_pred, axis=axis)
    return mean_metric(values, sample_weight)
