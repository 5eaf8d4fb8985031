r"""
Dot: batch dot products, cosine similarity
==========================================

A recommender scores how well a user and an item match by the dot product of
their vectors (matrix factorization, two-tower model). ``Dot`` takes such inner
products within each sample, along one axis of each of its two inputs, as
``batch_dot`` of Keras 2 did. ``normalize=True`` gives cosine similarities.

.. math::

   &\text{vectors: } y_{n} = \sum_i \, a_{n,i} \, b_{n,i} \\
   &\text{sequences: } y_{n,s,t} = \sum_i \, a_{n,s,i} \, b_{n,t,i}

For sample :math:`n`, two vectors give one number. Two sequences give a table:
each step :math:`s` of one with each step :math:`t` of the other.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Three pairs of a user and an item.

rng = np.random.default_rng(313)
users = rng.integers(-9, 10, size=(3, 4)).astype("float32")
items = rng.integers(-9, 10, size=(3, 4)).astype("float32")
y = keras.ops.convert_to_numpy(layers.Dot(axes=1)([users, items]))
similar = layers.Dot(axes=1, normalize=True)([users, items])
similar = keras.ops.convert_to_numpy(similar)

# %%
# Compute it
# ----------
# Multiply each user by the item of the same sample, number by number, and add
# up. The cosine similarity divides this sum by both lengths.

matches = np.sum(users * items, axis=1, keepdims=True)  # (batch, 1)
user_length = np.sqrt(np.sum(users**2, axis=1, keepdims=True))
item_length = np.sqrt(np.sum(items**2, axis=1, keepdims=True))
similarities = matches / (user_length * item_length)

# %%
# Check it
# --------
# Whole numbers are equal to the bit, roots are rounded.

np.testing.assert_array_equal(y, matches, strict=True)
np.testing.assert_allclose(similar, similarities, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# With two sequences, ``axes=2`` compares steps: it sums over the features.
# ``axes=(2, 1)`` multiplies two matrices in each sample, as ``batch_dot`` did
# without ``axes``.

from keras_by_hand import dot

first, second = rng.integers(-9, 10, size=(2, 2, 5, 5)).astype("float32")
table = keras.ops.convert_to_numpy(layers.Dot(axes=2)([first, second]))
np.testing.assert_array_equal(table, dot([first, second], axes=2))
product = keras.ops.convert_to_numpy(layers.Dot(axes=(2, 1))([first, second]))
np.testing.assert_array_equal(product, first @ second)

# %%
# Break it
# --------
# ``users @ items.T`` compares each user with every item of the batch. ``Dot``
# is only its diagonal. (To rank all items for a user, you need that table.)

all_pairs = users @ items.T
print("right:", y.ravel(), "wrong:", all_pairs.ravel())
np.testing.assert_array_equal(y.ravel(), np.diag(all_pairs))

# %%
# Of two sequences, ``axes=1`` sums over the steps, and compares features. To
# compare steps, write ``axes=2``.

wrong = dot([first, second], axes=1)
print("right:", table[0, 0], "wrong:", wrong[0, 0])
assert np.any(table != wrong)

# %%
# See it
# ------
# A vector turns around another one.

angles = np.linspace(0, 2 * np.pi, 73)
circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
fig, axis = plt.subplots(figsize=(6, 3))
for length in (0.5, 2):
    pair = [np.ones((73, 1)) * [1, 0], length * circle]
    axis.plot(np.degrees(angles), dot(pair, axes=1), label=f"length {length}")
cosine = dot(pair, axes=1, normalize=True)
axis.plot(np.degrees(angles), cosine, "--", label="normalized")
axis.set(title="Dot grows with the length of a vector, unless it is normalized")
axis.set(xlabel="degrees between the two vectors", xticks=range(0, 361, 90))
axis.legend()
plt.show()
