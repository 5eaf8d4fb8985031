r"""
CategoryEncoding: one-hot, multi-hot and counts
===============================================

A ``Dense`` layer would take category 4 for twice as much as category 2. So
``CategoryEncoding`` makes rows, with an entry for each category. One-hot
encoding makes a row for each number, as ``to_categorical`` does: a 1, and zeros
elsewhere. "multi_hot" and "count" make one row for each sample: which numbers
occur in it, and how often.

.. math::

   \text{count}_k = \sum_{j:\, x_j = k} w_j

adds up the weights :math:`w_j` of all numbers :math:`x_j` that are k. They are
1, unless you pass others as ``count_weights``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import CategoryEncoding

# %%
# Build it
# --------
# Three baskets hold three articles each, out of five in the shop.

x = np.array([[0, 2, 2], [4, 1, 0], [3, 3, 3]])  # (batch, length)
inputs = keras.Input((3,), dtype="int32")
modes = ["one_hot", "multi_hot", "count"]
encoded = [CategoryEncoding(5, output_mode=mode)(inputs) for mode in modes]
one_hot, multi_hot, count = keras.Model(inputs, encoded).predict(x, verbose=0)
print(count)

# %%
# Compute it
# ----------
# Compare each number with all five categories: that gives a row for each
# number. Then combine the rows of a sample. A category occurs if any row has
# it; the sum of the rows says how often.

rows = x[:, :, np.newaxis] == np.arange(5)  # (batch, length, categories)
occurs = rows.any(axis=1)  # (batch, categories)
how_often = rows.sum(axis=1)  # (batch, categories)

# %%
# ``category_encoding`` also takes vectors, and a weight for each number. Where
# samples are single numbers, (batch, 1), one-hot rows are (batch, categories).

from keras_by_hand import category_encoding

# %%
# Check it
# --------
np.testing.assert_array_equal(one_hot, np.float32(rows), strict=True)
single = CategoryEncoding(5, "one_hot")(x[:, :1])  # no axis of length 1
np.testing.assert_array_equal(single, rows[:, 0])
np.testing.assert_array_equal(multi_hot, np.float32(occurs), strict=True)
np.testing.assert_array_equal(count, np.float32(how_often), strict=True)
prices = np.array([[1, 2, 4], [8, 16, 32], [0.5, 0, 3]], "float32")
y_prices = CategoryEncoding(5, "count")(x, count_weights=prices)
expected = category_encoding(x, prices, num_tokens=5, output_mode="count")
np.testing.assert_array_equal(y_prices, expected)

# %%
# Break it
# --------
# In Keras' documentation, a number out of range is an error. Look yourself
# whether all are below ``num_tokens``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow and JAX,
#    ``CategoryEncoding`` leaves out a number that is too large, without an
#    error: here 5, where articles are 0 to 4.

out_of_range = np.array([[0, 5, 5]])
if keras.backend.backend() != "torch":
    y = keras.ops.convert_to_numpy(CategoryEncoding(5, "count")(out_of_range))
    print("right: an error", "wrong:", y)
    np.testing.assert_array_equal(y, np.float32([[1, 0, 0, 0, 0]]))

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong shape:**
#    ``sparse=True`` of ``CategoryEncoding`` is not saved. The layer returns a
#    sparse tensor of the same entries (not on PyTorch), but after loading the
#    model it returns a dense one.

if keras.backend.backend() != "torch":
    layer = CategoryEncoding(5, "count", sparse=True)
    loaded = CategoryEncoding.from_config(layer.get_config())
    is_sparse = [layer(inputs).sparse, loaded(inputs).sparse]
    print("sparse, right:", is_sparse[0], "wrong, loaded:", is_sparse[1])
    np.testing.assert_equal(is_sparse, [True, False])

# %%
# See it
# ------
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("CategoryEncoding: one basket, articles 0, 2 and 2")
for axis, mode, y in zip(axes, modes, (one_hot[0], multi_hot[:1], count[:1])):
    axis.imshow(y, cmap="Blues", vmin=0, vmax=4)
    axis.set(title=mode, xticks=range(5), xlabel="article", yticks=[])
    for (row, column), value in np.ndenumerate(y):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
