"""Activation layers: an activation, or a function of their own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import relu, softmax
from keras_by_hand.names import Activation, as_function
from keras_by_hand.shapes import (
    as_array,
    as_arrays,
    as_raw_array,
    check_axes,
    check_broadcasts,
    check_numbers,
    check_rank,
    check_shapes,
    quoted,
)


def relu_layer(
    x: ArrayLike,
    *,
    max_value: float | None = None,
    negative_slope: float = 0.0,
    threshold: float = 0.0,
) -> np.ndarray:
    """ReLU; x: any shape (Keras documentation, ReLU).

    Raises ValueError for a number below 0 in any option.

    >>> relu_layer([-2, 1, 3, 9], max_value=6, threshold=2)
    array([0, 0, 3, 6])
    """
    x = as_array(relu_layer, x=x)
    _check_relu_layer(negative_slope, threshold, max_value)
    return relu(x, negative_slope, max_value, threshold)


def _check_relu_layer(negative_slope, threshold, max_value):
    """All must be at least 0; there may be no max_value."""
    slope = {"negative_slope": negative_slope}
    check_numbers(relu_layer, 0, **slope, threshold=threshold)
    if max_value is not None:
        check_numbers(relu_layer, 0, max_value=max_value)


def leaky_relu_layer(
    x: ArrayLike, *, negative_slope: float = 0.3
) -> np.ndarray:
    """LeakyReLU; x: any shape (Maas et al., 2013).

    Raises ValueError for a negative_slope below 0.

    >>> leaky_relu_layer([-10, 0, 10])
    array([-3.,  0., 10.])
    """
    x = as_array(leaky_relu_layer, x=x)
    check_numbers(leaky_relu_layer, 0, negative_slope=negative_slope)
    return np.where(x > 0, x, negative_slope * x)


def elu_layer(x: ArrayLike, *, alpha: float = 1.0) -> np.ndarray:
    """ELU; x: any shape (Clevert et al., 2015).

    Raises TypeError for what is no number.

    >>> elu_layer([-100, 0, 2], alpha=3)
    array([-3.,  0.,  2.])
    """
    x = as_array(elu_layer, x=x)
    check_numbers(elu_layer, alpha=alpha)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def prelu(x: ArrayLike, alpha: ArrayLike) -> np.ndarray:
    """PReLU (He et al., 2015).

    x: (batch, ...), alpha: the shape of x without the batch, with 1 for each
    shared axis.

    Raises ValueError for an alpha of another shape.

    >>> prelu([[-2, -2, 3]], alpha=[0, 10, 10])
    array([[  0, -20,   3]])
    """
    x, alpha = as_arrays(prelu, x=x, alpha=alpha)
    _check_alpha(x, alpha)
    return np.maximum(x, 0) + alpha * np.minimum(x, 0)


def _check_alpha(x, alpha):
    """alpha must have the axes of x but for the first, or 1 in their place."""
    check_rank(prelu, 1, x=x)
    lengths = *np.shape(alpha), *[0] * np.ndim(x)  # 0 where it has too few axes
    pairs = zip(lengths, np.shape(x)[1:])
    shape = [1 if length == 1 else n for length, n in pairs]
    check_shapes(prelu, alpha=(alpha, shape))


def softmax_layer(
    inputs: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    axis: int | Sequence[int] = -1,
) -> np.ndarray:
    """Softmax (Keras documentation, Softmax).

    inputs: any shape; mask: True or 1 for entries to keep, any shape that
    broadcasts to that of the inputs; axis: a number, or several.

    Raises ValueError for an axis that the inputs do not have, and for a mask of
    another shape.

    >>> softmax_layer([[5, 5, 9]], mask=[[True, True, False]])
    array([[0.5, 0.5, 0. ]])
    """
    inputs = as_array(softmax_layer, inputs=inputs)
    mask = as_raw_array(softmax_layer, mask=mask)
    check_axes(softmax_layer, np.ndim(inputs), axis=axis)
    check_broadcasts(softmax_layer, mask=(mask, np.shape(inputs)))
    if mask is None:
        return softmax(inputs, axis)
    mask = np.asarray(mask) > 0.5
    inputs = np.where(mask, inputs, -1e9)
    return np.where(mask, softmax(inputs, axis), 0)


def activation_layer(
    inputs: ArrayLike, *, activation: Activation
) -> np.ndarray:
    """Activation (Keras documentation); activation: a function, or None.

    Raises ValueError for an activation that Keras has not.

    >>> activation_layer([-2, 3], activation="relu")
    array([0, 3])
    """
    inputs = as_array(activation_layer, inputs=inputs)
    activation = as_function(activation_layer, activation=activation)
    return inputs if activation is None else activation(inputs)


def identity_layer(inputs: Any) -> Any:
    """Identity; inputs: anything (Keras documentation, Identity).

    Raises nothing: what comes in goes out.

    >>> identity_layer([-2, 3])
    [-2, 3]
    """
    return inputs


def lambda_layer(
    inputs: Any,
    *,
    function: Callable,
    arguments: dict[str, Any] | None = None,
) -> Any:
    """Lambda; arguments: a dict, given to the function by name (Keras).

    Keras adds mask and training if the function takes them; this does not.

    Raises TypeError for what is no function.

    >>> limits = {"a_min": 0, "a_max": 2}
    >>> lambda_layer([-1, 1, 5], function=np.clip, arguments=limits)
    array([0, 1, 2])
    """
    _check_lambda(function, arguments)
    return function(inputs, **(arguments or {}))


def _check_lambda(function, arguments):
    """A function must be called by names."""
    if not callable(function):
        raise TypeError(
            f"lambda_layer: function must be a function, not {quoted(function)}"
        )
    if not isinstance(arguments, dict | None):
        raise TypeError(
            "lambda_layer: arguments must be a dict or None, "
            f"not {quoted(arguments)}"
        )
