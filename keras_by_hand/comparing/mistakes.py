"""Mistakes that people make when they port a layer, by what the layer has: an
argument, a weight, an activation.

A table has a row for each mistake, with a sentence: what the port does, and
what to do.
"""

import copy
import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from keras_by_hand.activations import gelu, leaky_relu, linear
from keras_by_hand.layers.normalization import (
    batch_moments,
)
from keras_by_hand.models.config import HARD_SIGMOID, hard_sigmoid_of_keras_2
from keras_by_hand.models.errors import refusing
from keras_by_hand.models.layers.activation import ACTIVATION_LAYERS
from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.models.layers.merging import MERGING_LAYERS
from keras_by_hand.models.operators.operator import Operator
from keras_by_hand.models.tensors import Tensor, tensors_in
from keras_by_hand.names import ACTIVATIONS, ALONE

MOST_HEADS = 4  # of which all orders are tried


class Mistake(NamedTuple):
    """A mistake in a layer, or in what it is given.

    row: of a table, in which several values may make the same numbers; text:
    what the port does, and what to do; change: returns the layer, or what it
    is given, with the mistake.
    """

    row: str
    text: str
    change: Callable


class Scene(NamedTuple):
    """What stands around a layer.

    call: its Call; calls: those before it, and outside of what is compared
    together with it; layers: all of the model's; port: the Port; expected: what
    that has for the layer, or for what it is compared with; unused: the names
    of the tensors of the port that stand for nothing.
    """

    call: object
    calls: list
    layers: list
    port: object
    expected: np.ndarray
    unused: list

    @property
    def given(self):
        """Its inputs as arrays, without masks."""
        found = [tensor.array for tensor in tensors_in(self.call.taken)]
        return [array for array in found if array.dtype.kind != "b"]

    @property
    def x(self):
        """Its first input."""
        return self.given[0] if self.given else np.zeros(0)


def altered(layer, /, arrays=None, options=None, **attributes):
    """Return a copy of a layer with other arrays, options and attributes. It
    begins without states, and its notes are its own."""
    layer = copy.copy(layer)
    layer.arrays = {**layer.arrays, **(arrays or {})}
    layer.options = {**layer.options, **(options or {})}
    layer.kept, layer.notes = None, []
    vars(layer).update(attributes)
    return layer


def with_function(layer, function):
    """Return a copy of a layer with another function."""
    return altered(layer, function=refusing(function))


# -- Arguments

GIVE_IT = "{key} is {old} in the model, and seems to be {new} in the port"
SET_IT = GIVE_IT + ": set it to {old}"
ARGUMENT_MISTAKES = {  # what they may be instead, and a sentence
    "epsilon": (
        (0, 1e-12, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2),
        SET_IT + ", as other libraries have other defaults",
    ),
    "negative_slope": ((0, 0.01, 0.1, 0.2, 0.25, 0.3), SET_IT),
    "max_value": ((None, 1, 6), SET_IT),
    "threshold": ((0, 1), SET_IT),
    "alpha": ((0.01, 0.1, 0.2, 0.3, 1.0), SET_IT),
    "dilation_rate": ((1, 2, 3, 4, 8, 16), SET_IT),
    "interpolation": (
        ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"),
        SET_IT,
    ),
    "approximate": ((True, False), SET_IT + " (the form of gelu by tanh)"),
    "antialias": ((True, False), SET_IT),
    "merge_mode": (("sum", "ave", "mul", "concat"), SET_IT),
    "go_backwards": (
        (True, False),
        GIVE_IT + ": give it the steps in the other order",
    ),
    "groups": (
        (1, 2, 4, 8, 16, 32),
        SET_IT + " (1 is LayerNorm, one for each channel InstanceNorm)",
    ),
    "axis": ((1, 2, 3, -1, -2, 0), SET_IT + ", counted in the port's axes"),
    "axes": ((1, 2, (1, 2), (2, 1)), SET_IT),
    "normalize": ((True, False), SET_IT),
}
RATIOS, OFFSETS = (1, 255, 256, 127.5, 128, 127), (0, -1, -0.5)  # of Rescaling
BOTH_SIDES = {  # arguments with (before, after) of each axis
    "padding": "the port pads the other side: swap what is before and after",
    "cropping": "the port crops the other side: swap what is before and after",
}


def mistaken_arguments(layer, scene):
    """Yield a layer's Mistakes in its arguments."""
    held = "config" if isinstance(layer, Operator) else "options"
    for key, (values, text) in ARGUMENT_MISTAKES.items():
        options = getattr(layer, held)
        if key not in options:
            continue
        old = options[key]
        for new in values:
            if type(new) is not type(old) or not np.array_equal(new, old):
                said = text.format(key=key, old=old, new=new)
                told = {held: {**options, key: new}}
                yield Mistake(key, said, functools.partial(altered, **told))
    if layer.kind == "Rescaling":
        for ratio, offset in itertools.product(RATIOS, OFFSETS):
            told = {"scale": 1 / ratio, "offset": offset}
            yield Mistake(
                "scale",
                f"the port computes x / {ratio} + {offset}: rescale by the "
                "model's scale and offset",
                functools.partial(altered, options=told),
            )
    for key, text in BOTH_SIDES.items():
        sides = np.array(layer.options.get(key, "none"))
        if layer.kind.startswith(("ZeroPadding", "Cropping")) and sides.ndim:
            pairs = sides.reshape(-1, 2)
            new = tuple(tuple(pair[::-1]) for pair in pairs.tolist())
            new = new[0] if sides.ndim == 1 else new
            change = functools.partial(altered, options={key: new})
            yield Mistake(key, text, change)
            for step in (-1, 1) if key == "cropping" else ():
                for axes in moved_axes(len(pairs)):
                    new = pairs + step * np.outer(axes, (1, -1))
                    if (new < 0).any():
                        continue
                    told = {key: new.tolist() if sides.ndim > 1 else [*new[0]]}
                    yield Mistake(
                        "cropping",
                        f"the port crops {np.array(told[key]).tolist()}, which "
                        f"is off by one: crop {sides.tolist()}",
                        functools.partial(altered, options=told),
                    )


def moved_axes(rank):
    """Yield for each axis whether it moves: all axes, or one."""
    yield [1] * rank
    if rank > 1:
        yield from np.eye(rank, dtype=int).tolist()


# -- Activations

NEGATIVE_SLOPES = 0.01, 0.1, 0.2, 0.3


def list_activations():
    """Return {name: function} of each that an activation may be instead."""
    names: dict = {}
    for name in ALONE:  # of two names of one function, the first
        names.setdefault(ACTIVATIONS[name], name)
    found = {name: function for function, name in names.items()}
    # That is "missing", with two slopes, elu, and of half as many features.
    for name in ("linear", "leaky_relu", "celu", "glu"):
        del found[name]
    for slope in NEGATIVE_SLOPES:
        function = functools.partial(leaky_relu, negative_slope=slope)
        found[f"leaky_relu with a slope of {slope}"] = function
    return found | {
        "gelu by tanh": functools.partial(gelu, approximate=True),
        "hard_sigmoid of Keras 2": hard_sigmoid_of_keras_2,
    }


INSTEAD = list_activations()
IN_STEPS = (  # of a recurrent layer
    "hard_sigmoid",
    "hard_sigmoid of Keras 2",
    "relu",
    "sigmoid",
    "softsign",
    "tanh",
)


def mistaken_activations(layer, scene):
    """Yield a layer's Mistakes in its activations."""
    if layer.kind in ACTIVATION_LAYERS:
        known = {} if layer.kind == "Activation" else INSTEAD
        said = {  # by an argument
            "negative_slope": ("relu", "leaky_relu"),
            "max_value": ("relu6",),
        }
        skipped = [n for key in said if key in layer.options for n in said[key]]
        for name, function in known.items():
            if name.split()[0] not in skipped:
                text = f"the port has {name} here: it should be {layer.kind}"
                replaced = functools.partial(call_alone, function)
                change = functools.partial(with_function, function=replaced)
                yield Mistake(name, text, change)
    for key in "activation", "recurrent_activation":
        old = layer.options.get(key, getattr(layer, key, None))
        if old is not None:
            yield from other_activations(layer, key, old)


def call_alone(function, x, *weights, **options):
    """Return what a function makes of x alone."""
    return function(x)


def other_activations(layer, key, old):
    """Yield what an activation may be instead, or its absence."""
    name = name_of_activation(layer.config.get(key), old)
    if old is not linear:
        yield Mistake(
            f"no {key}",
            f"the port has no {name} here, or its numbers are from before it: "
            "apply it, once",
            functools.partial(with_activation, key, linear),
        )
    if old is not linear and "recurrent_kernel" not in layer.arrays:
        yield Mistake(
            f"{key} twice",
            f"the port applies {name} twice: apply it once",
            functools.partial(
                with_activation, key, functools.partial(apply_twice, old)
            ),
        )
    is_in_steps = "recurrent_kernel" in layer.arrays
    for other in IN_STEPS if is_in_steps else INSTEAD:
        function = INSTEAD[other]
        if function is not old:
            yield Mistake(
                f"{key} {other}",
                f"the port's {key} is {other}: it should be {name}",
                functools.partial(with_activation, key, function),
            )


def name_of_activation(saved, old):
    """Return what to call an activation."""
    if saved == HARD_SIGMOID:
        return "hard_sigmoid of Keras 2"
    if isinstance(saved, str):
        return "gelu by erf" if saved == "gelu" else saved
    name = saved.get("class_name") if isinstance(saved, dict) else None
    return str(name or getattr(old, "__name__", "linear"))


def with_activation(key, function, layer):
    """Return a layer with another activation."""
    if key in layer.options:
        return altered(layer, options={key: function})
    return altered(layer, **{key: function})


def apply_twice(function, x):
    return function(function(x))


# -- Weights

LACKS = "the port does without {name}: add it"
FACTOR_NAMES = "gamma", "scale"
WEIGHT_MISTAKES = (  # the end of a name, what it may be instead, and a sentence
    ("bias", np.zeros_like, LACKS),
    (
        "bias",
        lambda bias: 2 * bias,
        "the port adds {name} twice: set one of the port's to zero, as PyTorch "
        "has two in a recurrent layer",
    ),
    (
        "bias",
        lambda bias: half_times(bias, 2),
        "the port adds the second row of {name} twice: set one of the port's "
        "to zero",
    ),
    (
        "bias",
        lambda bias: half_times(bias, 0),
        "the port does without the second row of {name}, which belongs to the "
        "state: add it there",
    ),
    ("beta", np.zeros_like, LACKS),
    (
        FACTOR_NAMES,
        np.ones_like,
        "the port does without {name}: multiply by it",
    ),
    (
        FACTOR_NAMES,
        lambda gamma: gamma + 1,
        "the port multiplies by 1 + {name}: multiply by {name}",
    ),
    (
        FACTOR_NAMES,
        lambda gamma: gamma - 1,
        "the port multiplies by {name} - 1: multiply by {name}",
    ),
    ("mean", np.zeros_like, "the port subtracts no {name}: load it"),
    (
        "variance",
        np.ones_like,
        "the port has 1 for {name}: load it",
    ),
    (
        "variance",
        np.square,
        "the port divides by {name}, not by its root: take the root",
    ),
    (
        "variance",
        np.sqrt,
        "the port takes the root of {name} twice: take it once",
    ),
    (
        "embeddings",
        lambda rows: rows * np.sqrt(rows.shape[-1]).astype(rows.dtype),
        "the port multiplies {name} by the root of their length: the model "
        "does not",
    ),
    (
        "embeddings",
        lambda rows: rows / np.sqrt(rows.shape[-1]).astype(rows.dtype),
        "the port divides {name} by the root of their length: the model does "
        "not",
    ),
)


def half_times(bias, factor):
    """Return a bias with two rows, of which the second is multiplied; None for
    any other."""
    if bias.ndim != 2 or len(bias) != 2:
        return None
    return bias * np.array([[1], [factor]], bias.dtype)


def mistaken_weights(layer, scene):
    """Yield a layer's Mistakes in its weights."""
    for number, (ending, function, text) in enumerate(WEIGHT_MISTAKES):
        for name, array in layer.arrays.items():
            if name.endswith(ending) and function(array) is not None:
                yield Mistake(
                    f"{name} {number}",
                    text.format(name=name),
                    functools.partial(with_weight, name, function),
                )
    for name, array in layer.arrays.items():
        if name.endswith("kernel"):
            yield from mistaken_kernels(layer, name, array)
    biases = [name for name in layer.arrays if name.endswith("bias")]
    if len(biases) > 1:
        zeros = {name: 0 * layer.arrays[name] for name in biases}
        change = functools.partial(altered, arrays=zeros)
        text = "the port does without all biases: add them"
        yield Mistake("biases", text, change)
    yield from exchanged_weights(layer)
    if layer.arrays:
        text = "the port has rounded the weights to {}: keep them as they are"
        for dtype, rounded in ROUNDINGS.items():
            change = functools.partial(with_all_weights, rounded)
            yield Mistake("rounded", text.format(dtype), change)
        yield from weights_of_others(layer, scene)


def with_weight(name, function, layer):
    """Return a layer with what a function makes of one of its weights."""
    return altered(layer, {name: function(layer.arrays[name])})


def with_all_weights(function, layer):
    """Return a layer with what a function makes of all its weights."""
    arrays = {name: function(array) for name, array in layer.arrays.items()}
    return altered(layer, arrays)


def to_float16(array):
    return array.astype("float16").astype(array.dtype)


def to_bfloat16(array):
    bits = np.ascontiguousarray(array, "float32").view("uint32")
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return bits.astype("uint32").view("float32").astype(array.dtype)


ROUNDINGS = {"float16": to_float16, "bfloat16": to_bfloat16}


def weights_of_others(layer, scene):
    """Yield a layer with the weights of another layer of its class."""
    shapes = [array.shape for array in layer.arrays.values()]
    for other in {id(la): la for la in scene.layers}.values():
        if other.kind != layer.kind or other.name == layer.name:
            continue
        if [array.shape for array in other.arrays.values()] == shapes:
            yield Mistake(
                f"weights of {other.name}",
                f"the port has the weights of {other.name} here: load those "
                f"of {layer.name}",
                functools.partial(altered, arrays=other.arrays),
            )


def exchanged_weights(layer):
    """Yield a layer in which two weights of the same shape are exchanged."""
    for one, other in itertools.combinations(layer.arrays, 2):
        if layer.arrays[one].shape == layer.arrays[other].shape:
            arrays = {one: layer.arrays[other], other: layer.arrays[one]}
            yield Mistake(
                f"{one} and {other}",
                f"the port takes {one} for {other}: exchange them",
                functools.partial(altered, arrays=arrays),
            )


def mistaken_kernels(layer, name, kernel):
    """Yield what a kernel may be instead."""
    of = functools.partial(functools.partial, with_weight, name)
    rank = kernel.ndim
    if rank > 1 and kernel.shape[-1] == kernel.shape[-2]:
        yield Mistake(
            f"{name} transposed",
            f"the port has {name} transposed: exchange its last two axes",
            of(lambda kernel: kernel.swapaxes(-1, -2)),
        )
    if rank > 3 and kernel.shape[0] == kernel.shape[1]:
        yield Mistake(
            f"{name} transposed",
            f"the port has rows and columns of {name} exchanged: exchange its "
            "first two axes",
            of(lambda kernel: kernel.swapaxes(0, 1)),
        )
    for order in itertools.permutations(range(rank)):
        if order != tuple(range(rank)):
            yield Mistake(
                f"{name} transposed",
                f"the port reads {name} as if its axes were stored in the "
                f"order {order}: transpose it before",
                of(functools.partial(read_in_order, order)),
            )
    is_convolution = "strides" in layer.options
    if is_convolution:
        space = [axis for axis in range(rank - 2) if kernel.shape[axis] > 1]
        for many in range(1, len(space) + 1):
            for axes in itertools.combinations(space, many):
                yield Mistake(
                    f"{name} flipped",
                    f"the port has {name} flipped along {axes}: flip it back "
                    "(libraries of signals flip it, and Keras does not)",
                    of(functools.partial(np.flip, axis=axes)),
                )
    if is_convolution or rank == 2:
        inputs, filters = -2, -1
        if "Transpose" in layer.kind:
            inputs, filters = filters, inputs
        for axis, text in (
            (inputs, "input channels in reverse, as BGR is RGB"),
            (filters, "filters in reverse"),
        ):
            yield Mistake(
                f"{name} reversed {axis}",
                f"the port has {name} with its {text}: reverse them",
                of(functools.partial(np.flip, axis=axis)),
            )


def read_in_order(order, kernel):
    """Return the numbers of a kernel that was stored in an order of its axes
    and is read as if it was not."""
    return kernel.transpose(order).reshape(kernel.shape)


# -- What a layer does


def mistaken_functions(layer, scene):
    """Yield a layer that is left out, or does something else."""
    is_cell = "states" in layer.places
    if len(scene.given) == 1 and not is_cell:
        yield Mistake(
            "left out",
            "the port leaves this layer out, and hands its input on: add it",
            leave_out,
        )
    for kind, (function, _) in MERGING_LAYERS.items():
        if layer.kind in MERGED and kind in MERGED and kind != layer.kind:
            change = functools.partial(with_function, function=function)
            text = f"the port has {kind} here: it should be {layer.kind}"
            yield Mistake(kind, text, change)
    if layer.kind.startswith("Depthwise") and "kernel" in layer.arrays:
        many = layer.arrays["kernel"].shape[-1]
        yield Mistake(
            "multipliers",
            "the port has all channels of a multiplier together, and Keras all "
            "multipliers of a channel: reorder the channels",
            functools.partial(
                with_output, functools.partial(turn_channels, many)
            ),
        )
    if "moving_variance" in layer.arrays:
        yield Mistake(
            "training",
            "the port normalizes by the mean and variance of this batch, as "
            "in training: use the moving ones (in PyTorch, call eval())",
            functools.partial(normalize_by_batch, scene.x),
        )
    yield from mistaken_moments(layer, scene)
    if layer.kind.endswith("Dropout") and layer.config.get("rate"):
        yield Mistake(
            "dropout",
            "the port drops numbers here, as in training: switch that off (in "
            "PyTorch, call eval())",
            functools.partial(drop_like, scene.expected),
        )


MERGED = "Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"


class Instead(Layer):
    """What stands in the place of a layer: a function of its first input."""

    def __init__(self, function):
        self.function = function

    def call(self, args, keywords):
        x = tensors_in([args, keywords])[0]
        return Tensor(self.function(x.array), x.mask)

    def apply(self, x, mask=None, **keywords):
        return self.function(x)


def leave_out(layer):
    return Instead(lambda x: x)


def with_output(change, layer):
    """Return a layer of whose output, the first, something else is made."""

    def function(*args, **keywords):
        y = layer.function(*args, **keywords)
        if isinstance(y, list | tuple):  # with states
            return [change(y[0]), *y[1:]]
        return change(y)

    return with_function(layer, function)


def turn_channels(many, y):
    """Return channels of which many belong to each of the input's, in the order
    in which those of one multiplier are together."""
    pairs = y.reshape(*y.shape[:-1], -1, many)
    return pairs.swapaxes(-1, -2).reshape(y.shape)


def normalize_by_batch(x, layer):
    """Return a BatchNormalization with the moments of its input."""
    axis = layer.options.get("axis", -1)
    mean, variance = batch_moments(np.moveaxis(x, axis, -1))
    return altered(layer, {"moving_mean": mean, "moving_variance": variance})


def mistaken_moments(layer, scene):
    """Yield a normalization with another variance, or its epsilon elsewhere."""
    epsilon = layer.options.get("epsilon")
    if epsilon and "moving_variance" in layer.arrays:
        yield Mistake(
            "epsilon outside",
            "the port adds epsilon to the root of the variance: add it to the "
            "variance, before the root",
            functools.partial(
                with_weight,
                "moving_variance",
                lambda v: np.square(np.sqrt(v) + epsilon) - epsilon,
            ),
        )
    if layer.kind != "LayerNormalization" or "gamma" not in layer.arrays:
        return
    many = layer.arrays["gamma"].size
    if many > 1:
        # The root of n / (n - 1) * variance + epsilon, as factors.
        part = (many - 1) / many
        gamma = layer.arrays["gamma"]
        yield Mistake(
            "variance",
            "the port divides the sum of squares by n - 1: divide it by n (in "
            "PyTorch, unbiased=False)",
            functools.partial(
                altered,
                arrays={"gamma": gamma * gamma.dtype.type(part**0.5)},
                options={"epsilon": layer.options["epsilon"] * part},
            ),
        )
    yield Mistake(
        "epsilon outside",
        "the port adds epsilon to the root of the variance: add it to the "
        "variance, before the root",
        functools.partial(with_function, function=add_outside),
    )


def add_outside(x, gamma=1, beta=0, *, epsilon=0.001, axis=-1, **others):
    """Return what layer_normalization makes where epsilon is added to the
    root."""
    axes = tuple(np.ravel(axis))
    z = x - x.mean(axes, keepdims=True)
    z = z / (np.sqrt((z**2).mean(axes, keepdims=True)) + epsilon)
    shape = np.ones(x.ndim, int)
    for one in axes:
        shape[one] = x.shape[one]
    return z * np.reshape(gamma, shape) + np.reshape(beta, shape)


def drop_like(expected, layer):
    """Return what drops the numbers that an array has not."""
    part = 1 - layer.config["rate"]
    return Instead(lambda x: np.where(expected == 0, 0, x / part))
