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

from keras_by_hand.quantization import quantize_int8

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
# The scales take the largest absolute value of each row, and of each vector, to
# 127. Multiply by the scales, and round. Then multiply the whole numbers, and
# divide by both scales.

s = 127 / np.max(np.abs(embeddings), axis=1, keepdims=True)  # (input_dim, 1)
r = 127 / np.max(np.abs(h), axis=1, keepdims=True)  # (batch, 1)
rounded_table = np.rint(s * embeddings)
rounded_h = np.rint(r * h)
scores = rounded_h @ rounded_table.T / (r * s.T)  # (batch, input_dim)

# %%
# The function begins with a table in int8, as the layer stores it. It can also
# leave the vectors in float32.

from keras_by_hand.quantization import int8_logits

# %%
# Check it
# --------
# Equal to the bit: first with vectors in int8, then with vectors in float32.

np.testing.assert_array_equal(logits, np.float32(scores), strict=True)

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
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    all backends, LoRA in int8 changes the vectors of words of
#    ``ReversibleEmbedding``, but not the logits. In float32, it changes both.

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
