"""Losses: each, and how Keras reduces them to one number."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import log_softmax
from keras_by_hand.shapes import (
    as_arrays,
    as_option,
    as_raw_array,
    check_axes,
    check_flags,
    check_numbers,
    check_rank,
    check_shapes,
)


def masked_mean_squared_error(
    targets: ArrayLike, y: ArrayLike, mask: ArrayLike
) -> np.floating | float:
    """The loss "mean_squared_error" of one batch with a mask.

    targets and y: (batch, steps, units), mask: (batch, steps), True for the
    steps to keep. Returns a number.

    Raises ValueError for other shapes, TypeError for a mask of numbers.

    >>> targets, y = [[[1, 1], [0, 0]]], [[[1, 3], [9, 9]]]
    >>> print(masked_mean_squared_error(targets, y, mask=[[True, False]]))
    2.0
    """
    targets, y = as_arrays(masked_mean_squared_error, targets=targets, y=y)
    mask = as_raw_array(masked_mean_squared_error, mask=mask)
    _check_masked(targets, y, mask)
    errors = np.mean((y - targets) ** 2, axis=-1)  # (batch, steps)
    return np.mean(errors[mask]) if np.any(mask) else 0.0


def _check_masked(targets, y, mask):
    """All must have the shape of y, and the mask must be of booleans."""
    check_rank(masked_mean_squared_error, 1, y=y)
    shape = np.shape(y)
    check_shapes(
        masked_mean_squared_error,
        targets=(targets, shape),
        mask=(mask, shape[:-1]),
    )
    if mask.dtype != bool:
        raise TypeError(
            "masked_mean_squared_error: mask must be an array of booleans"
        )


def _in_one_dtype(
    a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both in the dtype of b, or in float64 if that has whole numbers."""
    b = b if b.dtype.kind == "f" else b.astype("float64")
    return a.astype(b.dtype, copy=False), b


def _of_one_rank(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where one has one axis more, of length 1, the other gets it, too, if it
    has only one, or else it is left out."""
    if np.ndim(a) < np.ndim(b):
        return _of_one_rank(b, a)[::-1]
    if np.ndim(a) == np.ndim(b) + 1 and np.shape(a)[-1] == 1:
        return (a, b[:, np.newaxis]) if np.ndim(b) == 1 else (a[..., 0], b)
    return a, b


def _check_pair(function, **pair):
    """Arrays must have an axis, and broadcast, once they are of one rank."""
    arrays = _of_one_rank(*pair.values())
    check_rank(function, 1, **dict(zip(pair, arrays)))
    try:
        np.broadcast_shapes(*map(np.shape, arrays))
    except ValueError:
        shapes = " and ".join(str(np.shape(x)) for x in pair.values())
        raise ValueError(
            f"{function.__name__}: {' and '.join(pair)} must have one shape, "
            f"not {shapes}"
        ) from None


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The mean of the squared errors over the last axis (Keras documentation).

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> mean_squared_error([[0, 1], [2, 2]], [[0, 3], [2, 2]])
    array([2., 0.])
    """
    y_true, y_pred = as_arrays(mean_squared_error, y_true=y_true, y_pred=y_pred)
    _check_pair(mean_squared_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = _of_one_rank(*_in_one_dtype(y_true, y_pred))
    return np.mean((y_pred - y_true) ** 2, axis=-1)


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The mean of |error| over the last axis (Keras documentation).

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> mean_absolute_error([[0, 1], [2, 2]], [[0, 3], [2, 2]])
    array([1., 0.])
    """
    y_true, y_pred = as_arrays(
        mean_absolute_error, y_true=y_true, y_pred=y_pred
    )
    _check_pair(mean_absolute_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = _of_one_rank(*_in_one_dtype(y_true, y_pred))
    return np.mean(np.abs(y_pred - y_true), axis=-1)


def huber(
    y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0
) -> np.ndarray:
    """Half the squared error up to delta, then a line (Huber, 1964).

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit, TypeError for a delta that is
    no number.

    >>> huber([[0], [0], [0]], [[0.5], [1], [100]])
    array([ 0.125,  0.5  , 99.5  ])
    """
    y_true, y_pred = as_arrays(huber, y_true=y_true, y_pred=y_pred)
    _check_pair(huber, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = _of_one_rank(*_in_one_dtype(y_true, y_pred))
    check_numbers(huber, delta=delta)
    error = np.abs(y_pred - y_true)
    line = delta * error - delta**2 / 2
    return np.mean(np.where(error <= delta, error**2 / 2, line), axis=-1)


def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """Mean of log(cosh(error)); from (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> log_cosh([[0], [0], [0]], [[0], [1], [100]]).round(2)
    array([ 0.  ,  0.43, 99.31])
    """
    y_true, y_pred = as_arrays(log_cosh, y_true=y_true, y_pred=y_pred)
    _check_pair(log_cosh, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = _of_one_rank(*_in_one_dtype(y_true, y_pred))
    error = y_pred - y_true
    return np.mean(np.logaddexp(error, -error) - float(np.log(2)), axis=-1)


def reduce_losses(
    losses: ArrayLike,
    sample_weight: ArrayLike | None = None,
    reduction: Literal[
        "sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"
    ]
    | None = "sum_over_batch_size",
) -> Any:
    """One number from losses and weights, (batch, ...); see Keras' Loss.

    For "none" and None, the products of both, with the axes of the longer.

    Raises ValueError for weights that do not multiply the losses, and for other
    reductions.

    >>> print(reduce_losses([1, 2, 6]), reduce_losses([1, 2, 6], [1, 0, 1]))
    3.0 2.3333333333333335
    """
    losses, sample_weight = as_arrays(
        reduce_losses, losses=losses, sample_weight=sample_weight
    )
    reduction = as_option(reduce_losses, reduction=reduction)
    if sample_weight is None:
        sample_weight = np.ones_like(losses)
    _check_pair(reduce_losses, sample_weight=sample_weight, losses=losses)
    sample_weight, losses = _of_one_rank(*_in_one_dtype(sample_weight, losses))
    weighted = losses * sample_weight
    if reduction in ("none", None):
        return weighted
    if reduction == "sum":
        return np.sum(weighted)
    number = weighted.size
    if reduction == "mean_with_sample_weight":
        number = np.sum(sample_weight)
    return np.sum(weighted) / number if number else 0.0


def categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """The loss of each sample (Keras documentation, CategoricalCrossentropy).

    y_true: one-hot or probabilities, y_pred: probabilities or logits, both
    (batch, ..., classes). Returns (batch, ...); axis: where the classes are.

    Raises ValueError for shapes that are not the same, for a label_smoothing
    that is not from 0 to 1, and for an axis that there is not.

    >>> y_true, y_pred = [[1, 0], [0, 1]], [[0.5, 0.5], [0, 1]]
    >>> categorical_crossentropy(y_true, y_pred).round(2)
    array([0.69, 0.  ])
    """
    y_true, y_pred = as_arrays(
        categorical_crossentropy, y_true=y_true, y_pred=y_pred
    )
    check_flags(categorical_crossentropy, from_logits=from_logits)
    _check_crossentropy(
        categorical_crossentropy, y_true, y_pred, label_smoothing
    )
    check_axes(categorical_crossentropy, np.ndim(y_pred), one=True, axis=axis)
    y_true, y_pred = _in_one_dtype(y_true, y_pred)
    classes = np.shape(y_pred)[-1]  # as in Keras, wherever the classes are
    y_true = y_true * (1 - label_smoothing) + label_smoothing / classes
    if from_logits:
        log_p = log_softmax(y_pred, axis)
    else:
        p = y_pred / np.sum(y_pred, axis=axis, keepdims=True)
        log_p = np.log(np.clip(p, 1e-7, 1 - 1e-7))
    return -np.sum(y_true * log_p, axis=axis)


def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> np.ndarray:
    """The loss of each label, or 0 for ignore_class (Keras documentation).

    y_true: class indices, (batch, ...), y_pred: probabilities or logits,
    (batch, ..., classes); axis: the last one, as in Keras on TensorFlow.
    Returns (batch, ...).

    Raises ValueError for other shapes, labels that are no classes, and another
    axis.

    >>> y_pred = [[0.5, 0.5], [0, 1], [1, 0]]
    >>> loss = sparse_categorical_crossentropy
    >>> loss([0, 1, -1], y_pred, ignore_class=-1).round(2)
    array([0.69, 0.  , 0.  ])
    """
    y_true, y_pred = as_arrays(
        sparse_categorical_crossentropy, y_true=y_true, y_pred=y_pred
    )
    check_flags(sparse_categorical_crossentropy, from_logits=from_logits)
    _check_labels(y_true, y_pred, ignore_class)
    _check_last_axis(y_pred, axis)
    # They may have one axis more, of length 1, and be numbers of any dtype.
    y_true = y_true.reshape(y_pred.shape[:-1]).astype("int64")
    if not from_logits:  # clipped first, as in Keras, and then made to sum to 1
        y_pred = np.log(np.clip(y_pred, 1e-7, 1 - 1e-7))
    log_p = log_softmax(y_pred)
    ignored = np.zeros(y_true.shape, dtype=bool)
    if ignore_class is not None:
        ignored = y_true == ignore_class
    index = np.where(ignored, 0, y_true)[..., np.newaxis]
    picked = np.take_along_axis(log_p, index, axis=-1)[..., 0]
    return np.where(ignored, 0, -picked)


def _check_last_axis(y_pred, axis):
    function, last = sparse_categorical_crossentropy, np.ndim(y_pred) - 1
    check_axes(function, last + 1, one=True, axis=axis)
    if axis not in (-1, last):
        raise ValueError(
            f"{function.__name__}: axis must be -1 or {last}, the last one, "
            f"not {axis}"
        )


def _check_labels(y_true, y_pred, ignore_class):
    """Each label must be a class, or to be ignored."""
    function = sparse_categorical_crossentropy
    check_rank(function, 1, y_pred=y_pred)
    *shape, classes = y_pred.shape
    more = [1] * (y_true.ndim > len(shape))
    check_shapes(function, y_true=(y_true, (*shape, *more)))
    if ignore_class is not None:
        check_numbers(function, ignore_class=ignore_class)
        y_true = y_true[y_true != ignore_class]
    if not np.all(np.isin(y_true, np.arange(classes))):
        raise ValueError(
            f"{function.__name__}: labels must be whole numbers from 0 to "
            f"{classes - 1}, or ignore_class, which is {ignore_class}"
        )


def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] = -1,
) -> np.ndarray:
    """The loss of each sample (Keras documentation, BinaryCrossentropy).

    y_true: 0, 1 or between, y_pred: probabilities or logits, both (batch, ...,
    outputs). Returns (batch, ...), the mean over axis.

    Raises ValueError for shapes that are not the same, for a label_smoothing
    that is not from 0 to 1, and for an axis that there is not.

    >>> binary_crossentropy([[1], [0]], [[0.5], [0]]).round(2)
    array([0.69, 0.  ])
    """
    y_true, y_pred = as_arrays(
        binary_crossentropy, y_true=y_true, y_pred=y_pred
    )
    check_flags(binary_crossentropy, from_logits=from_logits)
    _check_crossentropy(binary_crossentropy, y_true, y_pred, label_smoothing)
    check_axes(binary_crossentropy, np.ndim(y_pred), axis=axis)
    y_true, y_pred = _in_one_dtype(y_true, y_pred)
    y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        losses = np.maximum(y_pred, 0) - y_true * y_pred
        losses = losses + np.log1p(np.exp(-np.abs(y_pred)))
    else:
        p = np.clip(y_pred, 1e-7, 1 - 1e-7)
        losses = -y_true * np.log(p) - (1 - y_true) * np.log(1 - p)
    return np.mean(losses, axis=tuple(np.ravel(axis)))


def _check_crossentropy(function, y_true, y_pred, label_smoothing):
    """Both must have one shape, and labels a part to be smoothed."""
    check_rank(function, 1, y_pred=y_pred)
    check_shapes(function, y_true=(y_true, np.shape(y_pred)))
    check_numbers(function, 0, 1, label_smoothing=label_smoothing)
