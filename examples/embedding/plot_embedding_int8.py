r"""
Embedding in int8: one scale for each word
==========================================

An ``Embedding`` in int8 stores whole numbers from -127 to 127, and one scale
for each row of its table. A token picks a row, and divides it by its scale.

.. math::

   s_v &= \frac{127}{\max_j \left|E_{vj}\right| + 10^{-7}} \\
   q_{vj} &= \text{round}(s_v \, E_{vj}) \\
   y &= q_x / s_x

A row belongs to one word. So how a word's vector is rounded does not depend on
other words. (The kernel of ``Dense`` has one scale for each column.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import quantize_int8

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The largest number of each row is 127 times a power of two, or the whole row
# is zero. So dividing by the scales rounds nothing.

embeddings = np.array(
    [[127, 20.5, -3], [2.5, -254, 7], [0, 0, 0], [1.25, 1.5, 15.875]], "float32"
)  # (input_dim, output_dim)
x = np.array([[0, 1, 3, 2], [2, 1, 0, 1]])  # (batch, steps)

layer = keras.layers.Embedding(4, 3)
layer.build()
layer.set_weights([embeddings])
layer.quantize("int8")
y = keras.ops.convert_to_numpy(layer(x))
stored, stored_scale = layer.get_weights()
print(stored, stored_scale, sep="\n")

# %%
# Compute it
# ----------
# The scale of a row takes its largest absolute value to 127. Multiply each row
# by its scale, and round. Then look up the rows, and divide them by their
# scales.

largest = np.max(np.abs(embeddings), axis=1, keepdims=True)
row_scale = 127 / (largest + 1e-7)  # (input_dim, 1)
rounded = np.rint(row_scale * embeddings)  # (input_dim, output_dim)
vectors_of_x = rounded[x] / row_scale[x]  # (batch, steps, output_dim)

# %%
# The function does the second half, with what the layer stores.
# ``quantize_int8`` does the first.

from keras_by_hand.quantization import int8_embedding

# %%
# Check it
# --------
# What the layer stores, and its outputs, are equal to the bit.

np.testing.assert_array_equal(stored, rounded.astype("int8"), strict=True)
np.testing.assert_array_equal(y, vectors_of_x, strict=True)

q, scale = quantize_int8(embeddings, axis=-1)
np.testing.assert_array_equal(stored, q, strict=True)
np.testing.assert_array_equal(stored_scale, scale[:, 0], strict=True)
expected = int8_embedding(x, q, scale[:, 0])
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# LoRA is added after the division, in float32.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends,
#    ``embeddings`` of an ``Embedding`` in int8 has the stored whole numbers,
#    not divided by their scales, and LoRA is added to these.

a = rng.integers(-3, 4, size=(4, 2))  # (input_dim, rank)
b = rng.integers(-3, 4, size=(2, 3))  # (rank, output_dim)
layer.enable_lora(rank=2, lora_alpha=6)
layer.lora_embeddings_a.assign(a)
layer.lora_embeddings_b.assign(b)
y_lora = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_array_equal(y_lora, expected + 6 / 2 * (a[x] @ b))
table = keras.ops.convert_to_numpy(layer.embeddings)
np.testing.assert_array_equal(table, q + 6 / 2 * (a @ b))

# %%
# Break it
# --------
# Would you give each column one scale, as the kernel of ``Dense`` has? Then the
# largest vectors leave few digits to the others.

q_columns, scale_columns = quantize_int8(embeddings, axis=0)
wrong = (q_columns / scale_columns)[x]
print(f"{np.mean(wrong == y):.0%} of the outputs are right")
assert np.any(wrong != y)

# %%
# See it
# ------
# Sixty words, whose vectors of 16 numbers are short or long.

vectors = rng.normal(size=(60, 16)) * np.geomspace(0.01, 10, 60)[:, np.newaxis]
length = np.linalg.norm(vectors, axis=1)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for along, label in ((0, "one scale for each column"), (1, "for each word")):
    q, scale = quantize_int8(vectors, axis=along)
    error = np.linalg.norm(q / scale - vectors, axis=1) / length
    axis.loglog(length, error, "ox"[along], label=label)
axis.set(
    title="int8: with a scale for each word, short vectors keep their digits"
)
axis.set(xlabel="norm of a vector", ylabel="relative error")
axis.legend()
plt.show()
