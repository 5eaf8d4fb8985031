r"""
Embedding in int8: one scale for each word
==========================================

The table of a small language model may hold most of its weights. In int8, each
takes one byte instead of four: the table stores whole numbers q from -127 to
127, and one scale s for each row. The row of a token is divided by its scale.

.. math::

   s_v &= \frac{127}{\max_j \left|E_{vj}\right| + 10^{-7}} \\
   q_{vj} &= \text{round}(s_v \, E_{vj}) \\
   y &= q_x / s_x

E is the table. Its row v belongs to one word, j is a column, and x a token. So
how a word's vector is rounded does not depend on other words. For int4, call
``layer.quantize("int4")``: it cuts a row into blocks, each with its own scale
and zero point (see the page "int4 quantization in Keras").
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``ReversibleEmbedding`` is an ``Embedding``, quantized alike. It also computes
# scores of words (logits). Here, dividing by the scales rounds nothing.
rng = np.random.default_rng(313)
rows = [127, 20.5, -3], [2.5, -254, 7], [0, 0, 0], [1.25, 1.5, 15.875]
embeddings = np.float32(rows)  # (input_dim, output_dim)
x = np.array([[0, 1, 3, 2], [2, 1, 0, 1]])  # (batch, steps)
layer = keras.layers.ReversibleEmbedding(4, 3)
layer.build()
layer.set_weights([embeddings])
layer.quantize("int8")
y = keras.ops.convert_to_numpy(layer(x))
stored, stored_scale = layer.get_weights()

# %%
# Compute it
# ----------
# The scale of a row takes its largest absolute value to 127. Multiply each row
# by its scale, and round: this is stored. To look up tokens, divide their rows
# by their scales, as ``int8_embedding`` does with what the layer stores.

scale = 127 / (np.max(np.abs(embeddings), axis=1, keepdims=True) + 1e-7)
q = np.rint(scale * embeddings)  # (input_dim, output_dim)
vectors = q[x] / scale[x]  # (batch, steps, output_dim)

from keras_by_hand.quantization import int8_embedding, int8_logits

# %%
# Check it
# --------
np.testing.assert_array_equal(stored, np.int8(q), strict=True)
np.testing.assert_allclose(stored_scale, scale[:, 0], rtol=1e-6)
np.testing.assert_array_equal(y, vectors, strict=True)
np.testing.assert_array_equal(y, int8_embedding(x, stored, stored_scale))

# %%
# Break it
# --------
# Suppose you train this table by LoRA, which adds two kernels' product.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends,
#    ``embeddings`` of an ``Embedding`` in int8 has the stored whole numbers,
#    not divided by their scales, and LoRA is added to these.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    all backends, LoRA in int8 changes the vectors of words of
#    ``ReversibleEmbedding``, but not the logits. So train in float32.

a, b = rng.integers(1, 4, size=(4, 2)), rng.integers(1, 4, size=(2, 3))
layer.enable_lora(rank=2)
layer.lora_embeddings_a.assign(a)
layer.lora_embeddings_b.assign(b)
h = np.float32([[127, 20, -50]])  # from which a model predicts the next word
results = layer(x), layer.embeddings, layer(h, reverse=True)
words, table, wrong = map(keras.ops.convert_to_numpy, results)
np.testing.assert_array_equal(words, vectors + a[x] @ b)
np.testing.assert_array_equal(table, q + a @ b)
without = int8_logits(h, stored, stored_scale)
np.testing.assert_allclose(wrong, without, rtol=1e-4)
right = without + h @ (a @ b).T
print("right logits:", right[0].round(), "wrong:", wrong[0].round())
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# Sixty words with short or long vectors. Long ones set the scale of a column.

vectors = rng.normal(size=(60, 16)) * np.geomspace(0.01, 10, 60)[:, np.newaxis]
length = np.linalg.norm(vectors, axis=1)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for along, label in ((0, "one scale for each column"), (1, "for each word")):
    scale = 127 / np.max(np.abs(vectors), axis=along, keepdims=True)
    error = np.linalg.norm(np.rint(scale * vectors) / scale - vectors, axis=1)
    axis.loglog(length, error / length, "ox"[along], label=label)
axis.set(title="With a scale for each word, short vectors keep their digits")
axis.set(xlabel="norm of a vector", ylabel="relative error")
axis.legend()
plt.show()
