"""Faults of a Dense layer: what it computes, and how it takes its weights."""

from unittest import mock

import keras
import numpy as np
from breaking import (
    Called,
    Together,
    activation,
    attribute,
    during,
    inputs,
    operation,
    outputs,
    roundtrip,
    scaled,
    tf32,
    weight,
)
from fault import Fault
from keras import ops
from keras.layers import Dense


def only_in_sequences(change):
    """Apply a change to inputs of more than two axes, (batch, ..., features)."""
    return lambda x: change(x) if len(x.shape) > 2 else x


def summing_in(dtype):
    """A Dense layer that multiplies and sums in another dtype."""

    def matmul(real, x, kernel):
        y = real(ops.cast(x, dtype), ops.cast(kernel, dtype))
        return ops.cast(y, keras.backend.standardize_dtype(x.dtype))

    return during(Dense, operation("matmul", matmul))


def bias_last():
    """A Dense layer that adds its bias to what the activation returns."""

    def call(real, self, *args, **kwargs):
        y = real(self, *args, **kwargs)
        return y if self.bias is None else y + self.bias

    without_bias = during(Dense, operation("add", lambda real, y, b: y))
    return Together(without_bias, Called(Dense, call))


def ignoring(which):
    """A set_weights that keeps the old kernel ("kernel"), bias or both."""

    def set_weights(self, weights):
        for variable, value in zip(self.weights, weights, strict=True):
            if value.shape != variable.shape:
                raise ValueError("shape")  # as the real one does
            if variable.name not in which:
                variable.assign(value)

    return mock.patch.object(keras.layers.Layer, "set_weights", set_weights)


def last_sample_repeated(y):
    return ops.concatenate([y[:-1], y[-2:-1]], axis=0)


FAULTS = [
    Fault(
        "kernel: rows reversed",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", lambda w: ops.flip(w, 0)),
    ),
    Fault(
        "kernel: columns reversed",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", lambda w: ops.flip(w, 1)),
    ),
    Fault(
        "kernel: columns moved by one",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", lambda w: ops.roll(w, 1, 1)),
    ),
    Fault(
        "kernel: reshaped, not transposed",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", lambda w: ops.reshape(ops.transpose(w), w.shape)),
    ),
    Fault(
        "kernel: negated",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", ops.negative),
    ),
    Fault(
        "kernel: absolute values",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", ops.abs),
    ),
    Fault(
        "kernel: first row left out",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", lambda w: w * (np.arange(w.shape[0]) > 0)[:, None]),
    ),
    Fault(
        "kernel: rounded to bfloat16",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", roundtrip("bfloat16")),
    ),
    Fault(
        "kernel: rounded to float16",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", roundtrip("float16")),
    ),
    Fault(
        "kernel: rounded to TF32",
        "dense/plot_no_bias",
        "Dense.call",
        weight(Dense, "kernel", tf32),
    ),
    Fault(
        "bias: dropped",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", lambda b: 0 * b),
    ),
    Fault(
        "bias: negated",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", ops.negative),
    ),
    Fault(
        "bias: doubled",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", lambda b: 2 * b),
    ),
    Fault(
        "bias: moved by one unit",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", lambda b: ops.roll(b, 1)),
    ),
    Fault(
        "bias: reversed",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", ops.flip),
    ),
    Fault(
        "bias: averaged",
        "dense/plot_ones_bias",
        "Dense.call",
        weight(Dense, "bias", lambda b: ops.ones_like(b) * ops.mean(b)),
    ),
    Fault(
        "bias: first entry for all",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", lambda b: ops.ones_like(b) * b[0]),
    ),
    Fault(
        "bias: absolute values",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", ops.abs),
    ),
    Fault(
        "bias: rounded to bfloat16",
        "dense/plot_default_bias",
        "Dense.call",
        weight(Dense, "bias", roundtrip("bfloat16")),
    ),
    Fault(
        "bias: added after the activation", "dense/plot_relu", "Dense.call", bias_last()
    ),
    Fault(
        "activation: dropped",
        "dense/plot_relu",
        "Dense.call",
        attribute(Dense, "activation", lambda own: lambda z: z),
    ),
    Fault(
        "activation: relu applied to the product, too",
        "dense/plot_default_bias",
        "Dense.call",
        during(Dense, operation("add", lambda real, y, b: real(ops.relu(y), b))),
    ),
    Fault(
        "activation: relu becomes abs",
        "dense/plot_relu",
        "Dense.call",
        activation("relu", lambda z, y: ops.abs(z)),
    ),
    Fault(
        "activation: relu leaks",
        "dense/plot_relu",
        "Dense.call",
        activation("relu", lambda z, y: ops.leaky_relu(z, 0.01)),
    ),
    Fault(
        "activation: relu leaks 1e-6",
        "dense/plot_relu",
        "Dense.call",
        activation("relu", lambda z, y: ops.maximum(z, 1e-6 * z)),
    ),
    Fault(
        "activation: relu is softened",
        "dense/plot_relu",
        "Dense.call",
        activation("relu", lambda z, y: ops.gelu(z)),
    ),
    Fault(
        "activation: relu stops at 6",
        "dense/plot_relu",
        "Dense.call",
        activation("relu", lambda z, y: ops.relu6(z)),
    ),
    Fault(
        "activation: relu applied to all",
        "dense/plot_no_bias",
        "Dense.call",
        attribute(Dense, "activation", lambda own: ops.relu),
    ),
    Fault(
        "inputs: rounded to bfloat16",
        "dense/plot_no_bias",
        "Dense.call",
        inputs(Dense, roundtrip("bfloat16")),
    ),
    Fault(
        "inputs: rounded to float16",
        "dense/plot_no_bias",
        "Dense.call",
        inputs(Dense, roundtrip("float16")),
    ),
    Fault(
        "inputs: rounded to TF32",
        "dense/plot_no_bias",
        "Dense.call",
        inputs(Dense, tf32),
    ),
    Fault(
        "inputs: features reversed",
        "dense/plot_no_bias",
        "Dense.call",
        inputs(Dense, lambda x: ops.flip(x, -1)),
    ),
    Fault(
        "inputs: last axis reversed beyond 2-D",
        "dense/plot_reduce_dimensions",
        "Dense.call",
        inputs(Dense, only_in_sequences(lambda x: ops.flip(x, -1))),
    ),
    Fault(
        "inputs: steps reversed",
        "dense/plot_reduce_dimensions",
        "Dense.call",
        inputs(Dense, only_in_sequences(lambda x: ops.flip(x, 1))),
    ),
    Fault(
        "inputs: first step used for all",
        "dense/plot_reduce_dimensions",
        "Dense.call",
        inputs(Dense, only_in_sequences(lambda x: ops.ones_like(x) * x[:, :1])),
    ),
    Fault(
        "inputs: steps averaged",
        "dense/plot_reduce_dimensions",
        "Dense.call",
        inputs(
            Dense,
            only_in_sequences(
                lambda x: ops.ones_like(x) * ops.mean(x, 1, keepdims=True)
            ),
        ),
    ),
    Fault("sum: in float16", "dense/plot_no_bias", "Dense.call", summing_in("float16")),
    Fault(
        "sum: in bfloat16", "dense/plot_no_bias", "Dense.call", summing_in("bfloat16")
    ),
    Fault(
        "sum: product rounded to TF32",
        "dense/plot_no_bias",
        "Dense.call",
        during(Dense, operation("matmul", lambda real, x, w: tf32(real(x, w)))),
    ),
    Fault(
        "output: rounded to bfloat16",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, roundtrip("bfloat16")),
    ),
    Fault(
        "output: samples reversed",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: ops.flip(y, 0)),
    ),
    Fault(
        "output: last sample repeated",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, last_sample_repeated),
    ),
    Fault(
        "output: in float64",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: ops.cast(y, "float64")),
    ),
    Fault(
        "output: in float16",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: ops.cast(y, "float16")),
    ),
    Fault(
        "output: an axis too many",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: y[..., None]),
    ),
    Fault(
        "output: first unit off by 1e-5 of itself",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, scaled(0, 1 + 1e-5)),
    ),
    Fault(
        "output: last unit off by 1e-5 of itself",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, scaled(-1, 1 + 1e-5)),
    ),
    Fault(
        "output: last unit off by 1e-6 of itself",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, scaled(-1, 1 + 1e-6)),
    ),
    Fault(
        "output: moved by 1e-5",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: y + 1e-5),
    ),
    Fault(
        "output: a sample off by one",
        "dense/plot_no_bias",
        "Dense.call",
        outputs(Dense, lambda y: ops.concatenate([y[:-1], y[-1:] + 1], axis=0)),
    ),
    Fault(
        "set_weights: ignored",
        "dense/plot_no_bias",
        "Dense.call",
        ignoring(("kernel", "bias")),
    ),
    Fault(
        "set_weights: ignores the kernel",
        "dense/plot_no_bias",
        "Dense.call",
        ignoring(("kernel",)),
    ),
    Fault(
        "set_weights: ignores the bias",
        "dense/plot_ones_bias",
        "Dense.call",
        ignoring(("bias",)),
    ),
]
