r"""
ReversibleEmbedding in int8: the way back is an int8 Dense layer
================================================================

In int8, a ``ReversibleEmbedding`` has one scale for each row of its table. In
reverse, the rows become the columns of an int8 ``Dense`` kernel, and the
vectors are rounded to int8, too.

.. math::

   \text{logits}_v = \frac{\sum_j \text{round}(r \, h_j) \; q_{vj}}{r \, s_v}

:math:`q` and :math:`s` are the stored table and its scales, and :math:`r` is
127 divided by the largest absolute value in the vector :math:`h`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The largest number of each row and vector is 127 times a power of two. So the
# scales are powers of two.

embeddings = rng.integers(-127, 128, size=(6, 4)).astype("float32")
embeddings[:, 0] = [127, -254, 127, 508, 127, -127]  # (input_dim, output_dim)
h = rng.integers(-250, 251, size=(3, 4)).astype("float32") / 4
h[:, 3] = [127, -254, 127]  # (batch, output_dim)


def keras_int8(weights, config=None, **arguments):
    layer = keras.layers.ReversibleEmbedding(6, 4, **arguments)
    layer.build()
    layer.set_weights(weights)
    layer.quantize("int8", config=config)
    return layer


layer = keras_int8([embeddings])
logits = keras.ops.convert_to_numpy(layer(h, reverse=True))
print(logits)

# %%
# Compute it
# ----------


def int8_logits(h, embeddings, embeddings_scale, weights_only=False):
    """The logits of a ReversibleEmbedding in int8 (Keras documentation).

    h: (batch, output_dim), embeddings: (input_dim, output_dim) in int8,
    embeddings_scale: (input_dim,), weights_only: as in int8_dense. Returns
    (batch, input_dim).
    """
    return int8_dense(
        h, embeddings.T, embeddings_scale, weights_only=weights_only
    )


# %%
# From other pages
# ----------------


def quantize_int8(values, axis=0):
    """Whole numbers from -127 to 127, and the scale they share along axis.

    A kernel (features, units) has a scale for each unit, (1, units). Inputs
    (batch, features) with axis=-1 have one for each sample, (batch, 1). To get
    a number back, divide by its scale (keras.quantizers.abs_max_quantize).
    """
    scale = 127 / (np.abs(values).max(axis=axis, keepdims=True) + 1e-7)
    return np.rint(values * scale).astype("int8"), scale


def int8_dense(x, kernel_q, kernel_scale, bias=0, weights_only=False):
    """Dense in int8; weights_only is Keras' activation_quantizer=None.

    x: (batch, features), kernel_q: (features, units), kernel_scale: (units,) or
    (1, units), bias: (units,). Returns (batch, units).
    """
    if weights_only:
        return x @ kernel_q / kernel_scale + bias
    x_q, x_scale = quantize_int8(x, axis=-1)
    total = x_q.astype("int32") @ kernel_q.astype("int32")
    return total / (x_scale * kernel_scale) + bias


# %%
# Check it
# --------
# Equal to the bit: first with vectors in int8, then with vectors in float32.

q, scale = quantize_int8(embeddings, axis=-1)
expected = int8_logits(h, q, scale[:, 0])
np.testing.assert_array_equal(logits, np.float32(expected), strict=True)

config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
in_float = keras_int8([embeddings], config)(h, reverse=True)
expected = int8_logits(h, q, scale[:, 0], weights_only=True)
np.testing.assert_array_equal(keras.ops.convert_to_numpy(in_float), expected)

# %%
# A second table gets scales of its own, one for each column.

reverse_embeddings = embeddings[::-1].T.copy()
weights = [embeddings, reverse_embeddings]
untied = keras_int8(weights, tie_weights=False)(h, reverse=True)
expected = int8_logits(h, q[::-1], scale[::-1, 0])
np.testing.assert_array_equal(keras.ops.convert_to_numpy(untied), expected)

# %%
# .. warning:: **Seen in Keras 3.15.1:** on all backends, LoRA in int8 changes
#    the vectors of words, but not the logits. In float32, it changes both.

a = rng.integers(-3, 4, size=(6, 2))  # (input_dim, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, output_dim)
in_float32 = keras.layers.ReversibleEmbedding(6, 4)
in_float32.build()
in_float32.set_weights([embeddings])
for lora_layer in (layer, in_float32):
    lora_layer.enable_lora(rank=2)
    lora_layer.lora_embeddings_a.assign(a)
    lora_layer.lora_embeddings_b.assign(b)
words = keras.ops.convert_to_numpy(layer(np.arange(6)))
np.testing.assert_array_equal(words, q / scale + a @ b)
after_lora = keras.ops.convert_to_numpy(layer(h, reverse=True))
np.testing.assert_array_equal(after_lora, logits)
of_float = keras.ops.convert_to_numpy(in_float32(h, reverse=True))
np.testing.assert_array_equal(of_float, h @ (embeddings + a @ b).T)

# %%
# Break it
# --------
# Would you multiply the vectors in float32 by the rounded table? By default,
# the layer rounds both.

wrong = h @ (q / scale).T
print(f"{np.mean(logits == wrong):.0%} of the logits are right")
assert np.any(logits != wrong)

# %%
# See it
# ------
# A vocabulary of 60 words, and the logits of five vectors of 64 numbers.

table, vectors = rng.normal(size=(60, 64)), rng.normal(size=(5, 64))
exact = vectors @ table.T
q, scale = quantize_int8(table, axis=-1)
error = int8_logits(vectors, q, scale[:, 0]) - exact
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(exact.ravel(), error.ravel(), ".")
axis.set(title="Logits in int8: the errors are no larger for large logits")
axis.set(xlabel="exact logit", ylabel="error")
plt.show()
