"""Faults of refusals: a check that is dropped, an error of another kind or without its
reason, and something that is accepted no longer, or otherwise."""

import functools
import inspect
from unittest import mock

import keras
import numpy as np
from breaking import dense
from keras import ops
from keras.layers import Dense, Layer

# -- Ways to change what is refused


def replaced(owner, method, changed):
    """The method, replaced. Keras looks at the signature when it makes a layer."""
    changed = functools.wraps(getattr(owner, method))(changed)
    if method == "__init__":
        changed.__signature__ = inspect.signature(getattr(owner, method))
    return mock.patch.object(owner, method, changed)


def with_arguments(change, owner=Dense, method="__init__"):
    """A method that hands its arguments, a dict, to ``change`` before it works."""
    real = getattr(owner, method)
    signature = inspect.signature(real)

    def changed(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        change(given.arguments)
        return real(*given.args, **given.kwargs)

    return replaced(owner, method, changed)


def takes(name, read, owner=Dense, method="__init__"):
    """A method that takes ``read(value)`` for the value of an argument."""

    def change(given):
        holds = given if name in given else given.get("kwargs", {})
        if name in holds:
            holds[name] = read(holds[name])

    return with_arguments(change, owner, method)


def takes_for(name, wrong, right):
    """A constructor that takes one value of an argument for another."""

    def read(value):
        return right if type(value) is type(wrong) and value == wrong else value

    return takes(name, read)


def takes_kind(name, kind, read):
    """A constructor that reads the values of a kind, instead of refusing them."""
    return takes(name, lambda value: read(value) if isinstance(value, kind) else value)


def ignores(keyword):
    """A constructor that does not look at a keyword."""
    return with_arguments(lambda given: given.get("kwargs", {}).pop(keyword, None))


def refuses(when, owner=Dense, method="__init__"):
    """A method that refuses its arguments, a dict, where ``when`` is true of them."""

    def change(given):
        if when({**given, **given.get("kwargs", {})}):
            raise ValueError("It is refused.")

    return with_arguments(change, owner, method)


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


def calling(change, cls=Dense):
    """A call that takes ``change(layer, x)`` for its input x."""
    real = Layer.__call__

    def changed(self, x, *args, **kwargs):
        x = change(self, x) if isinstance(self, cls) else x
        return real(self, x, *args, **kwargs)

    return replaced(Layer, "__call__", changed)


def calling_with(kind, change, cls=Dense):
    """The same for inputs of a kind, arrays or lists."""
    return calling(lambda _, x: change(x) if isinstance(x, kind) else x, cls)


def input_spec(**fixed):
    """An InputSpec that holds these values, whatever it was told."""
    real = keras.InputSpec.__init__

    def changed(self, *args, **kwargs):
        real(self, *args, **kwargs)
        vars(self).update(fixed)

    return replaced(keras.InputSpec, "__init__", changed)


def setting_weights(fit):
    """A set_weights that compares nothing: each array is made ``fit(array, shape)``."""

    def set_weights(self, weights):
        for variable, value in zip(self.weights, weights):
            variable.assign(fit(np.asarray(value), tuple(variable.shape)))

    return mock.patch.object(Layer, "set_weights", set_weights)


def changing_weights(change):
    """A set_weights whose list is changed before it is compared."""
    return takes("weights", change, Layer, "set_weights")


real_set_weights = Layer.set_weights


def set_weights_all_or_none(self, weights):
    """A set_weights that compares all shapes before it sets the first."""
    old = list(map(np.array, self.weights))
    try:
        real_set_weights(self, weights)
    except Exception:
        real_set_weights(self, old)
        raise


def set_weights_if_there_are_any(self, weights):
    """A set_weights that does nothing before the layer is built."""
    if self.weights:
        real_set_weights(self, weights)


real_assign = keras.Variable.assign


def assign_reshaped(self, value):
    """An assign that asks for the size only."""
    if isinstance(value, np.ndarray) and value.size == np.prod(self.shape):
        value = value.reshape(tuple(self.shape))
    return real_assign(self, value)


# -- Inputs


def call_with_the_weight(self, x, training=None):
    """A call that ignores an array assigned to ``bias``."""
    y = ops.matmul(x, self.kernel)
    return self.activation(y if self.bias is None else y + self.weights[1])


def assigning_bias(self, name, value, real=Dense.__setattr__):
    """Assigning an array to ``bias`` sets the weight."""
    if name == "bias" and isinstance(value, np.ndarray):
        self.bias.assign(value)
    else:
        real(self, name, value)


def predicting_complex_numbers(self, x, *args, real=keras.Model.predict, **kwargs):
    """A predict that returns complex numbers for complex numbers."""
    y = real(self, x, *args, **kwargs)
    return y.astype("complex64") if np.iscomplexobj(x) else y


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


def is_plain_function(given):
    return inspect.isfunction(given.get("kernel_constraint"))


KNOWN = set(dir(keras.activations))

FAULTS = {
    # At construction
    "units: 0 is one unit": takes_for("units", 0, 1),
    "units: None is one unit": takes_for("units", None, 1),
    "units: a fraction is cut off": takes_kind("units", float, int),
    "units: text is read as a number": takes_kind("units", str, int),
    "units: NumPy integers are taken": takes_kind("units", np.integer, int),
    "units: True is refused": refuses(lambda given: given["units"] is True),
    "units: True is two": takes_for("units", True, 2),
    "activation: case does not matter": takes_kind("activation", str, str.lower),
    "activation: a number is ignored": takes_kind("activation", int, lambda _: None),
    "activation: unknown names are linear": takes_kind(
        "activation", str, lambda name: name if name in KNOWN else None
    ),
    "kernel_initializer: 'xavier' is taken": takes_for(
        "kernel_initializer", "xavier", "glorot_uniform"
    ),
    "kernel_initializer: arrays are refused": refuses(
        lambda given: isinstance(given.get("kernel_initializer"), np.ndarray)
    ),
    "kernel_initializer: arrays are ignored": takes_kind(
        "kernel_initializer", np.ndarray, lambda _: "glorot_uniform"
    ),
    "bias_initializer: None is zeros": takes_for("bias_initializer", None, "zeros"),
    "bias_initializer: None is uniform up to 1": takes_for(
        "bias_initializer", None, keras.initializers.RandomUniform(-1, 1)
    ),
    "kernel_regularizer: 'l1_l2' is taken": takes_for(
        "kernel_regularizer", "l1_l2", "l1l2"
    ),
    "kernel_regularizer: a number is a factor": takes_kind(
        "kernel_regularizer", float, keras.regularizers.L2
    ),
    "kernel_regularizer: 'l1l2' has factors": takes_for(
        "kernel_regularizer", "l1l2", keras.regularizers.L1L2(0.01, 0.01)
    ),
    "kernel_constraint: 'nonneg' is taken": takes_for(
        "kernel_constraint", "nonneg", "non_neg"
    ),
    "kernel_constraint: functions are refused": refuses(is_plain_function),
    "kernel_constraint: functions are ignored": takes(
        "kernel_constraint", lambda given: None if inspect.isfunction(given) else given
    ),
    "use_bias: text is read": takes_for("use_bias", "False", False),
    "use_bias: text is refused": refuses(
        lambda given: isinstance(given.get("use_bias"), str)
    ),
    "use_bias: only booleans are taken": refuses(
        lambda given: not isinstance(given.get("use_bias", True), bool)
    ),
    "trainable: numbers are taken": takes_kind("trainable", int, bool),
    "name: a slash is replaced": takes_kind(
        "name", str, lambda name: name.replace("/", "_")
    ),
    "keywords: bias is ignored": ignores("bias"),
    "keywords: weights are ignored": ignores("weights"),
    "keywords: input_shape is refused": refuses(lambda given: "input_shape" in given),
    "keywords: input_shape is ignored": ignores("input_shape"),
    "keywords: input_dim is ignored": ignores("input_dim"),
    "construction: errors of another type": other_errors(as_type_error),
    "construction: errors without a reason": other_errors(without_reason),
    # At the call
    "rank: one axis is enough": input_spec(min_ndim=None),
    "rank: at most two axes": input_spec(max_ndim=2),
    "last axis: not compared": input_spec(axes={}),
    "call: one sample is a batch": calling_with(np.ndarray, first_row_as_batch),
    "call: columns are transposed": calling(transposed_if_it_fits),
    "call: rows in a list are an array": calling_with(list, np.array),
    "call: a list is its first array": calling_with(list, lambda x: x[0]),
    "call: None is zeros": calling_with(type(None), lambda _: np.zeros((4, 3))),
    "call: integers are refused": refuses(
        lambda given: is_of_integers(given["args"][0]),
        Layer,
        "__call__",
    ),
    "call: truth values are turned around": calling_with(
        np.ndarray, lambda x: ~x if x.dtype == bool else x
    ),
    "call: float64 stays float64": mock.patch.object(
        keras.DTypePolicy, "convert_input", keeping_float64
    ),
    "call: complex numbers lose a part": calling_with(
        np.ndarray, lambda x: x.real if np.iscomplexobj(x) else x
    ),
    "call: NaN becomes zero": calling_with(np.ndarray, np.nan_to_num),
    "call: NaN spreads to all samples": dense(
        output=lambda y: y + 0 * ops.sum(y, axis=0, keepdims=True)
    ),
    "call: errors of another type": other_errors(as_type_error, Layer, "__call__"),
    "call: errors without a reason": other_errors(without_reason, Layer, "__call__"),
    "model: an axis of length 1 is refused": refuses(
        lambda given: (
            isinstance(given["self"], keras.Model) and len(given["args"][0].shape) > 2
        ),
        Layer,
        "__call__",
    ),
    "model: a shape may be a number": takes(
        "shape", lambda shape: (shape,) if shape == 3 else shape, keras, "Input"
    ),
    "model: an unknown width is one": takes(
        "input_shape", lambda shape: (*shape[:-1], shape[-1] or 1), method="build"
    ),
    "predict: rows in a list are an array": takes(
        "x", lambda x: np.array(x) if isinstance(x, list) else x, keras.Model, "predict"
    ),
    "predict: one sample is a batch": takes(
        "x",
        lambda x: x[np.newaxis] if getattr(x, "ndim", 0) == 1 else x,
        keras.Model,
        "predict",
    ),
    "predict: keeps complex numbers": mock.patch.object(
        keras.Model, "predict", predicting_complex_numbers
    ),
    "predict: errors without a reason": other_errors(
        without_reason, keras.Model, "predict"
    ),
    # Weights
    "set_weights: compares nothing": setting_weights(np.resize),
    "set_weights: reshapes what has the size": setting_weights(
        lambda value, shape: value.reshape(shape) if value.size else value
    ),
    "set_weights: transposes what then fits": changing_weights(
        lambda weights: [
            np.transpose(value) if np.ndim(value) == 2 and len(value) == 2 else value
            for value in weights
        ]
    ),
    "set_weights: a bias may be a column": changing_weights(
        lambda weights: [
            np.ravel(value) if np.shape(value)[1:] == (1,) else value
            for value in weights
        ]
    ),
    "set_weights: order does not matter": changing_weights(
        lambda weights: sorted(weights, key=np.ndim, reverse=True)
    ),
    "set_weights: lists are arrays": changing_weights(
        lambda weights: [np.array(value) for value in weights]
    ),
    "set_weights: an array is a list of it": changing_weights(
        lambda weights: (
            [weights, np.zeros(2)] if isinstance(weights, np.ndarray) else weights
        )
    ),
    "set_weights: the bias may be left out": changing_weights(
        lambda weights: [*weights, np.zeros(2)] if len(weights) == 1 else weights
    ),
    "set_weights: all or none": mock.patch.object(
        Layer, "set_weights", set_weights_all_or_none
    ),
    "set_weights: nothing before it is built": mock.patch.object(
        Layer, "set_weights", set_weights_if_there_are_any
    ),
    "set_weights: errors of another type": other_errors(
        as_type_error, Layer, "set_weights"
    ),
    "set_weights: errors without a reason": other_errors(
        without_reason, Layer, "set_weights"
    ),
    "set_weights: rounds to float16": changing_weights(
        lambda weights: [
            np.float32(np.float16(value)) if hasattr(value, "shape") else value
            for value in weights
        ]
    ),
    "assign: asks for the size only": mock.patch.object(
        keras.Variable, "assign", assign_reshaped
    ),
    "kernel: can be assigned to": mock.patch.object(
        Dense,
        "kernel",
        property(Dense.kernel.fget, lambda self, value: self._kernel.assign(value)),
    ),
    "bias: is None before it is built": mock.patch.object(
        Dense, "bias", None, create=True
    ),
    "bias: an assigned array is not used": mock.patch.object(
        Dense, "call", call_with_the_weight
    ),
    "bias: an assigned array is set": mock.patch.object(
        Dense, "__setattr__", assigning_bias
    ),
}

# Mutants that compute the same, (before, after), each with its reason.
ANY_ORDER = "a norm does not know the order"
PENALTY = "return l1 * np.sum(np.abs(kernel)) + l2 * np.sum(kernel ** 2)"
EQUIVALENT = {
    "plot_1_at_construction": {
        (PENALTY, PENALTY.replace("abs(kernel)", "abs(np.flip(kernel))")): ANY_ORDER,
        (PENALTY, PENALTY.replace("kernel ** 2", "np.flip(kernel) ** 2")): ANY_ORDER,
        (
            "expected_penalty = l1_l2(kernel, l1=0.5, l2=0.25)",
            "expected_penalty = l1_l2(np.flip(kernel), l1=0.5, l2=0.25)",
        ): ANY_ORDER,
    },
    "plot_3_at_set_weights": {
        ("bias = stored_bias[:, 0]", "bias = stored_bias[:, -1]"): (
            "there is one column"
        ),
    },
}
