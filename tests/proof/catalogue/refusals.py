"""Faults of refusals: a check that is dropped, an error of another kind or without its
reason, and something that is accepted no longer, or otherwise."""

import functools
import inspect
from unittest import mock

import keras
import numpy as np
from breaking import (
    Called,
    altered_argument,
    ignoring_argument,
    outputs,
    where,
    with_arguments,
)
from fault import Fault
from keras import ops
from keras.layers import Dense, Layer

# -- Ways to change what is refused


def replaced(owner, method, changed):
    """The method, replaced. Keras looks at the signature when it makes a layer."""
    changed = functools.wraps(getattr(owner, method))(changed)
    if method == "__init__":
        changed.__signature__ = inspect.signature(getattr(owner, method))
    return mock.patch.object(owner, method, changed)


def takes_for(name, wrong, right):
    """A constructor that takes one value of an argument for another."""

    def concerned(given):
        value = given.get(name)
        return type(value) is type(wrong) and value == wrong

    return where(concerned, altered_argument(Dense, name, lambda value: right))


def takes_kind(name, kind, read):
    """A constructor that reads the values of a kind, instead of refusing them."""
    return where(
        lambda given: isinstance(given.get(name), kind),
        altered_argument(Dense, name, read),
    )


def refuses(when, owner=Dense, method="__init__"):
    """A method that refuses its arguments, a dict, where ``when`` is true of them."""

    def refuse(given):
        raise ValueError("It is refused.")

    return where(when, with_arguments(owner, method, refuse))


def other_errors(change, owner=Dense, method="__init__"):
    """A method that raises ``change(error)`` instead of an error."""
    real = getattr(owner, method)

    def changed(*args, **kwargs):
        try:
            return real(*args, **kwargs)
        except Exception as error:
            raise change(error) from None

    return replaced(owner, method, changed)


def as_type_error(error):
    return TypeError(str(error))


def without_reason(error):
    return ValueError("Invalid value.")


def calling(change, kind=object, cls=Dense):
    """A call that takes ``change(layer, x)`` for its input x, if that is of a kind."""
    real = Layer.__call__

    def changed(self, x, *args, **kwargs):
        return real(self, change(self, x), *args, **kwargs)

    def concerned(given):
        return isinstance(given["self"], cls) and isinstance(given["args"][0], kind)

    return where(concerned, replaced(Layer, "__call__", changed))


def calling_with(kind, change, cls=Dense):
    """The same, where the layer does not matter."""
    return calling(lambda _, x: change(x), kind, cls)


def input_spec(**fixed):
    """An InputSpec that holds these values, whatever it was told."""
    real = keras.InputSpec.__init__

    def changed(self, *args, **kwargs):
        real(self, *args, **kwargs)
        vars(self).update(fixed)

    return replaced(keras.InputSpec, "__init__", changed)


def other_shapes(given):
    """Whether weights to be set have other shapes than those of the layer."""
    wanted = [tuple(variable.shape) for variable in given["self"].weights]
    return [np.shape(array) for array in given["weights"]] != wanted


def setting_weights(fit):
    """A set_weights that compares nothing: each array is made ``fit(array, shape)``."""

    def set_weights(self, weights):
        for variable, value in zip(self.weights, weights):
            variable.assign(fit(np.asarray(value), tuple(variable.shape)))

    return where(other_shapes, mock.patch.object(Layer, "set_weights", set_weights))


def changing_weights(change):
    """A set_weights whose list is changed before it is compared."""
    altered = altered_argument(Layer, "weights", change, "set_weights")
    return where(other_shapes, altered)


def set_weights_all_or_none():
    """A set_weights that compares all shapes before it sets the first."""
    real = Layer.set_weights

    def set_weights(self, weights):
        old = list(map(np.array, self.weights))
        try:
            real(self, weights)
        except Exception:
            real(self, old)
            raise

    return where(other_shapes, mock.patch.object(Layer, "set_weights", set_weights))


def set_weights_if_there_are_any():
    """A set_weights that does nothing before the layer is built."""
    return where(
        lambda given: not given["self"].weights,
        mock.patch.object(Layer, "set_weights", lambda self, weights: None),
    )


# -- Inputs


def calling_with_the_weight():
    """A layer that ignores an array assigned to ``bias``."""

    def call(real, self, *args, **kwargs):
        bias = self.weights[1] if self.use_bias else None
        with mock.patch.dict(vars(self), bias=bias):
            return real(self, *args, **kwargs)

    return Called(Dense, call)


def assigning_bias(self, name, value, real=Dense.__setattr__):
    """Assigning an array to ``bias`` sets the weight."""
    if name == "bias" and isinstance(value, np.ndarray):
        self.bias.assign(value)
    else:
        real(self, name, value)


def keeping_float64(self, x, *args, real=keras.DTypePolicy.convert_input):
    """An input of float64 that is not rounded."""
    if isinstance(x, np.ndarray) and x.dtype == np.float64:
        return ops.convert_to_tensor(x, "float64")
    return real(self, x, *args)


def first_row_as_batch(x):
    return x[np.newaxis] if x.ndim == 1 else x


def transposed_if_it_fits(self, x):
    fits = (
        isinstance(x, np.ndarray) and self.built and x.shape[0] == self.kernel.shape[0]
    )
    return x.T if fits else x


def is_of_integers(x):
    return isinstance(x, np.ndarray) and x.dtype == np.int64


KNOWN = set(dir(keras.activations))

FAULTS = [
    # At construction
    Fault(
        "units: 0 is one unit",
        "refusals/plot_refused_arguments",
        "Dense.units",
        takes_for("units", 0, 1),
    ),
    Fault(
        "units: None is one unit",
        "refusals/plot_refused_arguments",
        "Dense.units",
        takes_for("units", None, 1),
    ),
    Fault(
        "units: a fraction is cut off",
        "refusals/plot_refused_arguments",
        "Dense.units",
        takes_kind("units", float, int),
    ),
    Fault(
        "units: text is read as a number",
        "refusals/plot_refused_arguments",
        "Dense.units",
        takes_kind("units", str, int),
    ),
    Fault(
        "units: NumPy integers are taken",
        "refusals/plot_refused_arguments",
        "Dense.units",
        takes_kind("units", np.integer, int),
    ),
    Fault(
        "units: True is refused",
        "refusals/plot_surprising_acceptances",
        "Dense.units",
        refuses(lambda given: given["units"] is True),
    ),
    Fault(
        "units: True is two",
        "refusals/plot_surprising_acceptances",
        "Dense.units",
        takes_for("units", True, 2),
    ),
    Fault(
        "activation: case does not matter",
        "refusals/plot_refused_arguments",
        "Dense.activation",
        takes_kind("activation", str, str.lower),
    ),
    Fault(
        "activation: a number is ignored",
        "refusals/plot_refused_arguments",
        "Dense.activation",
        takes_kind("activation", int, lambda _: None),
    ),
    Fault(
        "activation: unknown names are linear",
        "refusals/plot_refused_arguments",
        "Dense.activation",
        takes_kind("activation", str, lambda name: name if name in KNOWN else None),
    ),
    Fault(
        "kernel_initializer: 'xavier' is taken",
        "refusals/plot_refused_arguments",
        "Dense.kernel_initializer",
        takes_for("kernel_initializer", "xavier", "glorot_uniform"),
    ),
    Fault(
        "bias_initializer: None is zeros",
        "refusals/plot_surprising_acceptances",
        "Dense.bias_initializer",
        takes_for("bias_initializer", None, "zeros"),
    ),
    Fault(
        "kernel_regularizer: a number is a factor",
        "refusals/plot_refused_arguments",
        "Dense.kernel_regularizer",
        takes_kind("kernel_regularizer", float, keras.regularizers.L2),
    ),
    Fault(
        "kernel_regularizer: 'l1l2' has factors",
        "weights/plot_regularizers",
        "Dense.kernel_regularizer",
        takes_for("kernel_regularizer", "l1l2", keras.regularizers.L1L2(0.01, 0.01)),
    ),
    Fault(
        "kernel_constraint: 'nonneg' is taken",
        "refusals/plot_refused_arguments",
        "Dense.kernel_constraint",
        takes_for("kernel_constraint", "nonneg", "non_neg"),
    ),
    Fault(
        "use_bias: text is read",
        "refusals/plot_surprising_acceptances",
        "Dense.use_bias",
        takes_for("use_bias", "False", False),
    ),
    Fault(
        "use_bias: text is refused",
        "refusals/plot_surprising_acceptances",
        "Dense.use_bias",
        refuses(lambda given: isinstance(given.get("use_bias"), str)),
    ),
    Fault(
        "use_bias: only booleans are taken",
        "refusals/plot_surprising_acceptances",
        "Dense.use_bias",
        refuses(lambda given: not isinstance(given.get("use_bias", True), bool)),
    ),
    Fault(
        "keywords: bias is ignored",
        "refusals/plot_refused_arguments",
        "Dense.__init__",
        ignoring_argument(Dense, "bias"),
    ),
    Fault(
        "construction: errors of another type",
        "refusals/plot_refused_arguments",
        "Dense.__init__",
        other_errors(as_type_error),
    ),
    Fault(
        "construction: errors without a reason",
        "refusals/plot_refused_arguments",
        "Dense.__init__",
        other_errors(without_reason),
    ),
    # At the call
    Fault(
        "rank: one axis is enough",
        "refusals/plot_refusals",
        "Dense.input_spec",
        input_spec(min_ndim=None),
    ),
    Fault(
        "rank: at most two axes",
        "refusals/plot_refusals",
        "Dense.input_spec",
        input_spec(max_ndim=2),
    ),
    Fault(
        "last axis: not compared",
        "refusals/plot_refusals",
        "Dense.input_spec",
        input_spec(axes={}),
    ),
    Fault(
        "call: one sample is a batch",
        "refusals/plot_refusals",
        "Dense.__call__",
        calling_with(np.ndarray, first_row_as_batch),
    ),
    Fault(
        "call: columns are transposed",
        "refusals/plot_refusals",
        "Dense.__call__",
        calling(transposed_if_it_fits),
    ),
    Fault(
        "call: rows in a list are an array",
        "refusals/plot_refusals",
        "Dense.__call__",
        calling_with(list, np.array),
    ),
    Fault(
        "call: a list is its first array",
        "refusals/plot_refusals",
        "Dense.__call__",
        calling_with(list, lambda x: x[0]),
    ),
    Fault(
        "call: None is zeros",
        "refusals/plot_refusals",
        "Dense.__call__",
        calling_with(type(None), lambda _: np.zeros((4, 3))),
    ),
    Fault(
        "call: integers are refused",
        "refusals/plot_refusals",
        "Dense.__call__",
        refuses(
            lambda given: is_of_integers(given["args"][0]),
            Layer,
            "__call__",
        ),
    ),
    Fault(
        "call: truth values are turned around",
        "refusals/plot_inputs_in_float32",
        "Dense.__call__",
        calling_with(np.ndarray, lambda x: ~x if x.dtype == bool else x),
    ),
    Fault(
        "call: float64 stays float64",
        "refusals/plot_inputs_in_float32",
        "Dense.__call__",
        mock.patch.object(keras.DTypePolicy, "convert_input", keeping_float64),
    ),
    Fault(
        "call: NaN becomes zero",
        "refusals/plot_inputs_in_float32",
        "Dense.__call__",
        calling_with(np.ndarray, np.nan_to_num),
    ),
    Fault(
        "call: NaN spreads to all samples",
        "refusals/plot_inputs_in_float32",
        "Dense.__call__",
        outputs(Dense, lambda y: y + 0 * ops.sum(y, axis=0, keepdims=True)),
    ),
    Fault(
        "call: errors of another type",
        "refusals/plot_surprising_acceptances",
        "Dense.__call__",
        other_errors(as_type_error, Layer, "__call__"),
    ),
    Fault(
        "call: errors without a reason",
        "refusals/plot_refusals",
        "Dense.__call__",
        other_errors(without_reason, Layer, "__call__"),
    ),
    Fault(
        "model: an axis of length 1 is refused",
        "refusals/plot_surprising_acceptances",
        "Model.__call__",
        refuses(
            lambda given: (
                isinstance(given["self"], keras.Model)
                and len(given["args"][0].shape) > 2
            ),
            Layer,
            "__call__",
        ),
    ),
    # Weights
    Fault(
        "set_weights: compares nothing",
        "refusals/plot_refusals",
        "Dense.set_weights",
        setting_weights(np.resize),
    ),
    Fault(
        "set_weights: reshapes what has the size",
        "refusals/plot_refusals",
        "Dense.set_weights",
        setting_weights(
            lambda value, shape: value.reshape(shape) if value.size else value
        ),
    ),
    Fault(
        "set_weights: transposes what then fits",
        "refusals/plot_refusals",
        "Dense.set_weights",
        changing_weights(
            lambda weights: [
                np.transpose(value)
                if np.ndim(value) == 2 and len(value) == 2
                else value
                for value in weights
            ]
        ),
    ),
    Fault(
        "set_weights: a bias may be a column",
        "refusals/plot_refusals",
        "Dense.set_weights",
        changing_weights(
            lambda weights: [
                np.ravel(value) if np.shape(value)[1:] == (1,) else value
                for value in weights
            ]
        ),
    ),
    Fault(
        "set_weights: order does not matter",
        "refusals/plot_refusals",
        "Dense.set_weights",
        changing_weights(lambda weights: sorted(weights, key=np.ndim, reverse=True)),
    ),
    Fault(
        "set_weights: the bias may be left out",
        "refusals/plot_refusals",
        "Dense.set_weights",
        changing_weights(
            lambda weights: [*weights, np.zeros(2)] if len(weights) == 1 else weights
        ),
    ),
    Fault(
        "set_weights: all or none",
        "refusals/plot_refusals",
        "Dense.set_weights",
        set_weights_all_or_none(),
    ),
    Fault(
        "set_weights: nothing before it is built",
        "refusals/plot_refusals",
        "Dense.set_weights",
        set_weights_if_there_are_any(),
    ),
    Fault(
        "set_weights: errors of another type",
        "refusals/plot_refusals",
        "Dense.set_weights",
        other_errors(as_type_error, Layer, "set_weights"),
    ),
    Fault(
        "set_weights: errors without a reason",
        "refusals/plot_refusals",
        "Dense.set_weights",
        other_errors(without_reason, Layer, "set_weights"),
    ),
    Fault(
        "bias: an assigned array is not used",
        "refusals/plot_surprising_acceptances",
        "Dense.bias_initializer",
        calling_with_the_weight(),
    ),
    Fault(
        "bias: an assigned array is set",
        "refusals/plot_surprising_acceptances",
        "Dense.bias_initializer",
        mock.patch.object(Dense, "__setattr__", assigning_bias),
    ),
]
