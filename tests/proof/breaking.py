"""Ways to break Keras on purpose.

Each returns a context manager, made of ``unittest.mock.patch``, that can be entered again
and again, and in which Keras computes something else. It is Keras' own code that runs,
compiled, quantized or training, and sees a changed argument, weight, input, output or
operation: nothing here computes a layer anew.

A function that TensorFlow has compiled already does not see a fault: break Keras before
the model is built.
"""

import contextlib
import copy
import functools
import inspect
from unittest import mock

import keras
import keras.src.activations
import keras.src.ops
from keras import ops
from keras.src.activations import ALL_OBJECTS_DICT as NAMED

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


def with_arguments(owner, method, change):
    """A function or method whose arguments, a dict by name, ``change`` may alter.

    What it takes as **kwargs is among them, under its own name.
    """
    real = getattr(owner, method)
    signature = inspect.signature(real)

    @functools.wraps(real)
    def changed(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        rest = given.arguments.pop("kwargs", {})
        arguments = {**given.arguments, **rest}
        change(arguments)
        more = {name: arguments.pop(name) for name in rest if name in arguments}
        for name in set(given.arguments) - set(arguments):
            del given.arguments[name]
        given.arguments.update(arguments)
        if "kwargs" in signature.parameters:
            given.arguments["kwargs"] = more
        return real(*given.args, **given.kwargs)

    changed.__signature__ = signature  # which Keras reads when it makes a layer
    return mock.patch.object(owner, method, changed)


def function_of(owner, name, function):
    """A function of a module, or a method, that is ``function(real, ...)``."""
    real = getattr(owner, name)

    @functools.wraps(real)
    def changed(*args, **kwargs):
        return function(real, *args, **kwargs)

    return mock.patch.object(owner, name, changed)


def ignoring_argument(owner, name, method="__init__"):
    """A constructor, or another method, that drops the argument of this name."""
    return with_arguments(owner, method, lambda given: given.pop(name, None))


# -- Any layer, while its own call runs


def calling(layer, function):
    """A layer whose call is ``function(real, self, inputs, ...)``."""
    return function_of(layer, "call", function)


def training_is(layer, value):
    """A layer that is called in training, or not, whatever it is told."""
    return with_arguments(layer, "call", lambda given: given.update(training=value))


def during(layer, breaking):
    """A layer during whose call something else is broken, and only then."""

    def call(real, self, *args, **kwargs):
        with copy.copy(breaking):  # a layer may hold its like
            return real(self, *args, **kwargs)

    return calling(layer, call)


def attribute(layer, name, change):
    """A layer during whose call one of its attributes is ``change(attribute)``."""

    def call(real, self, *args, **kwargs):
        held = vars(self)
        with mock.patch.dict(held, {name: change(held[name])}):
            return real(self, *args, **kwargs)

    return calling(layer, call)


def operation(name, function):
    """A function of keras.ops that is ``function(real, ...)`` for Keras' own code.

    With ``during``, for one layer alone.
    """
    return function_of(keras.src.ops, name, function)


class Together(contextlib.AbstractContextManager):
    """Several patches, entered in this order and left as one."""

    def __init__(self, *patches):
        self.patches = patches

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(patch)
            self.entered = stack.pop_all()

    def __exit__(self, *error):
        return self.entered.__exit__(*error)


def activation(name, function):
    """An activation that is ``function(z, own value)``, however it is asked for."""
    real = getattr(keras.activations, name)

    @functools.wraps(real)
    def changed(z, *args, **kwargs):
        return function(z, real(z, *args, **kwargs))

    names = [key for key, value in NAMED.items() if value is real]
    return Together(
        mock.patch.object(keras.activations, name, changed),
        mock.patch.object(keras.src.activations, name, changed),
        mock.patch.dict(NAMED, dict.fromkeys(names, changed)),
    )


# -- Numbers


def with_gradient_of(other, value):
    """The same value, while training sees the gradient of something else."""
    return ops.stop_gradient(value) + other - ops.stop_gradient(other)
