"""Regularizers: penalties of weights, which the loss adds."""

import numpy as np


def l1(w, l1=0.01):
    """The penalty of w, of any shape (Keras documentation, L1)."""
    return l1 * np.sum(np.abs(w))


def l2(w, l2=0.01):
    """The penalty of w, of any shape, not halved (Keras, L2)."""
    return l2 * np.sum(np.square(w))


def l1l2(w, l1=0.0, l2=0.0):
    """The sum of both penalties of w, of any shape (Keras, L1L2)."""
    return l1 * np.sum(np.abs(w)) + l2 * np.sum(np.square(w))


def orthogonal_regularizer(w, factor=0.01, mode="rows"):
    """The penalty of w, (rows, columns) (Keras, OrthogonalRegularizer).

    It needs at least two rows, or two columns; else there are no pairs.
    """
    w = w if mode == "rows" else w.T
    length = np.sqrt(np.sum(np.square(w), axis=1, keepdims=True))
    w = w / np.maximum(length, 1e-12)
    each_pair_once = np.triu_indices(len(w), k=1)
    return factor * np.mean(np.abs(w @ w.T)[each_pair_once])
