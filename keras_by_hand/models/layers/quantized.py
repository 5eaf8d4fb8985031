"""Layers after quantize("int8") or quantize("int4")."""

import re
from collections.abc import Sequence

import numpy as np

from keras_by_hand.layers.dense import einsum_dense
from keras_by_hand.models.checks import check_keys, check_length
from keras_by_hand.models.config import find_activation, quantization_mode
from keras_by_hand.models.errors import CannotRun, refusing
from keras_by_hand.models.layers.embedding import Embedding, ReversibleEmbedding
from keras_by_hand.models.layers.layer import KeepsMask, Layer, name_weights
from keras_by_hand.models.limits import bounded
from keras_by_hand.quantization import (
    FILE_ORDER,
    int4_dense,
    int4_embedding,
    int8_dense,
    int8_embedding,
    int8_logits,
    quantize_int8,
    unpack_int4,
)
from keras_by_hand.shapes import check_broadcasts

ABS_MAX = {"value_range": [-127, 127], "epsilon": 1e-7, "output_dtype": "int8"}


class Quantized(Layer):
    """What layers in int8 or int4 have in common.

    mode: "int8" or "int4"; has_blocks: whether int4 has scales and zero points
    for blocks of a column.
    """

    not_trained = "it is quantized; train the model before quantize()"

    def check_config(self):
        check_keys(self.config, {*self.reads, "quantization_config"})

    def prepare(self, build):
        self.function = refusing(bounded(type(self).quantized))  # of all such
        self.mode = quantization_mode(self.config["dtype"])
        arrays = self.list_weights()
        names = self.weight_names()
        self.has_blocks = self.mode == "int4" and len(arrays) == len(names)
        if self.mode == "int4" and not self.has_blocks:
            names = [n for n in names if n != "g_idx" and "zero" not in n]
        self.arrays = name_weights(names, arrays)
        self.check_arrays()

    def rounds_inputs(self, otherwise):
        """Return whether inputs are rounded to int8, too; otherwise: if its
        config does not say."""
        saved = self.config.get("quantization_config")
        if saved is None:
            return otherwise
        rounding = saved["config"].get("activation_quantizer")
        if rounding is None:
            return False
        if rounding["config"] != ABS_MAX:
            raise CannotRun("its activation_quantizer is not known here")
        return True

    def apply(self, x, mask=None, **keywords):
        return self.function(self, x, **self.arrays, **keywords)


class QuantizedDense(Quantized, KeepsMask):
    """A Dense in int8 or int4."""

    reads: Sequence[str] = ("units", "use_bias", "activation")

    def weight_names(self):
        names = FILE_ORDER[self.mode]
        has_bias = self.config.get("use_bias", True)
        return [n for n in names if n != "bias" or has_bias]

    def prepare(self, build):
        super().prepare(build)
        self.weights_only = not self.rounds_inputs(self.mode == "int8")
        saved = self.config.get("activation")
        weights = self.weights.get("activation")
        self.activation = find_activation(saved, weights, build)

    def check_arrays(self):
        scale = self.arrays["kernel_scale"]
        check_length(self.config, "units", scale.shape, scale.shape[-1])

    def quantized(self, x, kernel, bias=None, **others):
        """Return what it makes of an array, by the weights of its mode."""
        if self.has_blocks:
            return self.activation(int4_dense(x, kernel, bias=bias, **others))
        if self.mode == "int4":
            kernel = unpack_int4(kernel, self.config["units"], axis=-1)
        scale = others["kernel_scale"]
        y = int8_dense(x, kernel, scale, bias, self.weights_only)
        return self.activation(y)


class QuantizedEinsumDense(QuantizedDense):
    """An EinsumDense in int8."""

    reads = "equation", "output_shape", "bias_axes", "activation"

    def weight_names(self):
        if self.mode == "int4":
            raise CannotRun("int4 of an EinsumDense is not known here")
        has_bias = self.config.get("bias_axes") is not None
        return [n for n in FILE_ORDER["int8"] if n != "bias" or has_bias]

    def check_arrays(self):
        pass  # its equation and its weights have all lengths

    def quantized(self, x, kernel, kernel_scale, bias=0):
        equation = self.config["equation"]
        scale = kernel_scale
        if not self.weights_only:
            x, x_scale = quantize_inputs(x, equation)
            scale = scale * x_scale
            x, kernel = x.astype("float64"), kernel.astype("float64")  # exact
        y = einsum_dense(x, kernel, equation=equation)
        check_broadcasts(
            "EinsumDense", kernel_scale=(scale, y.shape), bias=(bias, y.shape)
        )
        return self.activation(y.astype(scale.dtype) / scale + bias)


def quantize_inputs(x, equation):
    """Return x in int8, and its scales along the axes of what an einsum makes
    of it; axes that are summed share one."""
    of_x, _, of_y = re.split(",|->", equation.replace(" ", ""))
    summed = tuple(i for i, letter in enumerate(of_x) if letter not in of_y)
    x_q, scale = quantize_int8(x, axis=summed)
    kept = "".join(letter for letter in of_y if letter in of_x)
    scale = np.einsum(f"{of_x}->{kept}", scale)
    new = [i for i, letter in enumerate(of_y) if letter not in of_x]
    return x_q, np.expand_dims(scale, new)


class QuantizedEmbedding(Quantized, Embedding):
    """An Embedding in int8 or int4."""

    reads: Sequence[str] = ("input_dim", "output_dim", "mask_zero")

    def weight_names(self):
        names = ["embeddings", "embeddings_scale"]
        return names + ["embeddings_zero", "g_idx"] * (self.mode == "int4")

    def check_arrays(self):
        q = self.arrays["embeddings"]
        check_length(self.config, "input_dim", q.shape, len(q))
        length = q.shape[-1]
        if self.mode == "int4":  # two numbers a byte, the last one perhaps none
            length = 2 * length - self.config["output_dim"] % 2
        check_length(self.config, "output_dim", q.shape, length)

    def quantized(self, x, **arrays):
        """Return the vectors of tokens."""
        x = x.astype("int32")
        if self.mode == "int8":
            return int8_embedding(x, **arrays)
        return int4_embedding(x, **arrays, output_dim=self.config["output_dim"])


class QuantizedReversible(QuantizedEmbedding, ReversibleEmbedding):
    """A ReversibleEmbedding in int8 or int4."""

    reads = (  # Keras drops reverse_dtype here
        *QuantizedEmbedding.reads,
        "logit_soft_cap",
        "reverse_dtype",
    )

    def weight_names(self):
        names = super().weight_names()
        if self.config.get("tie_weights", True):
            return names
        if self.mode == "int4":
            raise CannotRun("int4 with tie_weights=False is not known here")
        return [*names, "reverse_embeddings", "reverse_embeddings_scale"]

    def prepare(self, build):
        super().prepare(build)
        rounds_inputs = self.rounds_inputs(True)
        if rounds_inputs and self.mode == "int4":
            raise CannotRun("int4 with rounded inputs is not known here")
        self.weights_only = not rounds_inputs

    def quantized(self, x, reverse=False, **arrays):
        """Return the vectors of tokens, or the logits of vectors."""
        kernel = arrays.pop("reverse_embeddings", None)
        scale = arrays.pop("reverse_embeddings_scale", None)
        if not reverse:
            return super().quantized(x, **arrays)
        if self.mode == "int4":
            tokens = np.arange(self.config["input_dim"])
            logits = x @ super().quantized(tokens, **arrays).T
        elif kernel is None:
            logits = int8_logits(x, **arrays, weights_only=self.weights_only)
        else:
            weights_only = self.weights_only
            logits = int8_dense(x, kernel, scale, weights_only=weights_only)
        cap = self.config.get("logit_soft_cap")
        return logits if cap is None else cap * np.tanh(logits / cap)


# By the class in Keras, of what quantize() changes.
QUANTIZED = {
    "Dense": QuantizedDense,
    "EinsumDense": QuantizedEinsumDense,
    "Embedding": QuantizedEmbedding,
    "ReversibleEmbedding": QuantizedReversible,
}
