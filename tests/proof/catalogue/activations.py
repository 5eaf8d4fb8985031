"""Faults of activations: each one's value, and the derivative that training sees."""

from unittest import mock

import keras
from breaking import (
    activation,
    altered,
    altered_argument,
    attribute,
    gradient_times,
    ignoring_argument,
)
from fault import Fault
from keras import ops
from keras.src.activations import ALL_OBJECTS_DICT as NAMED

# The page of each activation.
PAGES = {
    "activations/plot_relu_arguments": ["relu", "relu6"],
    "activations/plot_leaky_relu": ["leaky_relu"],
    "activations/plot_elu": ["elu", "celu", "exponential"],
    "activations/plot_selu": ["selu"],
    "activations/plot_softplus": ["softplus", "squareplus", "sparse_plus"],
    "activations/plot_gelu": ["gelu"],
    "activations/plot_silu": ["silu", "mish", "hard_silu"],
    "activations/plot_sigmoid": [
        "sigmoid",
        "tanh",
        "softsign",
        "log_sigmoid",
    ],
    "activations/plot_hard_sigmoid": ["hard_sigmoid", "hard_tanh", "sparse_sigmoid"],
    "activations/plot_shrink": [
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
        "threshold",
    ],
    "activations/plot_softmax": ["softmax", "log_softmax"],
    "activations/plot_sparsemax_bug": ["sparsemax"],
    "activations/plot_glu": ["glu"],
    "activations/plot_custom_activation": ["linear"],
}
PAGE = {name: page for page, names in PAGES.items() for name in names}
# And of its derivative.
OF_DERIVATIVE = PAGE | dict.fromkeys(
    ["softmax", "log_softmax"], "activations/plot_softmax_derivative"
)

FAULTS = [
    Fault(
        f"{name}: off by one part in a thousand",
        page,
        name,
        activation(name, lambda z, y: y * 1.001 + 0.001),
    )
    for name, page in PAGE.items()
] + [
    Fault(
        f"{name}: derivative off by one part in a hundred",
        page,
        name,
        activation(name, lambda z, y: gradient_times(1.01, y)),
    )
    for name, page in OF_DERIVATIVE.items()
]

FAULTS += [
    Fault(
        "threshold: default_value taken for 0",
        "activations/plot_shrink",
        "threshold.default_value",
        altered_argument(
            keras.activations, "default_value", lambda value: 0.0, "threshold"
        ),
    ),
    Fault(
        "threshold: keeps what is on the threshold",
        "activations/plot_shrink",
        "threshold.threshold",
        altered_argument(
            keras.activations, "threshold", lambda value: value - 1e-6, "threshold"
        ),
    ),
]


def ignoring(name, parameter):
    """An activation that falls back to the default of one of its parameters."""
    return ignoring_argument(keras.activations, parameter, name)


# Rectifiers
FAULTS += [
    Fault(
        "relu: negative_slope ignored",
        "activations/plot_relu_arguments",
        "relu.negative_slope",
        ignoring("relu", "negative_slope"),
    ),
    Fault(
        "relu: max_value ignored",
        "activations/plot_relu_arguments",
        "relu.max_value",
        ignoring("relu", "max_value"),
    ),
    Fault(
        "relu: threshold ignored",
        "activations/plot_relu_arguments",
        "relu.threshold",
        ignoring("relu", "threshold"),
    ),
    Fault(
        "relu6: gradient goes through what is clipped",
        "activations/plot_relu_arguments",
        "relu6",
        activation(
            "relu6", lambda z, y: ops.stop_gradient(y - ops.relu(z)) + ops.relu(z)
        ),
    ),
    Fault(
        "leaky_relu: negative_slope ignored",
        "activations/plot_leaky_relu",
        "leaky_relu.negative_slope",
        ignoring("leaky_relu", "negative_slope"),
    ),
    Fault(
        "leaky_relu: default of PyTorch",
        "activations/plot_leaky_relu",
        "leaky_relu",
        activation("leaky_relu", lambda z, y: ops.leaky_relu(z, 0.01)),
    ),
    Fault(
        "LeakyReLU: slope of the function",
        "activations/plot_leaky_relu",
        "LeakyReLU.negative_slope",
        attribute(keras.layers.LeakyReLU, "negative_slope", lambda slope: 0.2),
    ),
]

# Exponential units
FAULTS += [
    Fault(
        "elu: alpha ignored",
        "activations/plot_elu",
        "elu.alpha",
        ignoring("elu", "alpha"),
    ),
    Fault(
        "elu: alpha times the exponential alone",
        "activations/plot_elu",
        "elu",
        mock.patch.object(
            keras.activations,
            "elu",
            lambda z, alpha=1.0: ops.where(z > 0, z, alpha * ops.exp(z) - 1),
        ),
    ),
    Fault(
        "celu: alpha ignored",
        "activations/plot_elu",
        "celu.alpha",
        ignoring("celu", "alpha"),
    ),
    Fault(
        "celu: taken for elu",
        "activations/plot_elu",
        "celu",
        mock.patch.object(keras.activations, "celu", ops.elu),
    ),
    Fault(
        "selu: constants of two decimals",
        "activations/plot_selu",
        "selu",
        activation("selu", lambda z, y: 1.05 * ops.elu(z, 1.67)),
    ),
    Fault(
        "selu: without its scale",
        "activations/plot_selu",
        "selu",
        activation("selu", lambda z, y: ops.elu(z, 1.6732632)),
    ),
]


def without_cancelling(z, y):
    """What squareplus should be for large negative numbers."""
    return ops.where(z < -1000, 1 / ops.maximum(ops.abs(z), 1), y)


# Smooth rectifiers
FAULTS += [
    Fault(
        "softplus: overflows",
        "activations/plot_softplus",
        "softplus",
        activation("softplus", lambda z, y: ops.log(1 + ops.exp(z))),
    ),
    Fault(
        "squareplus: b ignored",
        "activations/plot_softplus",
        "squareplus.b",
        ignoring("squareplus", "b"),
    ),
    Fault(
        "squareplus: b squared",
        "activations/plot_softplus",
        "squareplus",
        activation("squareplus", lambda z, y: (z + ops.sqrt(z * z + 16)) / 2),
    ),
    Fault(
        "squareplus: mended",
        "activations/plot_softplus",
        "squareplus",
        activation("squareplus", without_cancelling),
    ),
    Fault(
        "sparse_plus: rises again on the left",
        "activations/plot_softplus",
        "sparse_plus",
        activation("sparse_plus", lambda z, y: ops.where(z < 1, (z + 1) ** 2 / 4, z)),
    ),
]

# Gates
FAULTS += [
    Fault(
        "silu: gate of another slope",
        "activations/plot_silu",
        "silu",
        activation("silu", lambda z, y: z * ops.sigmoid(1.702 * z)),
    ),
    Fault(
        "silu: derivative is the gate alone",
        "activations/plot_silu",
        "silu",
        activation(
            "silu",
            lambda z, y: ops.softplus(z) + ops.stop_gradient(y - ops.softplus(z)),
        ),
    ),
    Fault(
        "gelu: approximate ignored",
        "activations/plot_gelu",
        "gelu.approximate",
        ignoring("gelu", "approximate"),
    ),
    Fault(
        "gelu: approximate by default",
        "activations/plot_gelu",
        "gelu",
        activation("gelu", lambda z, y: ops.gelu(z, approximate=True)),
    ),
    Fault(
        "mish: gate without its softplus",
        "activations/plot_silu",
        "mish",
        activation("mish", lambda z, y: z * ops.tanh(ops.relu(z))),
    ),
    Fault(
        "hard_silu: gate of Keras 2",
        "activations/plot_silu",
        "hard_silu",
        activation("hard_silu", lambda z, y: z * ops.clip(0.2 * z + 0.5, 0, 1)),
    ),
    Fault(
        "swish: taken for sigmoid",
        "activations/plot_silu",
        "swish",
        mock.patch.dict(NAMED, swish=keras.activations.sigmoid),
    ),
    Fault(
        "hard_swish: taken for swish",
        "activations/plot_silu",
        "hard_swish",
        mock.patch.dict(NAMED, hard_swish=keras.activations.silu),
    ),
]

# Sigmoids
FAULTS += [
    Fault(
        "sigmoid: overflows",
        "activations/plot_sigmoid",
        "sigmoid",
        activation("sigmoid", lambda z, y: ops.exp(z) / (1 + ops.exp(z))),
    ),
    Fault(
        "tanh: not doubled inside",
        "activations/plot_sigmoid",
        "tanh",
        activation("tanh", lambda z, y: 2 * ops.sigmoid(z) - 1),
    ),
    Fault(
        "softsign: of the square",
        "activations/plot_sigmoid",
        "softsign",
        activation("softsign", lambda z, y: z / ops.sqrt(1 + z * z)),
    ),
    Fault(
        "log_sigmoid: logarithm of sigmoid",
        "activations/plot_sigmoid",
        "log_sigmoid",
        activation("log_sigmoid", lambda z, y: ops.log(ops.sigmoid(z))),
    ),
    Fault(
        "hard_sigmoid: of Keras 2",
        "activations/plot_hard_sigmoid",
        "hard_sigmoid",
        activation("hard_sigmoid", lambda z, y: ops.clip(0.2 * z + 0.5, 0, 1)),
    ),
    Fault(
        "hard_tanh: gradient goes through what is clipped",
        "activations/plot_hard_sigmoid",
        "hard_tanh",
        activation("hard_tanh", lambda z, y: z + ops.stop_gradient(y - z)),
    ),
    Fault(
        "sparse_sigmoid: taken for hard_sigmoid",
        "activations/plot_hard_sigmoid",
        "sparse_sigmoid",
        activation("sparse_sigmoid", lambda z, y: ops.hard_sigmoid(z)),
    ),
]

# Shrinkers
FAULTS += [
    Fault(
        "hard_shrink: threshold ignored",
        "activations/plot_shrink",
        "hard_shrink.threshold",
        ignoring("hard_shrink", "threshold"),
    ),
    Fault(
        "hard_shrink: keeps what is on the threshold",
        "activations/plot_shrink",
        "hard_shrink.threshold",
        activation("hard_shrink", lambda z, y: ops.where(ops.abs(z) < 0.5, y, z)),
    ),
    Fault(
        "soft_shrink: threshold ignored",
        "activations/plot_shrink",
        "soft_shrink.threshold",
        ignoring("soft_shrink", "threshold"),
    ),
    Fault(
        "soft_shrink: loses what is negative",
        "activations/plot_shrink",
        "soft_shrink",
        activation("soft_shrink", lambda z, y: ops.relu(y)),
    ),
    Fault(
        "soft_shrink: taken for hard_shrink",
        "activations/plot_shrink",
        "soft_shrink",
        activation("soft_shrink", lambda z, y: ops.hard_shrink(z)),
    ),
    Fault(
        "soft_shrink: of twice the threshold",
        "activations/plot_shrink_penalty",
        "soft_shrink",
        activation("soft_shrink", lambda z, y: ops.soft_shrink(z, 1.0)),
    ),
    Fault(
        "hard_shrink: taken for soft_shrink",
        "activations/plot_shrink_penalty",
        "hard_shrink",
        activation("hard_shrink", lambda z, y: ops.soft_shrink(z)),
    ),
    Fault(
        "tanh_shrink: derivative is that of tanh",
        "activations/plot_shrink",
        "tanh_shrink",
        activation(
            "tanh_shrink",
            lambda z, y: ops.tanh(z) + ops.stop_gradient(y - ops.tanh(z)),
        ),
    ),
]


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
FAULTS += [
    Fault(
        "softmax: axis ignored",
        "activations/plot_softmax",
        "softmax.axis",
        ignoring("softmax", "axis"),
    ),
    Fault(
        "softmax: along the samples",
        "activations/plot_softmax",
        "softmax",
        activation("softmax", lambda z, y: ops.softmax(z, axis=0)),
    ),
    Fault(
        "softmax: overflows",
        "activations/plot_softmax",
        "softmax",
        activation(
            "softmax", lambda z, y: ops.exp(z) / ops.sum(ops.exp(z), -1, keepdims=True)
        ),
    ),
    Fault(
        "softmax: derivative of each unit alone",
        "activations/plot_softmax_derivative",
        "softmax",
        activation("softmax", each_alone),
    ),
    Fault(
        "log_softmax: logarithm of softmax",
        "activations/plot_softmax",
        "log_softmax",
        activation("log_softmax", lambda z, y: ops.log(shares(z))),
    ),
    Fault(
        "log_softmax: derivative without the sum",
        "activations/plot_softmax_derivative",
        "log_softmax",
        activation("log_softmax", lambda z, y: z + ops.stop_gradient(y - z)),
    ),
    Fault(
        "sparsemax: mended",
        "activations/plot_sparsemax",
        "sparsemax",
        activation("sparsemax", sparsemax),
    ),
    Fault(
        "glu: value and gate exchanged",
        "activations/plot_glu",
        "glu",
        activation("glu", lambda z, y: ops.glu(ops.roll(z, z.shape[-1] // 2, axis=-1))),
    ),
]

# What ``activation=`` takes
FAULTS += [
    Fault(
        "activation: ignored",
        "activations/plot_relu_arguments",
        "Dense.activation",
        ignoring_argument(keras.layers.Dense, "activation"),
    ),
    Fault(
        "activation: None taken for relu",
        "activations/plot_custom_activation",
        "Dense.activation",
        altered_argument(
            keras.layers.Dense, "activation", lambda given: given or "relu"
        ),
    ),
    Fault(
        "activation: a layer loses its arguments",
        "activations/plot_custom_activation",
        "Dense.activation",
        altered_argument(
            keras.layers.Dense,
            "activation",
            lambda given: (
                type(given)() if isinstance(given, keras.layers.Layer) else given
            ),
        ),
    ),
    Fault(
        "activation: not saved",
        "activations/plot_saving_activations",
        "Dense.activation",
        altered(
            keras.layers.Dense,
            "get_config",
            lambda config: config | {"activation": "linear"},
        ),
    ),
]
