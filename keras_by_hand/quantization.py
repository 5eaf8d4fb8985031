"""Quantization: weights in int8, int4 and float8, GPTQ and AWQ."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    OneOrMore,
    as_array,
    as_arrays,
    as_option,
    as_raw_array,
    as_raw_arrays,
    check_axes,
    check_count,
    check_flags,
    check_numbers,
    check_rank,
    check_shapes,
    check_sizes,
    check_tokens,
)

# -- int8


def quantize_int8(
    values: ArrayLike, axis: OneOrMore = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers from -127 to 127, and the scale they share along axis.

    A kernel (features, units) has a scale for each unit, (1, units). Inputs
    (batch, features) with axis=-1 have one for each sample, (batch, 1). To get
    a number back, divide by its scale (keras.quantizers.abs_max_quantize).

    Raises ValueError for an axis that values do not have.

    >>> q, scale = quantize_int8([[254.0], [-100.0], [0.9]])
    >>> q[:, 0], scale.round(4)
    (array([127, -50,   0], dtype=int8), array([[0.5]]))
    """
    values = as_array(quantize_int8, values=values)
    check_axes(quantize_int8, values.ndim, axis=axis)
    axis = tuple(np.ravel(axis))
    scale = 127 / (np.abs(values).max(axis=axis, keepdims=True) + 1e-7)
    return np.rint(values * scale).astype("int8"), scale


def int8_dense(
    x: ArrayLike,
    kernel_q: ArrayLike,
    kernel_scale: ArrayLike,
    bias: ArrayLike | None = None,
    weights_only: bool = False,
) -> np.ndarray:
    """Dense in int8; weights_only is Keras' activation_quantizer=None.

    x: (..., features), kernel_q: (features, units), kernel_scale: (units,) or
    (1, units), bias: (units,). Returns (..., units).

    Raises ValueError for other shapes, TypeError for a kernel_q of floats.

    >>> x, kernel_q, scale = [[1.0, -1.0]], [[127, 0], [0, 50]], [127, 10]
    >>> int8_dense(x, kernel_q, scale, bias=[0, 9]).round(4)
    array([[1., 4.]])
    """
    x = as_array(int8_dense, x=x)
    kernel_q, kernel_scale, bias = as_raw_arrays(
        int8_dense, kernel_q=kernel_q, kernel_scale=kernel_scale, bias=bias
    )
    check_flags(int8_dense, weights_only=weights_only)
    _check_int8(int8_dense, x, kernel_q, kernel_scale, bias)
    if weights_only:
        y = x @ kernel_q / kernel_scale
    else:
        x_q, x_scale = quantize_int8(x, axis=-1)
        total = x_q.astype("int32") @ kernel_q.astype("int32")
        scale = x_scale * kernel_scale
        y = total.astype(scale.dtype) / scale
    return y if bias is None else y + bias


def _check_int8(function, x, kernel_q, kernel_scale, bias):
    """Weights of a Dense layer in int8 must fit to x and to each other."""
    check_rank(function, 2, x=x)
    check_shapes(function, kernel_q=(kernel_q, (x.shape[-1], "units")))
    units = kernel_q.shape[1]
    shape = (1, units)[-np.ndim(kernel_scale) :]  # or without the 1
    check_shapes(
        function, kernel_scale=(kernel_scale, shape), bias=(bias, (units,))
    )
    _check_whole(function, kernel_q=kernel_q)


def _check_whole(function, **arrays):
    """Raise TypeError for arrays of other than whole numbers."""
    for name, array in arrays.items():
        if array.dtype.kind not in "biu":
            raise TypeError(
                f"{function.__name__}: {name} must be of whole numbers, not of "
                f"{array.dtype}"
            )


def int8_embedding(
    x: ArrayLike, embeddings: ArrayLike, embeddings_scale: ArrayLike
) -> np.ndarray:
    """An Embedding layer in int8 (Keras documentation, Embedding).

    x: tokens, any shape, embeddings: (input_dim, output_dim) in int8,
    embeddings_scale: (input_dim,). Returns (*x.shape, output_dim).

    Raises ValueError for other shapes, and for tokens of input_dim or more.

    >>> int8_embedding([1, 0], [[10, 20], [30, 40]], embeddings_scale=[1, 10])
    array([[ 3.,  4.],
           [10., 20.]])
    """
    x = as_array(int8_embedding, x=x)
    embeddings, embeddings_scale = as_raw_arrays(
        int8_embedding, embeddings=embeddings, embeddings_scale=embeddings_scale
    )
    check_shapes(
        int8_embedding, embeddings=(embeddings, ("input_dim", "output_dim"))
    )
    check_shapes(
        int8_embedding,
        embeddings_scale=(embeddings_scale, embeddings.shape[:1]),
    )
    check_tokens(int8_embedding, x, len(embeddings))
    x = np.asarray(x).astype("int32")
    return embeddings[x] / embeddings_scale[x][..., np.newaxis]


def int8_logits(
    h: ArrayLike,
    embeddings: ArrayLike,
    embeddings_scale: ArrayLike,
    weights_only: bool = False,
) -> np.ndarray:
    """The logits of a ReversibleEmbedding in int8 (Keras documentation).

    h: (..., output_dim), embeddings: (input_dim, output_dim) in int8,
    embeddings_scale: (input_dim,), weights_only: as in int8_dense. Returns
    (..., input_dim).

    Raises ValueError for other shapes, TypeError for embeddings of floats.

    >>> h, embeddings = [[1.0, 0.5]], [[127, 0], [10, 20], [0, -127]]
    >>> int8_logits(h, embeddings, [127, 10, 127], weights_only=True)
    array([[ 1. ,  2. , -0.5]])
    """
    h = as_array(int8_logits, h=h)
    embeddings, embeddings_scale = as_raw_arrays(
        int8_logits, embeddings=embeddings, embeddings_scale=embeddings_scale
    )
    check_flags(int8_logits, weights_only=weights_only)
    _check_logits(int8_logits, h, embeddings, embeddings_scale)
    return int8_dense(
        h, embeddings.T, embeddings_scale, weights_only=weights_only
    )


def _check_logits(function, h, embeddings, embeddings_scale):
    """Vectors must be as long as those of the table."""
    check_rank(function, 2, h=h)
    shape = "input_dim", h.shape[-1]
    check_shapes(function, embeddings=(embeddings, shape))
    shape = embeddings.shape[:1]
    check_shapes(function, embeddings_scale=(embeddings_scale, shape))
    _check_whole(function, embeddings=embeddings)


# -- int4


def pack_int4(
    arr: ArrayLike, axis: int = 0, dtype: Literal["int8", "uint8"] = "int8"
) -> np.ndarray:
    """Two numbers a byte along axis, the first in the lower half.

    arr: whole numbers of any shape, from -8 to 7, or from 0 to 15 with
    dtype="uint8" (keras.quantizers.pack_int4).

    Raises ValueError for other numbers, and an axis that arr does not have;
    TypeError for floats.

    >>> pack_int4([1, 2, -1])  # 1 + 16 * 2, and 15
    array([33, 15], dtype=int8)
    """
    arr = as_raw_array(pack_int4, arr=arr)
    dtype = as_option(pack_int4, dtype=dtype)
    check_axes(pack_int4, arr.ndim, True, axis=axis)
    _check_four_bits(arr, dtype)
    arr = np.moveaxis(arr, axis, 0).astype(dtype)
    arr = np.concatenate([arr, np.zeros_like(arr[: len(arr) % 2])])
    lower, upper = arr[::2] & 15, arr[1::2] & 15
    return np.moveaxis(lower | upper << 4, 0, axis)


def _check_four_bits(arr, dtype):
    """Numbers must be whole, and have no more than four bits."""
    _check_whole(pack_int4, arr=arr)
    least = -8 if dtype == "int8" else 0
    if arr.size and not (least <= arr.min() and arr.max() <= least + 15):
        raise ValueError(
            f"pack_int4: arr must have numbers from {least} to {least + 15} "
            f"for dtype={dtype!r}, not from {arr.min()} to {arr.max()}"
        )


def unpack_int4(
    packed: ArrayLike,
    orig_len: int,
    axis: int = 0,
    dtype: Literal["int8", "uint8"] = "int8",
) -> np.ndarray:
    """orig_len numbers along axis: -8 to 7, or 0 to 15 with dtype="uint8".

    packed: what pack_int4 returns (keras.quantizers.unpack_int4).

    Raises ValueError for an axis that packed does not have, and an orig_len
    that is not of that axis; TypeError for floats.

    >>> unpack_int4([33, 15], orig_len=3)
    array([ 1,  2, -1], dtype=int8)
    """
    packed = as_raw_array(unpack_int4, packed=packed)
    dtype = as_option(unpack_int4, dtype=dtype)
    check_axes(unpack_int4, packed.ndim, True, axis=axis)
    _check_packed(packed, orig_len, axis)
    packed = np.moveaxis(packed, axis, 0)
    halves = np.stack([packed & 15, packed >> 4 & 15], axis=1)
    q = halves.reshape(-1, *packed.shape[1:])[:orig_len].astype(dtype)
    return np.moveaxis((q ^ 8) - 8 if dtype == "int8" else q, 0, axis)


def _check_packed(packed, orig_len, axis):
    """Bytes must be whole numbers, and hold as many numbers as are asked."""
    _check_whole(unpack_int4, packed=packed)
    check_sizes(unpack_int4, least=0, orig_len=orig_len)
    if orig_len > 2 * packed.shape[axis]:
        raise ValueError(
            f"unpack_int4: orig_len must be at most {2 * packed.shape[axis]}, "
            f"two for each byte, not {orig_len}"
        )


def quantize_int4(
    kernel: ArrayLike, block_size: int = 128
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers from -8 to 7, scales and zero points of a kernel.

    kernel: (features, units). The scales and the zero points are (blocks,
    units). A weight is read as scale * (number - zero point)
    (keras.quantizers.abs_max_quantize_grouped_with_zero_point). A full block of
    weights of one sign is stored rightly, which Keras 3.15.1 does not:
    quantize_int4_without_zero.

    Raises ValueError for other shapes, and for a block_size below 1.

    >>> q, scale, zero = quantize_int4([[1.0], [-0.5], [1.0]], block_size=3)
    >>> q.tolist(), scale.round(4).tolist(), zero.tolist()
    ([[7], [-8], [7]], [[0.1]], [[-3]])
    """
    kernel = as_array(quantize_int4, kernel=kernel)
    check_shapes(quantize_int4, kernel=(kernel, ("features", "units")))
    check_sizes(quantize_int4, block_size=block_size)
    starts = np.arange(0, len(kernel), block_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = (high - low + 1e-7) / 15
    zero = np.rint(-low / scale) - 8
    block = np.arange(len(kernel)) // block_size  # of each feature
    q = np.minimum(np.rint(kernel / scale[block]) + zero[block], 7)
    return q.astype("int8"), scale, zero.astype("int8")


def quantize_int4_without_zero(
    kernel: ArrayLike, block_size: int = 128
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What Keras 3.15.1 stores where block_size divides the features.

    kernel: (features, units). The scales and zero points are (blocks, units).

    Raises ValueError for other shapes, and other block_sizes.

    >>> q, scale, zero = quantize_int4_without_zero([[1.0], [3.0]], 2)
    >>> (scale * (q - zero)).round(4)  # what Keras reads
    array([[0.9333],
           [2.    ]])
    """
    kernel = as_array(quantize_int4_without_zero, kernel=kernel)
    _check_full_blocks(quantize_int4_without_zero, kernel, block_size)
    starts = np.arange(0, len(kernel), block_size)
    low = np.minimum.reduceat(kernel, starts)
    high = np.maximum.reduceat(kernel, starts)
    scale = (high - low + 1e-7) / 15
    zero = np.clip(np.rint(-low / scale) - 8, -8, 7)
    block = np.arange(len(kernel)) // block_size  # of each feature
    q = np.clip(np.rint(kernel / scale[block]) + zero[block], -8, 7)
    return q.astype("int8"), scale, zero.astype("int8")


def _check_full_blocks(function, kernel, block_size):
    """All blocks must be full: Keras fills others with zeros."""
    check_shapes(function, kernel=(kernel, ("features", "units")))
    check_sizes(function, block_size=block_size)
    if len(kernel) % block_size:
        raise ValueError(
            f"{function.__name__}: block_size must divide {len(kernel)} "
            f"features, not {block_size}; quantize_int4 takes others"
        )


def quantize_int4_columns(kernel: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """int4 with block_size=-1: whole numbers, and a scale for each unit.

    kernel: (features, units). A weight is its number divided by the scale.

    Raises ValueError for other shapes.

    >>> q, scale = quantize_int4_columns([[7.0, 14.0], [-3.0, 4.0]])
    >>> q.tolist(), scale.round(4)
    ([[7, 7], [-3, 2]], array([1. , 0.5]))
    """
    kernel = as_array(quantize_int4_columns, kernel=kernel)
    check_shapes(quantize_int4_columns, kernel=(kernel, ("features", "units")))
    scale = 7 / (np.abs(kernel).max(axis=0) + 1e-7)
    return np.rint(kernel * scale).astype("int8"), scale


def int4_dense(
    x: ArrayLike,
    packed: ArrayLike,
    kernel_scale: ArrayLike,
    kernel_zero: ArrayLike,
    g_idx: ArrayLike,
    bias: ArrayLike | None = None,
) -> np.ndarray:
    """Dense in int4, from what a layer with blocks stores.

    x: (..., features), packed: (features, half the units), scales and zero
    points: (blocks, units), g_idx: the block of each feature, (features,).
    Returns (..., units).

    Raises ValueError for other shapes, TypeError for packed floats.

    >>> packed = pack_int4([[1, 2, 3], [4, 5, 6]], axis=1)
    >>> scale, zero = [[1, 1, 1], [10, 10, 10]], [[0, 0, 0], [0, 1, 2]]
    >>> int4_dense([[1, 1]], packed, scale, zero, g_idx=[0, 1])
    array([[41, 42, 43]])
    """
    x, kernel_scale, bias = as_arrays(
        int4_dense, x=x, kernel_scale=kernel_scale, bias=bias
    )
    packed, kernel_zero, g_idx = as_raw_arrays(
        int4_dense, packed=packed, kernel_zero=kernel_zero, g_idx=g_idx
    )
    check_rank(int4_dense, 2, x=x)
    _check_int4(int4_dense, packed, kernel_scale, kernel_zero)
    check_shapes(
        int4_dense,
        x=(x, (*x.shape[:-1], len(packed))),
        g_idx=(g_idx, (len(packed),)),
        bias=(bias, kernel_scale.shape[1:]),
    )
    _check_g_idx(int4_dense, g_idx, len(kernel_scale))
    block = g_idx.astype("int64")
    q = unpack_int4(packed, kernel_scale.shape[1], axis=1)
    y = x @ ((q - kernel_zero[block]) * kernel_scale[block])
    return y if bias is None else y + bias


def _check_int4(function, packed, kernel_scale, kernel_zero):
    """There must be a scale and a zero point for each unit of each block, and
    half a byte for each unit."""
    check_shapes(function, kernel_scale=(kernel_scale, ("blocks", "units")))
    half = (kernel_scale.shape[1] + 1) // 2
    check_shapes(
        function,
        packed=(packed, ("features", half)),
        kernel_zero=(kernel_zero, kernel_scale.shape),
    )
    _check_whole(function, packed=packed)


def _check_g_idx(function, g_idx, number):
    """Each group must be one of so many."""
    if not np.all((g_idx >= 0) & (g_idx < number)):
        raise ValueError(
            f"{function.__name__}: g_idx must be from 0 to {number - 1}, "
            f"not from {g_idx.min()} to {g_idx.max()}"
        )


def int4_embedding(
    x: ArrayLike,
    embeddings: ArrayLike,
    embeddings_scale: ArrayLike,
    embeddings_zero: ArrayLike | None = None,
    g_idx: ArrayLike | None = None,
    *,
    output_dim: int,
) -> np.ndarray:
    """An Embedding layer in int4 (Keras documentation, Embedding).

    x: tokens, any shape, embeddings: packed, (input_dim, half of output_dim),
    scales and zero points: (input_dim, blocks), g_idx: the block of each
    number, (output_dim,). Without blocks the scales are (input_dim,). Returns
    (*x.shape, output_dim).

    Raises ValueError for other shapes, for zero points without g_idx, and for
    tokens of input_dim or more; TypeError for packed floats.

    >>> embeddings = pack_int4([[1, 2, 3], [4, 5, 6]], axis=1)
    >>> int4_embedding([1], embeddings, embeddings_scale=[1, 2], output_dim=3)
    array([[2. , 2.5, 3. ]])
    """
    x, embeddings_scale = as_arrays(
        int4_embedding, x=x, embeddings_scale=embeddings_scale
    )
    embeddings, embeddings_zero, g_idx = as_raw_arrays(
        int4_embedding,
        embeddings=embeddings,
        embeddings_zero=embeddings_zero,
        g_idx=g_idx,
    )
    check_sizes(int4_embedding, output_dim=output_dim)
    _check_table(
        embeddings, embeddings_scale, embeddings_zero, g_idx, output_dim
    )
    check_tokens(int4_embedding, x, len(embeddings))
    x = np.asarray(x).astype("int32")
    q = unpack_int4(embeddings[x], output_dim, axis=-1)
    if embeddings_zero is None:
        return q / embeddings_scale[x][..., np.newaxis]
    block = g_idx.astype("int64")
    q = q - embeddings_zero[x][..., block]
    return q * embeddings_scale[x][..., block]


def _check_table(embeddings, scale, zero, g_idx, output_dim):
    """A table must have its scales, and its zero points or none."""
    half = (output_dim + 1) // 2
    check_shapes(int4_embedding, embeddings=(embeddings, ("input_dim", half)))
    _check_whole(int4_embedding, embeddings=embeddings)
    if (zero is None) != (g_idx is None):
        raise ValueError(
            "int4_embedding: embeddings_zero and g_idx must both be there, or "
            "neither"
        )
    blocks = [] if zero is None else ["blocks"]
    shape = len(embeddings), *blocks
    check_shapes(int4_embedding, embeddings_scale=(scale, shape))
    check_shapes(
        int4_embedding,
        embeddings_zero=(zero, scale.shape),
        g_idx=(g_idx, (output_dim,)),
    )
    if g_idx is not None:
        _check_g_idx(int4_embedding, g_idx, scale.shape[1])


# -- float8


def round_bits(
    values: ArrayLike, fraction_bits: int, lowest: int
) -> np.ndarray:
    """The nearest number with so many bits of fraction, a half to the even one.

    values: any shape. Below 2**lowest the numbers are equally spaced.

    Raises ValueError for fewer than 0 bits, TypeError for half ones.

    >>> round_bits([1.3, 1.25, 0.2], fraction_bits=1, lowest=-1)
    array([1.5 , 1.  , 0.25])
    """
    values = as_array(round_bits, values=values)
    check_sizes(round_bits, least=0, fraction_bits=fraction_bits)
    check_sizes(round_bits, least=-1074, lowest=lowest)  # where float64 ends
    power = np.maximum(np.frexp(values)[1] - 1, lowest)
    step = np.ldexp(np.ones_like(values), power - fraction_bits)
    return np.rint(values / step) * step


def quantize_and_dequantize(
    inputs: ArrayLike,
    scale: float,
    quantized_dtype: Literal["float8_e4m3fn", "float8_e5m2"] = "float8_e4m3fn",
) -> np.ndarray:
    """The inputs as float8 reads them (keras.quantizers).

    inputs: any shape, scale: a number, by which they are divided first.

    Raises ValueError for other options, TypeError for other scales.

    >>> quantize_and_dequantize([1.0, 1.1, 1000.0], scale=1.0)
    array([  1.   ,   1.125, 448.   ])
    """
    inputs = as_array(quantize_and_dequantize, inputs=inputs)
    quantized_dtype = as_option(
        quantize_and_dequantize, quantized_dtype=quantized_dtype
    )
    check_numbers(quantize_and_dequantize, scale=scale)
    bits, lowest, largest = 3, -6, 448
    if quantized_dtype == "float8_e5m2":
        bits, lowest, largest = 2, -14, 57344
    clipped = np.clip(inputs / scale, -largest, largest)
    return scale * round_bits(clipped, bits, lowest)


def float8_dense(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    inputs_scale: float = 1.0,
    kernel_scale: float = 1.0,
) -> np.ndarray:
    """Dense in float8.

    x: (..., features), kernel: (features, units), bias: (units,), scales:
    numbers. Returns (..., units).

    Raises ValueError for other shapes.

    >>> float8_dense([[1.1, 2.0]], kernel=[[1.0], [3.3]], bias=[0.5])
    array([[8.125]])
    """
    x, kernel, bias = as_arrays(float8_dense, x=x, kernel=kernel, bias=bias)
    check_rank(float8_dense, 2, x=x)
    check_shapes(float8_dense, kernel=(kernel, (x.shape[-1], "units")))
    check_shapes(
        float8_dense,
        bias=(bias, kernel.shape[1:]),
        inputs_scale=(inputs_scale, ()),
        kernel_scale=(kernel_scale, ()),
    )
    check_numbers(
        float8_dense, inputs_scale=inputs_scale, kernel_scale=kernel_scale
    )
    x = quantize_and_dequantize(x, inputs_scale)
    y = x @ quantize_and_dequantize(kernel, kernel_scale)
    return y if bias is None else y + round_bits(bias, 7, -126)  # in bfloat16


def compute_float8_scale(amax: float, scale: float, dtype_max: float) -> float:
    """The next scale, from the largest of the history (keras.quantizers).

    dtype_max: 448 for inputs and kernels (e4m3), 57344 for gradients (e5m2). It
    stays as it is where the largest is 0, or is no finite number.

    Raises TypeError for anything but numbers.

    >>> compute_float8_scale(amax=896.0, scale=1.0, dtype_max=448)
    2.0
    """
    check_numbers(compute_float8_scale, scale=scale, dtype_max=dtype_max)
    _check_amax(compute_float8_scale, amax)
    return amax / dtype_max if 0 < amax < np.inf else scale


def _check_amax(function, amax):
    """It must be a number, or NaN, as of numbers that are too large."""
    check_shapes(function, amax=(as_array(function, amax=amax), ()))


def compute_float8_amax_history(
    x: ArrayLike, amax_history: ArrayLike
) -> np.ndarray:
    """The history with the largest of x, (length,) (keras.quantizers).

    x: any shape. The newest stands first, the others from the oldest to the
    newest.

    Raises ValueError for a history of another shape.

    >>> compute_float8_amax_history([[5.0, -7.0]], amax_history=[3.0, 1.0, 2.0])
    array([7., 2., 3.])
    """
    x, amax_history = as_arrays(
        compute_float8_amax_history, x=x, amax_history=amax_history
    )
    check_shapes(
        compute_float8_amax_history, amax_history=(amax_history, ["length"])
    )
    return np.array([np.abs(x).max(), *np.roll(amax_history, -1)[1:]])


# -- GPTQ and AWQ


def quantize_groups(
    kernel: ArrayLike, group_size: int = 128
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers from 0 to 15, scales and zero points of a kernel.

    kernel: (features, units). Returns the numbers (units, features), and scales
    and zero points (units, groups).

    Raises ValueError for other shapes, and for a group_size below 1.

    >>> q, scale, zero = quantize_groups([[1.0], [-0.5], [0.25]], group_size=2)
    >>> q.tolist(), scale.round(4).tolist(), zero.tolist()
    ([[15, 0, 15]], [[0.1, 0.0167]], [[5, 0]])
    """
    kernel = as_array(quantize_groups, kernel=kernel)
    check_shapes(quantize_groups, kernel=(kernel, ("features", "units")))
    check_sizes(quantize_groups, group_size=group_size)
    starts = np.arange(0, len(kernel), group_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = np.where(high > low, (high - low) / 15, 1)
    zero = np.rint(-low / scale)
    group = np.arange(len(kernel)) // group_size  # of each feature
    q = np.clip(np.rint(kernel / scale[group] + zero[group]), 0, 15)
    return q.T.astype("uint8"), scale.T, zero.T.astype("uint8")


def dequantize_groups(
    q: ArrayLike, scale: ArrayLike, zero: ArrayLike, group_size: int = 128
) -> np.ndarray:
    """The kernel (features, units) from what quantize_groups returns.

    Raises ValueError for other shapes, and for a group_size below 1.

    >>> dequantize_groups(q=[[15, 5, 15]], scale=[[2, 10]], zero=[[5, 0]],
    ...                   group_size=2)[:, 0]
    array([ 20,   0, 150])
    """
    q, zero = as_raw_arrays(dequantize_groups, q=q, zero=zero)
    scale = as_array(dequantize_groups, scale=scale)
    _check_scales_of_groups(dequantize_groups, q, scale, zero, group_size)
    group = np.arange(q.shape[1]) // group_size  # of each feature
    return (scale[:, group] * (q.astype(scale.dtype) - zero[:, group])).T


def _check_scales_of_groups(function, q, scale, zero, group_size):
    """There must be a scale and a zero point for each group."""
    check_shapes(function, q=(q, ("units", "features")))
    check_sizes(function, group_size=group_size)
    units, features = q.shape
    shape = units, -(-features // group_size)  # rounded up
    check_shapes(function, scale=(scale, shape), zero=(zero, shape))
    if not np.all((q >= 0) & (q <= 15)):
        raise ValueError(f"{function.__name__}: q must be from 0 to 15")


def gptq(
    kernel: ArrayLike,
    data: ArrayLike,
    group_size: int = 128,
    hessian_damping: float = 0.01,
    cholesky: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers from 0 to 15, scales, zero points (Frantar et al., 2023).

    kernel: (features, units), data: (samples, features), group_size: a divisor
    of 128. With cholesky=False as in Keras 3.15.1. Returns the numbers (units,
    features), and scales and zero points (units, groups). It computes in
    float64, as an inverse loses digits; the scales have the kernel's dtype.

    Raises ValueError for other shapes, for a hessian_damping that is not from 0
    to 1, and for a group_size that must, and does not, divide 128.

    >>> kernel, data = [[1.6], [0.04], [-0.2]], [[1, 1, 0], [0, 0, 1]]
    >>> q, scale, zero = gptq(kernel, data)
    >>> q  # the second is rounded up, for the error of the first
    array([[15,  3,  0]], dtype=uint8)
    >>> quantize_groups(kernel)[0]
    array([[15,  2,  0]], dtype=uint8)
    """
    kernel, data = as_arrays(gptq, kernel=kernel, data=data)
    check_flags(gptq, cholesky=cholesky)
    check_numbers(gptq, 0, 1, hessian_damping=hessian_damping)
    _check_data(gptq, kernel, data, group_size)
    _check_group_size(gptq, kernel, group_size)
    data = np.asarray(data, "float64")
    products = data.T @ data  # (features, features)
    unused = np.diag(products) == 0  # features that are always 0
    products = products + np.diag(np.where(unused, 1, 0))
    damping = hessian_damping * np.mean(np.diag(products))
    factor = np.linalg.inv(products + damping * np.eye(len(products)))
    if cholesky:
        factor = np.linalg.cholesky(factor).T
    changes = np.triu(factor) / np.diag(factor)[:, np.newaxis]
    rows = kernel.T.astype("float64")  # (units, features)
    columns, scales, zeros = [], [], []
    for i in range(len(kernel)):
        if i % 128 == 0:
            known = rows  # the next 128 features take their scales from these
        if i % group_size == 0:
            group = known[:, i : i + group_size]
            low = np.minimum(group.min(axis=1), 0)
            high = np.maximum(group.max(axis=1), 0)
            scale = np.where(high > low, (high - low) / 15, 1)
            zero = np.rint(-low / scale)
            scales.append(scale)
            zeros.append(zero)
        q_i = np.clip(np.rint(rows[:, i] / scale + zero), 0, 15)
        columns.append(q_i)
        error = rows[:, i] - scale * (q_i - zero)
        rows = rows - np.outer(error, changes[i])
    q, scale, zero = [np.stack(a, axis=1) for a in (columns, scales, zeros)]
    scale = scale.astype(np.result_type(kernel, 0.0))
    return q.astype("uint8"), scale, zero.astype("uint8")


def _check_data(function, kernel, data, group_size):
    """Samples must have the features of the kernel, and be finite."""
    check_shapes(function, kernel=(kernel, ("features", "units")))
    check_shapes(function, data=(data, ("samples", len(kernel))))
    check_sizes(function, group_size=group_size)
    if not np.all(np.isfinite(data)):
        raise ValueError(f"{function.__name__}: data must be finite")


def _check_group_size(function, kernel, group_size):
    """No group may be in two of the parts of 128 features."""
    if len(kernel) > 128 and 128 % group_size:
        raise ValueError(
            f"{function.__name__}: group_size must divide 128 for more than "
            f"128 features, not {group_size}"
        )


def awq(
    kernel: ArrayLike,
    data: ArrayLike,
    group_size: int = 128,
    num_grid_points: int = 20,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers, scales, zero points and factors (Lin et al., 2024).

    kernel: (features, units), data: (samples, features). Returns the numbers
    (units, features), scales and zero points (units, groups), and the factors
    (features,). It compares losses in float64, as rounding may not decide; the
    scales and factors have the kernel's dtype.

    Raises ValueError for other shapes, and for a group_size or num_grid_points
    below 1.

    >>> kernel, data = [[1.6], [0.05], [-0.2]], [[1, 16, 1]]
    >>> q, scale, zero, factors = awq(kernel, data)
    >>> q.tolist(), factors.round(2)  # the second feature is the largest
    ([[15, 7, 0]], array([0.29, 3.48, 0.29]))
    """
    kernel, data = as_arrays(awq, kernel=kernel, data=data)
    _check_data(awq, kernel, data, group_size)
    check_sizes(awq, num_grid_points=num_grid_points)
    largest = np.abs(data).max(axis=0)
    largest = np.where(largest < 1e-8, 1, largest)
    smallest_loss = np.inf
    for power in np.arange(num_grid_points + 1) / num_grid_points:
        factors = np.maximum(largest**power, 1e-4)
        factors = factors / np.sqrt(factors.max() * factors.min())
        scaled = kernel * factors[:, np.newaxis]
        q, scale, zero = quantize_groups(scaled, group_size)
        read = dequantize_groups(q, scale, zero, group_size)
        error = read / factors[:, np.newaxis] - kernel
        loss = np.mean((largest[:, np.newaxis] * error) ** 2)
        if loss < smallest_loss:
            smallest_loss = loss
            best = q, scale, zero, factors
    q, scale, zero, factors = best
    dtype = np.result_type(kernel, 0.0)
    return q, scale.astype(dtype), zero, factors.astype(dtype)


def gptq_kernel(
    packed: ArrayLike,
    kernel_scale: ArrayLike,
    kernel_zero: ArrayLike,
    g_idx: ArrayLike,
) -> np.ndarray:
    """The kernel that a layer in GPTQ reads, (features, units).

    packed: (half the units, features), scales and zero points: (units, groups),
    g_idx: (features,). The group of a feature is the whole part of its g_idx.

    Raises ValueError for other shapes, TypeError for packed floats.

    >>> packed = pack_int4([[1, 2], [3, 4], [5, 6]], dtype="uint8")
    >>> scale, zero = [[1, 10], [1, 10], [1, 10]], [[0, 0], [0, 0], [0, 5]]
    >>> gptq_kernel(packed, scale, zero, g_idx=[0, 1])
    array([[ 1,  3,  5],
           [20, 40, 10]])
    """
    packed, kernel_zero, g_idx = as_raw_arrays(
        gptq_kernel, packed=packed, kernel_zero=kernel_zero, g_idx=g_idx
    )
    kernel_scale = as_array(gptq_kernel, kernel_scale=kernel_scale)
    _check_gptq(gptq_kernel, packed, kernel_scale, kernel_zero, g_idx)
    group = g_idx.astype("int64")
    q = unpack_int4(packed, len(kernel_scale), axis=0, dtype="uint8")
    steps = q.astype(kernel_scale.dtype) - kernel_zero[:, group]
    return (steps * kernel_scale[:, group]).T


def _check_gptq(function, packed, kernel_scale, kernel_zero, g_idx):
    """There must be a scale and a zero point for each group of each unit, half
    a byte for each unit, and a group for each feature."""
    check_shapes(function, kernel_scale=(kernel_scale, ("units", "groups")))
    half = (len(kernel_scale) + 1) // 2
    check_shapes(
        function,
        packed=(packed, (half, "features")),
        kernel_zero=(kernel_zero, kernel_scale.shape),
    )
    check_shapes(function, g_idx=(g_idx, packed.shape[1:]))
    _check_g_idx(function, np.floor(g_idx), kernel_scale.shape[1])
    _check_whole(function, packed=packed)


def awq_kernel(
    packed: ArrayLike,
    kernel_scale: ArrayLike,
    kernel_zero: ArrayLike,
    awq_scales: ArrayLike,
    g_idx: ArrayLike,
) -> np.ndarray:
    """The kernel that a layer in AWQ reads, (features, units).

    awq_scales: the factors, (features,); the others as in gptq_kernel.

    Raises ValueError for other shapes, TypeError for packed floats.

    >>> packed = pack_int4([[1, 2], [3, 4]], dtype="uint8")
    >>> awq_kernel(packed, [[1], [10]], [[0], [0]], [1, 4], g_idx=[0, 0])
    array([[ 1. , 30. ],
           [ 0.5, 10. ]])
    """
    packed, kernel_zero, g_idx = as_raw_arrays(
        awq_kernel, packed=packed, kernel_zero=kernel_zero, g_idx=g_idx
    )
    kernel_scale, awq_scales = as_arrays(
        awq_kernel, kernel_scale=kernel_scale, awq_scales=awq_scales
    )
    _check_gptq(awq_kernel, packed, kernel_scale, kernel_zero, g_idx)
    check_shapes(awq_kernel, awq_scales=(awq_scales, g_idx.shape))
    kernel = gptq_kernel(packed, kernel_scale, kernel_zero, g_idx)
    return kernel / awq_scales[:, np.newaxis]


def int4_to_gptq(
    packed: ArrayLike, kernel_scale: ArrayLike, kernel_zero: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keras' int4 kernel with blocks as GPTQ: packed, scales, zero points.

    packed: (features, half the units), scales and zero points: (blocks, units).
    Returns (half the units, features), and twice (units, blocks).

    Raises ValueError for other shapes, TypeError for packed floats.

    >>> packed = pack_int4([[-8, 7]], axis=1)
    >>> packed, scale, zero = int4_to_gptq(packed, [[1, 2]], [[0, -8]])
    >>> packed.tolist(), scale.tolist(), zero.tolist()
    ([[240]], [[1], [2]], [[8], [0]])
    """
    packed = as_raw_array(int4_to_gptq, packed=packed)
    kernel_scale, kernel_zero = as_arrays(
        int4_to_gptq, kernel_scale=kernel_scale, kernel_zero=kernel_zero
    )
    _check_int4(int4_to_gptq, packed, kernel_scale, kernel_zero)
    q = unpack_int4(packed, kernel_scale.shape[1], axis=1)
    packed = pack_int4(q.T + 8, dtype="uint8")
    return packed, kernel_scale.T, (kernel_zero.T + 8).astype("uint8")


# -- Files

FILE_ORDER = {
    None: ["kernel", "bias"],
    "int8": ["kernel", "bias", "kernel_scale"],
    "int4": ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"],
    "float8": [
        "kernel", "bias", "inputs_scale", "inputs_amax_history",
        "kernel_scale", "kernel_amax_history",
        "outputs_grad_scale", "outputs_grad_amax_history",
    ],
    "gptq": ["bias", "kernel", "kernel_scale", "kernel_zero", "g_idx"],
    "awq": [
        "bias", "kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx",
    ],
}  # fmt: skip


def read_dense(
    group: Mapping[str, Any],
    mode: Literal["int8", "int4", "float8", "gptq", "awq"] | None = None,
    use_bias: bool = True,
) -> dict[str, np.ndarray]:
    """The arrays of a Dense layer in an open .weights.h5 file, {name: array}.

    group: file["layers/dense/vars"], or that of another layer. mode: None,
    "int8", "int4", "float8", "gptq" or "awq" (variable_serialization_spec).

    Raises ValueError for another mode, and for another number of arrays.

    >>> file = {"0": np.array([[2]]), "1": np.array([3])}
    >>> read_dense(file)
    {'kernel': array([[2]]), 'bias': array([3])}
    """
    mode = as_option(read_dense, mode=mode)
    check_flags(read_dense, use_bias=use_bias)
    names = list(FILE_ORDER[mode])
    if not use_bias:
        names.remove("bias")
    if mode == "int4" and len(group) == len(names) - 2:
        names = names[:-2]  # block_size=-1
    check_count(read_dense, "arrays", names, group)
    return {name: group[str(place)][()] for place, name in enumerate(names)}
