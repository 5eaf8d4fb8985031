"""Losses: each, and how Keras reduces them to one number."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import log_softmax, sigmoid, softmax, softplus
from keras_by_hand.pairs import in_one_dtype, of_one_rank
from keras_by_hand.shapes import (
    as_arrays,
    as_option,
    as_raw_array,
    check_axes,
    check_booleans,
    check_broadcasts,
    check_flags,
    check_numbers,
    check_one_rank,
    check_pair,
    check_positive,
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


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The mean of the squared errors over the last axis (Keras documentation).

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> mean_squared_error([[0, 1], [2, 2]], [[0, 3], [2, 2]])
    array([2., 0.])
    """
    y_true, y_pred = as_arrays(mean_squared_error, y_true=y_true, y_pred=y_pred)
    check_pair(mean_squared_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
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
    check_pair(mean_absolute_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    return np.mean(np.abs(y_pred - y_true), axis=-1)


def mean_absolute_percentage_error(
    y_true: ArrayLike, y_pred: ArrayLike
) -> np.ndarray:
    """100 times the mean of |error / y_true| over the last axis (Keras
    documentation). A target near 0 counts as one of 1e-7.

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> mean_absolute_percentage_error([[2, 4], [1, 1]], [[1, 4], [1, 1]])
    array([25.,  0.])
    """
    y_true, y_pred = as_arrays(
        mean_absolute_percentage_error, y_true=y_true, y_pred=y_pred
    )
    check_pair(mean_absolute_percentage_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    parts = np.abs(y_true - y_pred) / np.maximum(np.abs(y_true), 1e-7)
    return 100 * np.mean(parts, axis=-1)


def mean_squared_logarithmic_error(
    y_true: ArrayLike, y_pred: ArrayLike
) -> np.ndarray:
    """The mean of the squared errors of log(1 + y) over the last axis (Keras
    documentation). Both y are at least 1e-7.

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> mean_squared_logarithmic_error([[0], [1]], [[-5], [3]]).round(2)
    array([0.  , 0.48])
    """
    y_true, y_pred = as_arrays(
        mean_squared_logarithmic_error, y_true=y_true, y_pred=y_pred
    )
    check_pair(mean_squared_logarithmic_error, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    log_true = np.log(np.maximum(y_true, 1e-7) + 1)
    log_pred = np.log(np.maximum(y_pred, 1e-7) + 1)
    return np.mean((log_pred - log_true) ** 2, axis=-1)


def cosine_similarity(
    y_true: ArrayLike, y_pred: ArrayLike, axis: int | Sequence[int] = -1
) -> np.ndarray:
    """Minus the cosine of the angle between y_true and y_pred, from -1 for one
    direction to 1 for opposite ones (Keras documentation). A vector that is
    shorter than 1e-7 is divided by that.

    From (batch, ..., units) to (batch, ...); axis: where the vectors lie.

    Raises ValueError for shapes that do not fit, and for an axis that there is
    not.

    >>> cosine_similarity([[3, 4], [1, 0]], [[3, 4], [0, 9]])
    array([-1., -0.])
    """
    y_true, y_pred = as_arrays(cosine_similarity, y_true=y_true, y_pred=y_pred)
    check_pair(cosine_similarity, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    _check_axis_of_both(cosine_similarity, y_true, y_pred, axis)
    axes = tuple(np.ravel(axis))
    return -np.sum(_unit(y_true, axes) * _unit(y_pred, axes), axis=axes)


def _unit(x, axes):
    """Vectors of length 1 in the directions of those along axes."""
    length = np.sqrt(np.sum(x**2, axis=axes, keepdims=True))
    return x / np.maximum(length, 1e-7)


def _check_axis_of_both(function, y_true, y_pred, axis):
    """Both must have each axis, also where one has fewer axes."""
    for y in (y_true, y_pred):
        check_axes(function, np.ndim(y), axis=axis)


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
    check_pair(huber, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
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
    check_pair(log_cosh, y_true=y_true, y_pred=y_pred)
    y_true, y_pred = of_one_rank(*in_one_dtype(y_true, y_pred))
    error = y_pred - y_true
    return np.mean(np.logaddexp(error, -error) - float(np.log(2)), axis=-1)


def _signs(labels: np.ndarray) -> np.ndarray:
    """Labels as -1 and 1: where all are 0 or 1, 0 becomes -1."""
    is_binary = np.all((labels == 0) | (labels == 1))
    return np.where(is_binary, 2 * labels - 1, labels)


def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The mean of max(1 - y_true * y_pred, 0) over the last axis (Keras
    documentation).

    y_true: -1 and 1, or 0 and 1, of which 0 stands for -1 if there is no other
    number in the whole array. From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> hinge([[-1], [1], [1]], [[-2], [0], [-2]])
    array([0., 1., 3.])
    """
    y_true, y_pred = as_arrays(hinge, y_true=y_true, y_pred=y_pred)
    check_one_rank(hinge, y_true, y_pred)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    margin = _signs(y_true) * y_pred
    return np.mean(np.maximum(1 - margin, 0), axis=-1)


def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The mean of max(1 - y_true * y_pred, 0)**2 over the last axis (Keras
    documentation).

    y_true: -1 and 1, or 0 and 1, of which 0 stands for -1 if there is no other
    number in the whole array. From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> squared_hinge([[-1], [1], [1]], [[-2], [0], [-2]])
    array([0., 1., 9.])
    """
    y_true, y_pred = as_arrays(squared_hinge, y_true=y_true, y_pred=y_pred)
    check_one_rank(squared_hinge, y_true, y_pred)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    margin = _signs(y_true) * y_pred
    return np.mean(np.maximum(1 - margin, 0) ** 2, axis=-1)


def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """How far the right class is from leading the best other one by 1 (Keras
    documentation).

    y_true: one-hot, (batch, ..., classes), y_pred: scores in the same shape.
    Returns (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> categorical_hinge([[0, 1], [1, 0]], [[0.5, 4], [3, 2.5]])
    array([0. , 0.5])
    """
    y_true, y_pred = as_arrays(categorical_hinge, y_true=y_true, y_pred=y_pred)
    check_one_rank(categorical_hinge, y_true, y_pred)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    right = np.sum(y_true * y_pred, axis=-1)
    wrong = np.max((1 - y_true) * y_pred, axis=-1)
    return np.maximum(wrong - right + 1, 0)


def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The sum of y_true * log(y_true / y_pred) over the last axis (Kullback and
    Leibler, 1951), of probabilities that are clipped to 1e-7 and 1.

    From (batch, ..., classes) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> kl_divergence([[0.5, 0.5], [0, 1]], [[0.5, 0.5], [0.5, 0.5]]).round(2)
    array([0.  , 0.69])
    """
    y_true, y_pred = as_arrays(kl_divergence, y_true=y_true, y_pred=y_pred)
    check_one_rank(kl_divergence, y_true, y_pred)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    p_true = np.clip(y_true, 1e-7, 1)
    p_pred = np.clip(y_pred, 1e-7, 1)
    return np.sum(p_true * np.log(p_true / p_pred), axis=-1)


def poisson(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The mean of y_pred - y_true * log(y_pred + 1e-7) over the last axis: of
    counts and the rates that were predicted (Keras documentation).

    From (batch, ..., units) to (batch, ...).

    Raises ValueError for shapes that do not fit.

    >>> poisson([[0], [2]], [[1], [2]]).round(2)
    array([1.  , 0.61])
    """
    y_true, y_pred = as_arrays(poisson, y_true=y_true, y_pred=y_pred)
    check_one_rank(poisson, y_true, y_pred)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    return np.mean(y_pred - y_true * np.log(y_pred + 1e-7), axis=-1)


def reduce_losses(
    losses: ArrayLike,
    sample_weight: ArrayLike | None = None,
    reduction: Literal[
        "sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"
    ]
    | None = "sum_over_batch_size",
    mask: ArrayLike | None = None,
) -> Any:
    """One number from losses and weights, (batch, ...); see Keras' Loss.

    mask: booleans, True for what to keep, by which weights are multiplied. The
    mean, and it alone, is that of what is kept. For "none" and None, the
    products of losses and weights, with the axes of the longer.

    Raises ValueError for weights and masks that do not multiply the losses, and
    for other reductions.

    >>> print(reduce_losses([1, 2, 6]), reduce_losses([1, 2, 6], [1, 0, 1]))
    3.0 2.3333333333333335
    >>> print(reduce_losses([1, 2, 6], mask=[True, True, False]))
    1.5
    """
    losses, sample_weight, mask = as_arrays(
        reduce_losses, losses=losses, sample_weight=sample_weight, mask=mask
    )
    reduction = as_option(reduce_losses, reduction=reduction)
    check_booleans(reduce_losses, mask=mask)
    losses = in_one_dtype(losses, losses)[1]
    if sample_weight is None:
        sample_weight = np.ones_like(losses if mask is None else mask)
    weights = sample_weight.astype(losses.dtype)
    if mask is not None:
        check_pair(reduce_losses, 0, mask=mask, sample_weight=weights)
        kept, weights = of_one_rank(mask.astype(losses.dtype), weights)
        if reduction in ("sum_over_batch_size", "mean"):
            kept = kept * (kept.size / max(np.sum(kept), 1))
        weights = weights * kept
    check_pair(reduce_losses, 0, sample_weight=weights, losses=losses)
    weights, losses = of_one_rank(weights, losses)
    weighted = losses * weights
    if reduction in ("none", None) or np.ndim(weighted) == 0:
        return weighted
    if reduction == "sum":
        return np.sum(weighted)
    number = weighted.size
    if reduction == "mean_with_sample_weight":
        number = np.sum(weights)
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
    y_true, y_pred = in_one_dtype(y_true, y_pred)
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
    y_true, y_pred = in_one_dtype(y_true, y_pred)
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


def binary_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] = -1,
) -> np.ndarray:
    """Binary crossentropy, times (1 - p)**gamma for the probability p of what
    is right, and with apply_class_balancing times alpha for 1 and 1 - alpha
    for 0 (Lin et al., 2017).

    y_true: 0, 1 or between, y_pred: probabilities or logits, both (batch, ...,
    outputs). Returns (batch, ...), the mean over axis.

    Raises ValueError for shapes that are not the same, for a label_smoothing
    that is not from 0 to 1, and for an axis that there is not.

    >>> binary_focal_crossentropy([[1], [0]], [[0.5], [0.9]]).round(2)
    array([0.17, 1.87])
    """
    y_true, y_pred = as_arrays(
        binary_focal_crossentropy, y_true=y_true, y_pred=y_pred
    )
    check_flags(
        binary_focal_crossentropy,
        apply_class_balancing=apply_class_balancing,
        from_logits=from_logits,
    )
    check_numbers(binary_focal_crossentropy, alpha=alpha, gamma=gamma)
    _check_crossentropy(
        binary_focal_crossentropy, y_true, y_pred, label_smoothing
    )
    check_axes(binary_focal_crossentropy, np.ndim(y_pred), axis=axis)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    each = np.newaxis  # a sample for each entry
    losses = binary_crossentropy(
        y_true[..., each], y_pred[..., each], from_logits
    )
    p = sigmoid(y_pred) if from_logits else y_pred
    of_right = y_true * p + (1 - y_true) * (1 - p)
    losses = (1 - of_right) ** gamma * losses
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return np.mean(losses, axis=tuple(np.ravel(axis)))


def categorical_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: ArrayLike = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """Categorical crossentropy, times alpha * (1 - p)**gamma for each class and
    its probability p (Lin et al., 2017).

    y_true: one-hot or probabilities, y_pred: probabilities or logits, both
    (batch, ..., classes), alpha: a number, or one for each class. Returns
    (batch, ...); axis: where the classes are.

    Raises ValueError for shapes that are not the same, for a label_smoothing
    that is not from 0 to 1, and for an axis that there is not.

    >>> y_true, y_pred = [[1, 0], [0, 1]], [[0.5, 0.5], [0.9, 0.1]]
    >>> categorical_focal_crossentropy(y_true, y_pred).round(2)
    array([0.04, 0.47])
    """
    y_true, y_pred, alpha = as_arrays(
        categorical_focal_crossentropy,
        y_true=y_true,
        y_pred=y_pred,
        alpha=alpha,
    )
    check_flags(categorical_focal_crossentropy, from_logits=from_logits)
    check_numbers(categorical_focal_crossentropy, gamma=gamma)
    _check_crossentropy(
        categorical_focal_crossentropy, y_true, y_pred, label_smoothing
    )
    check_broadcasts(
        categorical_focal_crossentropy, alpha=(alpha, np.shape(y_pred))
    )
    check_axes(
        categorical_focal_crossentropy, np.ndim(y_pred), one=True, axis=axis
    )
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    classes = np.shape(y_pred)[-1]  # as in Keras, wherever the classes are
    y_true = y_true * (1 - label_smoothing) + label_smoothing / classes
    p = softmax(y_pred, axis) if from_logits else y_pred
    p = p / np.sum(p, axis=axis, keepdims=True)
    p = np.clip(p, 1e-7, 1 - 1e-7)
    weights = np.asarray(alpha, p.dtype) * (1 - p) ** gamma
    return np.sum(-weights * y_true * np.log(p), axis=axis)


def categorical_generalized_cross_entropy(
    y_true: ArrayLike, y_pred: ArrayLike, q: float
) -> np.ndarray:
    """(1 - p**q) / q for the probability p of the right class: between
    crossentropy, for q near 0, and mean absolute error, for q near 1 (Zhang and
    Sabuncu, 2018).

    y_true: class indices, (batch, ...), y_pred: probabilities, (batch, ...,
    classes). Returns (batch, ...). Keras' function takes y_true of (batch, 1),
    too, and then returns (batch, batch): each label with each prediction.

    Raises ValueError for other shapes, labels that are no classes, and a q that
    is not above 0 and at most 1.

    >>> loss = categorical_generalized_cross_entropy
    >>> loss([0, 1], [[0.25, 0.75], [0, 1]], 0.5)
    array([1., 0.])
    """
    y_true, y_pred = as_arrays(
        categorical_generalized_cross_entropy, y_true=y_true, y_pred=y_pred
    )
    _check_generalized(y_true, y_pred, q)
    y_pred = in_one_dtype(y_true, y_pred)[1]
    index = y_true.astype("int64")[..., np.newaxis]
    p = np.take_along_axis(y_pred, index, axis=-1)[..., 0]
    return (1 - p**q) / q


def _check_generalized(y_true, y_pred, q):
    """Labels must be classes, and q above 0, and at most 1."""
    function = categorical_generalized_cross_entropy
    check_rank(function, 2, y_pred=y_pred)
    *shape, classes = y_pred.shape
    check_shapes(function, y_true=(y_true, shape))
    check_positive(function, q=q)
    check_numbers(function, most=1, q=q)
    _check_classes(function, y_true, classes)


def _check_classes(function, y_true, classes, first=0):
    if not np.all(np.isin(y_true, np.arange(first, classes))):
        raise ValueError(
            f"{function.__name__}: y_true must have whole numbers from {first} "
            f"to {classes - 1}"
        )


def dice(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    axis: int | Sequence[int] | None = None,
) -> Any:
    """1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + 1e-7)
    (Milletari et al., 2016).

    Both of one shape, such as (batch, height, width, classes); axis: what the
    sums run over, by default all, also the samples: (1, 2, 3) gives one number
    for each sample.

    Raises ValueError for shapes that are not the same, and for an axis that
    there is not.

    >>> dice([[1, 1], [0, 0]], [[1, 1], [1, 0]], axis=1).round(2)
    array([0., 1.])
    """
    y_true, y_pred = as_arrays(dice, y_true=y_true, y_pred=y_pred)
    _check_overlap(dice, y_true, y_pred, axis)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    axes = None if axis is None else tuple(np.ravel(axis))
    both = np.sum(y_true * y_pred, axis=axes)
    sizes = np.sum(y_true, axis=axes) + np.sum(y_pred, axis=axes)
    return 1 - 2 * both / (sizes + 1e-7)


def tversky(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: int | Sequence[int] | None = None,
) -> Any:
    """1 - both / (both + alpha * missed + beta * false alarms + 1e-7) (Salehi
    et al., 2017).

    This is what Keras 3.15.1 computes: alpha weighs false negatives, what
    y_true has and y_pred has not, and beta false positives. Keras'
    documentation, and the paper, say the reverse. y_true and y_pred are of one
    shape; axis: what the sums run over, by default all, also the samples.

    Raises ValueError for shapes that are not the same, and for an axis that
    there is not; TypeError for an alpha or beta that is no number.

    >>> print(tversky([1, 1, 0], [1, 0, 0], alpha=1, beta=0).round(2))
    0.5
    >>> print(tversky([1, 1, 0], [1, 0, 0], alpha=0, beta=1).round(2))
    0.0
    """
    y_true, y_pred = as_arrays(tversky, y_true=y_true, y_pred=y_pred)
    _check_overlap(tversky, y_true, y_pred, axis)
    check_numbers(tversky, alpha=alpha, beta=beta)
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    axes = None if axis is None else tuple(np.ravel(axis))
    both = np.sum(y_true * y_pred, axis=axes)
    missed = np.sum(y_true * (1 - y_pred), axis=axes)
    false_alarms = np.sum((1 - y_true) * y_pred, axis=axes)
    return 1 - both / (both + alpha * missed + beta * false_alarms + 1e-7)


def _check_overlap(function, y_true, y_pred, axis):
    """Both must have one shape, and, if it is not None, the axis."""
    check_rank(function, 1, y_pred=y_pred)
    check_shapes(function, y_true=(y_true, np.shape(y_pred)))
    if axis is not None:
        check_axes(function, np.ndim(y_pred), axis=axis)


def circle(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ref_labels: ArrayLike | None = None,
    ref_embeddings: ArrayLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> np.ndarray:
    """The circle loss of each embedding (Sun et al., 2020): its distance to
    embeddings of its own label should be small, to others large.

    It is log(1 + P N). P is the sum of exp(gamma (1 - s + margin)(1 - s -
    margin)) over its cosines s with those of its own label, N the sum of
    exp(gamma max(s + margin, 0) (s - margin)) over those with the others.

    y_true: whole numbers, (batch,) or (batch, 1), y_pred: embeddings of length
    1, (batch, features); ref_labels and ref_embeddings: what they are compared
    with, by default the same, of which remove_diagonal leaves out each one
    itself. Returns (batch,). Keras' Circle has the mean of those above 0:
    reduce_losses(losses, mask=losses > 0).

    Raises ValueError for other shapes and for labels that are not whole,
    TypeError for a gamma or margin that is no number.

    >>> embeddings = [[1, 0], [1, 0], [0, 1]]
    >>> circle([0, 0, 1], embeddings, gamma=2).round(2)
    array([0.42, 0.42, 0.  ])
    """
    y_true, y_pred, ref_labels, ref_embeddings = as_arrays(
        circle,
        y_true=y_true,
        y_pred=y_pred,
        ref_labels=ref_labels,
        ref_embeddings=ref_embeddings,
    )
    check_flags(circle, remove_diagonal=remove_diagonal)
    check_numbers(circle, gamma=gamma, margin=margin)
    if ref_labels is None:
        ref_labels = y_true
    if ref_embeddings is None:
        ref_embeddings = y_pred
    _check_labeled(y_true=y_true, y_pred=y_pred)
    _check_labeled(ref_labels=ref_labels, ref_embeddings=ref_embeddings)
    _check_ref_embeddings(y_pred, ref_embeddings)
    ref_embeddings, y_pred = in_one_dtype(ref_embeddings, y_pred)
    distance = np.maximum(1 - y_pred @ ref_embeddings.T, 0)  # (batch, refs)
    is_same = np.reshape(y_true, (-1, 1)) == np.ravel(ref_labels)
    is_near = is_same
    if remove_diagonal:
        is_near = is_same & (np.eye(*is_same.shape) == 0)
    near = -gamma * np.maximum(margin + distance, 0) * (margin - distance)
    far = gamma * np.maximum(1 + margin - distance, 0) * (1 - margin - distance)
    near = np.where(is_near, near, -np.inf)
    far = np.where(is_same, -np.inf, far)
    both = np.logaddexp.reduce(near, axis=1) + np.logaddexp.reduce(far, axis=1)
    return softplus(both)


def _check_labeled(**labeled):
    """There must be a label for each embedding, a whole number."""
    (name, labels), (of_embeddings, embeddings) = labeled.items()
    check_rank(circle, 2, 2, **{of_embeddings: embeddings})
    number = len(embeddings)
    more = [1] * (np.ndim(labels) == 2)
    check_shapes(circle, **{name: (labels, (number, *more))})
    if np.any(labels != np.floor(labels)):
        raise ValueError(f"circle: {name} must be whole numbers")


def _check_ref_embeddings(y_pred, ref_embeddings):
    shape = (None, y_pred.shape[1])
    check_shapes(circle, ref_embeddings=(ref_embeddings, shape))


def ctc(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """Minus the logarithm of the probability of all ways to write the labels
    (Graves et al., 2006): one class at each step, of which repeated ones count
    once, and class 0, the blank, not at all.

    y_true: labels, (batch, labels), with zeros behind the last; y_pred: logits,
    (batch, steps, classes). Returns (batch,).

    Raises ValueError for other shapes, labels that are no classes, zeros before
    labels, and more labels than fit into the steps.

    >>> ctc([[1]], [[[0, 0], [0, 0]]]).round(2)
    array([0.29])
    """
    y_true, y_pred = as_arrays(ctc, y_true=y_true, y_pred=y_pred)
    _check_fits_steps(y_true, y_pred)
    log_p = log_softmax(in_one_dtype(y_true, y_pred)[1])
    losses = [
        _ctc_of_one(labels[labels != 0].astype("int64"), log_p_of_one)
        for labels, log_p_of_one in zip(y_true, log_p)
    ]
    return np.stack(losses)


def _ctc_of_one(labels: np.ndarray, log_p: np.ndarray) -> np.ndarray:
    """The same of one sample: labels without zeros, log_p: (steps, classes)."""
    path = np.zeros(2 * len(labels) + 1, dtype="int64")  # a blank around each
    path[1::2] = labels
    may_skip = (path[2:] != 0) & (path[2:] != path[:-2])  # the blank between
    # Where a path may be.
    at = np.full(len(path), -np.inf, dtype=log_p.dtype, like=log_p)
    at[:2] = log_p[0, path[:2]]
    for log_p_of_step in log_p[1:]:
        before = at.copy()
        at[1:] = np.logaddexp(at[1:], before[:-1])
        at[2:] = np.where(may_skip, np.logaddexp(at[2:], before[:-2]), at[2:])
        at = at + log_p_of_step[path]
    return -np.logaddexp.reduce(at[-2:])


def _check_fits_steps(y_true, y_pred):
    """Labels must be classes, without zeros between, and have a step each, and
    one more between two that are equal."""
    check_rank(ctc, 3, 3, y_pred=y_pred)
    batch, steps, classes = y_pred.shape
    check_shapes(ctc, y_true=(y_true, (batch, "labels")))
    _check_classes(ctc, y_true, classes)
    is_label = y_true != 0
    if np.any(is_label[:, 1:] & ~is_label[:, :-1]):
        raise ValueError("ctc: y_true must have its zeros behind its labels")
    is_repeated = is_label[:, 1:] & (y_true[:, 1:] == y_true[:, :-1])
    needed = np.sum(is_label, axis=1) + np.sum(is_repeated, axis=1)
    if np.max(needed) > steps:
        raise ValueError(
            f"ctc: y_true must fit into the {steps} steps of y_pred, "
            f"and labels need {np.max(needed)}"
        )
