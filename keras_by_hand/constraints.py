"""Constraints: what weights are held to after each step."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import as_array, check_axes, check_numbers


def non_neg(w: ArrayLike) -> np.ndarray:
    """Set negative entries of w, of any shape, to 0 (Keras, NonNeg).

    Raises TypeError for what is no array of numbers.

    >>> non_neg([[-2, 3]])
    array([[0, 3]])
    """
    w = as_array(non_neg, w=w)
    return np.maximum(w, 0)


def max_norm(
    w: ArrayLike, max_value: float = 2, axis: int | Sequence[int] = 0
) -> np.ndarray:
    """Shorten w where its norm along an axis is larger (Keras, MaxNorm).

    Raises ValueError for a max_value below 0, and for an axis, or one of
    several, that w has not.

    >>> max_norm([[3, 0], [4, 1]], max_value=1).round(4)  # norms: 5 and 1
    array([[0.6, 0. ],
           [0.8, 1. ]])
    """
    w = as_array(max_norm, w=w)
    check_numbers(max_norm, 0, max_value=max_value)
    check_axes(max_norm, np.ndim(w), axis=axis)
    axis = tuple(np.ravel(axis))
    norm = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    return w * (np.minimum(norm, max_value) / (norm + 1e-7))


def unit_norm(w: ArrayLike, axis: int | Sequence[int] = 0) -> np.ndarray:
    """Make the norm of w along an axis 1 (Keras, UnitNorm). Zeros stay.

    Raises ValueError for an axis, or one of several, that w has not.

    >>> unit_norm([[3, 0], [4, 0]]).round(4)
    array([[0.6, 0. ],
           [0.8, 0. ]])
    """
    w = as_array(unit_norm, w=w)
    check_axes(unit_norm, np.ndim(w), axis=axis)
    axis = tuple(np.ravel(axis))
    return w / (np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True)) + 1e-7)


def min_max_norm(
    w: ArrayLike,
    min_value: float = 0.0,
    max_value: float = 1.0,
    rate: float = 1.0,
    axis: int | Sequence[int] = 0,
) -> np.ndarray:
    """Bring norms along an axis of w between two values (Keras, MinMaxNorm).

    Raises ValueError for a min_value above the max_value, and for an axis, or
    one of several, that w has not.

    >>> min_max_norm([[3], [4]], max_value=1, rate=0.5).round(4)  # 5 to 3
    array([[1.8],
           [2.4]])
    """
    w = as_array(min_max_norm, w=w)
    _check_norms(min_value, max_value, rate)
    check_axes(min_max_norm, np.ndim(w), axis=axis)
    axis = tuple(np.ravel(axis))
    norm = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    wanted = rate * np.clip(norm, min_value, max_value) + (1 - rate) * norm
    return w * (wanted / (norm + 1e-7))


def _check_norms(min_value, max_value, rate):
    """All must be numbers, in this order."""
    check_numbers(min_max_norm, max_value=max_value, rate=rate)
    check_numbers(min_max_norm, most=max_value, min_value=min_value)
