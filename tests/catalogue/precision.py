"""Faults of precision: how numbers are cast, what is stored in how many bits, and how
a loss is scaled."""

import functools
from unittest import mock

import keras
from breaking import altered, altered_argument, dense, roundtrip, tf32
from keras import ops
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
        to = keras.backend.standardize_dtype(dtype)
        if to in (dtypes or SIXTEEN) and is_float32(x):
            x = change(ops.convert_to_tensor(x), to)
        return real(self, x, autocast, dtype)

    return mock.patch.object(keras.DTypePolicy, "convert_input", convert_input)


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


def to_float32(x):
    """Rounded to float32 and back, if it is float64."""
    return roundtrip("float32")(x) if dtype_of(x) == "float64" else x


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


def in_16_bits(compute):
    """Dense layers of 16 bits with another way to compute: ``compute`` takes the layer,
    its input, and kernel and bias as they are stored, in float32."""
    real = keras.layers.Dense.call

    @functools.wraps(real)
    def call(self, x, training=None):
        if self.compute_dtype not in SIXTEEN:
            return real(self, x, training)
        kernel = wide(self._kernel._value)
        bias = 0.0 if self.bias is None else wide(self.bias._value)
        y = compute(self, x, kernel, bias)
        return ops.cast(y, self.compute_dtype)

    return mock.patch.object(keras.layers.Dense, "call", call)


def as_a_product(values, dtype):
    """float32 values in 16 bits as this machine gets them there from a product, which
    TensorFlow may round or cut off: as the product of their parts with ones."""
    parts = []
    for _ in range(3):
        parts.append(ops.cast(values, dtype))
        values = values - wide(parts[-1])
    return ops.matmul(ops.stack(parts, axis=-1), ops.ones((3, 1), dtype))[..., 0]


def weights_not_rounded(self, x, kernel, bias):
    y = as_a_product(ops.matmul(wide(x), kernel), self.compute_dtype)
    return wide(y) + bias


def bias_before_rounding(self, x, kernel, bias):
    y = ops.matmul(wide(x), wide(ops.cast(kernel, self.compute_dtype)))
    return y + wide(ops.cast(bias, self.compute_dtype))


def each_sum_rounded(self, x, kernel, bias):
    kernel, y = ops.cast(kernel, self.compute_dtype), 0
    for feature in range(kernel.shape[0]):
        here = slice(feature, feature + 1)
        y = y + x[..., here] * kernel[here]
    return y + ops.cast(bias, self.compute_dtype)


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


FAULTS = {
    "float64: input cast to float32": dense(inputs=to_float32),
    "float64: kernel cast to float32": dense(kernel=to_float32),
    "float64: bias cast to float32": dense(bias=to_float32),
    "float64: product in float32": dense(product=to_float32),
    "float64: answer in float32": dense(
        output=lambda y: ops.cast(y, "float32") if dtype_of(y) == "float64" else y
    ),
    "float64: variables in float32": variable_dtype(
        lambda variable, compute: "float32" if variable == "float64" else variable
    ),
    "predict: does not cast to floatx": mock.patch.object(
        array_slicing.Sliceable, "cast", classmethod(lambda cls, x, dtype: x)
    ),
    "model: does not cast to the dtype of Input": model_inputs(None),
    "model: casts to float32 whatever Input says": model_inputs("float32"),
    "16 bits: half rounded away from zero": reading(
        bits(lambda whole, cut: whole + 2 ** (cut - 1))
    ),
    "16 bits: rounded towards zero": reading(bits(lambda whole, cut: whole)),
    "16 bits: subnormals flushed": reading(flushed),
    "16 bits: too large becomes the largest": reading(saturated),
    "16 bits: -0 becomes 0": reading(without_sign_of_zero),
    "16 bits: bfloat16 for float16": reading(
        lambda x, dtype: roundtrip("bfloat16")(x), "float16"
    ),
    "16 bits: float16 for bfloat16": reading(
        lambda x, dtype: roundtrip("float16")(x), "bfloat16"
    ),
    "16 bits: rounded twice": reading(twice_rounded, "bfloat16"),
    "16 bits: weights not rounded": in_16_bits(weights_not_rounded),
    "16 bits: bias added before rounding": in_16_bits(bias_before_rounding),
    "16 bits: each sum rounded": in_16_bits(each_sum_rounded),
    "16 bits: answer in float32": dense(output=returned_in_float32),
    "16 bits: stored in float32": variable_dtype(
        lambda variable, compute: "float32" if compute in SIXTEEN else variable
    ),
    "mixed: policy stores in 16 bits": variable_dtype(
        lambda variable, compute: compute
    ),
    "mixed: variables in 16 bits": weights_in_compute_dtype(),
    "mixed: weights rounded after each step": training_the_copy(),
    "TF32: input and kernel": dense(
        inputs=lambda x: tf32(x) if is_float32(x) else x,
        kernel=lambda w: tf32(w) if is_float32(w) else w,
    ),
    "loss scale: loss not scaled": mock.patch.object(
        LossScaleOptimizer, "scale_loss", lambda self, loss: loss
    ),
    "loss scale: not divided out": gradients(lambda gradient, scale: gradient * scale),
    "loss scale: divided in float16": gradients(divided_in_float16),
    "loss scale: step not skipped": altered(
        LossScaleOptimizer, "check_finite", ops.ones_like
    ),
    "loss scale: doubled a step too early": growth_steps(lambda steps: steps - 1),
    "loss scale: doubled a step too late": growth_steps(lambda steps: steps + 1),
    "loss scale: never doubled": growth_steps(lambda steps: 1000 * steps),
    "loss scale: made fourfold": after_a_finite_step(fourfold),
    "loss scale: not halved": when_not_finite(factor=1.0),
    "loss scale: quartered": when_not_finite(factor=0.25),
    "loss scale: count goes on after a skipped step": when_not_finite(counter=1),
    "loss scale: skipped step counted": when_not_finite(more_iterations=1),
    "loss scale: initial scale ignored": altered_argument(
        LossScaleOptimizer, "initial_scale", lambda scale: 2.0**15
    ),
    "loss scale: optimizer not wrapped": never_wrapping(),
}

EQUIVALENT = {}
