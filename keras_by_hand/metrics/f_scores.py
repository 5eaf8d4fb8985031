"""F1 and F-beta metrics: means of precision and recall."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.metrics.means import MetricState
from keras_by_hand.pairs import in_one_dtype
from keras_by_hand.shapes import (
    as_arrays,
    as_option,
    check_entries,
    check_numbers,
    check_positive,
    check_rank,
    check_shapes,
)

F_COUNTS = (
    "true_positives",
    "false_positives",
    "false_negatives",
    "intermediate_weights",
)


def fbeta_state(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    average: Literal["micro", "macro", "weighted"] | None = None,
    threshold: float | None = None,
) -> MetricState:
    """What Keras' FBetaScore keeps: counts, and the weight of what is true,
    (classes,), or with "micro" of all classes together, ().

    Arguments and errors are those of fbeta_score.

    Raises ValueError for shapes and weights that do not fit, and for other
    options.

    >>> state = fbeta_state([[1, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.8]])
    >>> state["true_positives"], state["false_positives"]
    (array([1., 0.]), array([0., 1.]))
    """
    y_true, y_pred, sample_weight = as_arrays(
        fbeta_state, y_true=y_true, y_pred=y_pred, sample_weight=sample_weight
    )
    average = as_option(fbeta_state, average=average)
    _check_classes_and_weights(y_true, y_pred, sample_weight, threshold)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    if threshold is None:  # the largest, but for scores of 0
        largest = np.max(y_pred, axis=-1, keepdims=True)
        is_found = (y_pred >= largest) & (np.abs(y_pred) > 1e-9)
    else:
        is_found = y_pred > threshold
    found = is_found.astype(y_pred.dtype)
    weights = np.ones_like(y_pred)
    if sample_weight is not None:
        weights = weights * sample_weight.astype(y_pred.dtype)[:, np.newaxis]
    axis = None if average == "micro" else 0
    counts = found * y_true, found * (1 - y_true), (1 - found) * y_true, y_true
    return {
        name: np.sum(weights * count, axis=axis)
        for name, count in zip(F_COUNTS, counts)
    }


def _check_classes_and_weights(y_true, y_pred, sample_weight, threshold):
    """Both must be (batch, classes), and weights (batch,)."""
    check_rank(fbeta_state, 2, 2, y_pred=y_pred)
    check_shapes(
        fbeta_state,
        y_true=(y_true, y_pred.shape),
        sample_weight=(sample_weight, y_pred.shape[:1]),
    )
    if threshold is not None:
        check_positive(fbeta_state, threshold=threshold)
        check_numbers(fbeta_state, most=1, threshold=threshold)


def fbeta_result(
    state: MetricState,
    *,
    average: Literal["micro", "macro", "weighted"] | None = None,
    beta: float = 1.0,
) -> Any:
    """The score of each class, or their average.

    Arguments are those of fbeta_score.

    Raises TypeError for what is no dict, ValueError for one of other names, and
    for other options.

    >>> state = fbeta_state([[1, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.8]])
    >>> fbeta_result(state).round(2)
    array([0.67, 0.  ])
    """
    check_entries(fbeta_result, F_COUNTS, state=state)
    average = as_option(fbeta_result, average=average)
    check_positive(fbeta_result, beta=beta)
    true, false, missed, weights = [state[name] for name in F_COUNTS]
    precision = true / (true + false + 1e-7)
    recall = true / (true + missed + 1e-7)
    scores = precision * recall / (beta**2 * precision + recall + 1e-7)
    scores = scores * (1 + beta**2)
    if average == "weighted":
        return np.sum(scores * (weights / (np.sum(weights) + 1e-7)))
    return scores if average is None else np.mean(scores)


def fbeta_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    average: Literal["micro", "macro", "weighted"] | None = None,
    beta: float = 1.0,
    threshold: float | None = None,
) -> Any:
    """(1 + beta**2) * precision * recall / (beta**2 * precision + recall) of
    each class, or their average (Keras documentation, FBetaScore).

    y_true: 0 and 1, y_pred: scores, both (batch, classes), sample_weight:
    (batch,). threshold: above which scores are positive, or None for the
    largest of each sample, unless it is 0. average: None for a number for each
    class, "macro" for their mean, "weighted" for that by how many there are,
    "micro" for the score of all classes counted together.

    Raises ValueError for shapes and weights that do not fit, for a beta that is
    not above 0, a threshold that is not above 0 and at most 1, and for other
    averages.

    >>> y_true, y_pred = [[1, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.8]]
    >>> fbeta_score(y_true, y_pred, beta=2.0).round(2)
    array([0.56, 0.  ])
    """
    state = fbeta_state(
        y_true, y_pred, sample_weight, average=average, threshold=threshold
    )
    return fbeta_result(state, average=average, beta=beta)


def f1_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    average: Literal["micro", "macro", "weighted"] | None = None,
    threshold: float | None = None,
) -> Any:
    """2 * precision * recall / (precision + recall) of each class, or their
    average (Keras documentation, F1Score).

    Arguments are those of fbeta_score, without beta. Returns (classes,), or a
    number.

    Raises ValueError for shapes and weights that do not fit, for a threshold
    that is not above 0 and at most 1, and for other averages.

    >>> y_true, y_pred = [[1, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.8]]
    >>> f1_score(y_true, y_pred).round(2)
    array([0.67, 0.  ])
    """
    state = fbeta_state(
        y_true, y_pred, sample_weight, average=average, threshold=threshold
    )
    return fbeta_result(state, average=average)
