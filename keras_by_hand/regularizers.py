"""Regularizers: penalties of weights, which the loss adds."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    LARGEST,
    as_array,
    as_option,
    check_numbers,
    check_shapes,
)


def _rounded(factor):
    """Keras rounds factors to float32, also where it computes in float64."""
    return float(np.float32(factor))


def l1(w: ArrayLike, l1: float = 0.01) -> np.floating:
    """The penalty of w, of any shape (Keras documentation, L1).

    Raises ValueError for an l1 below 0.

    >>> print(l1([[1, -2], [0, 3]], l1=0.5))
    3.0
    """
    w = as_array("l1", w=w)
    check_numbers("l1", 0, LARGEST, l1=l1)
    return _rounded(l1) * np.sum(np.abs(w))


def l2(w: ArrayLike, l2: float = 0.01) -> np.floating:
    """The penalty of w, of any shape, not halved (Keras, L2).

    Raises ValueError for an l2 below 0.

    >>> print(l2([[1, -2], [0, 3]], l2=0.5))
    7.0
    """
    w = as_array("l2", w=w)
    check_numbers("l2", 0, LARGEST, l2=l2)
    return _rounded(l2) * np.sum(np.square(w))


def l1l2(w: ArrayLike, l1: float = 0.0, l2: float = 0.0) -> np.floating:
    """The sum of both penalties of w, of any shape (Keras, L1L2).

    Raises ValueError for an l1 or l2 below 0.

    >>> print(l1l2([[1, -2], [0, 3]], l1=0.5, l2=0.5))
    10.0
    """
    w = as_array(l1l2, w=w)
    check_numbers(l1l2, 0, LARGEST, l1=l1, l2=l2)
    of_sizes = _rounded(l1) * np.sum(np.abs(w))
    return of_sizes + _rounded(l2) * np.sum(np.square(w))


def orthogonal_regularizer(
    w: ArrayLike,
    factor: float = 0.01,
    mode: Literal["rows", "columns"] = "rows",
) -> np.floating:
    """The penalty of w, (rows, columns) (Keras, OrthogonalRegularizer).

    It needs at least two rows, or two columns; else there are no pairs.

    Raises ValueError for other shapes, a factor below 0, and another mode.

    >>> w = [[3, 4], [0, 2]]  # the cosine of the angle between them is 0.8
    >>> print(round(float(orthogonal_regularizer(w, factor=1)), 4))
    0.8
    """
    w = as_array(orthogonal_regularizer, w=w)
    check_numbers(orthogonal_regularizer, 0, LARGEST, factor=factor)
    mode = as_option(orthogonal_regularizer, mode=mode)
    _check_pairs(w, mode)
    rows = w if mode == "rows" else w.T
    length = np.sqrt(np.sum(np.square(rows), axis=1, keepdims=True))
    rows = rows / np.maximum(length, 1e-12)
    each_pair_once = np.triu_indices(len(rows), k=1)
    return factor * np.mean(np.abs(rows @ rows.T)[each_pair_once])


def _check_pairs(w, mode):
    """There must be at least two of them."""
    check_shapes(orthogonal_regularizer, w=(w, ("rows", "columns")))
    if np.shape(w)[mode == "columns"] < 2:
        raise ValueError(
            f"orthogonal_regularizer: w must have two {mode} or more, "
            f"not the shape {np.shape(w)}"
        )
