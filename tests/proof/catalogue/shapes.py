"""Faults of shapes: what a layer says of them, masks, sparse inputs, and EinsumDense."""

import functools
from unittest import mock

import keras
from breaking import (
    Called,
    altered,
    altered_argument,
    ignoring_argument,
    inputs,
    tf32,
    weight,
    where,
)
from fault import Fault
from keras import KerasTensor, ops
from keras.layers import Dense, EinsumDense


def of_rank_four(change):
    """Apply a change to images, (batch, height, width, features)."""
    return lambda x: change(x) if len(x.shape) == 4 else x


def axes_swapped(x):
    """Images whose height and width are swapped, in the old shape."""
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), ops.shape(x))


def of_sparse(change):
    """A Dense layer that changes a sparse input, filled up with its zeros."""

    def concerned(given):
        return type(given.get("inputs")).__name__ in ("SparseTensor", "BCOO")

    filled = inputs(Dense, lambda x: change(ops.convert_to_tensor(x, sparse=False)))
    return where(concerned, filled)


def building(rows=0, **spec):
    """A Dense layer with more rows in its kernel, and other demands on its inputs."""
    real = Dense.build

    @functools.wraps(real)
    def build(self, input_shape):
        *leading, features = input_shape
        real(self, (*leading, features + rows if rows else features))
        demands = {"min_ndim": 2, "axes": {-1: features}} | spec
        self.input_spec = keras.layers.InputSpec(**demands)

    return mock.patch.object(Dense, "build", build)


def zero_where_masked():
    """A Dense layer whose output is zero at masked steps."""

    def call(real, self, x, *args, **kwargs):
        y = real(self, x, *args, **kwargs)
        mask = getattr(x, "_keras_mask", None)
        return y if mask is None else y * ops.cast(mask, y.dtype)[..., None]

    return Called(Dense, call)


def inverted(mask):
    return None if mask is None else ops.logical_not(mask)


def last_batch_alone():
    """A mean over batches, as of losses, that forgets those before."""
    real = keras.metrics.Mean.update_state

    @functools.wraps(real)
    def update_state(self, *args, **kwargs):
        self.reset_state()
        return real(self, *args, **kwargs)

    return mock.patch.object(keras.metrics.Mean, "update_state", update_state)


FAULTS = [
    Fault(
        "units: one more",
        "shapes/plot_dynamic_batch",
        "Dense.units",
        altered_argument(Dense, "units", lambda units: units + 1),
    ),
    Fault(
        "build: a row too many",
        "shapes/plot_dynamic_batch",
        "Dense.build",
        building(rows=1),
    ),
    Fault(
        "call: height and width swapped",
        "dense/plot_reduce_dimensions",
        "Dense.call",
        inputs(Dense, of_rank_four(axes_swapped)),
    ),
    Fault(
        "call: each row repeats its first pixel",
        "dense/plot_reduce_dimensions",
        "Dense.call",
        inputs(Dense, of_rank_four(lambda x: ops.ones_like(x) * x[:, :, :1])),
    ),
    Fault(
        "compute_output_shape: keeps the input's",
        "dense/plot_reduce_dimensions",
        "Dense.compute_output_shape",
        mock.patch.object(
            Dense, "compute_output_shape", lambda self, input_shape: tuple(input_shape)
        ),
    ),
    Fault(
        "compute_output_shape: of rank two",
        "dense/plot_reduce_dimensions",
        "Dense.compute_output_shape",
        altered(Dense, "compute_output_shape", lambda shape: (shape[0], shape[-1])),
    ),
    Fault(
        "input_spec: forgets the features",
        "shapes/plot_dynamic_batch",
        "Dense.input_spec",
        building(axes=None),
    ),
    Fault(
        "input_spec: takes rank one",
        "dense/plot_reduce_dimensions",
        "Dense.input_spec",
        building(min_ndim=1),
    ),
    Fault(
        "input: is the output",
        "shapes/plot_dynamic_batch",
        "Dense.input",
        mock.patch.object(Dense, "input", property(lambda self: self.output)),
    ),
    Fault(
        "output: is the input",
        "shapes/plot_dynamic_batch",
        "Dense.output",
        mock.patch.object(Dense, "output", property(lambda self: self.input)),
    ),
    Fault(
        "symbolic_call: keeps the input's shape",
        "shapes/plot_dynamic_batch",
        "Dense.symbolic_call",
        mock.patch.object(
            Dense,
            "symbolic_call",
            lambda self, x, **kwargs: KerasTensor(x.shape, x.dtype),
        ),
    ),
    Fault(
        "compute_mask: drops the mask",
        "shapes/plot_masks",
        "Dense.compute_mask",
        altered(Dense, "compute_mask", lambda mask: None),
    ),
    Fault(
        "compute_mask: inverted",
        "shapes/plot_masks",
        "Dense.compute_mask",
        altered(Dense, "compute_mask", inverted),
    ),
    Fault(
        "supports_masking: False",
        "shapes/plot_masks",
        "Dense.supports_masking",
        altered(Dense, "supports_masking", lambda value: False),
    ),
    Fault(
        "mask: sets the output to zero",
        "shapes/plot_masks",
        "Dense.compute_mask",
        zero_where_masked(),
    ),
    Fault(
        "mask: ignored by the loss",
        "shapes/plot_masked_loss",
        "Loss.__call__",
        altered_argument(
            keras.losses.Loss, "y_pred", lambda y: y + 0, method="__call__"
        ),
    ),
    Fault(
        "evaluate: only the last batch counts",
        "shapes/plot_masked_loss",
        "Model.evaluate",
        last_batch_alone(),
    ),
    Fault(
        "sparse: ignored by Input",
        "shapes/plot_sparse_input",
        "InputLayer.sparse",
        ignoring_argument(keras, "sparse", method="Input"),
    ),
    Fault(
        "sparse: ignored by CategoryEncoding",
        "shapes/plot_sparse_input",
        "CategoryEncoding.sparse",
        ignoring_argument(keras.layers.CategoryEncoding, "sparse"),
    ),
    Fault(
        "sparse: last feature dropped",
        "shapes/plot_sparse_input",
        "Dense.call",
        of_sparse(lambda x: ops.concatenate([x[:, :-1], 0 * x[:, :1]], 1)),
    ),
    Fault(
        "sparse: weights ignored",
        "shapes/plot_sparse_input",
        "Dense.call",
        of_sparse(ops.sign),
    ),
    Fault(
        "EinsumDense: kernel rounded to TF32",
        "shapes/plot_einsum_dense",
        "EinsumDense.call",
        weight(EinsumDense, "kernel", tf32),
    ),
    Fault(
        "EinsumDense: bias over the last axis alone",
        "shapes/plot_einsum_dense",
        "EinsumDense.bias_axes",
        altered_argument(EinsumDense, "bias_axes", lambda axes: axes and axes[-1]),
    ),
]
