"""Faults of LoRA: what it adds to a layer, how it is scaled, trained and saved."""

import functools
import inspect
from unittest import mock

import keras
from breaking import altered, altered_argument, ignoring_argument
from keras import ops
from keras.layers import Dense, Layer

# -- The kernel that a layer computes with


def scaled_product(layer, a, b):
    return layer.lora_alpha / layer.lora_rank * ops.matmul(a, b)


def product(change):
    """What is added to the kernel of a float layer: ``change`` takes the layer, A, B."""
    return effective_kernel(
        lambda layer, w, a, b: ops.add(w, change(layer, a, b)),
    )


def effective_kernel(change):
    """The kernel of a float layer with LoRA: ``change`` takes the layer, W, A and B."""
    real = Dense.kernel

    def kernel(self):
        if not self.lora_enabled or self.quantization_mode is not None:
            return real.fget(self)
        matrices = self._kernel, self.lora_kernel_a, self.lora_kernel_b
        return change(self, *map(ops.convert_to_tensor, matrices))

    return mock.patch.object(Dense, "kernel", property(kernel))


def transposed(layer, a, b):
    added = scaled_product(layer, a, b)
    return ops.transpose(added) if added.shape[0] == added.shape[1] else added


def other_gradients(a_factor=1, b_factor=1, seen_a=None, seen_b=None):
    """The right product, whose gradients have a factor, or see another A or B."""

    def change(layer, a, b):
        through_a = a if seen_a is None else seen_a(a)
        through_b = b if seen_b is None else seen_b(b)
        still = ops.stop_gradient
        a_part = ops.matmul(a - still(a), still(through_b))  # these two are zero,
        b_part = ops.matmul(still(through_a), b - still(b))  # but not their slopes
        value = ops.matmul(still(a), still(b))
        factor = layer.lora_alpha / layer.lora_rank
        return factor * (value + a_factor(layer) * a_part + b_factor(layer) * b_part)

    a_factor, b_factor = (
        f if callable(f) else lambda layer, f=f: f for f in (a_factor, b_factor)
    )
    return product(change)


def reshaped(matrix):
    """Its transpose is this matrix, reshaped."""
    return ops.transpose(ops.reshape(matrix, matrix.shape[::-1]))


def no_alpha(layer):
    return layer.lora_rank / layer.lora_alpha if layer.lora_alpha else 1


# -- Enabling it


def enabling(change=None, **defaults):
    """enable_lora with other defaults, or with something done to the layer after it.

    ``change`` takes the layer and the arguments that were given.
    """
    real = Dense.enable_lora
    signature = inspect.signature(real)

    @functools.wraps(real)
    def enable_lora(self, *args, **kwargs):
        given = signature.bind(self, *args, **(defaults | kwargs))
        real(*given.args, **given.kwargs)
        if change is not None:
            change(self, given.arguments)

    return mock.patch.object(Dense, "enable_lora", enable_lora)


def trainable(name, value):
    return enabling(
        lambda layer, given: setattr(getattr(layer, name), "trainable", value)
    )


def set_alpha(alpha):
    """alpha becomes something else where it was not given."""

    def change(layer, given):
        if given.get("lora_alpha") is None:
            layer.lora_alpha = alpha(layer)

    return enabling(change)


def alpha_or_rank(layer, given):
    layer.lora_alpha = given.get("lora_alpha") or layer.lora_rank


def enabled_again(self, *args, real=Dense.enable_lora, **kwargs):
    if not self.lora_enabled:
        real(self, *args, **kwargs)


def with_constraints(self, *args, real=Dense.enable_lora, **kwargs):
    self.kernel_constraint = None
    real(self, *args, **kwargs)


def penalised_as_before(layer, given):
    """The penalty is still for the kernel: it takes the place of that for A."""
    if regularizer := layer.kernel_regularizer:
        layer.lora_kernel_a.regularizer = lambda a: regularizer(layer._kernel)
        layer.lora_kernel_b.regularizer = None


# -- Saving and loading


def merging(change):
    """What is saved in the place of a kernel: ``change`` takes the layer, W, A, B."""
    real = Dense._get_kernel_with_merged_lora

    def merged(self):
        if not self.lora_enabled or self.quantization_mode is not None:
            return real(self)
        matrices = self._kernel, self.lora_kernel_a, self.lora_kernel_b
        return change(self, *map(ops.convert_to_tensor, matrices)), None, None

    return mock.patch.object(Dense, "_get_kernel_with_merged_lora", merged)


def saving_all(self, store, real=Dense.save_own_variables):
    real(self, store)
    if self.lora_enabled:
        for matrix in (self.lora_kernel_a, self.lora_kernel_b):
            store[str(len(store.keys()))] = matrix


def saving_for_good(self, store, real=Dense.save_own_variables):
    """The layer is merged as well, in memory."""
    real(self, store)
    if self.lora_enabled and self.quantization_mode is None:
        self._kernel.assign(store["0"])
        self.lora_kernel_b.assign(ops.zeros_like(self.lora_kernel_b))


def loading(keeps):
    """Some of A and B are as they were before weights were read."""
    real = Dense.load_own_variables

    def load_own_variables(self, store):
        names = keeps if self.lora_enabled else ()
        kept = {name: ops.copy(getattr(self, name)) for name in names}
        real(self, store)
        for name in names:
            getattr(self, name).assign(kept[name])

    return mock.patch.object(Dense, "load_own_variables", load_own_variables)


def loading_ends_it(self, store, real=Dense.load_own_variables):
    real(self, store)
    self.lora_enabled = False


def without(name):
    def change(config):
        return {key: value for key, value in config.items() if key != name}

    return altered(Dense, "get_config", change)


# -- int8


def rounded(layer, x):
    q, scale = layer.inputs_quantizer(x, axis=-1)
    return ops.cast(q, "float32") / scale


def int8_call(change):
    """What is added to the answer of an int8 layer: ``change`` takes it, x, A and B."""
    real = Dense._int8_call

    def call(self, inputs, training=None):
        if not self.lora_enabled:
            return real(self, inputs, training)
        self.lora_enabled = False
        y = real(self, inputs, training)
        self.lora_enabled = True
        return y + change(self, inputs, self.lora_kernel_a, self.lora_kernel_b)

    return mock.patch.object(Dense, "_int8_call", call)


def int8_saving(change):
    """An int8 kernel as it is saved: ``change`` takes the layer, and what is right."""
    real = Dense._get_kernel_with_merged_lora

    def merged(self):
        right = real(self)
        return change(self, *right) if self.quantization_mode == "int8" else right

    return mock.patch.object(Dense, "_get_kernel_with_merged_lora", merged)


def factor_ignored(self, real=Dense._get_kernel_with_merged_lora):
    alpha, self.lora_alpha = self.lora_alpha, self.lora_rank
    try:
        return real(self)
    finally:
        self.lora_alpha = alpha


FAULTS = {
    "lora: alpha ignored": product(lambda layer, a, b: ops.matmul(a, b)),
    "lora: alpha, not alpha / rank": product(
        lambda layer, a, b: layer.lora_alpha * ops.matmul(a, b)
    ),
    "lora: rank / alpha": product(
        lambda layer, a, b: no_alpha(layer) * ops.matmul(a, b)
    ),
    "lora: alpha / root of the rank": product(
        lambda layer, a, b: scaled_product(layer, a, b) * layer.lora_rank**0.5
    ),
    "lora: product transposed": product(transposed),
    "lora: product subtracted": product(
        lambda layer, a, b: -scaled_product(layer, a, b)
    ),
    "lora: product left out": effective_kernel(lambda layer, w, a, b: w),
    "lora: product replaces the kernel": effective_kernel(
        lambda layer, w, a, b: scaled_product(layer, a, b)
    ),
    "lora: B reshaped": product(
        lambda layer, a, b: scaled_product(layer, a, reshaped(b))
    ),
    "lora: gradient of A without alpha": other_gradients(a_factor=no_alpha),
    "lora: gradient of B without alpha": other_gradients(b_factor=no_alpha),
    "lora: gradient of A with alpha twice": other_gradients(
        a_factor=lambda layer: layer.lora_alpha / layer.lora_rank
    ),
    "lora: no gradient of A": other_gradients(a_factor=0),
    "lora: no gradient of B": other_gradients(b_factor=0),
    "lora: gradient of A without B transposed": other_gradients(seen_b=reshaped),
    "lora: gradient of B without A transposed": other_gradients(seen_a=reshaped),
    "enable_lora: does nothing": mock.patch.object(
        Dense, "enable_lora", lambda self, *args, **kwargs: None
    ),
    "enable_lora: rank one less": altered_argument(
        Dense, "rank", lambda rank: max(rank - 1, 1), "enable_lora"
    ),
    "enable_lora: lora_alpha ignored": ignoring_argument(
        Dense, "lora_alpha", "enable_lora"
    ),
    "enable_lora: alpha of zero is taken for none": enabling(alpha_or_rank),
    "enable_lora: alpha is one by default": set_alpha(lambda layer: 1),
    "enable_lora: alpha is twice the rank by default": set_alpha(
        lambda layer: 2 * layer.lora_rank
    ),
    "enable_lora: A begins with zeros": enabling(a_initializer="zeros"),
    "enable_lora: A begins with ones": enabling(a_initializer="ones"),
    "enable_lora: B is drawn": enabling(b_initializer="he_uniform"),
    "enable_lora: B is drawn, A begins with zeros": enabling(
        a_initializer="zeros", b_initializer="he_uniform"
    ),
    "enable_lora: A reaches too far": enabling(
        a_initializer=keras.initializers.RandomUniform(-9, 9)
    ),
    "enable_lora: kernel not frozen": trainable("_kernel", True),
    "enable_lora: bias frozen": trainable("bias", False),
    "enable_lora: A frozen": trainable("lora_kernel_a", False),
    "enable_lora: B frozen": trainable("lora_kernel_b", False),
    "enable_lora: may be repeated": mock.patch.object(
        Dense, "enable_lora", enabled_again
    ),
    "enable_lora: drops a constraint": mock.patch.object(
        Dense, "enable_lora", with_constraints
    ),
    "enable_lora: no penalty on A": enabling(
        lambda layer, given: setattr(layer.lora_kernel_a, "regularizer", None)
    ),
    "enable_lora: penalty stays on the kernel": enabling(penalised_as_before),
    "lora_rank: ignored": ignoring_argument(Dense, "lora_rank"),
    "lora_alpha: ignored": ignoring_argument(Dense, "lora_alpha"),
    "get_config: without lora_rank": without("lora_rank"),
    "get_config: without lora_alpha": without("lora_alpha"),
    "saving: not merged": merging(lambda layer, w, a, b: w),
    "saving: merged without alpha": merging(
        lambda layer, w, a, b: w + ops.matmul(a, b)
    ),
    "saving: merged with alpha, not alpha / rank": merging(
        lambda layer, w, a, b: w + layer.lora_alpha * ops.matmul(a, b)
    ),
    "saving: merged transposed": merging(
        lambda layer, w, a, b: w + transposed(layer, a, b)
    ),
    "saving: merged twice": merging(
        lambda layer, w, a, b: w + 2 * scaled_product(layer, a, b)
    ),
    "saving: A and B as well": mock.patch.object(
        Dense, "save_own_variables", saving_all
    ),
    "saving: changes the layer": mock.patch.object(
        Dense, "save_own_variables", saving_for_good
    ),
    "loading: keeps A and B": loading(("lora_kernel_a", "lora_kernel_b")),
    "loading: keeps A": loading(("lora_kernel_a",)),
    "loading: keeps B": loading(("lora_kernel_b",)),
    "loading: ends LoRA": mock.patch.object(
        Dense, "load_own_variables", loading_ends_it
    ),
    "int8: LoRA left out": int8_call(lambda layer, x, a, b: 0),
    "int8: LoRA without alpha": int8_call(
        lambda layer, x, a, b: ops.matmul(ops.matmul(x, a), b)
    ),
    "int8: LoRA of the rounded input": int8_call(
        lambda layer, x, a, b: ops.matmul(
            rounded(layer, x), scaled_product(layer, a, b)
        )
    ),
    "int8: LoRA divided by the scale": int8_call(
        lambda layer, x, a, b: (
            ops.matmul(x, scaled_product(layer, a, b)) / layer.kernel_scale
        )
    ),
    "int8: saved without LoRA": int8_saving(
        lambda layer, q, scale, zero: (layer._kernel, layer.kernel_scale, zero)
    ),
    "int8: saved with the old scale": int8_saving(
        lambda layer, q, scale, zero: (q, layer.kernel_scale, zero)
    ),
    "int8: merged without alpha": mock.patch.object(
        Dense, "_get_kernel_with_merged_lora", factor_ignored
    ),
    "count_params: frozen ones left out": mock.patch.object(
        Layer,
        "count_params",
        lambda self: sum(int(ops.size(w)) for w in self.trainable_weights),
    ),
}

# Mutants that compute the same, (before, after), each with its reason.
SCALES = "return np.float32(127) / (largest + np.float32(1e-07))"
EQUIVALENT = {
    "plot_5_int8": {
        (SCALES, SCALES.replace("+", "-")): "it vanishes, and zero has no sign",
        (
            "return (np.rint(kernel * scale), scale[0])",
            "return (np.rint(kernel * scale), scale[-1])",
        ): "there is one row",
    },
}
