"""Faults of merging: what is done with the inputs, their order, axes and ranks."""

from unittest import mock

import keras
import keras.src.layers.merging.dot
from breaking import (
    Called,
    Together,
    altered,
    altered_argument,
    attribute,
    during,
    flipped,
    ignoring_argument,
    inputs,
    not_transposed,
    operation,
    outputs,
    turned,
    weight,
    where,
    with_arguments,
)
from fault import Fault
from keras import layers, ops
from keras.src.layers.merging.base_merge import Merge


def reversed_list(given):
    return given[::-1]


def in_place_of(name):
    """A function of keras.ops that is another one."""
    other = getattr(ops, name)
    return lambda real, *args, **kwargs: other(*args, **kwargs)


def aligned_at_the_end(real, self, given):
    """The call of a merging layer that leaves broadcasting to its operation."""
    return self._merge_function(given)


def at_the_end(real, x, axis):
    """An axis that is inserted behind the others."""
    return real(x, -1)


def inserting_axes(self, shapes):
    """A merging layer's build that looks at nothing but the ranks."""
    self._reshape_required = len(set(map(len, shapes))) > 1


ELEMENTWISE = "merging/plot_add"
FAULTS = [
    Fault(
        f"{layer.__name__}: {other} in place of {own}",
        ELEMENTWISE,
        f"{layer.__name__}.call",
        during(layer, operation(own, in_place_of(other))),
    )
    for layer, own, other in [
        (layers.Add, "add", "subtract"),
        (layers.Subtract, "subtract", "add"),
        (layers.Multiply, "multiply", "add"),
        (layers.Average, "add", "subtract"),
        (layers.Maximum, "maximum", "minimum"),
        (layers.Minimum, "minimum", "maximum"),
    ]
]
FAULTS += [
    Fault(
        f"{layer.__name__}: forgets the last of four inputs",
        ELEMENTWISE,
        f"{layer.__name__}.call",
        inputs(layer, lambda given: given[:3]),
    )
    for layer in (
        layers.Add,
        layers.Multiply,
        layers.Average,
        layers.Maximum,
        layers.Minimum,
    )
]
FAULTS += [
    Fault(
        "Subtract: the first from the second",
        ELEMENTWISE,
        "Subtract.call",
        inputs(layers.Subtract, reversed_list),
    ),
    Fault(
        "Average: the sum",
        ELEMENTWISE,
        "Average.call",
        outputs(layers.Average, lambda y: 2 * y),
    ),
    Fault(
        "Subtract: takes the first two of any number of inputs",
        ELEMENTWISE,
        "Subtract.build",
        Together(
            mock.patch.object(layers.Subtract, "build", Merge.build),
            inputs(layers.Subtract, lambda given: given[:2]),
        ),
    ),
]

BROADCASTING = "merging/plot_merging_broadcasting"
FAULTS += [
    Fault(
        f"{layer.__name__}: new axes in front, as NumPy has them",
        BROADCASTING,
        f"{layer.__name__}.call",
        Called(layer, aligned_at_the_end),
    )
    for layer in (layers.Add, layers.Multiply)
]
FAULTS += [
    Fault(
        f"{layer.__name__}: new axes at the end",
        BROADCASTING,
        f"{layer.__name__}.call",
        during(layer, operation("expand_dims", at_the_end)),
    )
    for layer in (layers.Add, layers.Multiply)
]
FAULTS += [
    Fault(
        "Add: a batch of one is repeated",
        BROADCASTING,
        "Add.build",
        mock.patch.object(layers.Add, "build", inserting_axes),
    ),
    Fault(
        "Add: inserts axes whenever ranks differ",
        BROADCASTING,
        "Add.call",
        attribute(layers.Add, "_reshape_required", lambda required: True),
    ),
    Fault(
        "+: the order of the samples is turned",
        BROADCASTING,
        "KerasTensor.__add__",
        with_arguments(
            keras.KerasTensor,
            "__add__",
            lambda given: given.update(other=ops.flip(given["other"], 0)),
        ),
    ),
    Fault(
        "Add: forgets the column",
        BROADCASTING,
        "Add.call",
        where(
            lambda given: given["inputs"][-1].shape[-1] == 1,
            inputs(layers.Add, lambda given: [given[0], 0 * given[1]]),
        ),
    ),
]

OPERATORS = "merging/plot_operators"
FAULTS += [
    Fault(
        f"KerasTensor: {name} computes {other}",
        OPERATORS,
        f"KerasTensor.{name}",
        mock.patch.object(keras.KerasTensor, name, getattr(keras.KerasTensor, other)),
    )
    for name, other in [
        ("__rsub__", "__sub__"),
        ("__mul__", "__add__"),
        ("__add__", "__mul__"),
        ("__truediv__", "__mul__"),
        ("__matmul__", "__rmatmul__"),
    ]
]
FAULTS += [
    Fault(
        "KerasTensor: x[...] takes the last of an axis for the first",
        OPERATORS,
        "KerasTensor.__getitem__",
        altered_argument(
            keras.KerasTensor,
            "key",
            lambda key: tuple(-1 if k == 0 else k for k in key),
            "__getitem__",
        ),
    ),
    Fault(
        "KerasTensor: NumPy leaves the operator to it",
        OPERATORS,
        "KerasTensor",
        mock.patch.object(keras.KerasTensor, "__array_ufunc__", None, create=True),
    ),
    Fault(
        "Model: saves a constant as another",
        OPERATORS,
        "Model.to_json",
        altered(keras.Model, "to_json", lambda text: text.replace("2.0", "4.0")),
    ),
    Fault(
        "Model: saves an operator under the module of layers",
        OPERATORS,
        "Model.to_json",
        altered(
            keras.Model,
            "to_json",
            lambda text: text.replace("keras.src.ops.numpy", "keras.layers"),
        ),
    ),
    Fault(
        "Model: saves a layer under the module of operators",
        OPERATORS,
        "Model.to_json",
        altered(
            keras.Model,
            "to_json",
            lambda text: text.replace("keras.layers", "keras.src.ops.numpy"),
        ),
    ),
]

CONCATENATE = "merging/plot_concatenate"
FAULTS += [
    Fault(
        "Concatenate, axis: ignored",
        CONCATENATE,
        "Concatenate.axis",
        ignoring_argument(layers.Concatenate, "axis"),
    ),
    Fault(
        "Concatenate, axis: does not count the batch",
        CONCATENATE,
        "Concatenate.axis",
        altered_argument(
            layers.Concatenate, "axis", lambda axis: axis + 1 if 0 < axis < 3 else axis
        ),
    ),
    Fault(
        "Concatenate, inputs: the last comes first",
        CONCATENATE,
        "Concatenate.call",
        inputs(layers.Concatenate, reversed_list),
    ),
    Fault(
        "Concatenate: the features of the inputs take turns",
        CONCATENATE,
        "Concatenate.call",
        outputs(layers.Concatenate, lambda y: ops.roll(y, 1, axis=-1)),
    ),
    Fault(
        "Dense, kernel: rows turned round behind Concatenate",
        CONCATENATE,
        "Dense.call",
        weight(layers.Dense, "kernel", flipped(0)),
    ),
    Fault(
        "Model.predict: all samples in one batch",
        CONCATENATE,
        "Model.predict",
        ignoring_argument(keras.Model, "batch_size", "predict"),
    ),
]

DOT = "merging/plot_dot"
FAULTS += [
    Fault(
        "Dot, axes: turned",
        DOT,
        "Dot.axes",
        altered_argument(layers.Dot, "axes", lambda axes: turned(axes)),
    ),
    Fault(
        "Dot, normalize: ignored",
        DOT,
        "Dot.normalize",
        ignoring_argument(layers.Dot, "normalize"),
    ),
    Fault(
        "Dot, normalize: a vector too short is not made longer",
        DOT,
        "Dot.normalize",
        altered(
            keras.src.layers.merging.dot,
            "normalize",
            lambda x: ops.where(ops.abs(x) < 0.2, ops.zeros_like(x), x),
        ),
    ),
    Fault(
        "Dot, normalize: the longest number, not the length, becomes 1",
        DOT,
        "Dot.normalize",
        mock.patch.object(
            keras.src.layers.merging.dot,
            "normalize",
            lambda x, axis: x / (ops.max(ops.abs(x), axis, keepdims=True) + 1e-7),
        ),
    ),
    Fault(
        "Dot: the sum of products is their mean",
        DOT,
        "Dot.call",
        during(
            layers.Dot,
            operation("matmul", lambda matmul, x, y: matmul(x, y) / x.shape[-1]),
        ),
    ),
    Fault(
        "Dot: the axes of the second input come first",
        DOT,
        "Dot.call",
        where(
            lambda given: len(given["inputs"][1].shape) > 2,
            outputs(layers.Dot, not_transposed),
        ),
    ),
    Fault(
        "Dot: of samples with the sample that follows",
        DOT,
        "Dot.call",
        inputs(layers.Dot, lambda given: [given[0], ops.roll(given[1], 1, axis=0)]),
    ),
    Fault(
        "Dot, axes: the batch is an axis like others",
        DOT,
        "Dot.axes",
        altered_argument(layers.Dot, "axes", lambda axes: axes or 1),
    ),
]
