"""Quantization: weights in int8, int4 and float8, GPTQ and AWQ."""

import numpy as np

from keras_by_hand.shapes import check_shapes


def int8_embedding(x, embeddings, embeddings_scale):
    """An Embedding layer in int8 (Keras documentation, Embedding).

    x: tokens, any shape, embeddings: (input_dim, output_dim) in int8,
    embeddings_scale: (input_dim,). Returns (*x.shape, output_dim).
    """
    check_shapes(
        "int8_embedding",
        embeddings=(embeddings, (None, None)),
        embeddings_scale=(embeddings_scale, (len(embeddings),)),
    )
    return embeddings[x] / embeddings_scale[x][..., np.newaxis]


def int4_embedding(
    x, embeddings, embeddings_scale, embeddings_zero=None, g_idx=None,
    *, output_dim,
):  # fmt: skip
    """An Embedding layer in int4 (Keras documentation, Embedding).

    x: tokens, any shape, embeddings: packed, (input_dim, half of output_dim),
    scales and zero points: (input_dim, blocks), g_idx: the block of each
    number, (output_dim,). Without blocks the scales are (input_dim,). Returns
    (*x.shape, output_dim).
    """
    blocks = [] if embeddings_zero is None else [np.shape(embeddings_scale)[-1]]
    shape = len(embeddings), *blocks
    check_shapes(
        "int4_embedding",
        embeddings=(embeddings, (None, (output_dim + 1) // 2)),
        embeddings_scale=(embeddings_scale, shape),
        embeddings_zero=(embeddings_zero, shape),
        g_idx=(g_idx, (output_dim,)),
    )
    q = unpack_int4(embeddings[x], output_dim, axis=-1)
    if embeddings_zero is None:
        return q / embeddings_scale[x][..., np.newaxis]
    block = g_idx.astype("int64")
    q = q - embeddings_zero[x][..., block]
    return q * embeddings_scale[x][..., block]


def int8_logits(h, embeddings, embeddings_scale, weights_only=False):
    """The logits of a ReversibleEmbedding in int8 (Keras documentation).

    h: (batch, output_dim), embeddings: (input_dim, output_dim) in int8,
    embeddings_scale: (input_dim,), weights_only: as in int8_dense. Returns
    (batch, input_dim).
    """
    input_dim = len(embeddings)
    check_shapes(
        "int8_logits",
        embeddings=(embeddings, (None, h.shape[-1])),
        embeddings_scale=(embeddings_scale, (input_dim,)),
    )
    return int8_dense(
        h, embeddings.T, embeddings_scale, weights_only=weights_only
    )


def quantize_int8(values, axis=0):
    """Whole numbers from -127 to 127, and the scale they share along axis.

    A kernel (features, units) has a scale for each unit, (1, units). Inputs
    (batch, features) with axis=-1 have one for each sample, (batch, 1). To get
    a number back, divide by its scale (keras.quantizers.abs_max_quantize).
    """
    scale = 127 / (np.abs(values).max(axis=axis, keepdims=True) + 1e-7)
    return np.rint(values * scale).astype("int8"), scale


def int8_dense(x, kernel_q, kernel_scale, bias=0, weights_only=False):
    """Dense in int8; weights_only is Keras' activation_quantizer=None.

    x: (batch, features), kernel_q: (features, units), kernel_scale: (units,) or
    (1, units), bias: (units,). Returns (batch, units).
    """
    units = np.shape(kernel_q)[-1]
    check_shapes(
        "int8_dense",
        kernel_q=(kernel_q, (x.shape[-1], None)),
        kernel_scale=(kernel_scale, (1, units)[-np.ndim(kernel_scale) :]),
        bias=(bias, np.shape(bias) and (units,)),  # or one number
    )
    if weights_only:
        return x @ kernel_q / kernel_scale + bias
    x_q, x_scale = quantize_int8(x, axis=-1)
    total = x_q.astype("int32") @ kernel_q.astype("int32")
    scale = x_scale * kernel_scale
    return total.astype(scale.dtype) / scale + bias


def quantize_int4(kernel, block_size=128):
    """Whole numbers from -8 to 7, scales and zero points of a kernel.

    kernel: (features, units). The scales and the zero points are (blocks,
    units). A weight is read as scale * (number - zero point)
    (keras.quantizers.abs_max_quantize_grouped_with_zero_point).
    """
    starts = np.arange(0, len(kernel), block_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = (high - low + 1e-7) / 15
    zero = np.rint(-low / scale) - 8
    block = np.arange(len(kernel)) // block_size  # of each feature
    q = np.minimum(np.rint(kernel / scale[block]) + zero[block], 7)
    return q.astype("int8"), scale, zero.astype("int8")


def int4_dense(x, packed, kernel_scale, kernel_zero, g_idx, bias=0):
    """Dense in int4, from what a layer with blocks stores.

    packed: (features, half the units), scales and zero points: (blocks, units),
    g_idx: the block of each feature, (features,). Returns (batch, units).
    """
    units = np.shape(kernel_scale)[-1]
    check_shapes(
        "int4_dense",
        packed=(packed, (x.shape[-1], (units + 1) // 2)),
        kernel_scale=(kernel_scale, (None, None)),
        kernel_zero=(kernel_zero, np.shape(kernel_scale)),
        g_idx=(g_idx, (x.shape[-1],)),
        bias=(bias, np.shape(bias) and (units,)),  # or one number
    )
    block = g_idx.astype("int64")
    q = unpack_int4(packed, units, axis=1)
    return x @ ((q - kernel_zero[block]) * kernel_scale[block]) + bias


def pack_int4(arr, axis=0):
    """Two numbers a byte along axis, the first in the lower half.

    arr: int8 or uint8, of any shape (keras.quantizers.pack_int4).
    """
    arr = np.moveaxis(arr, axis, 0)
    arr = np.concatenate([arr, np.zeros_like(arr[: len(arr) % 2])])
    lower, upper = arr[::2] & 15, arr[1::2] & 15
    return np.moveaxis(lower | upper << 4, 0, axis)


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """orig_len numbers along axis: -8 to 7, or 0 to 15 with dtype="uint8".

    packed: what pack_int4 returns (keras.quantizers.unpack_int4).
    """
    packed = np.moveaxis(packed, axis, 0)
    halves = np.stack([packed & 15, packed >> 4 & 15], axis=1)
    q = halves.reshape(-1, *packed.shape[1:])[:orig_len].astype(dtype)
    return np.moveaxis((q ^ 8) - 8 if dtype == "int8" else q, 0, axis)


def quantize_int4_without_zero(kernel, block_size=128):
    """What Keras 3.15.1 stores where block_size divides the features.

    kernel: (features, units). The scales and zero points are (blocks, units).
    """
    starts = np.arange(0, len(kernel), block_size)
    low = np.minimum.reduceat(kernel, starts)
    high = np.maximum.reduceat(kernel, starts)
    scale = (high - low + 1e-7) / 15
    zero = np.clip(np.rint(-low / scale) - 8, -8, 7)
    block = np.arange(len(kernel)) // block_size  # of each feature
    q = np.clip(np.rint(kernel / scale[block]) + zero[block], -8, 7)
    return q.astype("int8"), scale, zero.astype("int8")


def quantize_int4_columns(kernel):
    """int4 with block_size=-1: whole numbers, and a scale for each unit.

    kernel: (features, units). A weight is its number divided by the scale.
    """
    scale = 7 / (np.abs(kernel).max(axis=0) + 1e-7)
    return np.rint(kernel * scale).astype("int8"), scale


def round_bits(values, fraction_bits, lowest):
    """The nearest number with so many bits of fraction, a half to the even one.

    Below 2**lowest the numbers are equally spaced.
    """
    power = np.maximum(np.frexp(values)[1] - 1, lowest)
    step = np.ldexp(np.ones_like(values), power - fraction_bits)
    return np.rint(values / step) * step


def quantize_and_dequantize(inputs, scale, quantized_dtype="float8_e4m3fn"):
    """The inputs as float8 reads them (keras.quantizers)."""
    bits, lowest, largest = 3, -6, 448
    if quantized_dtype == "float8_e5m2":
        bits, lowest, largest = 2, -14, 57344
    clipped = np.clip(inputs / scale, -largest, largest)
    return scale * round_bits(clipped, bits, lowest)


def float8_dense(x, kernel, bias=0, inputs_scale=1.0, kernel_scale=1.0):
    """Dense in float8.

    x: (batch, features), kernel: (features, units), bias: (units,), scales:
    numbers. Returns (batch, units).
    """
    units = np.shape(kernel)[-1]
    check_shapes(
        "float8_dense",
        kernel=(kernel, (x.shape[-1], None)),
        bias=(bias, np.shape(bias) and (units,)),  # or one number
        inputs_scale=(inputs_scale, ()),
        kernel_scale=(kernel_scale, ()),
    )
    x = quantize_and_dequantize(x, inputs_scale)
    kernel = quantize_and_dequantize(kernel, kernel_scale)
    return x @ kernel + round_bits(bias, 7, -126)  # the bias in bfloat16


def compute_float8_scale(amax, scale, dtype_max):
    """The next scale, from the largest of the history (keras.quantizers).

    dtype_max: 448 for inputs and kernels (e4m3), 57344 for gradients (e5m2).
    """
    return amax / dtype_max if amax > 0 else scale


def compute_float8_amax_history(x, amax_history):
    """The history with the largest of x, (length,) (keras.quantizers)."""
    newest, *others = amax_history
    return np.array([np.abs(x).max(), *others[1:], newest])


def quantize_groups(kernel, group_size=128):
    """Whole numbers from 0 to 15, scales and zero points of a kernel.

    kernel: (features, units). Returns the numbers (units, features), and scales
    and zero points (units, groups).
    """
    starts = np.arange(0, len(kernel), group_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = np.where(high > low, (high - low) / 15, 1)
    zero = np.rint(-low / scale)
    group = np.arange(len(kernel)) // group_size  # of each feature
    q = np.clip(np.rint(kernel / scale[group] + zero[group]), 0, 15)
    return q.T.astype("uint8"), scale.T, zero.T.astype("uint8")


def gptq(kernel, data, group_size=128, hessian_damping=0.01, cholesky=True):
    """Whole numbers from 0 to 15, scales, zero points (Frantar et al., 2023).

    kernel: (features, units), data: (samples, features), group_size: a divisor
    of 128. With cholesky=False as in Keras 3.15.1. Returns the numbers (units,
    features), and scales and zero points (units, groups). It computes in
    float64, as an inverse loses digits; the scales have the kernel's dtype.
    """
    check_shapes(
        "gptq",
        kernel=(kernel, (None, None)),
        data=(data, (None, len(kernel))),
    )
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
    q, scales, zeros = [], [], []
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
        q.append(q_i)
        error = rows[:, i] - scale * (q_i - zero)
        rows = rows - np.outer(error, changes[i])
    q, zeros = np.stack(q, axis=1), np.stack(zeros, axis=1)
    scales = np.stack(scales, axis=1).astype(np.result_type(kernel, 0.0))
    return q.astype("uint8"), scales, zeros.astype("uint8")


def dequantize_groups(q, scale, zero, group_size=128):
    """The kernel (features, units) from what quantize_groups returns."""
    groups = -(-np.shape(q)[-1] // group_size)  # rounded up
    check_shapes(
        "dequantize_groups",
        q=(q, (None, None)),
        scale=(scale, (len(q), groups)),
        zero=(zero, (len(q), groups)),
    )
    group = np.arange(q.shape[1]) // group_size  # of each feature
    return (scale[:, group] * (q.astype(scale.dtype) - zero[:, group])).T


def awq(kernel, data, group_size=128, num_grid_points=20):
    """Whole numbers, scales, zero points and factors (Lin et al., 2024).

    kernel: (features, units), data: (samples, features). Returns the numbers
    (units, features), scales and zero points (units, groups), and the factors
    (features,). It compares losses in float64, as rounding may not decide; the
    scales and factors have the kernel's dtype.
    """
    check_shapes(
        "awq", kernel=(kernel, (None, None)), data=(data, (None, len(kernel)))
    )
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


def gptq_kernel(packed, kernel_scale, kernel_zero, g_idx):
    """The kernel that a layer in GPTQ reads, (features, units).

    packed: (half the units, features), scales and zero points: (units, groups),
    g_idx: (features,). The group of a feature is the whole part of its g_idx.
    """
    units = len(kernel_scale)
    check_shapes(
        "gptq_kernel",
        kernel_scale=(kernel_scale, (None, None)),
        packed=(packed, ((units + 1) // 2, None)),
        kernel_zero=(kernel_zero, np.shape(kernel_scale)),
        g_idx=(g_idx, np.shape(packed)[1:]),
    )
    group = g_idx.astype("int64")
    q = unpack_int4(packed, units, axis=0, dtype="uint8")
    steps = q.astype(kernel_scale.dtype) - kernel_zero[:, group]
    return (steps * kernel_scale[:, group]).T


def awq_kernel(packed, kernel_scale, kernel_zero, awq_scales, g_idx):
    """The kernel that a layer in AWQ reads, (features, units).

    awq_scales: the factors, (features,); the others as in gptq_kernel.
    """
    check_shapes("awq_kernel", awq_scales=(awq_scales, np.shape(packed)[-1:]))
    kernel = gptq_kernel(packed, kernel_scale, kernel_zero, g_idx)
    return kernel / awq_scales[:, np.newaxis]


def int4_to_gptq(packed, kernel_scale, kernel_zero):
    """Keras' int4 kernel with blocks as GPTQ: packed, scales, zero points.

    packed: (features, half the units), scales and zero points: (blocks, units).
    Returns (half the units, features), and twice (units, blocks).
    """
    units = np.shape(kernel_scale)[-1]
    check_shapes(
        "int4_to_gptq",
        packed=(packed, (None, (units + 1) // 2)),
        kernel_scale=(kernel_scale, (None, None)),
        kernel_zero=(kernel_zero, np.shape(kernel_scale)),
    )
    q = unpack_int4(packed, units, axis=1)
    packed = pack_int4((q.T + 8).astype("uint8"))
    return packed, kernel_scale.T, (kernel_zero.T + 8).astype("uint8")


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


def read_dense(group, mode=None, use_bias=True):
    """The arrays of a Dense layer in an open .weights.h5 file, {name: array}.

    group: file["layers/dense/vars"], or that of another layer. mode: None,
    "int8", "int4", "float8", "gptq" or "awq" (variable_serialization_spec).
    """
    names = list(FILE_ORDER[mode])
    if not use_bias:
        names.remove("bias")
    if mode == "int4" and len(group) == len(names) - 2:
        names = names[:-2]  # block_size=-1
    if len(group) != len(names):
        raise ValueError(f"The file has {len(group)} arrays, not {names}.")
    return {name: group[str(place)][()] for place, name in enumerate(names)}
