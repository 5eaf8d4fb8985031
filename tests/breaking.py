"""Ways to break Keras on purpose: each returns a context manager, which can be used
again and again, and in which Keras computes something else.
"""

import functools
import inspect
from unittest import mock

import keras
import numpy as np
from keras import ops

# -- Any function, method, property or argument


def altered(owner, name, change):
    """A function, method or property of a module or class, its result changed.

    ``change`` takes the result and returns another.
    """
    static = inspect.getattr_static(owner, name)
    if isinstance(static, property):
        changed = property(lambda self: change(static.fget(self)), static.fset)
    elif isinstance(static, classmethod):
        changed = classmethod(
            lambda cls, *args, **kwargs: change(static.__func__(cls, *args, **kwargs))
        )
    else:
        real = getattr(owner, name)

        @functools.wraps(real)
        def changed(*args, **kwargs):
            return change(real(*args, **kwargs))

    return mock.patch.object(owner, name, changed)


def altered_argument(owner, name, change, method="__init__"):
    """A constructor, or another method, that changes the argument of this name.

    ``change`` takes the value given, and returns the one to be used.
    """
    real = getattr(owner, method)
    signature = inspect.signature(real)

    @functools.wraps(real)
    def changed(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        holds = given.arguments  # what **kwargs takes is one level deeper
        if name not in holds and name in holds.get("kwargs", {}):
            holds = holds["kwargs"]
        if name in holds:
            holds[name] = change(holds[name])
        return real(*given.args, **given.kwargs)

    changed.__signature__ = signature  # which Keras reads when it makes a layer
    return mock.patch.object(owner, method, changed)


def ignoring_argument(owner, name, method="__init__"):
    """A constructor, or another method, that drops the argument of this name."""
    real = getattr(owner, method)
    signature = inspect.signature(real)

    @functools.wraps(real)
    def changed(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        given.arguments.pop(name, None)
        given.arguments.get("kwargs", {}).pop(name, None)
        return real(*given.args, **given.kwargs)

    changed.__signature__ = signature  # which Keras reads when it makes a layer
    return mock.patch.object(owner, method, changed)


# -- The parts of Dense


def same(value):
    return value


def dense(
    inputs=same, kernel=same, product=same, bias=same, activation=None, output=same
):
    """A Dense layer whose parts pass through the functions given on their way.

    ``activation`` takes the layer's own, the sum, and the bias.
    """

    def call(self, x, training=None):
        x = inputs(ops.convert_to_tensor(x, sparse=False))
        y = product(ops.matmul(x, kernel(self.kernel)))
        b = None if self.bias is None else bias(self.bias)
        if activation is not None:
            y = activation(self.activation, y, 0 if b is None else b)
        else:
            y = self.activation(y if b is None else ops.add(y, b))
        return output(y)

    return mock.patch.object(keras.layers.Dense, "call", call)


def activation_becomes(name, function):
    """Replace the result of one activation, and leave the others alone.

    ``function`` takes what the activation is applied to, and its own result.
    """

    def activation(own, y, b):
        z = y + b
        value = own(z)
        return function(z, value) if getattr(own, "__name__", "") == name else value

    return dense(activation=activation)


def gradient_times(factor, value):
    """The same value, while training sees its gradient times a factor."""
    return factor * value + ops.stop_gradient((1 - factor) * value)


# -- Numbers


def roundtrip(dtype):
    """Round to another dtype and back."""
    return lambda x: ops.cast(
        ops.cast(x, dtype), keras.backend.standardize_dtype(x.dtype)
    )


def tf32(x):
    """Round to the 10 bits of fraction that TF32 keeps, by adding and subtracting."""
    shifted = x * (2.0**13 + 1)
    return shifted - (shifted - x)


def scaled(column, factor):
    """Multiply one unit's output by a factor."""

    def output(y):
        units = y.shape[-1]
        factors = np.ones(units, "float32")
        factors[column % units] = factor
        return y * factors

    return output
