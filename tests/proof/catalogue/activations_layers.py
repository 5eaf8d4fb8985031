"""Faults of the layers that only apply a function: ReLU and its like, Softmax, Lambda."""

from unittest import mock

import keras
import keras.src.activations
from breaking import (
    Together,
    altered,
    altered_argument,
    during,
    exchanged,
    flipped,
    function_of,
    gradient_times,
    ignoring_argument,
    inputs,
    inverted_mask,
    outputs,
    weight,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import (
    ELU,
    Activation,
    Dense,
    Identity,
    Lambda,
    LeakyReLU,
    PReLU,
    ReLU,
    Softmax,
)
from keras.src.utils import python_utils


def during_function(layer, name, function):
    """A layer whose function, of keras.activations, is ``function(real, x, ...)``."""
    return during(layer, function_of(keras.src.activations, name, function))


# -- ReLU, LeakyReLU, ELU


def in_the_order_of_the_function(given):
    """The first argument is taken for negative_slope, and this for max_value."""
    first = given.get("max_value")
    given["max_value"] = given.get("negative_slope")
    given["negative_slope"] = 0.0 if first is None else first


def shifted(real, x, negative_slope, max_value, threshold):
    return real(x - threshold, negative_slope, max_value)


def ceiling_from_threshold(real, x, negative_slope, max_value, threshold):
    """The ceiling counts from the threshold."""
    ceiling = None if max_value is None else max_value + threshold
    return real(x, negative_slope, ceiling, threshold)


RELU = "activations/plot_relu_layer"
FAULTS = [
    Fault(
        f"ReLU layer, {argument}: ignored",
        RELU,
        f"ReLU.{argument}",
        ignoring_argument(ReLU, argument),
    )
    for argument in ("max_value", "negative_slope", "threshold")
] + [
    Fault(
        "ReLU layer: arguments in the order of the function",
        RELU,
        "ReLU.max_value",
        with_arguments(ReLU, "__init__", in_the_order_of_the_function),
    ),
    Fault(
        "ReLU layer: threshold shifts to the right",
        RELU,
        "ReLU.threshold",
        during_function(ReLU, "relu", shifted),
    ),
    Fault(
        "ReLU layer: ceiling above the threshold",
        RELU,
        "ReLU.max_value",
        during_function(ReLU, "relu", ceiling_from_threshold),
    ),
    Fault(
        "LeakyReLU layer, negative_slope: ignored",
        RELU,
        "LeakyReLU.negative_slope",
        ignoring_argument(LeakyReLU, "negative_slope"),
    ),
    Fault(
        "LeakyReLU layer, negative_slope: default of PyTorch",
        RELU,
        "LeakyReLU.negative_slope",
        with_arguments(
            LeakyReLU,
            "__init__",
            lambda given: given.setdefault("negative_slope", 0.01),
        ),
    ),
    Fault(
        "ELU layer, alpha: ignored",
        RELU,
        "ELU.alpha",
        ignoring_argument(ELU, "alpha"),
    ),
    Fault(
        "ELU layer: 1 subtracted last",
        RELU,
        "ELU.call",
        during_function(
            ELU,
            "elu",
            lambda real, x, alpha: ops.where(x > 0, x, alpha * ops.exp(x) - 1),
        ),
    ),
    Fault(
        "ELU layer: alpha inside, as in celu",
        RELU,
        "ELU.alpha",
        during_function(ELU, "elu", lambda real, x, alpha: ops.celu(x, alpha)),
    ),
]

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
        "PReLU, alpha: channels reversed",
        SLOPES,
        "PReLU.call",
        weight(PReLU, "alpha", flipped(-1)),
    ),
    Fault(
        "PReLU, alpha: no slope below zero",
        SLOPES,
        "PReLU.call",
        weight(PReLU, "alpha", ops.relu),
    ),
    Fault(
        "PReLU, gradient of alpha: twice",
        SLOPES,
        "PReLU.call",
        weight(PReLU, "alpha", lambda alpha: gradient_times(2, alpha)),
    ),
    Fault(
        "PReLU, x: height and width exchanged",
        SLOPES,
        "PReLU.call",
        inputs(PReLU, exchanged(1)),
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
        "Softmax layer, axis: ignored",
        MASKED,
        "Softmax.axis",
        ignoring_argument(Softmax, "axis"),
    ),
    Fault(
        "Softmax layer, axis: the first of several",
        MASKED,
        "Softmax.axis",
        altered_argument(
            Softmax,
            "axis",
            lambda axis: axis[0] if isinstance(axis, list) else axis,
        ),
    ),
    Fault(
        "Softmax layer, mask: ignored",
        MASKED,
        "Softmax.call",
        ignoring_argument(Softmax, "mask", "call"),
    ),
    Fault(
        "Softmax layer, mask: true for padding",
        MASKED,
        "Softmax.call",
        altered_argument(Softmax, "mask", inverted_mask, "call"),
    ),
    Fault(
        "Softmax layer, mask: multiplies the probabilities",
        MASKED,
        "Softmax.call",
        during(Softmax, not_where(-1e9)),
    ),
    Fault(
        "Softmax layer, mask: a row that is masked is uniform",
        MASKED,
        "Softmax.call",
        during(Softmax, not_where(0.0)),
    ),
    Fault(
        "Softmax layer, mask: leaves a millionth",
        MASKED,
        "Softmax.call",
        outputs(Softmax, lambda y: y + 1e-6),
    ),
    Fault(
        "Softmax layer: in base 2",
        MASKED,
        "Softmax.call",
        during_function(
            Softmax, "softmax", lambda real, x, axis: real(x * 0.6931472, axis)
        ),
    ),
]

# -- Activation, Identity

FUNCTION = "activations/plot_activation_layer"
FAULTS += [
    Fault(
        "Activation layer, activation: ignored",
        FUNCTION,
        "Activation.activation",
        altered_argument(Activation, "activation", lambda given: None),
    ),
    Fault(
        "Activation layer, activation: relu, whatever it is",
        FUNCTION,
        "Activation.activation",
        altered_argument(Activation, "activation", lambda given: "relu"),
    ),
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
    Fault(
        "Activation layer: units in the wrong place",
        FUNCTION,
        "Activation.call",
        outputs(Activation, lambda y: ops.roll(y, 1, axis=-1)),
    ),
    Fault(
        "Identity layer: twice",
        FUNCTION,
        "Identity.call",
        outputs(Identity, lambda y: keras.tree.map_structure(lambda part: 2 * part, y)),
    ),
    Fault(
        "Identity layer: changes the dtype",
        FUNCTION,
        "Identity.call",
        outputs(
            Identity,
            lambda y: keras.tree.map_structure(lambda x: ops.cast(x, "float16"), y),
        ),
    ),
]
FAULTS += [
    Fault(
        "Activation layer: not in Dense",
        FUNCTION,
        "Dense.activation",
        ignoring_argument(Dense, "activation"),
    ),
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
