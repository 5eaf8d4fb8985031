"""Precision: 16 bits and TF32, Dense computed in them, and loss scaling."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    as_arrays,
    check_functions,
    check_numbers,
    check_positive,
    check_rank,
    check_shapes,
    check_sizes,
)


def float16(values: ArrayLike) -> np.ndarray:
    """The nearest float16 numbers, as float32 (IEEE 754, binary16).

    values: numbers of any shape. What is too large becomes infinite.

    Raises TypeError for anything but numbers.

    >>> float16([2049.0, 70000.0])
    array([2048.,   inf], dtype=float32)
    """
    values = as_array(float16, values=values)
    with np.errstate(over="ignore"):
        return np.asarray(values).astype("float16").astype("float32")


def bfloat16(values: ArrayLike) -> np.ndarray:
    """The nearest bfloat16 numbers, as float32 (Intel, BFLOAT16, 2018).

    values: numbers of any shape, which are first cast to float32.

    Raises TypeError for anything but numbers.

    >>> bfloat16([1.001, 257.0, 259.0])
    array([  1., 256., 260.], dtype=float32)
    """
    values = as_array(bfloat16, values=values)
    values = np.asarray(values, "float32")
    bits = values.view("uint32").astype("int64")
    last_bit_kept = (bits >> 16) & 1
    bits = ((bits + 0x7FFF + last_bit_kept) >> 16) << 16
    rounded = bits.astype("uint32").view("float32")
    return np.where(np.isnan(values), values, rounded)


def dense_16_bits(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike,
    rounded: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Dense in 16 bits, as float32 (Keras, layers/core/dense.py).

    x: (..., features), kernel: (features, units), bias: (units,), rounded: the
    function float16 or bfloat16. Returns (..., units). Processors may round z
    otherwise.

    Raises ValueError for other shapes.

    >>> dense_16_bits([[256.0]], kernel=[[1.0]], bias=[1.0], rounded=bfloat16)
    array([[256.]], dtype=float32)
    """
    x, kernel, bias = as_arrays(dense_16_bits, x=x, kernel=kernel, bias=bias)
    check_functions(dense_16_bits, rounded=rounded)
    check_rank(dense_16_bits, 2, x=x)
    check_shapes(dense_16_bits, kernel=(kernel, (x.shape[-1], "units")))
    check_shapes(dense_16_bits, bias=(bias, kernel.shape[1:]))
    z = rounded(x) @ rounded(kernel)
    return rounded(rounded(z) + rounded(bias))


def cut_off(values: ArrayLike, fraction_bits: int) -> np.ndarray:
    """The next number towards zero that has so few bits of fraction.

    values: numbers of any shape, which are first cast to float32; it has 23
    fraction_bits. Returns float32.

    Raises ValueError for other numbers of bits.

    >>> cut_off([1.75, -3.75], fraction_bits=1)
    array([ 1.5, -3. ], dtype=float32)
    """
    values = as_array(cut_off, values=values)
    check_sizes(cut_off, least=0, fraction_bits=fraction_bits)
    check_numbers(cut_off, 0, 23, fraction_bits=fraction_bits)
    dropped = 23 - fraction_bits
    bits = np.float32(values).view("uint32")
    return ((bits >> dropped) << dropped).view("float32")


def tf32(values: ArrayLike) -> np.ndarray:
    """The nearest numbers of TF32, as float64 (NVIDIA, A100 whitepaper, 2020).

    values: finite numbers of any shape, which are first cast to float32.

    Raises TypeError for anything but numbers.

    >>> tf32([2049.0, 4098.0, 4102.0])
    array([2048., 4096., 4104.])
    """
    values = as_array(tf32, values=values)
    bits = np.asarray(values, "float32").view("uint32").astype("int64")
    last_bit_kept = (bits >> 13) & 1
    bits = ((bits + 0xFFF + last_bit_kept) >> 13) << 13
    return bits.astype("uint32").view("float32").astype("float64")


def from_bfloat16(raw: np.ndarray) -> np.ndarray:
    """The numbers in raw bytes of bfloat16, as float32 (Intel, BFLOAT16, 2018).

    raw: an array of any shape, of a type with two bytes, such as "V2".

    Raises TypeError for another type.

    >>> from_bfloat16(np.array([0x3F80, 0x4000], "uint16"))
    array([1., 2.], dtype=float32)
    """
    _check_raw(raw)
    upper_half = raw.view("uint16").astype("uint32")
    return (upper_half * 2**16).view("float32")


def _check_raw(raw):
    """Raise TypeError for what is no array of two bytes each, and for float16,
    whose numbers are others."""
    dtype = getattr(raw, "dtype", type(raw).__name__)
    told = getattr(dtype, "str", "")  # such as "<u2": its order, kind and bytes
    if told[1:] not in ("V2", "u2") or not dtype.isnative:
        raise TypeError(
            "from_bfloat16: raw must be an array of a type with two bytes, as "
            f"'V2' and 'uint16', not of {dtype}"
        )


def loss_scale_step(
    weights: ArrayLike,
    gradient: ArrayLike,
    scale: float,
    finite_steps: int,
    learning_rate: float = 0.01,
    dynamic_growth_steps: int = 2000,
) -> tuple[np.ndarray, float, int]:
    """One step of SGD with loss scaling (keras.optimizers.LossScaleOptimizer).

    gradient: of the scaled loss, of the shape of weights. The scale begins as
    2**15 and finite_steps as 0. Returns the new weights, scale, finite_steps.

    Raises ValueError for other shapes, for a scale that is not above 0, and for
    numbers of steps below 0 and 1.

    >>> loss_scale_step([5], [np.inf], scale=8, finite_steps=3)
    (array([5]), 4.0, 0)
    >>> loss_scale_step([5], [8], scale=8, finite_steps=3, learning_rate=1)
    (array([4.]), 8, 4)
    """
    weights, gradient = as_arrays(
        loss_scale_step, weights=weights, gradient=gradient
    )
    check_shapes(loss_scale_step, gradient=(gradient, np.shape(weights)))
    check_positive(loss_scale_step, scale=scale)
    check_numbers(loss_scale_step, learning_rate=learning_rate)
    check_sizes(loss_scale_step, 1, 0, finite_steps=finite_steps)
    check_sizes(loss_scale_step, dynamic_growth_steps=dynamic_growth_steps)
    if not np.all(np.isfinite(gradient)):
        return weights, scale / 2, 0
    weights = weights - learning_rate * gradient / scale
    if finite_steps + 1 == dynamic_growth_steps:
        return weights, 2 * scale, 0
    return weights, scale, finite_steps + 1
