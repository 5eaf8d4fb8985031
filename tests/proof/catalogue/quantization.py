"""Faults of quantized Dense layers: what they store, and what they compute from it."""

import functools
from unittest import mock

import keras
import numpy as np
from breaking import altered, altered_argument, ignoring_argument, roundtrip, same
from fault import Fault
from keras import ops
from keras.layers import Dense, Layer
from keras.src import backend, quantizers
from keras.src.layers.core import dense as dense_module
from keras.src.quantizers import awq, gptq
from keras.src.quantizers import quantizers as rounding

# -- The layer


def quantized_call(change=None, inputs=same, modes=("int8", "int4", "float8")):
    """A quantized layer whose inputs are changed, or its outputs.

    ``change`` takes the layer, its outputs, and its bias.
    """
    real = Layer.quantized_call

    @functools.wraps(real)
    def call(self, x, *args, **kwargs):
        if self.quantization_mode not in modes:
            return real(self, x, *args, **kwargs)
        y = real(self, inputs(x), *args, **kwargs)
        bias = getattr(self, "bias", None)
        return y if change is None or bias is None else change(self, y, bias)

    return mock.patch.object(Layer, "quantized_call", call)


def float_call(self, x, *args, **kwargs):
    """What an unquantized layer computes, with the stored kernel."""
    return self.call(x)


def to_int8(bias):
    """A bias rounded to int8 and back."""
    scale = 127 / (ops.max(ops.abs(bias)) + 1e-7)
    return ops.round(bias * scale) / scale


EVERY = ("int8", "int4", "float8", "gptq", "awq")
DATA_FREE = ("int8", "int4", "float8")  # calibration ends in errors without the rest


def quantize(change):
    """Dense.quantize; ``change`` takes the real one, the layer, mode and config."""
    real = Dense.quantize

    @functools.wraps(real)
    def changed(self, mode=None, type_check=True, config=None):
        if mode not in DATA_FREE:
            return real(self, mode, type_check, config)
        return change(real, self, mode, config)

    return mock.patch.object(Dense, "quantize", changed)


def build_without_config(
    self, kernel_shape, mode, config=None, real=Dense.quantized_build
):
    return real(self, kernel_shape, mode, None if mode == "int8" else config)


def exchanged(first, second):
    """The order of variables with two names of the same shape in each other's place."""
    swap = {first: second, second: first}

    def change(spec):
        return {mode: [swap.get(name, name) for name in spec[mode]] for mode in spec}

    return altered(Dense, "variable_serialization_spec", change)


# -- From the largest entry: int8, and int4 without blocks


def half_up(xp, values):
    return xp.floor(values + 0.5)


def towards_zero(xp, values):
    return xp.trunc(values)


def nearest(xp, values):
    return xp.round(values)


def from_largest(more=0, whole=nearest, epsilon=True, over=None, only=None):
    """abs_max_quantize with more steps, another way to whole numbers, no epsilon, or
    the largest over other axes; ``only`` for the "kernel" or the "inputs"."""
    real = rounding.abs_max_quantize

    def quantize(x, axis, value_range, dtype, small, to_numpy=False):
        if only not in (None, "kernel" if to_numpy else "inputs"):
            return real(x, axis, value_range, dtype, small, to_numpy)
        xp = np if to_numpy else ops
        values = backend.convert_to_numpy(x) if to_numpy else x
        largest = xp.max(xp.abs(values), axis=over or axis, keepdims=True)
        shape = xp.max(xp.abs(values), axis=axis, keepdims=True)
        with np.errstate(all="ignore"):
            scale = (value_range[1] + more) / (largest + small * epsilon + 0 * shape)
            q = xp.nan_to_num(whole(xp, values * scale))
        q = ops.cast(ops.convert_to_tensor(xp.clip(q, *value_range)), dtype)
        return q, ops.cast(ops.convert_to_tensor(scale), "float32")

    return mock.patch.object(rounding, "abs_max_quantize", quantize)


def of_inputs(change):
    """What becomes of the inputs: ``change`` takes them, their int8 and the scale."""
    real = rounding.abs_max_quantize

    def quantize(x, axis, value_range, dtype, small, to_numpy=False):
        q, scale = real(x, axis, value_range, dtype, small, to_numpy)
        return (q, scale) if to_numpy else change(x, q, scale)

    return mock.patch.object(rounding, "abs_max_quantize", quantize)


# -- Blocks and groups: int4, gptq and awq


def by_blocks(steps=15, whole=nearest, epsilon=True, clipped=True, zero_more=0):
    """The blocks of int4 with other steps, another way to whole numbers, ..."""

    def quantize(inputs, block_size, to_numpy=False):
        values = backend.convert_to_numpy(inputs)
        parts = []
        for start in range(0, len(values), block_size):
            part = values[start : start + block_size]
            low, high = part.min(0, keepdims=True), part.max(0, keepdims=True)
            small = np.float32(1e-7 if epsilon else 0)
            scale = (high - low + small) / np.float32(steps)
            zero = whole(np, -low / scale) - 8 + zero_more
            q = whole(np, part / scale) + zero
            parts.append((np.clip(q, -8, 7) if clipped else q, scale, zero))
        q, scale, zero = (np.concatenate(arrays) for arrays in zip(*parts))
        arrays = q.astype("int8"), scale, zero.astype("int8")
        return tuple(map(ops.convert_to_tensor, arrays))

    return mock.patch.object(
        quantizers, "abs_max_quantize_grouped_with_zero_point", quantize
    )


def of_groups(scale=same, zero=same):
    """The scales and zero points of gptq, changed."""
    real = rounding.compute_quantization_parameters

    @functools.wraps(real)
    def parameters(*args, **kwargs):
        found, points, most = real(*args, **kwargs)
        return scale(found), zero(points), most

    return mock.patch.object(rounding, "compute_quantization_parameters", parameters)


def group_towards_zero(x, scale, zero, most):
    q = ops.trunc(x / scale + ops.cast(zero, scale.dtype))
    return ops.clip(q, 0, most)


def exchange(values, axis):
    """Neighbours along an axis of even length, in each other's place."""
    places = np.arange(values.shape[axis]).reshape(-1, 2)[:, ::-1].reshape(-1)
    return ops.take(values, places, axis=axis)


def unpacking(change):
    """unpack_int4; ``change`` takes all that is unpacked, axis and dtype."""
    real = rounding.unpack_int4

    def unpack(packed, orig_len, axis=0, dtype="int8"):
        whole = real(packed, 2 * packed.shape[axis], axis, dtype)
        return ops.take(change(whole, axis, dtype), np.arange(orig_len), axis=axis)

    return mock.patch.object(quantizers, "unpack_int4", unpack)


def packing_exchanged(arr, axis=0, dtype="int8", real=rounding.pack_int4):
    values = backend.convert_to_numpy(arr)
    widths = [(0, 0)] * values.ndim
    widths[axis] = (0, values.shape[axis] % 2)
    return real(exchange(np.pad(values, widths), axis), axis, dtype)


def without_sign(q, axis, dtype):
    q = ops.cast(q, "int32")
    return ops.where(q < 0, q + 16, q)


def with_sign(q, axis, dtype):
    q = ops.cast(q, "int32")
    return ops.where(q > 7, q - 16, q)


def reading(scale=same, zero=same, group=same):
    """How a kernel is read: its scales, its zero points, or the group of each feature,
    changed."""
    real = rounding.dequantize_with_sz_map

    def read(weights_matrix, scales, zeros, g_idx, group_axis=-1):
        arguments = scale(scales), zero(zeros), group(g_idx), group_axis
        return real(weights_matrix, *arguments)

    return mock.patch.object(dense_module, "dequantize_with_sz_map", read)


def a_feature_late(group):
    return ops.concatenate([group[:1], group[:-1]])


def next_group(group):
    whole = ops.floor(group)
    return ops.where(whole == ops.max(whole), 0.0, whole + 1)


def uncorrected(weights, inv_hessian, real=gptq.gptq_quantize_matrix, **arguments):
    """GPTQ that passes no error on to the features that follow."""
    return real(weights, ops.eye(len(inv_hessian)), **arguments)


def searched_in(points, real=awq.awq_search_optimal_scales):
    """A search for AWQ's power in another number of steps."""

    def search(weights, magnitudes, *, num_grid_points, group_size):
        arguments = {"num_grid_points": points, "group_size": group_size}
        return real(weights, magnitudes, **arguments)

    return mock.patch.object(awq, "awq_search_optimal_scales", search)


def calibrated_call(self, *args, real=Layer.quantized_call, **kwargs):
    """A call of a layer that GPTQ and AWQ see, as after Keras 3.15.1."""
    calibrated = f"is_{self.quantization_mode}_calibrated"
    if getattr(self, calibrated, True):
        return real(self, *args, **kwargs)
    return self.call(*args, **kwargs)


def with_zero_points(self, real=Dense._get_kernel_with_merged_lora):
    """What is saved of a kernel, with the zero points of GPTQ and AWQ."""
    kernel, scale, zero = real(self)
    return kernel, scale, getattr(self, "kernel_zero", zero)


def awq_inputs(change):
    """A call of awq whose inputs are changed: ``change`` takes them and the factors."""
    real = Dense._awq_call

    def call(self, inputs, training=False):
        return real(self, change(inputs, self.awq_scales), training)

    return mock.patch.object(Dense, "_awq_call", call)


# -- float8


def float8(change=None, kind=same, scale=same):
    """quantize_and_dequantize with another kind of number, another scale, or another
    way altogether: ``change`` takes the real one and its arguments."""
    real = rounding.quantize_and_dequantize

    def both(inputs, scale_, quantized_dtype, compute_dtype):
        arguments = inputs, scale(scale_), kind(quantized_dtype), compute_dtype
        return real(*arguments) if change is None else change(real, *arguments)

    return mock.patch.object(quantizers, "quantize_and_dequantize", both)


def only_e4m3(change):
    """Apply a change to inputs and kernel, and leave gradients as they are."""

    def changed(real, inputs, scale, kind, compute):
        if "e4m3" not in kind:
            return real(inputs, scale, kind, compute)
        return change(real, inputs, scale, kind, compute)

    return changed


def clipped_at_240(real, inputs, scale, kind, compute):
    return real(ops.clip(inputs, -240 * scale, 240 * scale), scale, kind, compute)


def beyond_to_nan(real, inputs, scale, kind, compute):
    y = real(inputs, scale, kind, compute)
    return ops.where(ops.abs(inputs) > 464 * scale, float("nan"), y)


def nearer_to_zero(real, inputs, scale, kind, compute):
    y = real(inputs, scale, kind, compute)
    inward = real(inputs * 0.94, scale, kind, compute)
    return ops.where(ops.abs(y) > ops.abs(inputs), inward, y)


def flushed(real, inputs, scale, kind, compute):
    y = real(inputs, scale, kind, compute)
    return ops.where(ops.abs(y) < 2.0**-6 * scale, 0 * y, y)


def unrounded(real, inputs, scale, kind, compute):
    largest = 448.0 if "e4m3" in kind else 57344.0
    return ops.clip(inputs, -largest * scale, largest * scale)


def only_e5m2(change):
    """Apply a change to gradients, and leave inputs and kernel as they are."""

    def changed(real, inputs, scale, kind, compute):
        if "e5m2" not in kind:
            return real(inputs, scale, kind, compute)
        return change(real, inputs, scale, kind, compute)

    return changed


def float8_scale(amax=same, largest=same):
    """compute_float8_scale, given another largest entry or another largest number."""
    real = rounding.compute_float8_scale

    def scale(amax_, scale_, dtype_max, margin=0):
        return real(amax(amax_), scale_, largest(dtype_max), margin)

    return mock.patch.object(quantizers, "compute_float8_scale", scale)


def float8_history(change):
    """compute_float8_amax_history; ``change`` takes the entries and the old history."""
    return mock.patch.object(quantizers, "compute_float8_amax_history", change)


def signed_history(x, history):
    newest = ops.reshape(ops.max(x), [1])
    return ops.concatenate([newest, ops.roll(history, -1)[1:]])


def standing_history(x, history):
    newest = ops.reshape(ops.max(ops.abs(x)), [1])
    return ops.concatenate([newest, history[1:]])


def history_the_other_way(x, history):
    newest = ops.reshape(ops.max(ops.abs(x)), [1])
    return ops.concatenate([newest, history[:-1]])


FAULTS = [
    Fault(
        "quantize: does nothing",
        "quantization/plot_int4",
        "Dense.quantize",
        quantize(lambda real, layer, mode, config: None),
    ),
    Fault(
        "quantize: ignores its configuration",
        "quantization/plot_int8",
        "Dense.quantize",
        quantize(lambda real, layer, mode, config: real(layer, mode)),
    ),
    Fault(
        "quantized_build: ignores its configuration",
        "quantization/plot_int8",
        "Dense.quantized_build",
        mock.patch.object(Dense, "quantized_build", build_without_config),
    ),
    Fault(
        "quantization_config: ignored",
        "quantization/plot_int8_outliers",
        "Dense.quantization_config",
        ignoring_argument(Dense, "quantization_config"),
    ),
    Fault(
        "quantization_mode: always None",
        "quantization/plot_int8",
        "Dense.quantization_mode",
        altered(Layer, "quantization_mode", lambda mode: None),
    ),
    Fault(
        "quantized_call: the float call instead",
        "quantization/plot_int8",
        "Dense.quantized_call",
        mock.patch.object(
            Layer,
            "quantized_call",
            lambda self, *args, real=Layer.quantized_call, **kwargs: (
                float_call if self.quantization_mode in DATA_FREE else real
            )(self, *args, **kwargs),
        ),
    ),
    Fault(
        "variable_serialization_spec: scale for bias",
        "quantization/plot_quantized_files",
        "Dense.variable_serialization_spec",
        exchanged("kernel_scale", "bias"),
    ),
    Fault(
        "variable_serialization_spec: zero points for scales",
        "quantization/plot_gptq_kernel",
        "Dense.variable_serialization_spec",
        exchanged("kernel_scale", "kernel_zero"),
    ),
    Fault(
        "quantized: inputs rounded to bfloat16",
        "quantization/plot_int8",
        "Dense.quantized_call",
        quantized_call(inputs=roundtrip("bfloat16"), modes=EVERY),
    ),
    Fault(
        "quantized: bias dropped",
        "quantization/plot_int8",
        "Dense.quantized_call",
        quantized_call(lambda layer, y, b: y - b, modes=EVERY),
    ),
    Fault(
        "quantized: bias moved by one unit",
        "quantization/plot_int8",
        "Dense.quantized_call",
        quantized_call(lambda layer, y, b: y - b + ops.roll(b, 1), modes=EVERY),
    ),
    Fault(
        "quantized: bias rounded to int8",
        "quantization/plot_int8",
        "Dense.quantized_call",
        quantized_call(
            lambda layer, y, b: y - b + to_int8(ops.convert_to_tensor(b)), modes=EVERY
        ),
    ),
    Fault(
        "quantized: output rounded to bfloat16",
        "quantization/plot_int8",
        "Dense.quantized_call",
        quantized_call(lambda layer, y, b: roundtrip("bfloat16")(y), modes=EVERY),
    ),
    Fault(
        "int8: 128 steps, not 127",
        "quantization/plot_int8",
        "Dense.quantized_call",
        from_largest(more=1),
    ),
    Fault(
        "int8: a half goes up",
        "quantization/plot_int8",
        "Dense.quantized_call",
        from_largest(whole=half_up),
    ),
    Fault(
        "int8: kernel rounded towards zero",
        "quantization/plot_int8",
        "Dense.quantized_call",
        from_largest(whole=towards_zero, only="kernel"),
    ),
    Fault(
        "int8: input rounded towards zero",
        "quantization/plot_int8",
        "Dense.quantized_call",
        from_largest(whole=towards_zero, only="inputs"),
    ),
    Fault(
        "int8: no epsilon",
        "quantization/plot_int8",
        "Dense.quantized_call",
        from_largest(epsilon=False),
    ),
    Fault(
        "int8: one scale for all units",
        "quantization/plot_int8",
        "Dense.quantized_call",
        from_largest(over=(0, 1), only="kernel"),
    ),
    Fault(
        "int8: one scale for all samples",
        "quantization/plot_int8_outliers",
        "Dense.quantized_call",
        from_largest(over=(0, 1), only="inputs"),
    ),
    Fault(
        "int8: scale of the input ignored",
        "quantization/plot_int8",
        "Dense.quantized_call",
        of_inputs(lambda x, q, scale: (q, ops.ones_like(scale))),
    ),
    Fault(
        "int8: input not rounded",
        "quantization/plot_int8",
        "Dense.quantized_call",
        of_inputs(lambda x, q, scale: (x, ops.ones_like(scale))),
    ),
    Fault(
        "int8: multiplied by the scale of the kernel",
        "quantization/plot_int8",
        "Dense.quantized_call",
        quantized_call(
            lambda layer, y, b: (y - b) * layer.kernel_scale**2 + b, modes=("int8",)
        ),
    ),
    Fault(
        "int4: 16 steps in a block, not 15",
        "quantization/plot_int4",
        "Dense.quantized_call",
        by_blocks(steps=16),
    ),
    Fault(
        "int4: a half goes up",
        "quantization/plot_int4",
        "Dense.quantized_call",
        by_blocks(whole=half_up),
    ),
    Fault(
        "int4: rounded towards zero",
        "quantization/plot_int4",
        "Dense.quantized_call",
        by_blocks(whole=towards_zero),
    ),
    Fault(
        "int4: no epsilon",
        "quantization/plot_int4",
        "Dense.quantized_call",
        by_blocks(epsilon=False),
    ),
    Fault(
        "int4: 8 is not clipped, and wraps to -8",
        "quantization/plot_int4",
        "Dense.quantized_call",
        by_blocks(clipped=False),
    ),
    Fault(
        "int4: zero point too high by one",
        "quantization/plot_int4",
        "Dense.quantized_call",
        by_blocks(zero_more=1),
    ),
    Fault(
        "int4: block_size doubled",
        "quantization/plot_int4",
        "Int4QuantizationConfig.block_size",
        altered_argument(
            keras.quantizers.Int4QuantizationConfig,
            "block_size",
            lambda size: size if size in (None, -1) else 2 * size,
        ),
    ),
    Fault(
        "bytes: packed with their halves exchanged",
        "quantization/plot_int4_packing",
        "Dense.quantized_call",
        mock.patch.object(quantizers, "pack_int4", packing_exchanged),
    ),
    Fault(
        "bytes: read with their halves exchanged",
        "quantization/plot_int4_packing",
        "Dense.quantized_call",
        unpacking(lambda q, axis, dtype: exchange(q, axis)),
    ),
    Fault(
        "bytes: int4 read without a sign",
        "quantization/plot_int4_packing",
        "Dense.quantized_call",
        unpacking(
            lambda q, axis, dtype: (
                without_sign(q, axis, dtype) if dtype == "int8" else q
            )
        ),
    ),
    Fault(
        "bytes: gptq read with a sign",
        "quantization/plot_gptq_kernel",
        "Dense.quantized_call",
        unpacking(
            lambda q, axis, dtype: with_sign(q, axis, dtype) if dtype == "uint8" else q
        ),
    ),
    Fault(
        "groups: scales rounded to bfloat16",
        "quantization/plot_gptq_kernel",
        "Dense.quantized_call",
        reading(scale=roundtrip("bfloat16")),
    ),
    Fault(
        "groups: zero points ignored",
        "quantization/plot_int4",
        "Dense.quantized_call",
        reading(zero=lambda zero: 0 * zero),
    ),
    Fault(
        "groups: begin a feature late",
        "quantization/plot_int4",
        "Dense.quantized_call",
        reading(group=a_feature_late),
    ),
    Fault(
        "groups: scale of the next",
        "quantization/plot_int4",
        "Dense.quantized_call",
        reading(group=next_group),
    ),
    Fault(
        "groups: fraction rounded, not cut off",
        "quantization/plot_gptq_kernel",
        "Dense.quantized_call",
        reading(
            group=lambda group: ops.minimum(ops.round(group), ops.floor(ops.max(group)))
        ),
    ),
    Fault(
        "gptq: 16 steps in a group, not 15",
        "quantization/plot_gptq",
        "Dense.quantized_call",
        of_groups(scale=lambda s: s * 15 / 16),
    ),
    Fault(
        "gptq: zero point too high by one",
        "quantization/plot_gptq",
        "Dense.quantized_call",
        of_groups(zero=lambda zero: zero + 1),
    ),
    Fault(
        "gptq: rounded towards zero",
        "quantization/plot_gptq",
        "Dense.quantized_call",
        mock.patch.object(gptq, "quantize_with_zero_point", group_towards_zero),
    ),
    Fault(
        "gptq: errors not passed on",
        "quantization/plot_gptq",
        "Dense.quantize",
        mock.patch.object(gptq, "gptq_quantize_matrix", uncorrected),
    ),
    Fault(
        "awq: power searched in 7 steps, not 20",
        "quantization/plot_awq",
        "Dense.quantize",
        searched_in(7),
    ),
    Fault(
        "gptq: saved with its zero points",
        "quantization/plot_gptq_files",
        "Dense.save_own_variables",
        mock.patch.object(Dense, "_get_kernel_with_merged_lora", with_zero_points),
    ),
    Fault(
        "calibration: uses its data",
        "quantization/plot_calibration",
        "Dense.quantize",
        mock.patch.object(Layer, "quantized_call", calibrated_call),
    ),
    Fault(
        "awq: factors ignored",
        "quantization/plot_gptq_kernel",
        "Dense.quantized_call",
        awq_inputs(lambda x, factors: x * factors),
    ),
    Fault(
        "awq: multiplied by its factors",
        "quantization/plot_gptq_kernel",
        "Dense.quantized_call",
        awq_inputs(lambda x, factors: x * factors**2),
    ),
    Fault(
        "int4: 8 steps for a unit, not 7",
        "quantization/plot_int4_columns",
        "Dense.quantized_call",
        from_largest(more=1, only="kernel"),
    ),
    Fault(
        "int4: one scale for all units",
        "quantization/plot_int4_columns",
        "Dense.quantized_call",
        from_largest(over=(0, 1), only="kernel"),
    ),
    Fault(
        "float8: e5m2 for e4m3",
        "quantization/plot_float8",
        "Dense.quantized_call",
        float8(kind=lambda kind: "float8_e5m2"),
    ),
    Fault(
        "float8: e4m3 for e5m2",
        "quantization/plot_float8_dense",
        "Dense.quantized_call",
        float8(kind=lambda kind: "float8_e4m3fn"),
    ),
    Fault(
        "float8: clipped at 240",
        "quantization/plot_float8",
        "Dense.quantized_call",
        float8(only_e4m3(clipped_at_240)),
    ),
    Fault(
        "float8: not clipped",
        "quantization/plot_float8",
        "Dense.quantized_call",
        float8(only_e4m3(beyond_to_nan)),
    ),
    Fault(
        "float8: rounded towards zero",
        "quantization/plot_float8",
        "Dense.quantized_call",
        float8(only_e4m3(nearer_to_zero)),
    ),
    Fault(
        "float8: numbers near zero flushed",
        "quantization/plot_float8",
        "Dense.quantized_call",
        float8(only_e4m3(flushed)),
    ),
    Fault(
        "float8: nothing rounded",
        "quantization/plot_float8",
        "Dense.quantized_call",
        float8(unrounded),
    ),
    Fault(
        "float8: gradient not rounded",
        "quantization/plot_float8_dense",
        "Dense.quantized_call",
        float8(only_e5m2(unrounded)),
    ),
    Fault(
        "float8: scale ignored",
        "quantization/plot_float8_scale",
        "Dense.quantized_call",
        float8(scale=ops.ones_like),
    ),
    Fault(
        "float8: bias in float32",
        "quantization/plot_float8_dense",
        "Dense.quantized_call",
        quantized_call(
            lambda layer, y, b: y - roundtrip("bfloat16")(b) + b, modes=("float8",)
        ),
    ),
    Fault(
        "float8: scale twice as large",
        "quantization/plot_float8_scale",
        "Dense.quantized_call",
        float8_scale(amax=lambda amax: 2 * amax),
    ),
    Fault(
        "float8: scale up to 240",
        "quantization/plot_float8_scale",
        "Dense.quantized_call",
        float8_scale(largest=lambda most: most * 240 / 448),
    ),
    Fault(
        "float8: history without absolute values",
        "quantization/plot_float8_scale",
        "Dense.quantized_call",
        float8_history(signed_history),
    ),
    Fault(
        "float8: history stands still",
        "quantization/plot_float8_scale",
        "Dense.quantized_call",
        float8_history(standing_history),
    ),
    Fault(
        "float8: history moves the other way",
        "quantization/plot_float8_scale",
        "Dense.quantized_call",
        float8_history(history_the_other_way),
    ),
]

GREEN = [
    (
        "quantization/plot_gptq_one_sign",
        f"np.testing.assert_array_less(limit, {error}[positive])",
        "a bound from below, by which wrong answers stay wrong",
    )
    for error in ("gptq_error", "awq_error")
]
