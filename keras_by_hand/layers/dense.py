"""Dense layers: Dense and EinsumDense."""

import re

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.names import Activation, as_function
from keras_by_hand.shapes import as_arrays, check_rank, check_shapes, quoted


def dense(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    activation: Activation = None,
) -> np.ndarray:
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> dense([[1, 2]], kernel=[[1, 0, 2], [0, 1, 3]], bias=[0, 9, -9])
    array([[ 1, 11, -1]])
    >>> dense([[1, 2]], kernel=[[1, -4], [0, 1]], activation="relu")
    array([[1, 0]])
    """
    x, kernel, bias = as_arrays(dense, x=x, kernel=kernel, bias=bias)
    activation = as_function(dense, activation=activation)
    check_rank(dense, 2, x=x)
    check_shapes(dense, kernel=(kernel, (x.shape[-1], "units")))
    check_shapes(dense, bias=(bias, kernel.shape[1:]))
    y = x @ kernel
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


def einsum_dense(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    equation: str,
    activation: Activation = None,
) -> np.ndarray:
    """An EinsumDense layer (Keras documentation, EinsumDense).

    x, kernel and the result have the axes of the equation's letters, as in
    "bsf,fu->bsu". bias: as Keras has it, with axes of length 1 at its end where
    it needs them.

    Raises ValueError for an equation of another form, and for shapes that it
    does not have.

    >>> x, kernel = [[[1, 2], [3, 4]]], [[1, 0, 2], [0, 1, 3]]
    >>> einsum_dense(x, kernel, [0, 9, -9], equation="bsf,fu->bsu")
    array([[[ 1, 11, -1],
            [ 3, 13,  9]]])
    """
    x, kernel, bias = as_arrays(einsum_dense, x=x, kernel=kernel, bias=bias)
    activation = as_function(einsum_dense, activation=activation)
    _check_equation(equation, x, kernel)
    y = np.einsum(equation, x, kernel, optimize=True)  # as a matrix product
    _check_einsum_bias(bias, y)
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


LETTERS, DOTS = r"([a-zA-Z]+)", r"(\.\.\.)?"
EQUATION = re.compile(f"{DOTS}{LETTERS}{DOTS},{LETTERS}->{DOTS}{LETTERS}{DOTS}")


def _check_equation(equation, x, kernel):
    """The equation must have one of the three forms that EinsumDense takes, and
    the arrays an axis for each letter."""
    text = equation.replace(" ", "") if isinstance(equation, str) else ""
    parts = EQUATION.fullmatch(text)
    left, of_x, right, of_kernel, *of_y = parts.groups() if parts else "???????"
    known = set(of_x) | set(of_kernel), set(of_x) | set(of_y[1])
    fits = set(of_y[1]) <= known[0] and set(of_kernel) <= known[1]
    if not fits or [left, right] != of_y[::2] or (left and right):
        raise ValueError(
            "einsum_dense: equation must be as 'ab,bc->ac', '...ab,bc->...ac' "
            f"or 'ab...,bc->ac...', not {quoted(equation)}"
        )
    if left or right:
        check_rank(einsum_dense, len(of_x), x=x)
    else:
        check_shapes(einsum_dense, x=(x, list(of_x)))
    step = 1 if right else -1  # from the end that has letters
    sizes = dict(zip(of_x[::step], x.shape[::step]))
    shape = [sizes.get(letter, letter) for letter in of_kernel]
    check_shapes(einsum_dense, kernel=(kernel, shape))


def _check_einsum_bias(bias, y):
    """The bias must have the last axes of y, or 1 in the place of all but the
    first of them."""
    first, *others = y.shape[-max(np.ndim(bias), 1) :]
    pairs = zip(np.shape(bias)[1:], others)
    shape = [first, *(1 if length == 1 else n for length, n in pairs)]
    check_shapes(einsum_dense, bias=(bias, shape))
