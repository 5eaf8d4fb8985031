"""Faults of shapes: what a layer says of them, masks, sparse inputs, and EinsumDense."""

import functools
from unittest import mock

import keras
from breaking import altered, altered_argument, dense, ignoring_argument, same, tf32
from keras import KerasTensor, ops
from keras.layers import Dense, EinsumDense


def einsum(kernel=same, bias=same):
    """An EinsumDense layer whose parts pass through the functions given."""

    def call(self, x, training=None):
        y = ops.einsum(self.equation, x, kernel(self.kernel))
        return self.activation(y if self.bias is None else y + bias(self.bias))

    return mock.patch.object(EinsumDense, "call", call)


def of_rank_four(change):
    """Apply a change to images, (batch, height, width, features)."""
    return lambda x: change(x) if len(x.shape) == 4 else x


def axes_swapped(x):
    """Images whose height and width are swapped, in the old shape."""
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), ops.shape(x))


def of_sparse(change):
    """A Dense layer that changes a sparse input, filled up with its zeros."""
    real = Dense.call

    def call(self, x, training=None):
        if type(x).__name__ in ("SparseTensor", "BCOO"):
            x = change(ops.convert_to_tensor(x, sparse=False))
        return real(self, x, training)

    return mock.patch.object(Dense, "call", call)


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

    def call(self, x, training=None):
        y = self.activation(ops.matmul(x, self.kernel) + self.bias)
        mask = getattr(x, "_keras_mask", None)
        return y if mask is None else y * ops.cast(mask, y.dtype)[..., None]

    return mock.patch.object(Dense, "call", call)


def masking_any_zero():
    """A Masking layer that masks a step of which any feature is zero."""

    def kept(x, keepdims=False):
        return ops.all(ops.not_equal(x, 0), axis=-1, keepdims=keepdims)

    def call(self, x):
        return x * ops.cast(kept(x, True), x.dtype)

    return mock.patch.multiple(
        keras.layers.Masking, call=call, compute_mask=lambda self, x, mask=None: kept(x)
    )


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


FAULTS = {
    "units: one more": altered_argument(Dense, "units", lambda units: units + 1),
    "build: a row too many": building(rows=1),
    "call: height and width swapped": dense(inputs=of_rank_four(axes_swapped)),
    "call: each row repeats its first pixel": dense(
        inputs=of_rank_four(lambda x: ops.ones_like(x) * x[:, :, :1])
    ),
    "compute_output_shape: keeps the input's": mock.patch.object(
        Dense, "compute_output_shape", lambda self, input_shape: tuple(input_shape)
    ),
    "compute_output_shape: of rank two": altered(
        Dense, "compute_output_shape", lambda shape: (shape[0], shape[-1])
    ),
    "compute_output_spec: in float16": altered(
        Dense, "compute_output_spec", lambda spec: KerasTensor(spec.shape, "float16")
    ),
    "input_spec: forgets the features": building(axes=None),
    "input_spec: takes rank one": building(min_ndim=1),
    "input: is the output": mock.patch.object(
        Dense, "input", property(lambda self: self.output)
    ),
    "output: is the input": mock.patch.object(
        Dense, "output", property(lambda self: self.input)
    ),
    "symbolic_call: keeps the input's shape": mock.patch.object(
        Dense, "symbolic_call", lambda self, x, **kwargs: KerasTensor(x.shape, x.dtype)
    ),
    "compute_mask: drops the mask": altered(Dense, "compute_mask", lambda mask: None),
    "compute_mask: inverted": altered(Dense, "compute_mask", inverted),
    "supports_masking: False": altered(Dense, "supports_masking", lambda value: False),
    "mask: sets the output to zero": zero_where_masked(),
    "mask: where any feature is zero": masking_any_zero(),
    "mask: ignored by the mean": ignoring_argument(
        keras.layers.GlobalAveragePooling1D, "mask", method="call"
    ),
    "mask: ignored by the loss": altered_argument(
        keras.losses.Loss, "y_pred", lambda y: y + 0, method="__call__"
    ),
    "evaluate: only the last batch counts": last_batch_alone(),
    "sparse: ignored by Input": ignoring_argument(keras, "sparse", method="Input"),
    "sparse: ignored by CategoryEncoding": ignoring_argument(
        keras.layers.CategoryEncoding, "sparse"
    ),
    "sparse: multi_hot counts": altered_argument(
        keras.layers.CategoryEncoding, "output_mode", lambda mode: "count"
    ),
    "sparse: last feature dropped": of_sparse(
        lambda x: ops.concatenate([x[:, :-1], 0 * x[:, :1]], 1)
    ),
    "sparse: weights ignored": of_sparse(ops.sign),
    "EinsumDense: kernel's last axis reversed": einsum(
        kernel=lambda w: ops.flip(w, -1)
    ),
    "EinsumDense: kernel's first axis reversed": einsum(
        kernel=lambda w: ops.flip(w, 0)
    ),
    "EinsumDense: bias dropped": einsum(bias=lambda b: 0 * b),
    "EinsumDense: bias reversed along its first axis": einsum(
        bias=lambda b: ops.flip(b, 0)
    ),
    "EinsumDense: bias averaged over its first axis": einsum(
        bias=lambda b: ops.ones_like(b) * ops.mean(b, 0, keepdims=True)
    ),
    "EinsumDense: kernel rounded to TF32": einsum(kernel=tf32),
    "EinsumDense: bias_axes ignored": ignoring_argument(EinsumDense, "bias_axes"),
    "EinsumDense: bias over the last axis alone": altered_argument(
        EinsumDense, "bias_axes", lambda axes: axes and axes[-1]
    ),
}

# Mutants that compute the same, (before, after), each with its reason.
EQUIVALENT = {
    "plot_1_any_rank": {
        (
            "rows = x.reshape(-1, features).astype('float64')",
            "rows = x.reshape(-2, features).astype('float64')",
        ): "NumPy finds out the size for any negative number",
    },
    "plot_3_masks": {
        (
            "errors = np.square(y_true - y).mean(axis=-1)",
            "errors = np.square(y - y_true).mean(axis=-1)",
        ): "a square does not know the sign",
    },
}
