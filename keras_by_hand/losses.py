"""Losses: each, and how Keras reduces them to one number."""

import numpy as np

from keras_by_hand.activations import log_softmax
from keras_by_hand.shapes import check_shapes


def masked_mean_squared_error(targets, y, mask):
    """The loss "mean_squared_error" of one batch with a mask.

    targets and y: (batch, steps, units), mask: (batch, steps), True for the
    steps to keep. Returns a number.
    """
    shape = np.shape(y)
    check_shapes(
        "masked_mean_squared_error",
        targets=(targets, shape),
        mask=(mask, shape[:-1]),
    )
    errors = np.mean((y - targets) ** 2, axis=-1)  # (batch, steps)
    return np.mean(errors[mask]) if np.any(mask) else 0.0


def mean_squared_error(y_true, y_pred):
    """The mean of the squared errors over the last axis (Keras documentation).

    From (batch, ..., units) to (batch, ...).
    """
    return np.mean((y_pred - y_true) ** 2, axis=-1)


def mean_absolute_error(y_true, y_pred):
    """The mean of |error| over the last axis (Keras documentation).

    From (batch, ..., units) to (batch, ...).
    """
    return np.mean(np.abs(y_pred - y_true), axis=-1)


def huber(y_true, y_pred, delta=1.0):
    """Half the squared error up to delta, then a line (Huber, 1964).

    From (batch, ..., units) to (batch, ...).
    """
    error = np.abs(y_pred - y_true)
    line = delta * error - delta**2 / 2
    return np.mean(np.where(error <= delta, error**2 / 2, line), axis=-1)


def log_cosh(y_true, y_pred):
    """Mean of log(cosh(error)); from (batch, ..., units) to (batch, ...)."""
    error = y_pred - y_true
    return np.mean(np.logaddexp(error, -error) - float(np.log(2)), axis=-1)


def reduce_losses(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """One number from losses and weights, (batch,) (Keras documentation)."""
    if sample_weight is None:
        sample_weight = np.ones_like(losses)
    total = np.sum(losses * sample_weight)
    if reduction in ("sum_over_batch_size", "mean"):
        return total / losses.size
    if reduction == "mean_with_sample_weight":
        return total / np.sum(sample_weight)
    if reduction == "sum":
        return total
    raise ValueError(f"unknown reduction: {reduction}")


def categorical_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The loss of each sample (Keras documentation, CategoricalCrossentropy).

    y_true: one-hot or probabilities, y_pred: probabilities or logits, both
    (batch, ..., classes). Returns (batch, ...); axis: where the classes are.
    """
    classes = np.shape(y_pred)[axis]
    y_true = y_true * (1 - label_smoothing) + label_smoothing / classes
    if from_logits:
        log_p = log_softmax(y_pred, axis)
    else:
        p = y_pred / np.sum(y_pred, axis=axis, keepdims=True)
        log_p = np.log(np.clip(p, 1e-7, 1 - 1e-7))
    return -np.sum(y_true * log_p, axis=axis)


def sparse_categorical_crossentropy(
    y_true, y_pred, from_logits=False, ignore_class=None
):
    """The loss of each label, or 0 for ignore_class (Keras documentation).

    y_true: class indices, (batch, ...), y_pred: probabilities or logits,
    (batch, ..., classes). Returns (batch, ...).
    """
    if from_logits:
        log_p = log_softmax(y_pred)
    else:
        p = y_pred / np.sum(y_pred, axis=-1, keepdims=True)
        log_p = np.log(np.clip(p, 1e-7, 1 - 1e-7))
    ignored = np.zeros(y_true.shape, dtype=bool)
    if ignore_class is not None:
        ignored = y_true == ignore_class
    index = np.where(ignored, 0, y_true)[..., np.newaxis]
    picked = np.take_along_axis(log_p, index, axis=-1)[..., 0]
    return np.where(ignored, 0, -picked)


def binary_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The loss of each sample (Keras documentation, BinaryCrossentropy).

    y_true: 0, 1 or between, y_pred: probabilities or logits, both (batch, ...,
    outputs). Returns (batch, ...), the mean over axis.
    """
    y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        losses = np.maximum(y_pred, 0) - y_true * y_pred
        losses = losses + np.log1p(np.exp(-np.abs(y_pred)))
    else:
        p = np.clip(y_pred, 1e-7, 1 - 1e-7)
        losses = -y_true * np.log(p) - (1 - y_true) * np.log(1 - p)
    return np.mean(losses, axis=axis)
