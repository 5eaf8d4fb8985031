"""Constraints: what weights are held to after each step."""

import numpy as np


def non_neg(w):
    """Set negative entries of w, of any shape, to 0 (Keras, NonNeg)."""
    return np.maximum(w, 0)


def max_norm(w, max_value=2, axis=0):
    """Shorten w where its norm along an axis is larger (Keras, MaxNorm)."""
    norm = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    return w * (np.minimum(norm, max_value) / (norm + 1e-7))


def unit_norm(w, axis=0):
    """Make the norm of w along an axis 1 (Keras, UnitNorm). Zeros stay."""
    return w / (np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True)) + 1e-7)


def min_max_norm(w, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
    """Bring norms along an axis of w between two values (Keras, MinMaxNorm)."""
    norm = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    wanted = rate * np.clip(norm, min_value, max_value) + (1 - rate) * norm
    return w * (wanted / (norm + 1e-7))
