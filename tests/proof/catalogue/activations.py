"""Faults of activations: the derivative that training sees, and what is an activation."""

from unittest import mock

import keras
from breaking import activation, altered, altered_argument, gradient_times
from fault import Fault
from keras import ops
from keras.src.activations import ALL_OBJECTS_DICT as NAMED

# The page of each activation.
PAGES = {
    "activations/plot_relu_threshold": ["relu", "relu6"],
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
        f"{name}: derivative off by one part in a hundred",
        page,
        name,
        activation(name, lambda z, y: gradient_times(1.01, y)),
    )
    for name, page in OF_DERIVATIVE.items()
]
FAULTS += [
    Fault(
        "sparsemax: off by one part in a thousand",
        "activations/plot_sparsemax_bug",
        "sparsemax",
        activation("sparsemax", lambda z, y: y * 1.001 + 0.001),
    ),
]


# Rectifiers
FAULTS += [
    Fault(
        "relu6: gradient goes through what is clipped",
        "activations/plot_relu_threshold",
        "relu6",
        activation(
            "relu6", lambda z, y: ops.stop_gradient(y - ops.relu(z)) + ops.relu(z)
        ),
    ),
]

# Exponential units


def without_cancelling(z, y):
    """What squareplus should be for large negative numbers."""
    return ops.where(z < -1000, 1 / ops.maximum(ops.abs(z), 1), y)


# Smooth rectifiers
FAULTS += [
    Fault(
        "squareplus: mended",
        "activations/plot_softplus",
        "squareplus",
        activation("squareplus", without_cancelling),
    ),
]

# Gates
FAULTS += [
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
        "hard_tanh: gradient goes through what is clipped",
        "activations/plot_hard_sigmoid",
        "hard_tanh",
        activation("hard_tanh", lambda z, y: z + ops.stop_gradient(y - z)),
    ),
]

# Shrinkers
FAULTS += [
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


def each_alone(z, y):
    """softmax, with the derivative of each unit by itself, p (1 - p)."""
    linear = z * ops.stop_gradient(y * (1 - y))
    return linear + ops.stop_gradient(y - linear)


# Normalizers
FAULTS += [
    Fault(
        "softmax: derivative of each unit alone",
        "activations/plot_softmax_derivative",
        "softmax",
        activation("softmax", each_alone),
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
]

# What ``activation=`` takes
FAULTS += [
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
