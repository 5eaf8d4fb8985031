r"""
LoRA for Embedding: a few trained numbers for each token
========================================================

With LoRA, an ``Embedding`` freezes its table and trains two thin matrices. A
token also picks a row of A, which has only a few numbers. B turns them into a
vector, which is added to the row of the table.

.. math:: y = E_x + \frac{\alpha}{r} \, A_x B

The table :math:`E` is (input_dim, output_dim), :math:`A` is (input_dim,
:math:`r`), and :math:`B` is (:math:`r`, output_dim). :math:`r` is the rank.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A vocabulary of 1000 words with vectors of 64 numbers, and a rank of 2: LoRA
# trains 2000 and 128 numbers instead of 64000.

layer = keras.layers.Embedding(1000, 64)
layer.build()
layer.enable_lora(rank=2, lora_alpha=6)
for weight in layer.weights:
    print(weight.name, np.prod(weight.shape), f"trained: {weight.trainable}")

# %%
# A smaller layer, with whole numbers: twelve words and vectors of four numbers.

x = rng.integers(12, size=(2, 5))  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(12, 4))
a = rng.integers(-3, 4, size=(12, 2))  # (input_dim, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, output_dim)

# %%
# Compute it
# ----------
# Two lookups and a small product. The large product A B is never computed. Here
# alpha is 6, and the rank is 2.

rows_of_a = a[x]  # (batch, steps, rank)
by_hand = embeddings[x] + 6 / 2 * (rows_of_a @ b)  # (batch, steps, output_dim)

# %%
# The function takes any alpha and rank. Without alpha, the factor is 1.

from keras_by_hand.adapters import lora_embedding

# %%
# Check it
# --------
# B begins with zeros, so at first nothing changes. A begins with ``he_uniform``
# numbers, up to ``sqrt(6 / input_dim)``.

trained = [weight.name for weight in layer.trainable_weights]
np.testing.assert_equal(trained, ["lora_embeddings_a", "lora_embeddings_b"])
_, first_a, first_b = layer.get_weights()
np.testing.assert_array_equal(first_b, np.zeros((2, 64), "float32"))
largest = np.max(np.abs(first_a))
np.testing.assert_allclose(largest, np.sqrt(6 / 1000), rtol=0.05)

# %%
# Whole numbers are equal to the bit. When the layer is saved, A B is added to
# the table.


def keras_lora(**arguments):
    layer = keras.layers.Embedding(12, 4, embeddings_regularizer="l2")
    layer.build()
    layer.enable_lora(rank=2, **arguments)
    layer.set_weights([embeddings, a, b])
    return layer, keras.ops.convert_to_numpy(layer(x))


_, y = keras_lora(lora_alpha=6)
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

for arguments in ({"lora_alpha": 6}, {}):  # alpha is the rank by default
    layer, y = keras_lora(**arguments)
    expected = lora_embedding(x, embeddings, a, b, **arguments)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    saved = {}
    layer.save_own_variables(saved)
    table = keras.ops.convert_to_numpy(saved["0"])
    merged = lora_embedding(np.arange(12), embeddings, a, b, **arguments)
    np.testing.assert_array_equal(table, merged)

# %%
# The regularizer now counts A and B instead of the table. A layer with a
# constraint refuses LoRA.

loss = keras.ops.convert_to_numpy(sum(layer.losses))
penalty = 0.01 * (np.sum(a**2) + np.sum(b**2))
np.testing.assert_allclose(loss, penalty, rtol=1e-5)
limited = keras.layers.Embedding(12, 4, embeddings_constraint="non_neg")
limited.build()
np.testing.assert_raises(ValueError, limited.enable_lora, 2)

# %%
# Break it
# --------
# Would you give alpha to the constructor?
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``Embedding`` ignores the ``lora_alpha`` of its constructor. Give alpha to
#    ``enable_lora``.

layer = keras.layers.Embedding(12, 4, lora_rank=2, lora_alpha=6)
layer.build()
layer.set_weights([embeddings, a, b])
y = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_array_equal(y, lora_embedding(x, embeddings, a, b))
assert np.any(y != lora_embedding(x, embeddings, a, b, lora_alpha=6))

# %%
# See it
# ------
# Twelve words with vectors of two numbers. With a rank of 1, each word moves by
# a distance of its own, but all move along B.

vectors = rng.normal(size=(12, 2))
moves = rng.normal(size=(12, 1)) @ np.array([[0.8, 0.4]])  # A B
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.quiver(
    *vectors.T, *moves.T, color="C1", angles="xy", scale_units="xy", scale=1
)
axis.plot(*vectors.T, "o")
axis.set(title="LoRA of rank 1 moves all words along one direction")
axis.set(xlim=(-3.2, 2.8), ylim=(-2.2, 1.8))
plt.show()
