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

E is the table, and a row v belongs to one word. So how a word's vector is
rounded does not depend on other words. (In int4, a row is cut into blocks, and
each block has a scale and a zero point of its own.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The largest number of each row is 127 times a power of two, or 0. So dividing
# by the scales rounds nothing.

rng = np.random.default_rng(313)
rows = [127, 20.5, -3], [2.5, -254, 7], [0, 0, 0], [1.25, 1.5, 15.875]
embeddings = np.float32(rows)  # (input_dim, output_dim)
x = np.array([[0, 1, 3, 2], [2, 1, 0, 1]])  # (batch, steps)
layer = keras.layers.Embedding(4, 3)
layer.build()
layer.set_weights([embeddings])
layer.quantize("int8")
y = keras.ops.convert_to_numpy(layer(x))
stored, stored_scale = layer.get_weights()

# %%
# Compute it
# ----------
# The scale of a row takes its largest absolute value to 127. Multiply each row
# by its scale, and round. Then look up the rows, and divide them by their
# scales. ``int8_embedding`` does this second half with what the layer stores.

largest = np.max(np.abs(embeddings), axis=1, keepdims=True)
scale = 127 / (largest + 1e-7)  # (input_dim, 1)
q = np.rint(scale * embeddings)  # (input_dim, output_dim)
vectors = q[x] / scale[x]  # (batch, steps, output_dim)

from keras_by_hand.quantization import int8_embedding

# %%
# Check it
# --------

np.testing.assert_array_equal(stored, np.int8(q), strict=True)
np.testing.assert_allclose(stored_scale, scale[:, 0], rtol=1e-6)
np.testing.assert_array_equal(y, vectors, strict=True)
expected = int8_embedding(x, stored, stored_scale)
np.testing.assert_array_equal(y, np.float32(expected))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends,
#    ``embeddings`` of an ``Embedding`` in int8 has the stored whole numbers,
#    not divided by their scales, and LoRA is added to these.

a, b = rng.integers(1, 4, size=(4, 2)), rng.integers(1, 4, size=(2, 3))
layer.enable_lora(rank=2)
layer.lora_embeddings_a.assign(a)
layer.lora_embeddings_b.assign(b)
of_lora = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_array_equal(of_lora, vectors + a[x] @ b)
table = keras.ops.convert_to_numpy(layer.embeddings)
np.testing.assert_array_equal(table, q + a @ b)

# %%
# Break it
# --------
# Suppose you give each column one scale, as the kernel of ``Dense`` has. Then
# one long vector sets the scales, and short vectors are rounded coarsely.

of_columns = 127 / np.max(np.abs(embeddings), axis=0)
wrong = (np.rint(of_columns * embeddings) / of_columns)[x]
print("right:", y[0, 2], "wrong:", wrong[0, 2])
assert np.any(y != wrong)

# %%
# See it
# ------
# Sixty words, whose vectors of 16 numbers are short or long.

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
