"""Cases of weights in int8, int4 and float8, of GPTQ and AWQ."""

import math
from fractions import Fraction

import by_hand
import keras
import numpy as np
from keras.src.quantizers import awq as awq_of_keras
from keras.src.quantizers import gptq as gptq_of_keras
from keras.src.quantizers.quantizers import GPTQQuantizer
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import function

FEATURES, UNITS = 6, 5


def draw_x(draw):
    return draw.normal(3, FEATURES).astype("float32")


def draw_tokens(draw, *sizes):
    """Whole numbers, and some that lose their fraction."""
    return draw.tokens(*sizes) + draw.one_of(0, 0.75)


def draw_bytes(draw, *shape, dtype="int8"):
    """Numbers of int8, or of uint8."""
    limits = (-127, 128) if dtype == "int8" else (0, 256)
    return draw.rng.integers(*limits, size=shape).astype(dtype)


def draw_scale(draw, *shape):
    return (20 * draw.positive(*shape)).astype("float32")


def dense_of(policy, x, *arrays):
    """What a Dense layer of a policy makes of x. arrays: its weights, in the order in
    which a file has them."""
    units = len(arrays[1] if arrays[0].ndim > 1 else arrays[0])
    layer = keras.layers.Dense(units, dtype=policy)
    layer.build(x.shape)
    layer.load_own_variables({str(n): array for n, array in enumerate(arrays)})
    return layer(x)


# -- int8


def quantize_by_keras(values, axis=0):
    return keras.quantizers.abs_max_quantize(values, axis)


@function(quantize_by_keras, by_hand.quantize_int8, tolerance=FLOAT32)
def quantize_int8(draw):
    values = draw.normal(4, 5, 3).astype("float32") * draw.one_of(1, 100)
    values[0] *= draw.number > 1  # zeros stay
    return Case(draw.some(axis=[1, -1]), (values,))


def load_int8(layer, arrays, weights_only=False):
    """A layer in int8 with these weights, in the order in which a file has them."""
    layer.load_own_variables({str(n): array for n, array in enumerate(arrays)})
    if weights_only:
        layer.inputs_quantizer = None
    return layer


def dense_in_int8(x, kernel_q, kernel_scale, bias=None, weights_only=False):
    units, arrays = kernel_q.shape[1], [kernel_q, kernel_scale]
    if bias is not None:
        arrays.insert(1, bias)
    layer = keras.layers.Dense(
        units, use_bias=bias is not None, dtype="int8_from_float32"
    )
    layer.build(x.shape)
    return load_int8(layer, arrays, weights_only)(x)


@function(dense_in_int8, by_hand.int8_dense, tolerance=FLOAT32)
def int8_dense(draw):
    config = draw.some(weights_only=[True], bias=[draw.normal(UNITS).astype("float32")])
    kernel_q = draw_bytes(draw, FEATURES, UNITS)
    return Case(config, (draw_x(draw), kernel_q, draw_scale(draw, UNITS)))


def embedding_in_int8(x, embeddings, embeddings_scale):
    layer = keras.layers.Embedding(*embeddings.shape, dtype="int8_from_float32")
    layer.build()
    return load_int8(layer, [embeddings, embeddings_scale])(x)


@function(embedding_in_int8, by_hand.int8_embedding, tolerance=FLOAT32)
def int8_embedding(draw):
    embeddings = draw_bytes(draw, 7, 4)
    return Case({}, (draw_tokens(draw, 7, 2, 3), embeddings, draw_scale(draw, 7)))


def logits_in_int8(h, embeddings, embeddings_scale, weights_only=False):
    layer = keras.layers.ReversibleEmbedding(
        *embeddings.shape, dtype="int8_from_float32"
    )
    layer.build()
    load_int8(layer, [embeddings, embeddings_scale], weights_only)
    return layer(h, reverse=True)


@function(logits_in_int8, by_hand.int8_logits, tolerance=FLOAT32)
def int8_logits(draw):
    inputs = draw_x(draw), draw_bytes(draw, 7, FEATURES), draw_scale(draw, 7)
    return Case(draw.some(weights_only=[True]), inputs)


# -- int4


def pack_by_keras(arr, axis=0, dtype="int8"):
    return keras.quantizers.pack_int4(arr, axis, dtype)[0]


@function(pack_by_keras, by_hand.pack_int4)
def pack_int4(draw):
    config = draw.some(axis=[1, -1], dtype=["uint8"])
    dtype, least = config.get("dtype", "int8"), -8 * ("dtype" not in config)
    arr = draw.rng.integers(least, least + 16, size=(5, 4, 3)).astype(dtype)
    return Case(config, (arr,))


def unpack_by_keras(packed, orig_len, axis=0, dtype="int8"):
    return keras.quantizers.unpack_int4(packed, orig_len, axis, dtype)


@function(unpack_by_keras, by_hand.unpack_int4)
def unpack_int4(draw):
    config = draw.some(axis=[1, -1], dtype=["uint8"])
    packed = draw_bytes(draw, 3, 4, 5, dtype=config.get("dtype", "int8"))
    length = 2 * packed.shape[config.get("axis", 0)] - draw.one_of(0, 1)
    return Case({"orig_len": length, **config}, (packed,))


def blocks_by_keras(kernel, block_size=128):
    """As layers are quantized."""
    return keras.quantizers.abs_max_quantize_grouped_with_zero_point(
        kernel, block_size, to_numpy=True
    )


def draw_kernel(draw, features):
    """Rows of both signs, so that each group has both: Keras 3.15.1 is wrong for others."""
    kernel = np.abs(draw.normal(features, UNITS)) + 0.125
    kernel[1::2] *= -1
    return kernel.astype("float32")


@function(blocks_by_keras, by_hand.quantize_int4, tolerance=FLOAT32)
def quantize_int4(draw):
    config = draw.some(block_size=[4, 3])
    kernel = draw_kernel(draw, 10 if config else 130)
    if config.get("block_size") == 4:  # Keras fills up the last block with zeros
        kernel[8:, 0] = np.abs(kernel[8:, 0]) + 1
        kernel[8:, 1] = -np.abs(kernel[8:, 1]) - 1
    return Case(config, (kernel,))


@function(blocks_by_keras, by_hand.quantize_int4_without_zero, tolerance=FLOAT32)
def quantize_int4_without_zero(draw):
    config = draw.some(block_size=[4, 3])
    kernel = draw_kernel(draw, 12 if config else 256)
    kernel[:, 0], kernel[:, 1] = np.abs(kernel[:, 0]) + 1, -np.abs(kernel[:, 1]) - 1
    return Case(config, (kernel,))


def columns_by_keras(kernel):
    q, scale = keras.quantizers.abs_max_quantize(kernel, axis=0, value_range=(-8, 7))
    return q, scale[0]


@function(columns_by_keras, by_hand.quantize_int4_columns, tolerance=FLOAT32)
def quantize_int4_columns(draw):
    return Case({}, (draw.normal(7, UNITS).astype("float32"),))


def draw_int4(draw, blocks):
    """What a Dense layer with blocks stores in int4."""
    packed = draw_bytes(draw, FEATURES, (UNITS + 1) // 2)
    zero = draw.rng.integers(-8, 8, size=(blocks, UNITS)).astype("int8")
    g_idx = np.arange(FEATURES) * blocks // FEATURES
    return packed, draw_scale(draw, blocks, UNITS), zero, g_idx.astype("float32")


def dense_in_int4(x, packed, kernel_scale, kernel_zero, g_idx, bias=None):
    blocks = len(kernel_scale)
    bias = np.zeros(UNITS) if bias is None else bias
    arrays = packed, bias, kernel_scale, kernel_zero, g_idx
    return dense_of(f"int4/{FEATURES // blocks}_from_float32", x, *arrays)


@function(dense_in_int4, by_hand.int4_dense, tolerance=FLOAT32)
def int4_dense(draw):
    config = draw.some(bias=[draw.normal(UNITS).astype("float32")])
    return Case(config, (draw_x(draw), *draw_int4(draw, draw.one_of(2, 3))))


def embedding_in_int4(
    x, embeddings, embeddings_scale, embeddings_zero=None, g_idx=None, *, output_dim
):
    blocks = 0 if embeddings_zero is None else embeddings_scale.shape[1]
    block_size = output_dim // blocks if blocks else -1
    layer = keras.layers.Embedding(
        len(embeddings), output_dim, dtype=f"int4/{block_size}_from_float32"
    )
    layer.build()
    arrays = embeddings, embeddings_scale, embeddings_zero, g_idx
    held = {str(n): a for n, a in enumerate(arrays) if a is not None}
    layer.load_own_variables(held)
    return layer(x)


@function(embedding_in_int4, by_hand.int4_embedding, tolerance=FLOAT32)
def int4_embedding(draw):
    blocks, tokens = draw.one_of(0, 2, 3), draw_tokens(draw, 7, 2, 4)
    output_dim = 6 if blocks else draw.one_of(6, 5)
    embeddings = draw_bytes(draw, 7, (output_dim + 1) // 2)
    if not blocks:
        inputs = tokens, embeddings, draw_scale(draw, 7)
        return Case({"output_dim": output_dim}, inputs)
    zero = draw.rng.integers(-8, 8, size=(7, blocks)).astype("int8")
    config = {
        "embeddings_zero": zero,
        "g_idx": (np.arange(6) * blocks // 6).astype("float32"),
    }
    inputs = tokens, embeddings, draw_scale(draw, 7, blocks)
    return Case({"output_dim": output_dim, **config}, inputs)


# -- float8


def round_fractions(values, fraction_bits, lowest):
    """With Python's whole numbers, number by number."""

    def rounded(value):
        power = max(math.frexp(value)[1] - 1, lowest)
        step = Fraction(2) ** (power - fraction_bits)
        return float(round(Fraction(value) / step) * step)

    return np.vectorize(rounded)(values)


@function(round_fractions, by_hand.round_bits)
def round_bits(draw):
    bits, lowest = draw.one_of((3, -6), (2, -14), (7, -126), (10, -14))
    values = draw.normal(4, 5) * 2.0 ** draw.rng.integers(lowest - 3, 5, size=(4, 5))
    values.flat[:3] = 1 + 0.5**bits * np.array([0.5, 1.5, 2.5])
    values = values.astype("float32").astype("float64")
    return Case({"fraction_bits": bits, "lowest": lowest}, (values,))


def dequantized_by_keras(inputs, scale, quantized_dtype="float8_e4m3fn"):
    return keras.quantizers.quantize_and_dequantize(
        inputs, scale, quantized_dtype, "float32"
    )


@function(dequantized_by_keras, by_hand.quantize_and_dequantize, tolerance=FLOAT32)
def quantize_and_dequantize(draw):
    inputs = draw.normal(4, 5) * 10.0 ** draw.rng.integers(-7, 6, size=(4, 5))
    config = {"scale": draw.one_of(1.0, 0.75, 3.0)}
    config |= draw.some(quantized_dtype=["float8_e5m2"])
    return Case(config, (inputs.astype("float32"),))


def dense_in_float8(x, kernel, bias=None, inputs_scale=1.0, kernel_scale=1.0):
    layer = keras.layers.Dense(
        kernel.shape[1], use_bias=bias is not None, dtype="float8_from_float32"
    )
    layer.build(x.shape)
    layer.kernel.assign(kernel)
    layer.inputs_scale.assign(inputs_scale)
    layer.kernel_scale.assign(kernel_scale)
    if bias is not None:
        layer.bias.assign(bias)
    return layer(x)


@function(dense_in_float8, by_hand.float8_dense, tolerance=FLOAT32)
def float8_dense(draw):
    config = draw.some(bias=[draw.normal(UNITS).astype("float32")])
    config |= draw.some(inputs_scale=[0.75, 2.5], kernel_scale=[0.375, 2.5])
    return Case(config, (draw_x(draw), draw.normal(FEATURES, UNITS).astype("float32")))


@function(
    keras.quantizers.compute_float8_scale,
    by_hand.compute_float8_scale,
    tolerance=FLOAT32,
)
def compute_float8_scale(draw):
    config = {"amax": draw.one_of(3.0, 0.0, np.inf, 500.0, np.nan, 0.5)}
    config |= {"scale": draw.one_of(0.5, 2.0), "dtype_max": draw.one_of(448.0, 57344.0)}
    return Case(config, ())


@function(
    keras.quantizers.compute_float8_amax_history,
    by_hand.compute_float8_amax_history,
    tolerance=FLOAT32,
)
def compute_float8_amax_history(draw):
    history = draw.positive(5).astype("float32")
    return Case({}, (draw.normal(3, 4).astype("float32"), history))


# -- GPTQ and AWQ


def draw_data(draw, features):
    """Samples whose features depend on each other, (samples, features)."""
    return draw.normal(40, features) @ draw.normal(features, features)


def gptq_by_keras(kernel, data, group_size=128, hessian_damping=0.01):
    products = data.T @ data
    unused = np.diag(products) == 0
    products = products + np.diag(np.where(unused, 1, 0))
    damping = hessian_damping * np.mean(np.diag(products)) * np.eye(len(products))
    config = keras.quantizers.GPTQConfig(None, None, group_size=group_size)
    q, scale, zero, _ = gptq_of_keras.gptq_quantize_matrix(
        kernel.T,
        inv_hessian=np.linalg.inv(products + damping).astype("float32"),
        group_size=group_size,
        compute_scale_zero=GPTQQuantizer(config, compute_dtype="float32").find_params,
    )
    return q, scale, zero


def gptq_as_keras_does(kernel, data, **config):
    return by_hand.gptq(kernel, data, cholesky=False, **config)


@function(gptq_by_keras, gptq_as_keras_does, name="gptq", tolerance=FLOAT32, number=8)
def gptq(draw):
    config = draw.some(group_size=[4, 8], hessian_damping=[0.25, 0.5])
    data = draw_data(draw, 12)
    data[:, 3] *= draw.number != 1  # a feature that is never used
    return Case(config, (draw_kernel(draw, 12), data))


def gptq_of_the_paper(kernel, data, group_size=128, hessian_damping=0.01):
    """Feature by feature, with the inverse for those that are left: they make up for the
    errors of those before."""
    products = data.T @ data
    products = products + np.diag(np.where(np.diag(products) == 0, 1, 0))
    damping = hessian_damping * np.mean(np.diag(products))
    products = products + damping * np.eye(len(products))
    rows, q, scales, zeros = kernel.T.astype("float64"), [], [], []
    for i in range(len(kernel)):
        if i % 128 == 0:  # the features of a part take their scales from its beginning
            known = rows.copy()
        if i % group_size == 0:
            group = known[:, i : i + group_size]
            low = np.minimum(group.min(axis=1), 0)
            height = np.maximum(group.max(axis=1), 0) - low
            scales.append(np.where(height > 0, height / 15, 1))
            zeros.append(np.rint(-low / scales[-1]))
        q.append(np.clip(np.rint(rows[:, i] / scales[-1] + zeros[-1]), 0, 15))
        error = rows[:, i] - scales[-1] * (q[-1] - zeros[-1])
        first = np.eye(len(kernel) - i)[0]
        of_inverse = np.linalg.solve(products[i:, i:], first)  # its first row
        rows[:, i:] -= np.outer(error, of_inverse / of_inverse[0])
    return [np.stack(columns, axis=1) for columns in (q, scales, zeros)]


@function(gptq_of_the_paper, by_hand.gptq, name="gptq of the paper", tolerance=FLOAT32)
def of_the_paper(draw):
    config = draw.some(group_size=[4, 6], hessian_damping=[0.25, 0.5])
    features = 132 if draw.number == 15 else 12  # in more than one part of 128
    kernel, data = draw_kernel(draw, features), draw_data(draw, features)
    kernel[:, 0], kernel[:, 1] = np.abs(kernel[:, 0]) + 1, -np.abs(kernel[:, 1]) - 1
    kernel[:, 2] *= draw.number % 3 != 1  # nothing but zeros
    data[:, 3] *= draw.number % 4 != 1  # a feature that is never used
    if features > 128:
        config.pop("group_size", None)
    return Case(config, (kernel, data))


def groups_by_gptq(kernel, group_size=128):
    """GPTQ of features that do not depend on each other only rounds."""
    return by_hand.gptq(kernel, np.eye(len(kernel)), group_size)


@function(groups_by_gptq, by_hand.quantize_groups, tolerance=FLOAT32, number=8)
def quantize_groups(draw):
    config = draw.some(group_size=[4, 5])
    kernel = draw_kernel(draw, 12 if config else 130)
    kernel[:, 2] *= draw.number % 3 > 0  # nothing but zeros
    return Case(config, (kernel,))


def awq_by_keras(kernel, data, group_size=128, num_grid_points=20):
    q, scale, zero, factors, _ = awq_of_keras.awq_quantize_matrix(
        kernel.T,
        np.abs(data).max(axis=0).astype("float32"),
        num_grid_points=num_grid_points,
        group_size=group_size,
    )
    return q, scale, zero, factors


@function(awq_by_keras, by_hand.awq, tolerance=FLOAT32, number=8)
def awq(draw):
    config = draw.some(group_size=[4, 6], num_grid_points=[3, 7])
    data = draw.normal(9, 12) * 10 ** draw.rng.uniform(-6, 1, size=12)
    data[:, 3] *= draw.number != 1  # a feature that is never used
    return Case(config, (draw_kernel(draw, 12), data))


def draw_groups(draw, dtype="uint8"):
    """What GPTQ stores: packed, scales and zero points of two groups, and the group of
    each feature, with a fraction."""
    packed = draw_bytes(draw, (UNITS + 1) // 2, FEATURES, dtype="uint8")
    zero = draw.rng.integers(16, size=(UNITS, 2)).astype("uint8")
    g_idx = (np.arange(FEATURES) / 3).astype("float32")
    return packed, draw_scale(draw, UNITS, 2), zero, g_idx


def kernel_of(policy):
    """The kernel that a layer of this policy reads: its answers to single features."""

    def read(*arrays):
        units = len(arrays[1])
        eye = np.eye(len(arrays[-1]), dtype="float32")
        return dense_of(policy, eye, np.zeros(units, "float32"), *arrays)

    return read


@function(kernel_of("gptq/4/3_from_float32"), by_hand.gptq_kernel, tolerance=FLOAT32)
def gptq_kernel(draw):
    return Case({}, draw_groups(draw))


@function(kernel_of("awq/4/3_from_float32"), by_hand.awq_kernel, tolerance=FLOAT32)
def awq_kernel(draw):
    *arrays, g_idx = draw_groups(draw)
    factors = draw.positive(FEATURES).astype("float32")
    return Case({}, (*arrays, factors, g_idx))


def dequantized_by_gptq(q, scale, zero, group_size=128):
    g_idx = np.arange(q.shape[1]) // group_size
    packed = by_hand.pack_int4(q, dtype="uint8")
    return by_hand.gptq_kernel(packed, scale, zero, g_idx)


@function(dequantized_by_gptq, by_hand.dequantize_groups)
def dequantize_groups(draw):
    config = draw.some(group_size=[4, 5])
    features = 12 if config else 130
    groups = -(-features // config.get("group_size", 128))
    q = draw.rng.integers(16, size=(UNITS, features)).astype("uint8")
    zero = draw.rng.integers(16, size=(UNITS, groups)).astype("uint8")
    return Case(config, (q, draw.positive(UNITS, groups), zero))


def kernel_in_int4(packed, kernel_scale, kernel_zero):
    g_idx, eye = block_of_each(kernel_scale), np.eye(FEATURES, dtype="float32")
    return dense_in_int4(eye, packed, kernel_scale, kernel_zero, g_idx)


def block_of_each(kernel_scale):
    blocks = np.arange(FEATURES) * len(kernel_scale) // FEATURES
    return blocks.astype("float32")


def kernel_by_gptq(packed, kernel_scale, kernel_zero):
    arrays = by_hand.int4_to_gptq(packed, kernel_scale, kernel_zero)
    return by_hand.gptq_kernel(*arrays, block_of_each(kernel_scale))


@function(kernel_in_int4, kernel_by_gptq, name="int4_to_gptq", tolerance=FLOAT32)
def int4_to_gptq(draw):
    return Case({}, draw_int4(draw, draw.one_of(2, 3))[:3])


# -- Files

MODES = ["int8", "int4", "float8", "gptq", "awq"]


def names_of_keras(mode=None, use_bias=True, block_size=3):
    """The names of a layer's weights, by the order in which a file has them."""
    names = keras.layers.Dense(UNITS).variable_serialization_spec[mode]
    names = [name.removeprefix("quantized_") for name in names]
    if not use_bias:
        names.remove("bias")
    stored = names[:-2] if mode == "int4" and block_size == -1 else names
    return [np.array(f"{name} {n}") for n, name in enumerate(stored)]


def names_by_hand(mode=None, use_bias=True, block_size=3):
    number = len(names_of_keras(mode, use_bias, block_size))
    group = {str(n): np.array(n) for n in range(number)}
    found = by_hand.read_dense(group, mode, use_bias)
    return [np.array(f"{name} {n}") for name, n in found.items()]


@function(names_of_keras, names_by_hand, name="read_dense", number=24)
def read_dense(draw):
    config = draw.some(mode=MODES, use_bias=[False])
    if config.get("mode") == "int4":
        config |= draw.one_of({}, {"block_size": -1})
    return Case(config, ())
