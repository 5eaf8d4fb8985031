"""Pairs of arrays: what losses and metrics compare, in one dtype and of one
rank."""

import numpy as np


def in_one_dtype(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both in the dtype of b, or in float64 if that has whole numbers.

    Raises nothing of its own.

    >>> [x.dtype.name for x in in_one_dtype(np.ones(2, int), np.ones(2, "f4"))]
    ['float32', 'float32']
    """
    b = b if b.dtype.kind == "f" else b.astype("float64")
    return a.astype(b.dtype, copy=False), b


def of_one_rank(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where one has one axis more, of length 1, the other gets it, too, if it
    has only one, or else it is left out.

    Raises nothing of its own: other ranks stay.

    >>> [x.shape for x in of_one_rank(np.ones(3), np.ones((3, 1)))]
    [(3, 1), (3, 1)]
    >>> [x.shape for x in of_one_rank(np.ones((3, 2)), np.ones((3, 2, 1)))]
    [(3, 2), (3, 2)]
    """
    if np.ndim(a) < np.ndim(b):
        return of_one_rank(b, a)[::-1]
    if np.ndim(a) == np.ndim(b) + 1 and np.shape(a)[-1] == 1:
        return (a, b[:, np.newaxis]) if np.ndim(b) == 1 else (a[..., 0], b)
    return a, b
