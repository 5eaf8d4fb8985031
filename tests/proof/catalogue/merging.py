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
    ignoring_argument,
    inputs,
    where,
    with_arguments,
)
from fault import Fault
from keras import layers, ops
from keras.src.layers.merging.base_merge import Merge


def aligned_at_the_end(real, self, given):
    """The call of a merging layer that leaves broadcasting to its operation."""
    return self._merge_function(given)


def inserting_axes(self, shapes):
    """A merging layer's build that looks at nothing but the ranks."""
    self._reshape_required = len(set(map(len, shapes))) > 1


ELEMENTWISE = "merging/plot_add"
FAULTS = []
FAULTS += [
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
        "Model.predict: all samples in one batch",
        CONCATENATE,
        "Model.predict",
        ignoring_argument(keras.Model, "batch_size", "predict"),
    ),
]

DOT = "merging/plot_dot"
FAULTS += [
    Fault(
        "Dot, axes: the batch is an axis like others",
        DOT,
        "Dot.axes",
        altered_argument(layers.Dot, "axes", lambda axes: axes or 1),
    ),
]
