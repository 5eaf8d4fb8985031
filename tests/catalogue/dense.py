"""Faults of a Dense layer: what it computes, and how it takes its weights."""

from unittest import mock

import keras
import numpy as np
from breaking import activation_becomes, dense, roundtrip, scaled, tf32
from keras import ops


def only_in_sequences(change):
    """Apply a change to inputs of more than two axes, (batch, ..., features)."""
    return lambda x: change(x) if len(x.shape) > 2 else x


def accumulating(dtype):
    """A Dense layer that multiplies and sums in another dtype."""

    def call(self, x, training=None):
        y = ops.matmul(ops.cast(x, dtype), ops.cast(self.kernel, dtype))
        y = ops.cast(y, self.compute_dtype)
        return self.activation(y if self.bias is None else y + self.bias)

    return mock.patch.object(keras.layers.Dense, "call", call)


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


FAULTS = {
    "kernel: rows reversed": dense(kernel=lambda w: ops.flip(w, 0)),
    "kernel: columns reversed": dense(kernel=lambda w: ops.flip(w, 1)),
    "kernel: columns moved by one": dense(kernel=lambda w: ops.roll(w, 1, 1)),
    "kernel: reshaped, not transposed": dense(
        kernel=lambda w: ops.reshape(ops.transpose(w), w.shape)
    ),
    "kernel: negated": dense(kernel=ops.negative),
    "kernel: absolute values": dense(kernel=ops.abs),
    "kernel: first row left out": dense(
        kernel=lambda w: w * (np.arange(w.shape[0]) > 0)[:, None]
    ),
    "kernel: rounded to bfloat16": dense(kernel=roundtrip("bfloat16")),
    "kernel: rounded to float16": dense(kernel=roundtrip("float16")),
    "kernel: rounded to TF32": dense(kernel=tf32),
    "bias: dropped": dense(bias=lambda b: 0 * b),
    "bias: negated": dense(bias=ops.negative),
    "bias: doubled": dense(bias=lambda b: 2 * b),
    "bias: moved by one unit": dense(bias=lambda b: ops.roll(b, 1)),
    "bias: reversed": dense(bias=ops.flip),
    "bias: averaged": dense(bias=lambda b: ops.ones_like(b) * ops.mean(b)),
    "bias: first entry for all": dense(bias=lambda b: ops.ones_like(b) * b[0]),
    "bias: absolute values": dense(bias=ops.abs),
    "bias: rounded to bfloat16": dense(bias=roundtrip("bfloat16")),
    "bias: added after the activation": dense(activation=lambda own, y, b: own(y) + b),
    "activation: dropped": dense(activation=lambda own, y, b: y + b),
    "activation: applied to the product alone": dense(
        activation=lambda own, y, b: own(own(y) + b)
    ),
    "activation: relu becomes abs": activation_becomes("relu", lambda z, y: ops.abs(z)),
    "activation: relu leaks": activation_becomes(
        "relu", lambda z, y: ops.leaky_relu(z, 0.01)
    ),
    "activation: relu leaks 1e-6": activation_becomes(
        "relu", lambda z, y: ops.maximum(z, 1e-6 * z)
    ),
    "activation: relu is softened": activation_becomes(
        "relu", lambda z, y: ops.gelu(z)
    ),
    "activation: relu stops at 6": activation_becomes(
        "relu", lambda z, y: ops.relu6(z)
    ),
    "activation: relu applied to all": dense(
        activation=lambda own, y, b: ops.relu(y + b)
    ),
    "inputs: rounded to bfloat16": dense(inputs=roundtrip("bfloat16")),
    "inputs: rounded to float16": dense(inputs=roundtrip("float16")),
    "inputs: rounded to TF32": dense(inputs=tf32),
    "inputs: features reversed": dense(inputs=lambda x: ops.flip(x, -1)),
    "inputs: last axis reversed beyond 2-D": dense(
        inputs=only_in_sequences(lambda x: ops.flip(x, -1))
    ),
    "inputs: steps reversed": dense(inputs=only_in_sequences(lambda x: ops.flip(x, 1))),
    "inputs: first step used for all": dense(
        inputs=only_in_sequences(lambda x: ops.ones_like(x) * x[:, :1])
    ),
    "inputs: steps averaged": dense(
        inputs=only_in_sequences(
            lambda x: ops.ones_like(x) * ops.mean(x, 1, keepdims=True)
        )
    ),
    "sum: in float16": accumulating("float16"),
    "sum: in bfloat16": accumulating("bfloat16"),
    "sum: product rounded to TF32": dense(product=tf32),
    "output: rounded to bfloat16": dense(output=roundtrip("bfloat16")),
    "output: samples reversed": dense(output=lambda y: ops.flip(y, 0)),
    "output: last sample repeated": dense(output=last_sample_repeated),
    "output: in float64": dense(output=lambda y: ops.cast(y, "float64")),
    "output: in float16": dense(output=lambda y: ops.cast(y, "float16")),
    "output: an axis too many": dense(output=lambda y: y[..., None]),
    "output: first unit off by 1e-5 of itself": dense(output=scaled(0, 1 + 1e-5)),
    "output: last unit off by 1e-5 of itself": dense(output=scaled(-1, 1 + 1e-5)),
    "output: last unit off by 1e-6 of itself": dense(output=scaled(-1, 1 + 1e-6)),
    "output: moved by 1e-5": dense(output=lambda y: y + 1e-5),
    "output: a sample off by one": dense(
        output=lambda y: ops.concatenate([y[:-1], y[-1:] + 1], axis=0)
    ),
    "set_weights: ignored": ignoring(("kernel", "bias")),
    "set_weights: ignores the kernel": ignoring(("kernel",)),
    "set_weights: ignores the bias": ignoring(("bias",)),
}

# Mutants that compute the same, (before, after), each with its reason.
ZERO = "this bias is zero, as the page says"
CONSTANT = (
    "the entries of this bias are all the same; another check has one that differs"
)
BIASED = "expected = x @ kernel.astype('float64') + bias"
RELU = "expected = np.maximum(0, x @ kernel.astype('float64') + bias)"
RANDOM = "expected_random = x @ random_kernel.astype('float64') + zero_bias"
CUSTOM = "custom = np.matmul(x, custom_kernel) + custom_bias"
EQUIVALENT = {
    "plot_2_default_bias": {
        (BIASED, BIASED.replace("+ bias", "- bias")): ZERO,
        (BIASED, BIASED.replace("+ bias", "+ np.flip(bias)")): CONSTANT,
    },
    "plot_3_ones_bias": {
        (BIASED, BIASED.replace("+ bias", "+ np.flip(bias)")): CONSTANT,
    },
    "plot_4_relu": {
        (RELU, RELU.replace("+ bias", "+ np.flip(bias)")): CONSTANT,
    },
    "plot_5_custom_weights": {
        (RANDOM, RANDOM.replace("+ zero_bias", "- zero_bias")): ZERO,
        (RANDOM, RANDOM.replace("+ zero_bias", "+ np.flip(zero_bias)")): CONSTANT,
    },
    "plot_7_original_page": {
        (CUSTOM, CUSTOM.replace("+ custom_bias", "- custom_bias")): ZERO,
        (CUSTOM, CUSTOM.replace("+ custom_bias", "+ np.flip(custom_bias)")): CONSTANT,
    },
}
