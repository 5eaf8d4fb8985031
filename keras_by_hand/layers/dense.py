"""Dense and EinsumDense."""

import numpy as np


def dense(x, kernel, bias=None, *, activation=None):
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).
    """
    y = x @ kernel
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


def einsum_dense(x, kernel, bias=None, *, equation):
    """An EinsumDense layer without activation (Keras documentation).

    x, kernel and the result have the axes of the equation's letters, as in
    "bsf,fu->bsu". bias: as Keras has it, with axes of length 1 at its end where
    it needs them.
    """
    y = np.einsum(equation, x, kernel, optimize=True)  # as a matrix product
    return y if bias is None else y + bias
