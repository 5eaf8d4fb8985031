"""Accuracy metrics: which predictions are right, 1 or 0 for each, and their
mean."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.metrics.means import mean_metric
from keras_by_hand.pairs import of_one_rank
from keras_by_hand.shapes import (
    as_arrays,
    check_flags,
    check_numbers,
    check_pair,
    check_rank,
    check_shapes,
    check_sizes,
    quoted,
)


def _as_numbers(is_right: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """1 for True, in the dtype of predictions, or in float64 for whole ones."""
    dtype = y_pred.dtype if y_pred.dtype.kind == "f" else "float64"
    return is_right.astype(dtype)


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """1 where y_pred is y_true, and 0 elsewhere (Keras documentation,
    Accuracy).

    Both (batch, ...), which is what it returns.

    Raises ValueError for shapes that do not fit.

    >>> accuracy([1, 2, 3], [1, 2, 2])
    array([1., 1., 0.])
    """
    y_true, y_pred = as_arrays(accuracy, y_true=y_true, y_pred=y_pred)
    check_pair(accuracy, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(y_true.astype(y_pred.dtype), y_pred)
    return _as_numbers(y_true == y_pred, y_pred)


def binary_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5
) -> np.ndarray:
    """1 where y_pred is above the threshold and y_true is 1, or neither is, and
    0 elsewhere (Keras documentation, BinaryAccuracy).

    Both (batch, ...), which is what it returns.

    Raises ValueError for shapes that do not fit, TypeError for a threshold that
    is no number.

    >>> binary_accuracy([1, 1, 0], [0.6, 0.5, 0.2])
    array([1., 0., 1.])
    """
    y_true, y_pred = as_arrays(binary_accuracy, y_true=y_true, y_pred=y_pred)
    check_pair(binary_accuracy, y_true=y_true, y_pred=y_pred)
    check_numbers(binary_accuracy, threshold=threshold)
    y_true, y_pred = of_one_rank(y_true, y_pred)
    return _as_numbers(y_true == (y_pred > threshold), y_pred)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """1 where the largest score is that of the right class, and 0 elsewhere
    (Keras documentation, CategoricalAccuracy). Of equal scores the first
    counts.

    y_true: one-hot, y_pred: scores, both (batch, ..., classes). Returns (batch,
    ...).

    Raises ValueError for shapes that are not the same.

    >>> categorical_accuracy([[0, 1], [0, 1]], [[0.1, 0.9], [0.5, 0.5]])
    array([1., 0.])
    """
    y_true, y_pred = as_arrays(
        categorical_accuracy, y_true=y_true, y_pred=y_pred
    )
    check_rank(categorical_accuracy, 2, y_pred=y_pred)
    check_shapes(categorical_accuracy, y_true=(y_true, y_pred.shape))
    is_right = np.argmax(y_true, axis=-1) == np.argmax(y_pred, axis=-1)
    return _as_numbers(is_right, y_pred)


def sparse_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike
) -> np.ndarray:
    """1 where the largest score is that of the right class, and 0 elsewhere
    (Keras documentation, SparseCategoricalAccuracy).

    y_true: class indices, (batch, ...) or (batch, ..., 1), y_pred: scores,
    (batch, ..., classes). Returns (batch, ...), without a last axis of length
    1.

    Raises ValueError for other shapes.

    >>> sparse_categorical_accuracy([1, 0], [[0.1, 0.9], [0.1, 0.9]])
    array([1., 0.])
    """
    y_true, y_pred = as_arrays(
        sparse_categorical_accuracy, y_true=y_true, y_pred=y_pred
    )
    _check_classes_of(sparse_categorical_accuracy, y_true, y_pred)
    found = np.argmax(y_pred, axis=-1)
    is_right = np.reshape(y_true, found.shape) == found
    has_one = np.ndim(y_true) < np.ndim(y_pred) and np.ndim(found) > 1
    if has_one and found.shape[-1] == 1:
        is_right = is_right[..., 0]
    return _as_numbers(is_right, y_pred)


def _check_classes_of(function, y_true, y_pred):
    """There must be one class for all scores along the last axis."""
    check_rank(function, 2, y_pred=y_pred)
    more = [1] * (np.ndim(y_true) == np.ndim(y_pred))
    check_shapes(function, y_true=(y_true, (*y_pred.shape[:-1], *more)))


def top_k_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: int = 5
) -> np.ndarray:
    """1 where fewer than k classes have a larger score than the right one, and
    0 elsewhere (Keras documentation, TopKCategoricalAccuracy). So all that are
    equal to the last of k count. Scores that are not finite are never right.

    y_true: one-hot, y_pred: scores, both (batch, ..., classes). Returns (batch,
    ...).

    Raises ValueError for shapes that are not the same, and a k below 1.

    >>> y_pred = [[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]]
    >>> top_k_categorical_accuracy([[0, 0, 1], [0, 0, 1]], y_pred, k=2)
    array([0., 1.])
    """
    y_true, y_pred = as_arrays(
        top_k_categorical_accuracy, y_true=y_true, y_pred=y_pred
    )
    check_rank(top_k_categorical_accuracy, 2, y_pred=y_pred)
    check_shapes(top_k_categorical_accuracy, y_true=(y_true, y_pred.shape))
    check_sizes(top_k_categorical_accuracy, k=k)
    is_right = _is_in_top(np.argmax(y_true, axis=-1), y_pred, k)
    return _as_numbers(is_right, y_pred)


def _is_in_top(classes: np.ndarray, y_pred: np.ndarray, k: int) -> np.ndarray:
    """Whether fewer than k scores are larger than that of each class."""
    is_class = (0 <= classes) & (classes < y_pred.shape[-1])
    index = np.where(is_class, classes, 0)[..., np.newaxis]
    of_class = np.take_along_axis(y_pred, index, axis=-1)
    larger = np.sum(y_pred > of_class, axis=-1)
    return is_class & np.all(np.isfinite(y_pred), axis=-1) & (larger < k)


def sparse_top_k_categorical_accuracy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    k: int = 5,
    from_sorted_ids: bool = False,
) -> np.ndarray:
    """1 where fewer than k classes have a larger score than the right one, and
    0 elsewhere (Keras documentation, SparseTopKCategoricalAccuracy).

    y_true: class indices, (batch, ...) or (batch, ..., 1), y_pred: scores,
    (batch, ..., classes), or with from_sorted_ids classes, the best first.
    Returns the shape of y_true.

    Raises ValueError for other shapes, and a k below 1.

    >>> y_pred = [[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]]
    >>> sparse_top_k_categorical_accuracy([2, 2], y_pred, k=2)
    array([0., 1.])
    >>> sparse_top_k_categorical_accuracy([2], [[0, 2, 1]], 2, True)
    array([1.])
    """
    y_true, y_pred = as_arrays(
        sparse_top_k_categorical_accuracy, y_true=y_true, y_pred=y_pred
    )
    _check_classes_of(sparse_top_k_categorical_accuracy, y_true, y_pred)
    check_sizes(sparse_top_k_categorical_accuracy, k=k)
    check_flags(
        sparse_top_k_categorical_accuracy, from_sorted_ids=from_sorted_ids
    )
    classes = np.reshape(y_true, y_pred.shape[:-1])
    if from_sorted_ids:
        is_right = np.any(classes[..., np.newaxis] == y_pred[..., :k], axis=-1)
    else:
        is_right = _is_in_top(classes.astype("int64"), y_pred, k)
    return _as_numbers(np.reshape(is_right, np.shape(y_true)), y_pred)


def accuracy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of accuracy, with weights (Keras documentation,
    Accuracy).

    y_true and y_pred: as accuracy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what accuracy refuses, and for weights that do not
    fit.

    >>> print(accuracy_metric([1, 2], [1, 3], [3, 1]))
    0.75
    """
    values = accuracy(y_true, y_pred)
    return mean_metric(values, sample_weight)


def binary_accuracy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    threshold: float = 0.5,
) -> Any:
    """The mean of binary_accuracy, with weights (Keras documentation,
    BinaryAccuracy).

    y_true and y_pred: as binary_accuracy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what binary_accuracy refuses, and for weights that do
    not fit.

    >>> print(binary_accuracy_metric([1, 1], [0.9, 0.1], [3, 1]))
    0.75
    """
    values = binary_accuracy(y_true, y_pred, threshold=threshold)
    return mean_metric(values, sample_weight)


def categorical_accuracy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of categorical_accuracy, with weights (Keras documentation,
    CategoricalAccuracy).

    y_true and y_pred: as categorical_accuracy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what categorical_accuracy refuses, and for weights
    that do not fit.

    >>> print(categorical_accuracy_metric([[0, 1]], [[0.1, 0.9]]))
    1.0
    """
    values = categorical_accuracy(y_true, y_pred)
    return mean_metric(values, sample_weight)


def sparse_categorical_accuracy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Any:
    """The mean of sparse_categorical_accuracy, with weights (Keras
    documentation, SparseCategoricalAccuracy).

    y_true and y_pred: as sparse_categorical_accuracy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what sparse_categorical_accuracy refuses, and for
    weights that do not fit.

    >>> metric = sparse_categorical_accuracy_metric
    >>> print(metric([1, 0], [[0.1, 0.9]] * 2, [3, 1]))
    0.75
    """
    values = sparse_categorical_accuracy(y_true, y_pred)
    return mean_metric(values, sample_weight)


def top_k_categorical_accuracy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    k: int = 5,
) -> Any:
    """The mean of top_k_categorical_accuracy, with weights (Keras
    documentation, TopKCategoricalAccuracy).

    y_true and y_pred: as top_k_categorical_accuracy takes them, sample_weight:
    (batch, ...), for the first axes of what it returns. Returns a number.

    Raises ValueError for what top_k_categorical_accuracy refuses, and for
    weights that do not fit.

    >>> print(top_k_categorical_accuracy_metric([[0, 1]], [[0.1, 0.9]], k=1))
    1.0
    """
    values = top_k_categorical_accuracy(y_true, y_pred, k=k)
    return mean_metric(values, sample_weight)


def sparse_top_k_categorical_accuracy_metric(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    k: int = 5,
    from_sorted_ids: bool = False,
) -> Any:
    """The mean of sparse_top_k_categorical_accuracy, with weights (Keras
    documentation, SparseTopKCategoricalAccuracy).

    y_true and y_pred: as sparse_top_k_categorical_accuracy takes them,
    sample_weight: (batch, ...), for the first axes of what it returns. Returns
    a number.

    Raises ValueError for what sparse_top_k_categorical_accuracy refuses, and
    for weights that do not fit.

    >>> metric = sparse_top_k_categorical_accuracy_metric
    >>> print(metric([1, 0], [[0.1, 0.9]] * 2, k=1))
    0.5
    """
    values = sparse_top_k_categorical_accuracy(
        y_true, y_pred, k=k, from_sorted_ids=from_sorted_ids
    )
    return mean_metric(values, sample_weight)


def resolve_name(name: str, y_true: ArrayLike, y_pred: ArrayLike) -> str:
    """What "accuracy" or "acc" among the metrics of compile stands for, or
    "crossentropy" or "ce" as its loss: the name of a function of the library.

    y_true, y_pred: of which the shapes tell: binary where y_pred has a last
    axis of length 1; sparse categorical where y_true has fewer axes, or alone
    has a last one of length 1; else categorical.

    Raises ValueError for other names, and for single numbers.

    >>> y_pred = [[0.1, 0.9], [0.8, 0.2]]
    >>> print(resolve_name("accuracy", [1, 0], y_pred))
    sparse_categorical_accuracy
    >>> print(resolve_name("ce", [[0, 1], [1, 0]], y_pred))
    categorical_crossentropy
    """
    y_true, y_pred = as_arrays(resolve_name, y_true=y_true, y_pred=y_pred)
    check_rank(resolve_name, 1, y_true=y_true, y_pred=y_pred)
    _check_short_name(name)
    is_accuracy = name.lower() in ("accuracy", "acc")
    kind = "accuracy" if is_accuracy else "crossentropy"
    labels, outputs = y_true.shape[-1], y_pred.shape[-1]
    if outputs == 1:
        return f"binary_{kind}"
    if np.ndim(y_true) < np.ndim(y_pred) or labels == 1:
        return f"sparse_categorical_{kind}"
    return f"categorical_{kind}"


def _check_short_name(name):
    names = "accuracy", "acc", "crossentropy", "ce"
    if not isinstance(name, str) or name.lower() not in names:
        raise ValueError(
            f"resolve_name: name must be one of {', '.join(names)}, "
            f"not {quoted(name)}"
        )
