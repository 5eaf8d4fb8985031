"""Dense layers: Dense and EinsumDense."""

import numpy as np

from keras_by_hand.shapes import check_shapes


def dense(x, kernel, bias=None, *, activation=None):
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).
    """
    units = np.shape(kernel)[-1:]
    check_shapes(
        "dense", kernel=(kernel, (np.shape(x)[-1], None)), bias=(bias, units)
    )
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
    of_x, of_kernel = equation.replace(" ", "").split("->")[0].split(",")
    step = 1 if of_x.endswith("...") else -1  # from the end that has letters
    sizes = dict(zip(of_x[::step], x.shape[::step]))
    shape = [sizes.get(letter) for letter in of_kernel]
    check_shapes("einsum_dense", kernel=(kernel, shape))
    y = np.einsum(equation, x, kernel, optimize=True)  # as a matrix product
    if bias is None:
        return y
    first, *others = y.shape[-np.ndim(bias) :]
    pairs = zip(np.shape(bias)[1:], others)
    shape = [first, *(1 if length == 1 else n for length, n in pairs)]
    check_shapes("einsum_dense", bias=(bias, shape))
    return y + bias
