"""Faults of the layers that only apply a function: ReLU and its like, Softmax, Lambda."""

from unittest import mock

import keras
import keras.src.activations
from breaking import (
    Together,
    altered,
    altered_argument,
    during,
    function_of,
    gradient_times,
    ignoring_argument,
    outputs,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import (
    Activation,
    Identity,
    Lambda,
    PReLU,
    ReLU,
    Softmax,
)
from keras.src.utils import python_utils

# -- ReLU, LeakyReLU, ELU


FAULTS = []

# -- PReLU

SLOPES = "activations/plot_prelu"
FAULTS += [
    Fault(
        f"PReLU, {argument}: ignored",
        SLOPES,
        f"PReLU.{argument}",
        ignoring_argument(PReLU, argument),
    )
    for argument in (
        "alpha_initializer",
        "alpha_regularizer",
        "alpha_constraint",
        "shared_axes",
    )
]
FAULTS += [
    Fault(
        "PReLU, alpha_initializer: the default of PyTorch",
        SLOPES,
        "PReLU.alpha_initializer",
        with_arguments(
            PReLU,
            "__init__",
            lambda given: given.setdefault(
                "alpha_initializer", keras.initializers.Constant(0.25)
            ),
        ),
    ),
    Fault(
        "PReLU, alpha_regularizer: half of it",
        SLOPES,
        "PReLU.alpha_regularizer",
        altered_argument(
            PReLU,
            "alpha_regularizer",
            lambda given: keras.regularizers.L2(float(given.l2) / 2),
        ),
    ),
    Fault(
        "PReLU, shared_axes: counted without the batch",
        SLOPES,
        "PReLU.shared_axes",
        altered_argument(
            PReLU, "shared_axes", lambda axes: axes and [axis + 1 for axis in axes[:-1]]
        ),
    ),
    Fault(
        "PReLU, gradient of alpha: twice",
        SLOPES,
        "PReLU.call",
        weight(PReLU, "alpha", lambda alpha: gradient_times(2, alpha)),
    ),
]

# -- Softmax


def not_where(value):
    """The ``where`` of Keras, but for one value: there it does not replace anything."""

    def function(real, mask, x, other):
        return x if other == value else real(mask, x, other)

    return function_of(keras.src.backend.numpy, "where", function)


MASKED = "activations/plot_softmax_layer"
FAULTS += [
    Fault(
        "Softmax layer, mask: a row that is masked is uniform",
        MASKED,
        "Softmax.call",
        during(Softmax, not_where(0.0)),
    ),
]

# -- Activation, Identity

FUNCTION = "activations/plot_activation_layer"
FAULTS += [
    Fault(
        "Activation layer, activation: a layer loses its arguments",
        FUNCTION,
        "Activation.activation",
        altered_argument(
            Activation,
            "activation",
            lambda given: type(given)() if isinstance(given, ReLU) else given,
        ),
    ),
    Fault(
        "Activation layer, activation: names in any case",
        FUNCTION,
        "Activation.activation",
        altered_argument(
            Activation,
            "activation",
            lambda given: given.lower() if isinstance(given, str) else given,
        ),
    ),
]
FAULTS += [
    Fault(
        "Activation layer: drops the mask",
        FUNCTION,
        "Activation.compute_mask",
        altered(Activation, "compute_mask", lambda mask: None),
    ),
    Fault(
        "Identity layer: drops the mask",
        FUNCTION,
        "Identity.compute_mask",
        Together(  # its input still has the mask: it returns a copy
            outputs(Identity, lambda y: keras.tree.map_structure(ops.copy, y)),
            altered(Identity, "compute_mask", lambda mask: None),
        ),
    ),
]

# -- Lambda


SAME = python_utils.func_dump(lambda x: x)


def squared(x, **options):
    return ops.square(x)


def refuse(safe_mode):
    raise ValueError("No code is loaded.")


def with_its_mask(layer):
    """A loaded Lambda whose mask is a function again."""
    if layer.mask is not None:
        layer.mask = keras.saving.deserialize_keras_object(dict(layer.mask))
    return layer


CODE = "files/plot_lambda"
FAULTS += [
    Fault(
        f"Lambda, {argument}: ignored",
        CODE,
        f"Lambda.{argument}",
        ignoring_argument(Lambda, argument),
    )
    for argument in ("output_shape", "mask", "arguments")
]
FAULTS += [
    Fault(
        "Lambda, function: another",
        CODE,
        "Lambda.function",
        altered_argument(Lambda, "function", lambda function: squared),
    ),
    Fault(
        "Lambda: stores the code of another function",
        CODE,
        "Lambda.get_config",
        altered(python_utils, "func_dump", lambda dumped: SAME),
    ),
    Fault(
        "Lambda: loads another function than that of the code",
        CODE,
        "Lambda.from_config",
        altered(python_utils, "func_load", lambda function: squared),
    ),
    Fault(
        "Lambda, arguments: one larger",
        CODE,
        "Lambda.arguments",
        altered_argument(
            Lambda,
            "arguments",
            lambda given: given and {name: value + 1 for name, value in given.items()},
        ),
    ),
    Fault(
        "Lambda, output_shape: with the batch",
        CODE,
        "Lambda.output_shape",
        altered_argument(Lambda, "output_shape", lambda shape: shape and (2, *shape)),
    ),
    Fault(
        "Lambda, mask: lets the mask pass by default",
        CODE,
        "Lambda.mask",
        with_arguments(
            Lambda,
            "__init__",
            lambda given: given.setdefault("mask", lambda inputs, mask: mask),
        ),
    ),
    Fault(
        "Lambda: loads code in safe mode",
        CODE,
        "Lambda.from_config",
        mock.patch.object(
            Lambda, "_raise_for_lambda_deserialization", staticmethod(lambda safe: None)
        ),
    ),
    Fault(
        "Lambda: refuses code in any mode",
        CODE,
        "Lambda.from_config",
        mock.patch.object(
            Lambda, "_raise_for_lambda_deserialization", staticmethod(refuse)
        ),
    ),
    Fault(
        "Lambda: a loaded one has its mask",
        CODE,
        "Lambda.from_config",
        altered(Lambda, "from_config", with_its_mask),
    ),
    Fault(
        "Lambda: three times its output",
        CODE,
        "Lambda.call",
        outputs(Lambda, lambda y: 3 * y),
    ),
]
