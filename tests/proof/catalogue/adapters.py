"""Faults of LoRA: what it adds to a layer, how it is scaled, trained and saved."""

import functools
import inspect
from unittest import mock

import keras
from breaking import altered, altered_argument, ignoring_argument, where
from fault import Fault
from keras import ops
from keras.layers import Dense


def float_lora(given):
    return given["self"].lora_enabled and given["self"].quantization_mode is None


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

    def kernel(self):
        matrices = self._kernel, self.lora_kernel_a, self.lora_kernel_b
        return change(self, *map(ops.convert_to_tensor, matrices))

    return where(float_lora, mock.patch.object(Dense, "kernel", property(kernel)))


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


def keeping_alpha(self, *args, real=Dense.enable_lora, **kwargs):
    """What the constructor was told counts, where nothing else is said."""
    return real(self, *args, **{"lora_alpha": self.lora_alpha, **kwargs})


def penalised_as_before(layer, given):
    """The penalty is still for the kernel: it takes the place of that for A."""
    if regularizer := layer.kernel_regularizer:
        layer.lora_kernel_a.regularizer = lambda a: regularizer(layer._kernel)
        layer.lora_kernel_b.regularizer = None


# -- Saving and loading


def merging(change):
    """What is saved in the place of a kernel: ``change`` takes the layer, W, A, B."""

    def merged(self):
        matrices = self._kernel, self.lora_kernel_a, self.lora_kernel_b
        return change(self, *map(ops.convert_to_tensor, matrices)), None, None

    name = "_get_kernel_with_merged_lora"
    return where(float_lora, mock.patch.object(Dense, name, merged))


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


FAULTS = [
    Fault(
        "lora: alpha ignored",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(lambda layer, a, b: ops.matmul(a, b)),
    ),
    Fault(
        "lora: alpha, not alpha / rank",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(lambda layer, a, b: layer.lora_alpha * ops.matmul(a, b)),
    ),
    Fault(
        "lora: rank / alpha",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(lambda layer, a, b: no_alpha(layer) * ops.matmul(a, b)),
    ),
    Fault(
        "lora: alpha / root of the rank",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(lambda layer, a, b: scaled_product(layer, a, b) * layer.lora_rank**0.5),
    ),
    Fault(
        "lora: product transposed",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(transposed),
    ),
    Fault(
        "lora: product subtracted",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(lambda layer, a, b: -scaled_product(layer, a, b)),
    ),
    Fault(
        "lora: product left out",
        "adapters/plot_lora",
        "Dense.enable_lora",
        effective_kernel(lambda layer, w, a, b: w),
    ),
    Fault(
        "lora: product replaces the kernel",
        "adapters/plot_lora",
        "Dense.enable_lora",
        effective_kernel(lambda layer, w, a, b: scaled_product(layer, a, b)),
    ),
    Fault(
        "lora: B reshaped",
        "adapters/plot_lora",
        "Dense.enable_lora",
        product(lambda layer, a, b: scaled_product(layer, a, reshaped(b))),
    ),
    Fault(
        "lora: gradient of A without alpha",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(a_factor=no_alpha),
    ),
    Fault(
        "lora: gradient of B without alpha",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(b_factor=no_alpha),
    ),
    Fault(
        "lora: gradient of A with alpha twice",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(a_factor=lambda layer: layer.lora_alpha / layer.lora_rank),
    ),
    Fault(
        "lora: no gradient of A",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(a_factor=0),
    ),
    Fault(
        "lora: no gradient of B",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(b_factor=0),
    ),
    Fault(
        "lora: gradient of A without B transposed",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(seen_b=reshaped),
    ),
    Fault(
        "lora: gradient of B without A transposed",
        "adapters/plot_lora_gradients",
        "Dense.enable_lora",
        other_gradients(seen_a=reshaped),
    ),
    Fault(
        "enable_lora: does nothing",
        "adapters/plot_lora_int8",
        "Dense.enable_lora",
        mock.patch.object(Dense, "enable_lora", lambda self, *args, **kwargs: None),
    ),
    Fault(
        "enable_lora: rank one less",
        "adapters/plot_lora_int8",
        "Dense.enable_lora",
        altered_argument(Dense, "rank", lambda rank: max(rank - 1, 1), "enable_lora"),
    ),
    Fault(
        "enable_lora: lora_alpha ignored",
        "adapters/plot_lora",
        "Dense.enable_lora",
        ignoring_argument(Dense, "lora_alpha", "enable_lora"),
    ),
    Fault(
        "enable_lora: alpha of zero is taken for none",
        "adapters/plot_lora",
        "Dense.enable_lora",
        enabling(alpha_or_rank),
    ),
    Fault(
        "enable_lora: alpha is one by default",
        "adapters/plot_lora",
        "Dense.enable_lora",
        set_alpha(lambda layer: 1),
    ),
    Fault(
        "enable_lora: alpha is twice the rank by default",
        "adapters/plot_lora",
        "Dense.enable_lora",
        set_alpha(lambda layer: 2 * layer.lora_rank),
    ),
    Fault(
        "enable_lora: A begins with ones",
        "adapters/plot_lora",
        "Dense.enable_lora",
        enabling(a_initializer="ones"),
    ),
    Fault(
        "enable_lora: B is drawn",
        "adapters/plot_lora",
        "Dense.enable_lora",
        enabling(b_initializer="he_uniform"),
    ),
    Fault(
        "enable_lora: B is drawn, A begins with zeros",
        "adapters/plot_lora",
        "Dense.enable_lora",
        enabling(a_initializer="zeros", b_initializer="he_uniform"),
    ),
    Fault(
        "enable_lora: A reaches too far",
        "adapters/plot_lora",
        "Dense.enable_lora",
        enabling(a_initializer=keras.initializers.RandomUniform(-9, 9)),
    ),
    Fault(
        "enable_lora: kernel not frozen",
        "adapters/plot_lora",
        "Dense.enable_lora",
        trainable("_kernel", True),
    ),
    Fault(
        "enable_lora: bias frozen",
        "adapters/plot_lora",
        "Dense.enable_lora",
        trainable("bias", False),
    ),
    Fault(
        "enable_lora: A frozen",
        "adapters/plot_lora",
        "Dense.enable_lora",
        trainable("lora_kernel_a", False),
    ),
    Fault(
        "enable_lora: B frozen",
        "adapters/plot_lora",
        "Dense.enable_lora",
        trainable("lora_kernel_b", False),
    ),
    Fault(
        "enable_lora: no penalty on A",
        "adapters/plot_lora_regularizers",
        "Dense.enable_lora",
        enabling(
            lambda layer, given: setattr(layer.lora_kernel_a, "regularizer", None)
        ),
    ),
    Fault(
        "enable_lora: penalty stays on the kernel",
        "adapters/plot_lora_regularizers",
        "Dense.enable_lora",
        enabling(penalised_as_before),
    ),
    Fault(
        "lora_alpha: kept by the constructor",
        "adapters/plot_lora",
        "Dense.lora_alpha",
        mock.patch.object(Dense, "enable_lora", keeping_alpha),
    ),
    Fault(
        "lora_rank: ignored",
        "adapters/plot_lora_saving",
        "Dense.lora_rank",
        ignoring_argument(Dense, "lora_rank"),
    ),
    Fault(
        "get_config: without lora_rank",
        "adapters/plot_lora_saving",
        "Dense.get_config",
        without("lora_rank"),
    ),
    Fault(
        "saving: not merged",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        merging(lambda layer, w, a, b: w),
    ),
    Fault(
        "saving: merged without alpha",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        merging(lambda layer, w, a, b: w + ops.matmul(a, b)),
    ),
    Fault(
        "saving: merged with alpha, not alpha / rank",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        merging(lambda layer, w, a, b: w + layer.lora_alpha * ops.matmul(a, b)),
    ),
    Fault(
        "saving: merged transposed",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        merging(lambda layer, w, a, b: w + transposed(layer, a, b)),
    ),
    Fault(
        "saving: merged twice",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        merging(lambda layer, w, a, b: w + 2 * scaled_product(layer, a, b)),
    ),
    Fault(
        "saving: A and B as well",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        mock.patch.object(Dense, "save_own_variables", saving_all),
    ),
    Fault(
        "saving: changes the layer",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        mock.patch.object(Dense, "save_own_variables", saving_for_good),
    ),
    Fault(
        "loading: keeps A and B",
        "adapters/plot_lora_saving",
        "Dense.load_own_variables",
        loading(("lora_kernel_a", "lora_kernel_b")),
    ),
    Fault(
        "loading: keeps A",
        "adapters/plot_lora_saving",
        "Dense.load_own_variables",
        loading(("lora_kernel_a",)),
    ),
    Fault(
        "loading: keeps B",
        "adapters/plot_lora_saving",
        "Dense.load_own_variables",
        loading(("lora_kernel_b",)),
    ),
    Fault(
        "loading: ends LoRA",
        "adapters/plot_lora_saving",
        "Dense.load_own_variables",
        mock.patch.object(Dense, "load_own_variables", loading_ends_it),
    ),
    Fault(
        "int8: LoRA left out",
        "adapters/plot_lora_int8",
        "Dense.quantized_call",
        int8_call(lambda layer, x, a, b: 0),
    ),
    Fault(
        "int8: LoRA without alpha",
        "adapters/plot_lora_int8",
        "Dense.quantized_call",
        int8_call(lambda layer, x, a, b: ops.matmul(ops.matmul(x, a), b)),
    ),
    Fault(
        "int8: LoRA of the rounded input",
        "adapters/plot_lora_int8",
        "Dense.quantized_call",
        int8_call(
            lambda layer, x, a, b: ops.matmul(
                rounded(layer, x), scaled_product(layer, a, b)
            )
        ),
    ),
    Fault(
        "int8: LoRA divided by the scale",
        "adapters/plot_lora_int8",
        "Dense.quantized_call",
        int8_call(
            lambda layer, x, a, b: (
                ops.matmul(x, scaled_product(layer, a, b)) / layer.kernel_scale
            )
        ),
    ),
    Fault(
        "int8: saved without LoRA",
        "adapters/plot_lora_int8_saving",
        "Dense.save_own_variables",
        int8_saving(
            lambda layer, q, scale, zero: (layer._kernel, layer.kernel_scale, zero)
        ),
    ),
    Fault(
        "int8: saved with the old scale",
        "adapters/plot_lora_int8_saving",
        "Dense.save_own_variables",
        int8_saving(lambda layer, q, scale, zero: (q, layer.kernel_scale, zero)),
    ),
    Fault(
        "int8: merged without alpha",
        "adapters/plot_lora_saving",
        "Dense.save_own_variables",
        mock.patch.object(Dense, "_get_kernel_with_merged_lora", factor_ignored),
    ),
]
