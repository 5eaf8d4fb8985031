"""Faults of activations: each one's value, and the derivative that training sees."""

from unittest import mock

import keras
from breaking import (
    activation_becomes,
    altered,
    altered_argument,
    gradient_times,
    ignoring_argument,
)
from keras import ops
from keras.src.activations import ALL_OBJECTS_DICT as NAMED

# Those that Keras lists, less the functions that find and save them.
NAMES = sorted(
    {
        function.__name__
        for name, function in vars(keras.activations).items()
        if callable(function) and name not in ("get", "serialize", "deserialize")
    }
)

FAULTS = {
    f"{name}: off by one part in a thousand": activation_becomes(
        name, lambda z, y: y * 1.001 + 0.001
    )
    for name in NAMES
} | {
    f"{name}: derivative off by one part in a hundred": activation_becomes(
        name, lambda z, y: gradient_times(1.01, y)
    )
    for name in NAMES
}

# No string gives ``threshold``, which has no defaults: it is altered where it is called.
FAULTS |= {
    "threshold: off by one part in a thousand": altered(
        keras.activations, "threshold", lambda y: y * 1.001 + 0.001
    ),
    "threshold: derivative off by one part in a hundred": altered(
        keras.activations, "threshold", lambda y: gradient_times(1.01, y)
    ),
    "threshold: default_value taken for 0": altered_argument(
        keras.activations, "default_value", lambda value: 0.0, "threshold"
    ),
    "threshold: keeps what is on the threshold": altered_argument(
        keras.activations, "threshold", lambda value: value - 1e-6, "threshold"
    ),
}


def ignoring(activation, parameter):
    """An activation that falls back to the default of one of its parameters."""
    return ignoring_argument(keras.activations, parameter, activation)


# Rectifiers
FAULTS |= {
    "relu: negative_slope ignored": ignoring("relu", "negative_slope"),
    "relu: max_value ignored": ignoring("relu", "max_value"),
    "relu: threshold ignored": ignoring("relu", "threshold"),
    "relu6: gradient goes through what is clipped": activation_becomes(
        "relu6", lambda z, y: ops.stop_gradient(y - ops.relu(z)) + ops.relu(z)
    ),
    "leaky_relu: negative_slope ignored": ignoring("leaky_relu", "negative_slope"),
    "leaky_relu: default of PyTorch": activation_becomes(
        "leaky_relu", lambda z, y: ops.leaky_relu(z, 0.01)
    ),
}

# Exponential units
FAULTS |= {
    "elu: alpha ignored": ignoring("elu", "alpha"),
    "elu: alpha times the exponential alone": mock.patch.object(
        keras.activations,
        "elu",
        lambda z, alpha=1.0: ops.where(z > 0, z, alpha * ops.exp(z) - 1),
    ),
    "celu: alpha ignored": ignoring("celu", "alpha"),
    "celu: taken for elu": mock.patch.object(keras.activations, "celu", ops.elu),
    "selu: constants of two decimals": activation_becomes(
        "selu", lambda z, y: 1.05 * ops.elu(z, 1.67)
    ),
    "selu: without its scale": activation_becomes(
        "selu", lambda z, y: ops.elu(z, 1.6732632)
    ),
}

# Smooth rectifiers
FAULTS |= {
    "softplus: overflows": activation_becomes(
        "softplus", lambda z, y: ops.log(1 + ops.exp(z))
    ),
    "squareplus: b ignored": ignoring("squareplus", "b"),
    "squareplus: b squared": activation_becomes(
        "squareplus", lambda z, y: (z + ops.sqrt(z * z + 16)) / 2
    ),
    "sparse_plus: rises again on the left": activation_becomes(
        "sparse_plus", lambda z, y: ops.where(z < 1, (z + 1) ** 2 / 4, z)
    ),
}

# Gates
FAULTS |= {
    "silu: gate of another slope": activation_becomes(
        "silu", lambda z, y: z * ops.sigmoid(1.702 * z)
    ),
    "silu: derivative is the gate alone": activation_becomes(
        "silu",
        lambda z, y: ops.softplus(z) + ops.stop_gradient(y - ops.softplus(z)),
    ),
    "gelu: approximate ignored": ignoring("gelu", "approximate"),
    "gelu: approximate by default": activation_becomes(
        "gelu", lambda z, y: ops.gelu(z, approximate=True)
    ),
    "mish: gate without its softplus": activation_becomes(
        "mish", lambda z, y: z * ops.tanh(ops.relu(z))
    ),
    "hard_silu: gate of Keras 2": activation_becomes(
        "hard_silu", lambda z, y: z * ops.clip(0.2 * z + 0.5, 0, 1)
    ),
    "swish: taken for sigmoid": mock.patch.dict(NAMED, swish=keras.activations.sigmoid),
    "hard_swish: taken for swish": mock.patch.dict(
        NAMED, hard_swish=keras.activations.silu
    ),
}

# Sigmoids
FAULTS |= {
    "sigmoid: overflows": activation_becomes(
        "sigmoid", lambda z, y: ops.exp(z) / (1 + ops.exp(z))
    ),
    "tanh: not doubled inside": activation_becomes(
        "tanh", lambda z, y: 2 * ops.sigmoid(z) - 1
    ),
    "softsign: of the square": activation_becomes(
        "softsign", lambda z, y: z / ops.sqrt(1 + z * z)
    ),
    "log_sigmoid: logarithm of sigmoid": activation_becomes(
        "log_sigmoid", lambda z, y: ops.log(ops.sigmoid(z))
    ),
    "hard_sigmoid: of Keras 2": activation_becomes(
        "hard_sigmoid", lambda z, y: ops.clip(0.2 * z + 0.5, 0, 1)
    ),
    "hard_tanh: gradient goes through what is clipped": activation_becomes(
        "hard_tanh", lambda z, y: z + ops.stop_gradient(y - z)
    ),
    "sparse_sigmoid: taken for hard_sigmoid": activation_becomes(
        "sparse_sigmoid", lambda z, y: ops.hard_sigmoid(z)
    ),
}

# Shrinkers
FAULTS |= {
    "hard_shrink: threshold ignored": ignoring("hard_shrink", "threshold"),
    "hard_shrink: keeps what is on the threshold": activation_becomes(
        "hard_shrink", lambda z, y: ops.where(ops.abs(z) < 0.5, y, z)
    ),
    "soft_shrink: threshold ignored": ignoring("soft_shrink", "threshold"),
    "soft_shrink: loses what is negative": activation_becomes(
        "soft_shrink", lambda z, y: ops.relu(y)
    ),
    "soft_shrink: taken for hard_shrink": activation_becomes(
        "soft_shrink", lambda z, y: ops.hard_shrink(z)
    ),
    "tanh_shrink: derivative is that of tanh": activation_becomes(
        "tanh_shrink",
        lambda z, y: ops.tanh(z) + ops.stop_gradient(y - ops.tanh(z)),
    ),
}


def sparsemax(z, y):
    """What sparsemax should be, and is in Keras after 3.15.1."""
    largest = -ops.sort(-z, axis=-1)
    size = ops.cumsum(ops.ones_like(z), axis=-1)
    support = 1 + size * largest > ops.cumsum(largest, axis=-1)
    total = ops.sum(ops.where(support, largest, 0), axis=-1, keepdims=True)
    number = ops.sum(ops.cast(support, z.dtype), axis=-1, keepdims=True)
    return ops.relu(z - (total - 1) / number)


def shares(z):
    """softmax, written out: TensorFlow mends the logarithm of its own."""
    powers = ops.exp(z - ops.max(z, axis=-1, keepdims=True))
    return powers / ops.sum(powers, axis=-1, keepdims=True)


def each_alone(z, y):
    """softmax, with the derivative of each unit by itself, p (1 - p)."""
    linear = z * ops.stop_gradient(y * (1 - y))
    return linear + ops.stop_gradient(y - linear)


# Normalizers
FAULTS |= {
    "softmax: axis ignored": ignoring("softmax", "axis"),
    "softmax: along the samples": activation_becomes(
        "softmax", lambda z, y: ops.softmax(z, axis=0)
    ),
    "softmax: overflows": activation_becomes(
        "softmax", lambda z, y: ops.exp(z) / ops.sum(ops.exp(z), -1, keepdims=True)
    ),
    "softmax: derivative of each unit alone": activation_becomes("softmax", each_alone),
    "log_softmax: logarithm of softmax": activation_becomes(
        "log_softmax", lambda z, y: ops.log(shares(z))
    ),
    "log_softmax: derivative without the sum": activation_becomes(
        "log_softmax", lambda z, y: z + ops.stop_gradient(y - z)
    ),
    "sparsemax: mended": activation_becomes("sparsemax", sparsemax),
    "glu: value and gate exchanged": activation_becomes(
        "glu", lambda z, y: ops.glu(ops.roll(z, z.shape[-1] // 2, axis=-1))
    ),
}

# What ``activation=`` takes
FAULTS |= {
    "activation: ignored": ignoring_argument(keras.layers.Dense, "activation"),
    "activation: None taken for relu": altered_argument(
        keras.layers.Dense, "activation", lambda given: given or "relu"
    ),
    "activation: a layer loses its arguments": altered_argument(
        keras.layers.Dense,
        "activation",
        lambda given: type(given)() if isinstance(given, keras.layers.Layer) else given,
    ),
    "activation: not saved": altered(
        keras.layers.Dense,
        "get_config",
        lambda config: config | {"activation": "linear"},
    ),
}

# Mutants that compute the same, (before, after), each with its reason.
BETWEEN = "no number that is tried lies between"
SHIFT = "to raise or lower all numbers alike changes no quotient"
POWERS = "powers = np.exp(z - np.max(z, axis, keepdims=True))"
LOWERED = "lowered = z - np.max(z, axis=-1, keepdims=True)"
EQUIVALENT = {
    "plot_3_smooth_rectifiers": {
        ("far > 89", "far > 90"): BETWEEN,
        ("far > 89", "far > 88"): BETWEEN,
        ("far < -17", "far < -18"): BETWEEN,
        ("far < -17", "far < -16"): BETWEEN,
    },
    "plot_7_normalizers": {
        (POWERS, POWERS.replace("z - ", "z + ")): SHIFT,
        (POWERS, POWERS.replace("max(z", "max(np.flip(z)")): SHIFT,
        (LOWERED, LOWERED.replace("z - ", "z + ")): SHIFT,
        (LOWERED, LOWERED.replace("max(z", "max(np.flip(z)")): SHIFT,
        (
            "return p * (c - np.sum(c * p, axis=-1, keepdims=True))",
            "return p * (c - np.sum(c * p, axis=1, keepdims=True))",
        ): "these arrays have two axes",
    },
}
