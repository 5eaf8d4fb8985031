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
import math
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


def where(concerned, breaking):
    """Break Keras only in calls of which ``concerned`` is true; the others are its own.

    ``concerned`` takes the call's arguments, a dict by name.
    """
    if isinstance(breaking, Called):
        breaking.concerned = concerned
        return breaking
    owner, name, changed = breaking.getter(), breaking.attribute, breaking.new
    static = inspect.getattr_static(owner, name)
    if isinstance(static, property):
        breaking.new = property(
            lambda self: (changed if concerned({"self": self}) else static).fget(self),
            static.fset,
        )
        return breaking
    real = getattr(owner, name)
    signature = inspect.signature(real)

    @functools.wraps(changed)
    def either(*args, **kwargs):
        given = by_name(signature.bind(*args, **kwargs).arguments)
        return (changed if concerned(given) else real)(*args, **kwargs)

    either.__signature__ = signature
    breaking.new = either
    return breaking


def by_name(given):
    """The arguments of a call by name, those that it takes as **kwargs among them."""
    return {**given.get("kwargs", {}), **given}


def altered_argument(owner, name, change, method="__init__"):
    """A constructor, or another method, that changes the argument of this name.

    ``change`` takes the value given, and returns the one to be used.
    """

    def alter(given):
        if name in given:
            given[name] = change(given[name])

    return with_arguments(owner, method, alter)


def ignoring_argument(owner, name, method="__init__"):
    """A constructor, or another method, that drops the argument of this name."""
    return with_arguments(owner, method, lambda given: given.pop(name, None))


# -- Any layer, while its own call runs


class Together(contextlib.AbstractContextManager):
    """Several patches, entered in this order and left as one."""

    def __init__(self, *patches):
        self.patches, self.entered = patches, []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(patch)
            self.entered.append(stack.pop_all())

    def __exit__(self, *error):
        return self.entered.pop().__exit__(*error)


class Called(Together):
    """A layer whose call is ``function(real, self, inputs, ...)``.

    So is the call that it has when it is quantized. What is real is found out on entering:
    several such changes of one layer work together.
    """

    def __init__(self, layer, function):
        super().__init__()
        self.layer, self.function = layer, function
        self.concerned = lambda given: True

    def __enter__(self):
        self.patches = [
            mock.patch.object(self.layer, name, self.changed(getattr(self.layer, name)))
            for name in ("call", "quantized_call")
        ]
        super().__enter__()

    def changed(self, real):
        signature = inspect.signature(real)

        @functools.wraps(real)
        def call(*args, **kwargs):
            if not self.concerned(by_name(signature.bind(*args, **kwargs).arguments)):
                return real(*args, **kwargs)
            return self.function(real, *args, **kwargs)

        return call


def inputs(layer, change):
    """A layer that is called on ``change(inputs)``."""
    return Called(
        layer,
        lambda real, self, x, *args, **kwargs: real(self, change(x), *args, **kwargs),
    )


def outputs(layer, change):
    """A layer that returns ``change(outputs)``."""
    return Called(
        layer, lambda real, self, *args, **kwargs: change(real(self, *args, **kwargs))
    )


def training_is(layer, value):
    """A layer that is called in training, or not, whatever it is told."""
    return with_arguments(layer, "call", lambda given: given.update(training=value))


def states(cell, change):
    """A recurrent cell that is called on ``change(states)``, a list of arrays."""
    return Called(
        cell,
        lambda real, self, x, states, *args, **kwargs: real(
            self, x, change(states), *args, **kwargs
        ),
    )


def during(layer, *breakings):
    """A layer during whose call other things are broken, and only then."""

    def call(real, self, *args, **kwargs):
        with contextlib.ExitStack() as stack:
            for breaking in breakings:
                stack.enter_context(copy.copy(breaking))  # a layer may hold its like
            return real(self, *args, **kwargs)

    return Called(layer, call)


def weight(layer, name, change):
    """A layer whose call reads ``change(weight)`` wherever it reads a weight.

    ``name`` is the end of the weight's path, as "kernel" or "query/kernel". Gradients
    pass through the change, and what the call assigns is kept.
    """

    def meant(layer):
        return {id(v) for v in layer.variables if f"/{v.path}".endswith(f"/{name}")}

    def call(real, self, *args, **kwargs):
        chosen = meant(self)
        read = keras.Variable.value.fget

        def changed(v):  # a tensor even where the backend has variables of its own
            return (
                change(ops.convert_to_tensor(read(v))) if id(v) in chosen else read(v)
            )

        with mock.patch.object(keras.Variable, "value", property(changed)):
            return real(self, *args, **kwargs)

    return where(lambda given: bool(meant(given["self"])), Called(layer, call))


def attribute(layer, name, change):
    """A layer during whose call one of its attributes is ``change(attribute)``."""

    def call(real, self, *args, **kwargs):
        held = vars(self)
        with mock.patch.dict(held, {name: change(held[name])}):
            return real(self, *args, **kwargs)

    return Called(layer, call)


def function_of(module, name, function):
    """A function of a module that is ``function(real, ...)``."""
    real = getattr(module, name)
    changed = functools.wraps(real)(functools.partial(function, real))
    return mock.patch.object(module, name, changed)


def operation(name, function):
    """A function of keras.ops that is ``function(real, ...)`` for Keras' own code.

    With ``during``, for one layer alone.
    """
    return function_of(keras.src.ops, name, function)


def drawing(name, function):
    """A function that draws for Keras, as "dropout", that is ``function(real, ...)``."""
    return function_of(keras.src.backend.random, name, function)


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


def same(value):
    return value


def turned_round(value):
    """What is left of 1: of a gate, a rate or a probability."""
    return 1 - value


def inverted_mask(mask):
    return None if mask is None else ops.logical_not(mask)


def unscaled(real, x, rate, **options):
    """A dropout that does not make larger what it keeps."""
    return real(x, rate, **options) * (1 - rate)


def nothing_dropped(real, x, rate, **options):
    """A dropout that only makes larger."""
    return x / (1 - rate)


def of_sample(real, x, axes, **options):
    """Moments whose variance is that of a sample: divided by n - 1."""
    mean, variance = real(x, axes=axes, **options)
    n = math.prod(x.shape[axis] for axis in axes)
    return mean, variance * n / (n - 1)


def gradient_times(factor, value):
    """The same value, while training sees its gradient times a factor."""
    return factor * value + ops.stop_gradient((1 - factor) * value)


def with_gradient_of(other, value):
    """The same value, while training sees the gradient of something else."""
    return ops.stop_gradient(value) + other - ops.stop_gradient(other)


def roundtrip(dtype):
    """Round to another dtype and back."""
    return lambda x: ops.cast(
        ops.cast(x, dtype), keras.backend.standardize_dtype(x.dtype)
    )


def tf32(x):
    """Round to the 10 bits of fraction that TF32 keeps, by adding and subtracting."""
    shifted = x * (2.0**13 + 1)
    return shifted - (shifted - x)


# -- Axes


def flipped(*axes):
    return lambda x: ops.flip(x, axes)


def in_order(*order):
    """Parts of the last axis, such as gates, of equal size and in another order."""

    def change(x):
        parts = ops.split(ops.convert_to_tensor(x), len(order), axis=-1)
        return ops.concatenate([parts[number] for number in order], axis=-1)

    return change


def turned(value):
    """A tuple in another order; one number a step further."""
    return value[::-1] if isinstance(value, tuple) else value + 1
