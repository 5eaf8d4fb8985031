"""Faults of precision: how numbers are cast, what is stored in how many bits, and how
a loss is scaled."""

import contextlib
import copy
import functools
from unittest import mock

import keras
from breaking import (
    Called,
    Together,
    altered,
    altered_argument,
    inputs,
    operation,
    outputs,
    roundtrip,
    tf32,
    weight,
    where,
)
from fault import Fault
from keras import ops
from keras.layers import Dense
from keras.optimizers import LossScaleOptimizer
from keras.src.models.functional import Functional
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.trainer import Trainer

SIXTEEN = {"float16": (13, -14), "bfloat16": (16, -126)}  # bits cut, least exponent

# -- What comes in


def dtype_of(x):
    return keras.backend.standardize_dtype(x.dtype)


def is_float32(x):
    return hasattr(x, "dtype") and dtype_of(x) == "float32"


def reading(change, *dtypes):
    """Layers of these dtypes, or of both of 16 bits, that read something else.

    ``change`` takes float32 numbers and the dtype, and returns such numbers.
    """
    real = keras.DTypePolicy.convert_input

    @functools.wraps(real)
    def convert_input(self, x, autocast, dtype):
        x = change(ops.convert_to_tensor(x), keras.backend.standardize_dtype(dtype))
        return real(self, x, autocast, dtype)

    def concerned(given):
        to = keras.backend.standardize_dtype(given["dtype"])
        return to in (dtypes or SIXTEEN) and is_float32(given["x"])

    patch = mock.patch.object(keras.DTypePolicy, "convert_input", convert_input)
    return where(concerned, patch)


def bits(change):
    """A way to round that changes the bits: ``change`` takes them and how many are cut,
    and returns bits that are then cut. Only for numbers that stay normal."""

    def rounded(x, dtype):
        cut, least = SIXTEEN[dtype]
        whole = change(ops.view(x, "int32"), cut)
        whole = ops.left_shift(ops.right_shift(whole, cut), cut)
        normal = (ops.abs(x) >= 2.0**least) & (ops.abs(x) < 2.0**15)
        return ops.where(normal, ops.view(whole, "float32"), x)

    return rounded


def flushed(x, dtype):
    return ops.where(ops.abs(x) < 2.0 ** SIXTEEN[dtype][1], 0 * x, x)


def saturated(x, dtype):
    largest = 65504.0 if dtype == "float16" else (2 - 2.0**-7) * 2.0**127
    return ops.clip(x, -largest, largest)


def without_sign_of_zero(x, dtype):
    return ops.where(x == 0, ops.abs(x), x)


def twice_rounded(x, dtype):
    """To three bits more than bfloat16 has, and then to bfloat16."""
    return tf32(x)


def model_inputs(dtype):
    """Models that take the dtype of the data, or always the same, for their inputs."""

    def convert(self, flat_inputs):
        return [ops.convert_to_tensor(x, dtype) for x in flat_inputs]

    return mock.patch.object(Functional, "_convert_inputs_to_tensors", convert)


# -- What a layer stores and computes


def variable_dtype(change):
    """Policies with another dtype for variables: ``change`` takes both dtypes."""
    return mock.patch.object(
        keras.DTypePolicy,
        "variable_dtype",
        property(lambda self: change(self._variable_dtype, self._compute_dtype)),
    )


def weights_in_compute_dtype():
    """Layers that keep variables in 16 bits, whatever their policy says."""
    real = keras.layers.Layer.add_weight

    @functools.wraps(real)
    def add_weight(self, *args, **kwargs):
        return real(self, *args, **{"dtype": self.compute_dtype, **kwargs})

    return mock.patch.object(keras.layers.Layer, "add_weight", add_weight)


def wide(values):
    return ops.cast(values, "float32")


def in_16_bits(*breakings):
    """Dense layers of 16 bits during whose call other things are broken, and which round
    what they return."""

    def call(real, self, *args, **kwargs):
        with contextlib.ExitStack() as stack:
            for breaking in breakings:
                stack.enter_context(copy.copy(breaking))
            return ops.cast(real(self, *args, **kwargs), self.compute_dtype)

    def concerned(given):
        return given["self"].compute_dtype in SIXTEEN

    return where(concerned, Called(Dense, call))


def weights_not_rounded():
    """A kernel and a bias of float32, where the layer stores such."""
    return in_16_bits(
        mock.patch.object(keras.Variable, "_maybe_autocast", lambda self, value: value),
        operation("matmul", lambda real, x, w: real(wide(x), wide(w))),
        operation("add", lambda real, y, b: real(wide(y), wide(b))),
    )


def bias_before_rounding():
    """A product that is not rounded before the bias is added."""
    return in_16_bits(
        operation("matmul", lambda real, x, w: real(wide(x), wide(w))),
        operation("add", lambda real, y, b: real(y, wide(b))),
    )


def each_sum_rounded():
    def matmul(real, x, kernel):
        kernel, y = ops.convert_to_tensor(kernel), 0
        for feature in range(kernel.shape[0]):
            here = slice(feature, feature + 1)
            y = y + x[..., here] * kernel[here]
        return y

    return in_16_bits(operation("matmul", matmul))


def narrowed(x):
    return tf32(x) if is_float32(x) else x


def returned_in_float32(y):
    return wide(y) if dtype_of(y) in SIXTEEN else y


def training_the_copy():
    """Optimizers that leave weights as they are in 16 bits."""
    real = keras.optimizers.Optimizer.apply

    @functools.wraps(real)
    def apply(self, grads, trainable_variables=None):
        real(self, grads, trainable_variables)
        for variable in trainable_variables or self._trainable_variables:
            variable.assign(roundtrip("bfloat16")(variable))

    return mock.patch.object(keras.optimizers.Optimizer, "apply", apply)


# -- Loss scaling


def gradients(change):
    """Finite gradients, changed before they are divided; with the scale."""
    real = LossScaleOptimizer._stateful_handle_finite_grads

    @functools.wraps(real)
    def handle(self, grads, trainable_variables):
        grads = [change(gradient, self.dynamic_scale) for gradient in grads]
        real(self, grads, trainable_variables)

    return mock.patch.object(
        LossScaleOptimizer, "_stateful_handle_finite_grads", handle
    )


def divided_in_float16(gradient, scale):
    return roundtrip("float16")(gradient / scale) * scale


def after_a_finite_step(change):
    """``change`` takes the optimizer, and its scale before the step."""
    real = LossScaleOptimizer._stateful_handle_finite_grads

    @functools.wraps(real)
    def handle(self, grads, trainable_variables):
        before = ops.convert_to_tensor(self.dynamic_scale) * 1.0
        real(self, grads, trainable_variables)
        change(self, before)

    return mock.patch.object(
        LossScaleOptimizer, "_stateful_handle_finite_grads", handle
    )


def fourfold(optimizer, before):
    scale = ops.convert_to_tensor(optimizer.dynamic_scale)
    optimizer.dynamic_scale.assign(ops.where(scale > before, 2 * scale, scale))


def when_not_finite(counter=0, factor=0.5, more_iterations=0):
    """What a step that is not finite does: to the count, scale, and iterations."""

    def handle(self):
        self.step_counter.assign(counter * self.step_counter)
        self.dynamic_scale.assign(self.dynamic_scale * factor)
        self.inner_optimizer._iterations.assign_add(more_iterations)

    return mock.patch.object(
        LossScaleOptimizer, "_stateful_handle_non_finite_grads", handle
    )


def never_wrapping():
    real = Trainer.compile

    @functools.wraps(real)
    def compile(self, *args, **kwargs):
        return real(self, *args, **{**kwargs, "auto_scale_loss": False})

    return mock.patch.object(Trainer, "compile", compile)


def growth_steps(change):
    return altered_argument(LossScaleOptimizer, "dynamic_growth_steps", change)


FAULTS = [
    Fault(
        "predict: does not cast to floatx",
        "precision/plot_float64",
        "Model.predict",
        mock.patch.object(
            array_slicing.Sliceable, "cast", classmethod(lambda cls, x, dtype: x)
        ),
    ),
    Fault(
        "model: does not cast to the dtype of Input",
        "precision/plot_float64",
        "Model.predict",
        model_inputs(None),
    ),
    Fault(
        "model: casts to float32 whatever Input says",
        "precision/plot_float64",
        "Model.predict",
        model_inputs("float32"),
    ),
    Fault(
        "16 bits: half rounded away from zero",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(bits(lambda whole, cut: whole + 2 ** (cut - 1))),
    ),
    Fault(
        "16 bits: rounded towards zero",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(bits(lambda whole, cut: whole)),
    ),
    Fault(
        "16 bits: subnormals flushed",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(flushed),
    ),
    Fault(
        "16 bits: too large becomes the largest",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(saturated),
    ),
    Fault(
        "16 bits: -0 becomes 0",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(without_sign_of_zero),
    ),
    Fault(
        "16 bits: bfloat16 for float16",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(lambda x, dtype: roundtrip("bfloat16")(x), "float16"),
    ),
    Fault(
        "16 bits: float16 for bfloat16",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(lambda x, dtype: roundtrip("float16")(x), "bfloat16"),
    ),
    Fault(
        "16 bits: rounded twice",
        "precision/plot_sixteen_bits",
        "Dense.dtype",
        reading(twice_rounded, "bfloat16"),
    ),
    Fault(
        "16 bits: weights not rounded",
        "precision/plot_mixed",
        "Dense.dtype",
        weights_not_rounded(),
    ),
    Fault(
        "16 bits: bias added before rounding",
        "precision/plot_last_bits",
        "Dense.dtype",
        bias_before_rounding(),
    ),
    Fault(
        "16 bits: each sum rounded",
        "precision/plot_sums_in_float32",
        "Dense.dtype",
        each_sum_rounded(),
    ),
    Fault(
        "16 bits: answer in float32",
        "precision/plot_sums_in_float32",
        "Dense.dtype",
        outputs(Dense, returned_in_float32),
    ),
    Fault(
        "16 bits: stored in float32",
        "precision/plot_mixed",
        "Dense.dtype",
        variable_dtype(
            lambda variable, compute: "float32" if compute in SIXTEEN else variable
        ),
    ),
    Fault(
        "mixed: policy stores in 16 bits",
        "precision/plot_mixed",
        "DTypePolicy",
        variable_dtype(lambda variable, compute: compute),
    ),
    Fault(
        "mixed: variables in 16 bits",
        "precision/plot_mixed",
        "DTypePolicy",
        weights_in_compute_dtype(),
    ),
    Fault(
        "mixed: weights rounded after each step",
        "precision/plot_mixed",
        "DTypePolicy",
        training_the_copy(),
    ),
    Fault(
        "TF32: input and kernel",
        "precision/plot_tf32",
        "Dense.call",
        Together(inputs(Dense, narrowed), weight(Dense, "kernel", narrowed)),
    ),
    Fault(
        "loss scale: loss not scaled",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        mock.patch.object(LossScaleOptimizer, "scale_loss", lambda self, loss: loss),
    ),
    Fault(
        "loss scale: not divided out",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        gradients(lambda gradient, scale: gradient * scale),
    ),
    Fault(
        "loss scale: divided in float16",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        gradients(divided_in_float16),
    ),
    Fault(
        "loss scale: step not skipped",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        altered(LossScaleOptimizer, "check_finite", ops.ones_like),
    ),
    Fault(
        "loss scale: doubled a step too early",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer.dynamic_growth_steps",
        growth_steps(lambda steps: steps - 1),
    ),
    Fault(
        "loss scale: doubled a step too late",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer.dynamic_growth_steps",
        growth_steps(lambda steps: steps + 1),
    ),
    Fault(
        "loss scale: never doubled",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer.dynamic_growth_steps",
        growth_steps(lambda steps: 1000 * steps),
    ),
    Fault(
        "loss scale: made fourfold",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        after_a_finite_step(fourfold),
    ),
    Fault(
        "loss scale: not halved",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        when_not_finite(factor=1.0),
    ),
    Fault(
        "loss scale: quartered",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        when_not_finite(factor=0.25),
    ),
    Fault(
        "loss scale: count goes on after a skipped step",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        when_not_finite(counter=1),
    ),
    Fault(
        "loss scale: skipped step counted",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer",
        when_not_finite(more_iterations=1),
    ),
    Fault(
        "loss scale: initial scale ignored",
        "precision/plot_loss_scaling",
        "LossScaleOptimizer.initial_scale",
        altered_argument(LossScaleOptimizer, "initial_scale", lambda scale: 2.0**15),
    ),
    Fault(
        "loss scale: optimizer not wrapped",
        "precision/plot_loss_scaling",
        "Model.compile",
        never_wrapping(),
    ),
]
