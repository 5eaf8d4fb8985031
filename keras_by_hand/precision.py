"""Precision: numbers of 16 bits and of TF32, and Dense computed in them."""

import numpy as np

from keras_by_hand.shapes import check_shapes


def float16(values):
    """The nearest float16 numbers, as float32 (IEEE 754, binary16).

    values: numbers of any shape. What is too large becomes infinite.
    """
    with np.errstate(over="ignore"):
        return np.asarray(values).astype("float16").astype("float32")


def bfloat16(values):
    """The nearest bfloat16 numbers, as float32 (Intel, BFLOAT16, 2018).

    values: numbers of any shape, which are first cast to float32.
    """
    values = np.asarray(values, "float32")
    bits = values.view("uint32").astype("int64")
    last_bit_kept = (bits >> 16) & 1
    bits = ((bits + 0x7FFF + last_bit_kept) >> 16) << 16
    rounded = bits.astype("uint32").view("float32")
    return np.where(np.isnan(values), values, rounded)


def dense_16_bits(x, kernel, bias, rounded):
    """Dense in 16 bits, as float32 (Keras, layers/core/dense.py).

    x: (batch, features), kernel: (features, units), bias: (units,), rounded:
    the function float16 or bfloat16. Processors may round z otherwise.
    """
    check_shapes(
        "dense_16_bits",
        kernel=(kernel, (x.shape[-1], None)),
        bias=(bias, np.shape(kernel)[-1:]),
    )
    z = rounded(x) @ rounded(kernel)
    return rounded(rounded(z) + rounded(bias))


def cut_off(values, fraction_bits):
    """The next number towards zero that has so few bits of fraction."""
    dropped = 23 - fraction_bits
    bits = np.float32(values).view("uint32")
    return ((bits >> dropped) << dropped).view("float32")


def tf32(values):
    """The nearest numbers of TF32, as float64 (NVIDIA, A100 whitepaper, 2020).

    values: finite numbers of any shape, which are first cast to float32.
    """
    bits = np.asarray(values, "float32").view("uint32").astype("int64")
    last_bit_kept = (bits >> 13) & 1
    bits = ((bits + 0xFFF + last_bit_kept) >> 13) << 13
    return bits.astype("uint32").view("float32").astype("float64")


def from_bfloat16(raw):
    """The numbers in raw bytes of bfloat16, as float32 (Intel, BFLOAT16, 2018).

    raw: an array of any shape, of a type with two bytes, such as "V2".
    """
    upper_half = raw.view("uint16").astype("uint32")
    return (upper_half * 2**16).view("float32")
