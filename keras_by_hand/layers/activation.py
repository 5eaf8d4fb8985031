"""Activation layers: an activation, or a function of their own."""

import numpy as np

from keras_by_hand.activations import softmax
from keras_by_hand.shapes import check_broadcasts, check_shapes


def relu_layer(x, *, max_value=None, negative_slope=0.0, threshold=0.0):
    """ReLU; x: any shape (Keras documentation, ReLU)."""
    if threshold == 0 and negative_slope == 0:  # clip is faster than where
        return np.clip(x, 0, max_value)
    above = x if max_value is None else np.minimum(x, max_value)
    below = negative_slope * (x - threshold) if negative_slope else 0
    return np.where(x <= threshold, below, above)  # NaN is not below


def leaky_relu_layer(x, *, negative_slope=0.3):
    """LeakyReLU; x: any shape (Maas et al., 2013)."""
    return np.where(x > 0, x, negative_slope * x)


def elu_layer(x, *, alpha=1.0):
    """ELU; x: any shape (Clevert et al., 2015)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def prelu(x, alpha):
    """PReLU (He et al., 2015).

    x: (batch, ...), alpha: the shape of x without the batch, with 1 for each
    shared axis.
    """
    lengths = *np.shape(alpha), *[0] * x.ndim  # 0 where alpha has too few axes
    pairs = zip(lengths, x.shape[1:])
    shape = [1 if length == 1 else n for length, n in pairs]
    check_shapes("prelu", alpha=(alpha, shape))
    return np.maximum(x, 0) + alpha * np.minimum(x, 0)


def softmax_layer(inputs, mask=None, *, axis=-1):
    """Softmax (Keras documentation, Softmax).

    inputs: any shape; mask: True or 1 for entries to keep, any shape that
    broadcasts to that of the inputs; axis: a number, or several in a list.
    """
    if isinstance(axis, list):
        axis = tuple(axis)
    if mask is None:
        return softmax(inputs, axis)
    check_broadcasts("softmax_layer", mask=(mask, np.shape(inputs)))
    mask = np.asarray(mask) > 0.5
    inputs = np.where(mask, inputs, -1e9)
    return np.where(mask, softmax(inputs, axis), 0)


def activation_layer(inputs, *, activation):
    """Activation (Keras documentation); activation: a function, or None."""
    return inputs if activation is None else activation(inputs)


def identity_layer(inputs):
    """Identity; inputs: anything (Keras documentation, Identity)."""
    return inputs


def lambda_layer(inputs, *, function, arguments=None):
    """Lambda; arguments: a dict, given to the function by name (Keras).

    Keras adds mask and training if the function takes them; this does not.
    """
    return function(inputs, **(arguments or {}))
