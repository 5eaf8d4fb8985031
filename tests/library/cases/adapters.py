"""Cases of LoRA."""

import by_hand
import keras
import numpy as np
import tensorflow as tf
from library.cases.quantization import draw_tokens, load_int8
from library.engine.cases import FLOAT32, ROUNDED_CONSTANTS, Case
from library.engine.subjects import as_array, function

FEATURES, UNITS, RANK = 5, 4, 2
ALPHA = {"lora_alpha": [1, 4, 3]}


def with_lora(layer, a, b, lora_alpha=None):
    """A layer with an update of low rank, which Keras keeps in float32."""
    layer.enable_lora(a.shape[-1], lora_alpha=lora_alpha)
    for weight in layer.weights:
        if "lora" in weight.name:
            weight.assign(a if weight.name.endswith("_a") else b)
    return layer


def dense_with_lora(x, kernel, bias, a, b, lora_alpha=None):
    layer = keras.layers.Dense(len(bias), dtype="float64")
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return with_lora(layer, a, b, lora_alpha)


def draw_update(draw, *shape):
    """Small whole numbers, which float32 holds: (*shape, rank) and (rank, units)."""
    return draw.whole(*shape, RANK), draw.whole(RANK, UNITS)


def draw_dense(draw):
    """x, kernel and bias of a Dense layer, and its update."""
    arrays = [
        draw.normal(3, FEATURES),
        draw.normal(FEATURES, UNITS),
        draw.normal(UNITS),
    ]
    return *arrays, *draw_update(draw, FEATURES)


def answer_with_lora(x, *weights, lora_alpha=None):
    return dense_with_lora(x, *weights, lora_alpha)(x)


@function(answer_with_lora, by_hand.lora_dense)
def lora_dense(draw):
    return Case(draw.some(**ALPHA), draw_dense(draw))


def gradients_with_lora(x, a, b, y_gradient, lora_alpha=None):
    kernel, bias = np.zeros((len(a), b.shape[1])), np.zeros(b.shape[1])
    layer = dense_with_lora(x, kernel, bias, a, b, lora_alpha)
    with tf.GradientTape() as tape:
        y = layer(x)
    weights = [layer.bias, layer.lora_kernel_a, layer.lora_kernel_b]
    watched = [weight.value for weight in weights]
    return tape.gradient(y, watched, output_gradients=y_gradient)


@function(gradients_with_lora, by_hand.lora_gradients, tolerance=FLOAT32)
def lora_gradients(draw):
    x, _, _, a, b = draw_dense(draw)
    return Case(draw.some(**ALPHA), (x, a, b, draw.normal(3, UNITS)))


def penalty_with_lora(a, b, l2=0.01):
    regularizer = keras.regularizers.L2(l2)
    layer = keras.layers.Dense(
        b.shape[1], kernel_regularizer=regularizer, use_bias=False, dtype="float64"
    )
    layer.build((None, len(a)))
    with_lora(layer, a, b)
    return sum(layer.losses)


@function(penalty_with_lora, by_hand.lora_penalty)
def lora_penalty(draw):
    config = draw.some(l2=[0.25, 0.5])
    tolerance = None if config else ROUNDED_CONSTANTS
    return Case(config, draw_update(draw, FEATURES), tolerance=tolerance)


def merged(kernel, a, b, lora_alpha=None):
    """The kernel that a Dense layer, or a convolution, saves."""
    if kernel.ndim == 2:
        layer = keras.layers.Dense(kernel.shape[-1], use_bias=False, dtype="float64")
        layer.build((None, len(kernel)))
    else:
        *size, channels, filters = kernel.shape
        layer = keras.layers.Conv2D(filters, size, use_bias=False, dtype="float64")
        layer.build((None, 9, 9, channels))
    layer.set_weights([kernel])
    with_lora(layer, a, b, lora_alpha)
    layer.save_own_variables(saved := {})
    return as_array(saved["0"])


@function(merged, by_hand.merge_lora)
def merge_lora(draw):
    shape = draw.one_of((FEATURES,), (2, 3, FEATURES))
    inputs = draw.normal(*shape, UNITS), *draw_update(draw, *shape)
    return Case(draw.some(**ALPHA), inputs)


def embedding_with_lora(x, embeddings, a, b, lora_alpha=None):
    layer = keras.layers.Embedding(*embeddings.shape, dtype="float64")
    layer.build()
    layer.set_weights([embeddings])
    return with_lora(layer, a, b, lora_alpha)(x)


@function(embedding_with_lora, by_hand.lora_embedding)
def lora_embedding(draw):
    arrays = draw.normal(FEATURES, UNITS), *draw_update(draw, FEATURES)
    return Case(draw.some(**ALPHA), (draw_tokens(draw, FEATURES, 2, 3), *arrays))


def int8_with_lora(x, bias, a, b, kernel_q, kernel_scale, lora_alpha):
    """A layer in int8, with an update."""
    layer = keras.layers.Dense(len(bias), dtype="int8_from_float32")
    layer.build(x.shape)
    load_int8(layer, [kernel_q, bias, kernel_scale])
    return with_lora(layer, a, b, lora_alpha)


def answer_in_int8(x, bias, a, b, kernel_q, kernel_scale, lora_alpha=None):
    layer = int8_with_lora(x, bias, a, b, kernel_q, kernel_scale, lora_alpha)
    return layer(x.astype("float32"))


def draw_int8(draw):
    kernel_q = draw.rng.integers(-127, 128, size=(FEATURES, UNITS)).astype("int8")
    kernel_scale = 20 * draw.positive(UNITS).astype("float32")
    return kernel_q, kernel_scale


@function(answer_in_int8, by_hand.lora_int8_dense, tolerance=FLOAT32)
def lora_int8_dense(draw):
    x, _, *others = [array.astype("float32") for array in draw_dense(draw)]
    return Case(draw.some(**ALPHA), (x, *others, *draw_int8(draw)))


def merged_int8(kernel_q, kernel_scale, a, b, lora_alpha=None):
    x, bias = np.zeros((1, len(kernel_q))), np.zeros(kernel_q.shape[1])
    layer = int8_with_lora(x, bias, a, b, kernel_q, kernel_scale, lora_alpha)
    layer.save_own_variables(saved := {})
    return as_array(saved["0"]), as_array(saved["2"])


@function(merged_int8, by_hand.merge_lora_int8, tolerance=FLOAT32)
def merge_lora_int8(draw):
    a, b = [array.astype("float32") for array in draw_dense(draw)[3:]]
    return Case(draw.some(**ALPHA), (*draw_int8(draw), a, b))
