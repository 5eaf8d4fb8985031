"""Precision and recall metrics: true and false positives and negatives, counted
at thresholds, and what is made of them."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.metrics.means import MetricState
from keras_by_hand.pairs import in_one_dtype, of_one_rank
from keras_by_hand.shapes import (
    as_array,
    as_arrays,
    as_option,
    check_counted,
    check_each,
    check_entries,
    check_sizes,
)

COUNTS = (
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
)
Thresholds = float | list[float]  # one, or several


def count_at(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    thresholds: Sequence[float],
    sample_weight: np.ndarray | None = None,
    weighs_labels: np.ndarray | None = None,
    is_even: bool = False,
    axis: int | None = None,
) -> MetricState:
    """The weight of true and false positives and negatives at each threshold.

    Positive are predictions above it. is_even: thresholds lie at equal
    distances from 0 to 1, and predictions are counted in the buckets between
    them, the ends included where the thresholds go beyond 0 and 1. axis: what
    is summed, all by default. Returns arrays of (thresholds, ...), by the names
    in COUNTS.

    Raises nothing of its own.

    >>> counts = count_at(np.array([1, 1, 0]), np.array([0.2, 0.9, 0.9]), [0.5])
    >>> [int(counts[name][0]) for name in COUNTS]
    [1, 1, 0, 1]
    """
    weights = np.ones_like(y_pred)
    if sample_weight is not None:
        if np.ndim(sample_weight) < np.ndim(y_pred):
            sample_weight = sample_weight[..., np.newaxis]
        weights = weights * sample_weight.astype(y_pred.dtype)
    if weighs_labels is not None:
        weights = weights * weighs_labels.astype(y_pred.dtype)
    of_true, of_false = weights * (y_true != 0), weights * (y_true == 0)
    if is_even:
        number = len(thresholds)
        y_pred = np.ceil(np.clip(y_pred, 0, 1) * (number - 1)) - 1
        if thresholds[0] < 0:
            y_pred = np.maximum(y_pred, 0)
        thresholds = [bucket - 0.5 for bucket in range(number)]
    positives = [y_pred > threshold for threshold in thresholds]
    true = np.array([np.sum(of_true * above, axis=axis) for above in positives])
    false = np.array(
        [np.sum(of_false * above, axis=axis) for above in positives]
    )
    return {
        "true_positives": true,
        "false_positives": false,
        "true_negatives": np.sum(of_false, axis=axis) - false,
        "false_negatives": np.sum(of_true, axis=axis) - true,
    }


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether there are three or more, at equal distances from 0 to 1.

    Raises nothing of its own.

    >>> are_even([0, 0.5, 1]), are_even([0.5])
    (True, False)
    """
    number = len(thresholds)
    return number > 2 and np.allclose(
        thresholds, np.linspace(0, 1, number), atol=1e-7
    )


def _only_top(y_pred: np.ndarray, k: int) -> np.ndarray:
    """Scores, of which all but the k largest along the last axis become -1e10;
    of equal ones, the first are among these."""
    order = np.argsort(-y_pred, axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    return np.where(rank < k, y_pred, -1e10).astype(y_pred.dtype)


def _counts(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    sample_weight: np.ndarray | None,
    thresholds: Thresholds | None,
    top_k: int | None = None,
    class_id: int | None = None,
) -> MetricState:
    """What count_at returns, of one class, or of the k best."""
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    if thresholds is None:
        thresholds = 0.5 if top_k is None else -1e10
    at = np.atleast_1d(thresholds).tolist()
    if top_k is not None:
        y_pred = _only_top(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = y_true[..., [class_id]], y_pred[..., [class_id]]
    return count_at(y_true, y_pred, at, sample_weight, is_even=are_even(at))


def _check_thresholds(function, thresholds):
    """It must be a number from 0 to 1, or a list of them."""
    found = [] if thresholds is None else [thresholds]
    if isinstance(thresholds, list):
        found = np.ravel(as_array(function, thresholds=thresholds)).tolist()
    check_each(function, 0, 1, thresholds=found)


def _check_top(function, y_true, y_pred, top_k):
    """There must be as many classes."""
    if top_k is not None:
        check_sizes(function, top_k=top_k)
        classes = of_one_rank(y_true, y_pred)[1].shape[-1]
        if top_k > classes:
            raise ValueError(
                f"{function.__name__}: top_k must be at most {classes}, the "
                f"number of classes, not {top_k}"
            )


def count_state(
    kind: Literal[
        "true_positives",
        "false_positives",
        "true_negatives",
        "false_negatives",
    ],
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    thresholds: Thresholds | None = None,
) -> MetricState:
    """What Keras' TruePositives and its like keep: an accumulator, of one count
    for each threshold.

    Raises ValueError for another kind, for shapes and weights that do not fit,
    and for thresholds that are not from 0 to 1.

    >>> count_state("true_positives", [1, 1, 0], [0.2, 0.9, 0.9])
    {'accumulator': array([1.])}
    """
    y_true, y_pred, sample_weight = as_arrays(
        count_state, y_true=y_true, y_pred=y_pred, sample_weight=sample_weight
    )
    kind = as_option(count_state, kind=kind)
    _check_thresholds(count_state, thresholds)
    check_counted(count_state, y_true, y_pred, sample_weight)
    counts = _counts(y_true, y_pred, sample_weight, thresholds)
    return {"accumulator": counts[kind]}


def count_result(state: MetricState) -> Any:
    """A number, or one for each of several thresholds.

    Raises TypeError for what is no dict, ValueError for one of other names.

    >>> print(count_result({"accumulator": np.array([2.0])}))
    2.0
    """
    check_entries(count_result, ["accumulator"], state=state)
    counts = state["accumulator"]
    return counts[0] if len(counts) == 1 else counts


def true_positives(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> Any:
    """The weight of what is true and found positive (Keras
    documentation, TruePositives).

    y_true: 0 and other numbers, which are true, y_pred: positive above a
    threshold, 0.5 by default, both (batch, ...); sample_weight: (batch,), or as
    these. Returns a number, or one for each of thresholds.

    Raises ValueError for shapes and weights that do not fit, and for thresholds
    that are not from 0 to 1.

    >>> print(true_positives([1, 1, 0], [0.2, 0.9, 0.9]))
    1.0
    """
    state = count_state(
        "true_positives", y_true, y_pred, sample_weight, thresholds
    )
    return count_result(state)


def false_positives(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> Any:
    """The weight of what is not true and found positive (Keras
    documentation, FalsePositives).

    y_true: 0 and other numbers, which are true, y_pred: positive above a
    threshold, 0.5 by default, both (batch, ...); sample_weight: (batch,), or as
    these. Returns a number, or one for each of thresholds.

    Raises ValueError for shapes and weights that do not fit, and for thresholds
    that are not from 0 to 1.

    >>> print(false_positives([1, 1, 0], [0.2, 0.9, 0.9]))
    1.0
    """
    state = count_state(
        "false_positives", y_true, y_pred, sample_weight, thresholds
    )
    return count_result(state)


def true_negatives(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> Any:
    """The weight of what is not true and found negative (Keras
    documentation, TrueNegatives).

    y_true: 0 and other numbers, which are true, y_pred: positive above a
    threshold, 0.5 by default, both (batch, ...); sample_weight: (batch,), or as
    these. Returns a number, or one for each of thresholds.

    Raises ValueError for shapes and weights that do not fit, and for thresholds
    that are not from 0 to 1.

    >>> print(true_negatives([1, 1, 0], [0.2, 0.9, 0.9]))
    0.0
    """
    state = count_state(
        "true_negatives", y_true, y_pred, sample_weight, thresholds
    )
    return count_result(state)


def false_negatives(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
) -> Any:
    """The weight of what is true and found negative (Keras
    documentation, FalseNegatives).

    y_true: 0 and other numbers, which are true, y_pred: positive above a
    threshold, 0.5 by default, both (batch, ...); sample_weight: (batch,), or as
    these. Returns a number, or one for each of thresholds.

    Raises ValueError for shapes and weights that do not fit, and for thresholds
    that are not from 0 to 1.

    >>> print(false_negatives([1, 1, 0], [0.2, 0.9, 0.9]))
    1.0
    """
    state = count_state(
        "false_negatives", y_true, y_pred, sample_weight, thresholds
    )
    return count_result(state)


def divide_no_nan(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, and 0 where b is 0, as in Keras.

    Raises nothing of its own.

    >>> divide_no_nan(np.array([1, 1]), np.array([2, 0]))
    array([0.5, 0. ])
    """
    return np.where(b == 0, 0, a / np.where(b == 0, 1, b))


def precision_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
    top_k: int | None = None,
    class_id: int | None = None,
) -> MetricState:
    """What Keras' Precision keeps: true_positives and false_positives, of one
    count for each threshold.

    Arguments and errors are those of precision_metric.

    Raises ValueError for shapes and weights that do not fit.

    >>> state = precision_state([1, 1, 0], [0.2, 0.9, 0.9])
    >>> print(*state, *state.values())
    true_positives false_positives [1.] [1.]
    """
    y_true, y_pred, sample_weight = as_arrays(
        precision_state,
        y_true=y_true,
        y_pred=y_pred,
        sample_weight=sample_weight,
    )
    _check_thresholds(precision_state, thresholds)
    check_counted(precision_state, y_true, y_pred, sample_weight, class_id)
    _check_top(precision_state, y_true, y_pred, top_k)
    counts = _counts(y_true, y_pred, sample_weight, thresholds, top_k, class_id)
    names = "true_positives", "false_positives"
    return {name: counts[name] for name in names}


def precision_result(state: MetricState) -> Any:
    """True positives as a part of all, 0 where there are none.

    Raises TypeError for what is no dict, ValueError for one of other names.

    >>> counts = np.array([3.0]), np.array([1.0])
    >>> state = dict(zip(["true_positives", "false_positives"], counts))
    >>> print(precision_result(state))
    0.75
    """
    names = ["true_positives", "false_positives"]
    check_entries(precision_result, names, state=state)
    true = state["true_positives"]
    parts = divide_no_nan(true, true + state["false_positives"])
    return parts[0] if len(parts) == 1 else parts


def precision_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
    top_k: int | None = None,
    class_id: int | None = None,
) -> Any:
    """The part of what is found positive that is true (Keras documentation,
    Precision).

    y_true: 0 and other numbers, which are true, y_pred: positive above a
    threshold, 0.5 by default, both (batch, ...); sample_weight: (batch,), or as
    these. top_k: only the k largest along the last axis can be positive, all of
    them if thresholds is None; class_id: counts this class alone. Returns a
    number, or one for each of thresholds.

    Raises ValueError for shapes and weights that do not fit, for thresholds
    that are not from 0 to 1, and for classes that there are not.

    >>> print(precision_metric([1, 1, 0], [0.2, 0.9, 0.9]))
    0.5
    """
    state = precision_state(
        y_true,
        y_pred,
        sample_weight,
        thresholds=thresholds,
        top_k=top_k,
        class_id=class_id,
    )
    return precision_result(state)


def recall_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
    top_k: int | None = None,
    class_id: int | None = None,
) -> MetricState:
    """What Keras' Recall keeps: true_positives and false_negatives, of one
    count for each threshold.

    Arguments and errors are those of recall_metric.

    Raises ValueError for shapes and weights that do not fit.

    >>> state = recall_state([1, 1, 0], [0.2, 0.9, 0.9])
    >>> print(*state, *state.values())
    true_positives false_negatives [1.] [1.]
    """
    y_true, y_pred, sample_weight = as_arrays(
        recall_state,
        y_true=y_true,
        y_pred=y_pred,
        sample_weight=sample_weight,
    )
    _check_thresholds(recall_state, thresholds)
    check_counted(recall_state, y_true, y_pred, sample_weight, class_id)
    _check_top(recall_state, y_true, y_pred, top_k)
    counts = _counts(y_true, y_pred, sample_weight, thresholds, top_k, class_id)
    names = "true_positives", "false_negatives"
    return {name: counts[name] for name in names}


def recall_result(state: MetricState) -> Any:
    """True positives as a part of all, 0 where there are none.

    Raises TypeError for what is no dict, ValueError for one of other names.

    >>> counts = np.array([3.0]), np.array([1.0])
    >>> state = dict(zip(["true_positives", "false_negatives"], counts))
    >>> print(recall_result(state))
    0.75
    """
    names = ["true_positives", "false_negatives"]
    check_entries(recall_result, names, state=state)
    true = state["true_positives"]
    parts = divide_no_nan(true, true + state["false_negatives"])
    return parts[0] if len(parts) == 1 else parts


def recall_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    thresholds: Thresholds | None = None,
    top_k: int | None = None,
    class_id: int | None = None,
) -> Any:
    """The part of what is true that is found positive (Keras documentation,
    Recall).

    y_true: 0 and other numbers, which are true, y_pred: positive above a
    threshold, 0.5 by default, both (batch, ...); sample_weight: (batch,), or as
    these. top_k: only the k largest along the last axis can be positive, all of
    them if thresholds is None; class_id: counts this class alone. Returns a
    number, or one for each of thresholds.

    Raises ValueError for shapes and weights that do not fit, for thresholds
    that are not from 0 to 1, and for classes that there are not.

    >>> print(recall_metric([1, 1, 0], [0.2, 0.9, 0.9]))
    0.5
    """
    state = recall_state(
        y_true,
        y_pred,
        sample_weight,
        thresholds=thresholds,
        top_k=top_k,
        class_id=class_id,
    )
    return recall_result(state)
