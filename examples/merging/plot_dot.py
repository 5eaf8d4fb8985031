r"""
Dot: batch dot products, cosine similarity
==========================================

``Dot`` takes dot products within each sample, along one axis of each of its two
inputs. Two vectors give one number. Two sequences give a table: each step of
one with each step of the other. ``normalize=True`` gives cosine similarities.

.. math::

   &\text{vectors: } y_{n} = \sum_i \, a_{n,i} \, b_{n,i} \\
   &\text{sequences: } y_{n,s,t} = \sum_i \, a_{n,s,i} \, b_{n,t,i}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A recommender scores how well a user and an item match by their dot product.

inputs = [keras.Input((4,)), keras.Input((4,))]
model = keras.Model(inputs, layers.Dot(axes=1)(inputs))

users = rng.integers(-9, 10, size=(3, 4)).astype("float32")
items = rng.integers(-9, 10, size=(3, 4)).astype("float32")
y = model.predict([users, items], verbose=0)
print(y)  # (batch, 1)

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
# The whole function takes any axes. It moves them to the end of each input, and
# flattens all other axes but the batch into one. Then a product of matrices
# does the work.

from keras_by_hand import dot

# %%
# Check it
# --------
# First the users and items. Negative axes count from the end of each input.

np.testing.assert_array_equal(y, np.float32(matches), strict=True)
layer = layers.Dot(axes=1, normalize=True)
similar = keras.ops.convert_to_numpy(layer([users, items]))
np.testing.assert_allclose(similar, similarities, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(y, np.float32(dot([users, items], axes=1)))

for *shapes, axes in [
    ((2, 3, 4), (2, 5, 4), -1),
    ((2, 3, 4), (2, 4, 5), (2, 1)),
    ((2, 3, 4), (2, 4), -1),
    ((2, 4), (2, 3, 4), (1, -1)),
    ((2, 3, 4, 5), (2, 6, 4, 7), (-2, 2)),
]:
    case = [rng.integers(-9, 10, size=s).astype("float32") for s in shapes]
    of_keras = keras.ops.convert_to_numpy(layers.Dot(axes)(case))
    expected = np.float32(dot(case, axes=axes))
    np.testing.assert_array_equal(of_keras, expected, strict=True)
np.testing.assert_raises(ValueError, layers.Dot(axes=0), [users, items])

# %%
# ``normalize`` scales each vector to length 1, unless it is shorter than 1e-7.

a, b = rng.normal(size=(2, 2, 4, 4)).astype("float32").astype("float64")
a[0, :2] = [[0, 0, 0, 0], [1e-7 / 2, 0, 0, 0]]
expected = dot([a, b], axes=(2, 1), normalize=True)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    layer = layers.Dot(axes=(2, 1), normalize=True, dtype=dtype)
    cosines = keras.ops.convert_to_numpy(layer([a, b]))
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(cosines, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you write ``users @ items.T``? It compares each user with every item of
# the batch; ``Dot`` is only its diagonal. Or take ``axes=1`` for two sequences,
# too? That sums over the steps, and compares features.

table = users @ items.T
print(table)
np.testing.assert_array_equal(y[:, 0], np.diag(table))

sequences = rng.integers(-9, 10, size=(2, 1, 4, 4)).astype("float32")
assert np.any(dot(sequences, axes=1) != dot(sequences, axes=2))

# %%
# See it
# ------

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
