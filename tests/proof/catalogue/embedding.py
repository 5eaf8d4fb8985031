"""Faults of embeddings: rows of a table, their gradients, optimizers, LoRA and int8."""

from unittest import mock

import keras
from breaking import (
    Called,
    Together,
    altered,
    altered_argument,
    attribute,
    during,
    flipped,
    gradient_times,
    ignoring_argument,
    operation,
    turned,
    weight,
    where,
    with_arguments,
    with_gradient_of,
)
from fault import Fault
from keras import ops
from keras.constraints import MaxNorm
from keras.initializers import RandomUniform
from keras.layers import Embedding, ReversibleEmbedding
from keras.optimizers import Adam, AdamW, Optimizer
from keras.quantizers import AbsMaxQuantizer, Int4QuantizationConfig
from keras.src import quantizers

PICKS = "embedding/plot_embedding"


FAULTS = [
    Fault(
        f"{layer.__name__}, {name}: one more",
        page,
        f"{layer.__name__}.{name}",
        altered_argument(layer, name, turned),
    )
    for layer, page in [
        (Embedding, PICKS),
        (ReversibleEmbedding, "embedding/plot_reversible_embedding"),
    ]
    for name in ("input_dim", "output_dim")
]

GRADIENT = "embedding/plot_embedding_gradient"


def alike(tokens):
    """Which tokens of a batch are equal, as numbers, (tokens, tokens)."""
    flat = ops.reshape(tokens, (-1,))
    return ops.cast(flat[:, None] == flat, "float32")


def with_factors(factors):
    """ops.take of rows whose gradients have factors: those of ``factors(equal tokens)``."""

    def take(real, table, tokens, axis):
        y = real(table, tokens, axis=axis)
        factor = ops.reshape(factors(alike(tokens)), (-1, tokens.shape[-1], 1))
        return gradient_times(ops.cast(factor, y.dtype), y)

    return take


def last_of_equal(equal):
    return ops.cast(ops.sum(ops.triu(equal, 1), axis=1) == 0, "float32")


def one_of_all(equal):
    return 1 / ops.sum(equal, axis=1)


def of_the_next_row(take, table, tokens, axis):
    table = ops.convert_to_tensor(table)
    other = take(ops.roll(table, -1, 0), tokens, axis=axis)
    return with_gradient_of(other, take(table, tokens, axis=axis))


def reaching_all_rows(take, table, tokens, axis):
    y = take(table, tokens, axis=axis)
    return with_gradient_of(y + ops.mean(ops.convert_to_tensor(table), axis=0), y)


FAULTS += [
    Fault(
        f"Embedding, gradient: {name}",
        GRADIENT,
        "Embedding.call",
        during(Embedding, operation("take", take)),
    )
    for name, take in [
        ("of the last of equal tokens", with_factors(last_of_equal)),
        ("mean over equal tokens", with_factors(one_of_all)),
        ("goes to the next row", of_the_next_row),
        ("reaches rows of absent tokens", reaching_all_rows),
    ]
]
FAULTS += [
    Fault(
        "Embedding, gradient: none",
        GRADIENT,
        "Embedding.call",
        weight(Embedding, "embeddings", ops.stop_gradient),
    ),
]

OPTIMIZERS = "embedding/plot_embedding_optimizers"


def all_rows(gradient):
    """A gradient with all rows, in which those of equal tokens are added up."""
    return ops.add(gradient, ops.zeros(gradient.shape, gradient.dtype))


def rows_of(gradient):
    """Which rows have a gradient, as (rows, 1)."""
    return ops.any(all_rows(gradient) != 0, axis=1, keepdims=True)


def moves_rows_of_the_batch(self, gradient, variable, learning_rate):
    """An update of Adam that leaves all other rows as they are."""
    before = ops.copy(variable)
    ADAM_STEP(self, gradient, variable, learning_rate)
    self.assign(variable, ops.where(rows_of(gradient), variable, before))


def decays_rows_of_the_batch(self, gradient, variable, learning_rate):
    """An update of AdamW that makes only these rows smaller."""
    decay = ops.cast(rows_of(gradient), variable.dtype) * self.weight_decay
    self.assign_sub(
        variable, variable * decay * ops.cast(learning_rate, variable.dtype)
    )
    ADAM_STEP(self, gradient, variable, learning_rate)


ADAM_STEP = Adam.update_step
FAULTS += [
    Fault(
        "Embedding, Adam: moves only rows of the batch",
        OPTIMIZERS,
        "Adam",
        mock.patch.object(Adam, "update_step", moves_rows_of_the_batch),
    ),
    Fault(
        "Embedding, AdamW: decay of rows of the batch only",
        OPTIMIZERS,
        "AdamW.weight_decay",
        Together(
            mock.patch.object(
                Optimizer, "_apply_weight_decay", lambda self, variables: None
            ),
            mock.patch.object(AdamW, "update_step", decays_rows_of_the_batch),
        ),
    ),
    Fault(
        "Embedding, gradient: goes to the next row in Adam",
        OPTIMIZERS,
        "Embedding.call",
        during(Embedding, operation("take", of_the_next_row)),
    ),
]

REPEATED = "embedding/plot_embedding_repeated_tokens"


def summed_first(grads):
    return list(map(all_rows, grads))


FAULTS += [
    Fault(
        "Embedding, Adam: equal tokens are added up first",
        REPEATED,
        "Adam",
        altered_argument(Optimizer, "grads", summed_first, "apply"),
    ),
    Fault(
        "Embedding, embeddings_regularizer: ignored in training",
        REPEATED,
        "Embedding.embeddings_regularizer",
        ignoring_argument(Embedding, "embeddings_regularizer"),
    ),
]

OUT_OF_RANGE = "embedding/plot_embedding_out_of_range"


def clipped(take, table, tokens, axis):
    """ops.take of the nearest row, never counted from the end."""
    return take(table, ops.clip(tokens, 0, table.shape[0] - 1), axis=axis)


def modulo(take, table, tokens, axis):
    return take(table, tokens % table.shape[0], axis=axis)


def zeros_outside(take, table, tokens, axis):
    rows = clipped(take, table, tokens, axis)
    known = (tokens >= 0) & (tokens < table.shape[0])
    return ops.where(ops.expand_dims(known, -1), rows, 0.0)


def absolute(take, table, tokens, axis):
    return take(table, ops.abs(tokens), axis=axis)


FAULTS += [
    Fault(
        f"Embedding, out of range: {name}",
        OUT_OF_RANGE,
        "Embedding.call",
        during(Embedding, operation("take", take)),
    )
    for name, take in [
        ("the nearest row", clipped),
        ("the remainder", modulo),
        ("zeros", zeros_outside),
        ("absolute value", absolute),
    ]
]

FAULTS += [
    Fault(
        "Embedding, activity_regularizer: ignored",
        "weights/plot_activity_regularizer",
        "Embedding.activity_regularizer",
        ignoring_argument(Embedding, "activity_regularizer"),
    ),
    Fault(
        "Embedding, embeddings_constraint: of columns",
        "weights/plot_norm_constraints",
        "Embedding.embeddings_constraint",
        altered_argument(Embedding, "embeddings_constraint", lambda limit: MaxNorm(1)),
    ),
    Fault(
        "Embedding, embeddings_initializer: glorot_uniform by default",
        "weights/plot_initializers",
        "Embedding.embeddings_initializer",
        with_arguments(
            Embedding,
            "__init__",
            lambda given: given.setdefault("embeddings_initializer", "glorot_uniform"),
        ),
    ),
]

LORA = "embedding/plot_embedding_lora"


def product(change):
    """The table of a layer with LoRA: ``change`` takes the layer, the table, A and B."""

    def embeddings(self):
        arrays = self._embeddings, self.lora_embeddings_a, self.lora_embeddings_b
        return change(self, *map(ops.convert_to_tensor, arrays))

    patch = mock.patch.object(Embedding, "embeddings", property(embeddings))
    return where(lambda given: given["self"].lora_enabled, patch)


def merged(layer, table, a, b):
    return table + layer.lora_alpha / layer.lora_rank * ops.matmul(a, b)


def saving_the_table_alone(self, store):
    store["0"] = self._embeddings


def keeping_alpha(self, rank, lora_alpha=None, **initializers):
    """enable_lora that takes the alpha of the constructor, where it is not given one."""
    ENABLE_LORA(self, rank, lora_alpha or self.lora_alpha, **initializers)


def without_constraint(self, *args, **kwargs):
    self.embeddings_constraint = None
    ENABLE_LORA(self, *args, **kwargs)


ENABLE_LORA = Embedding.enable_lora
FAULTS += [
    Fault(
        f"Embedding, LoRA: {name}",
        LORA,
        "Embedding.enable_lora",
        product(change),
    )
    for name, change in [
        (
            "the factor is alpha",
            lambda layer, table, a, b: table + layer.lora_alpha * ops.matmul(a, b),
        ),
        ("no product", lambda layer, table, a, b: table),
        ("no table", lambda layer, table, a, b: merged(layer, 0 * table, a, b)),
        (
            "rows of A reversed",
            lambda layer, table, a, b: merged(layer, table, ops.flip(a, 0), b),
        ),
        (
            "rank of B reversed",
            lambda layer, table, a, b: merged(layer, table, a, ops.flip(b, 0)),
        ),
        (
            "columns of B reversed",
            lambda layer, table, a, b: merged(layer, table, a, ops.flip(b, 1)),
        ),
    ]
]
FAULTS += [
    Fault(
        "Embedding, lora_alpha: ignored by enable_lora",
        LORA,
        "Embedding.enable_lora",
        ignoring_argument(Embedding, "lora_alpha", "enable_lora"),
    ),
    Fault(
        "Embedding, lora_rank: ignored",
        LORA,
        "Embedding.lora_rank",
        ignoring_argument(Embedding, "lora_rank"),
    ),
    Fault(
        "Embedding, lora_alpha: of the constructor is taken",
        LORA,
        "Embedding.lora_alpha",
        mock.patch.object(Embedding, "enable_lora", keeping_alpha),
    ),
    Fault(
        "Embedding, LoRA: a constraint is dropped",
        LORA,
        "Embedding.enable_lora",
        mock.patch.object(Embedding, "enable_lora", without_constraint),
    ),
    Fault(
        "Embedding, LoRA: saves the table alone",
        LORA,
        "Embedding.save_own_variables",
        mock.patch.object(Embedding, "save_own_variables", saving_the_table_alone),
    ),
    Fault(
        "Embedding, LoRA: B begins with random numbers",
        LORA,
        "Embedding.enable_lora",
        with_arguments(
            Embedding,
            "enable_lora",
            lambda given: given.setdefault("b_initializer", "he_uniform"),
        ),
    ),
    Fault(
        "Embedding, LoRA: A begins with glorot_normal",
        LORA,
        "Embedding.enable_lora",
        with_arguments(
            Embedding,
            "enable_lora",
            lambda given: given.setdefault("a_initializer", "glorot_normal"),
        ),
    ),
    Fault(
        "Embedding, LoRA: no penalty",
        LORA,
        "Embedding.embeddings_regularizer",
        ignoring_argument(Embedding, "embeddings_regularizer"),
    ),
]

INT8 = "embedding/plot_embedding_int8"
INT4 = "embedding/plot_embedding_int4"


def other_quantizer(change):
    """AbsMaxQuantizer with other arguments, which ``change`` takes as a dict."""
    return with_arguments(AbsMaxQuantizer, "__init__", change)


def up_to_120(given):
    given["value_range"] = (-120, 120)


def up_to_6(given):
    given["value_range"] = (-6, 6)


def divided(self):
    """The table of a layer in int8 as its call reads it."""
    return ops.cast(self._embeddings, "float32") / self.embeddings_scale[:, None]


def halves_exchanged(q):
    """Neighbouring numbers of a row in the other order, up to an odd last one."""
    even = q.shape[-1] // 2 * 2
    pairs = ops.reshape(q[..., :even], (*q.shape[:-1], -1, 2))
    pairs = ops.reshape(ops.flip(pairs, -1), (*q.shape[:-1], even))
    return ops.concatenate([pairs, q[..., even:]], axis=-1)


FAULTS += [
    Fault(
        "Embedding, int8: up to 120",
        INT8,
        "Embedding.quantize",
        other_quantizer(up_to_120),
    ),
    Fault(
        "Embedding, int8: scales reversed",
        INT8,
        "Embedding.call",
        weight(Embedding, "embeddings_scale", flipped(0)),
    ),
    Fault(
        "Embedding, int8: multiplied by the scale",
        INT8,
        "Embedding.call",
        during(Embedding, operation("divide", lambda divide, q, scale: q * scale)),
    ),
    Fault(
        "Embedding, int8: LoRA without alpha",
        INT8,
        "Embedding.enable_lora",
        ignoring_argument(Embedding, "lora_alpha", "enable_lora"),
    ),
    Fault(
        "Embedding, int8: LoRA ignored",
        INT8,
        "Embedding.enable_lora",
        attribute(Embedding, "lora_enabled", lambda enabled: False),
    ),
    Fault(
        "Embedding, int8: embeddings are divided by the scales",
        INT8,
        "Embedding.embeddings",
        mock.patch.object(Embedding, "embeddings", property(divided)),
    ),
    Fault(
        "Embedding, int4: scales of blocks reversed",
        INT4,
        "Embedding.call",
        weight(Embedding, "embeddings_scale", flipped(-1)),
    ),
    Fault(
        "Embedding, int4: zero points ignored",
        INT4,
        "Embedding.call",
        weight(Embedding, "embeddings_zero", ops.zeros_like),
    ),
    Fault(
        "Embedding, int4: all numbers in the first block",
        INT4,
        "Embedding.call",
        weight(Embedding, "g_idx", ops.zeros_like),
    ),
    Fault(
        "Embedding, int4: halves of a byte exchanged",
        INT4,
        "Embedding.call",
        during(Embedding, altered(quantizers, "unpack_int4", halves_exchanged)),
    ),
    Fault(
        "Embedding, int4: block_size ignored",
        INT4,
        "Embedding.quantize",
        ignoring_argument(Int4QuantizationConfig, "block_size"),
    ),
    Fault(
        "Embedding, int4: without blocks up to 6",
        INT4,
        "Embedding.quantize",
        other_quantizer(up_to_6),
    ),
]

UNTIED = "embedding/plot_reversible_embedding_untied"
DTYPE = "embedding/plot_reversible_embedding_dtype"
REVERSE_INT8 = "embedding/plot_reversible_embedding_int8"


def announced(self, inputs, reverse=False):
    shape = self.compute_output_shape(inputs.shape, reverse)
    dtype = self.reverse_dtype if reverse else self.compute_dtype
    return keras.KerasTensor(shape, dtype or self.compute_dtype)


def drawn_anew(self, shape, dtype=None, real=RandomUniform.__call__):
    """Numbers that depend on the shape as well as on the seed."""
    return ops.roll(real(self, shape, dtype), shape[0] // 4, axis=0)


def with_lora(real, self, inputs, reverse=False):
    """A layer in int8 that adds LoRA to the logits, too."""
    y = real(self, inputs, reverse=reverse)
    if not (reverse and self.lora_enabled and self.quantization_mode):
        return y
    added = ops.matmul(self.lora_embeddings_a, self.lora_embeddings_b)
    return y + ops.matmul(inputs, ops.transpose(added))


FAULTS += [
    Fault(
        f"ReversibleEmbedding, {name}: ignored",
        page,
        f"ReversibleEmbedding.{name}",
        ignoring_argument(ReversibleEmbedding, name),
    )
    for name, page in [
        ("embeddings_regularizer", UNTIED),
        ("embeddings_constraint", UNTIED),
        ("reverse_dtype", DTYPE),
    ]
]
FAULTS += [
    Fault(
        "ReversibleEmbedding, embeddings_initializer: draws anew each time",
        UNTIED,
        "ReversibleEmbedding.embeddings_initializer",
        mock.patch.object(RandomUniform, "__call__", drawn_anew),
    ),
    Fault(
        "ReversibleEmbedding, outputs: announced in reverse_dtype",
        DTYPE,
        "ReversibleEmbedding.compute_output_spec",
        mock.patch.object(ReversibleEmbedding, "compute_output_spec", announced),
    ),
    Fault(
        "ReversibleEmbedding, int8: scales reversed",
        REVERSE_INT8,
        "ReversibleEmbedding.call",
        weight(ReversibleEmbedding, "embeddings_scale", flipped(0)),
    ),
    Fault(
        "ReversibleEmbedding, int8: config ignored",
        REVERSE_INT8,
        "ReversibleEmbedding.quantize",
        ignoring_argument(ReversibleEmbedding, "config", "quantize"),
    ),
    Fault(
        "ReversibleEmbedding, int8: scales of the second table reversed",
        REVERSE_INT8,
        "ReversibleEmbedding.tie_weights",
        weight(ReversibleEmbedding, "reverse_embeddings_scale", flipped(0)),
    ),
    Fault(
        "ReversibleEmbedding, int8: LoRA changes logits",
        REVERSE_INT8,
        "ReversibleEmbedding.enable_lora",
        Called(ReversibleEmbedding, with_lora),
    ),
    Fault(
        "ReversibleEmbedding, LoRA: changes no logits in float",
        REVERSE_INT8,
        "ReversibleEmbedding.enable_lora",
        attribute(ReversibleEmbedding, "lora_enabled", lambda enabled: False),
    ),
]

CLIPPED = "embedding/plot_embedding_clipnorm"
FAULTS += [
    Fault(
        "Embedding, clipnorm: equal tokens are added up first",
        CLIPPED,
        "SGD.clipnorm",
        altered_argument(Optimizer, "grads", summed_first, "apply"),
    ),
]
