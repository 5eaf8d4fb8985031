r"""
Sparse input: Dense adds up rows of the kernel
==============================================

A bag of words says which words of a vocabulary a text has. Most of its entries
are zero and need not be stored. ``Dense`` then adds up the kernel rows
:math:`W_f` of the words that occur, which an ``Embedding`` would look up.

.. math:: y = b + \sum_{f:\, x_f \ne 0} x_f \, W_f
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

if keras.backend.backend() == "torch":  # which has no sparse input
    raise SystemExit("This page needs TensorFlow or JAX")

# %%
# Build it
# --------
# Twenty texts of three different words, from a vocabulary of twelve.
# ``CategoryEncoding`` makes a row of zeros and ones from each text, and stores
# only the ones.

texts = [rng.choice(12, size=3, replace=False) for _ in range(20)]
words = np.array(texts, "int32")  # (batch, words)
kernel = rng.integers(-99, 100, size=(12, 4))  # (vocabulary, units)
bias = np.array([2000, -4000, 6000, -8000])  # (units,)

encode = keras.layers.CategoryEncoding(12, "multi_hot", sparse=True)
inputs = keras.Input(shape=(12,), sparse=True)
dense = keras.layers.Dense(4)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
x = encode(words)  # (batch, vocabulary), sparse
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# ``kernel[words]`` picks the rows. The features that are zero never appear.


def sum_of_rows(words, values, kernel, bias):
    """Dense on a sparse input, without the zeros.

    words, values: (batch, words), the features that aren't zero and their
    values, kernel: (features, units), bias: (units,). Returns (batch, units).
    A sample of fewer words is filled up with values of 0.
    """
    rows = kernel[words]  # (batch, words, units)
    return np.sum(values[..., np.newaxis] * rows, axis=1) + bias


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. Keras
# knows which inputs are sparse. The same input with its zeros gives the same,
# and so do rows of an ``Embedding``.

expected = sum_of_rows(words, np.ones((20, 3)), kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

encoded = encode(keras.Input(shape=(3,), dtype="int32"))
np.testing.assert_equal([inputs.sparse, encoded.sparse], [True, True])
with_zeros = keras.ops.convert_to_numpy(x)  # an ordinary array
y_with_zeros = keras.ops.convert_to_numpy(dense(with_zeros))
np.testing.assert_array_equal(y_with_zeros, y, strict=True)
layer = keras.layers.Embedding(12, 4)
layer.build()
layer.set_weights([kernel])
rows = keras.ops.convert_to_numpy(layer(words))  # (batch, words, units)
np.testing.assert_array_equal(rows.sum(axis=1) + bias, y)

# %%
# In the mode ``"count"``, ``CategoryEncoding`` takes a value for each word.

values = rng.integers(1, 10, size=words.shape)  # (batch, words)
count = keras.layers.CategoryEncoding(12, "count", sparse=True)
x_values = count(words, count_weights=np.float32(values))
y_values = keras.ops.convert_to_numpy(dense(x_values))
expected = sum_of_rows(words, values, kernel, bias)
np.testing.assert_array_equal(y_values, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Does a word that occurs twice in a text count twice? With ``"count"`` it does.
# ``"multi_hot"`` only says which words there are.

repeated = np.array([[4, 7, 4], [5, 5, 5]], "int32")
y_count = keras.ops.convert_to_numpy(dense(count(repeated)))
y_multi_hot = keras.ops.convert_to_numpy(dense(encode(repeated)))
each_counts = sum_of_rows(repeated, np.ones((2, 3)), kernel, bias)
np.testing.assert_array_equal(y_count, each_counts)
assert np.any(y_multi_hot != each_counts)

# %%
# See it
# ------
# The first text: the rows of its words, and their sum.

first = with_zeros[:1].T  # (vocabulary, 1)
fig = plt.figure(figsize=(6, 3.4), layout="constrained")
axes = fig.subplots(1, 3, width_ratios=[1, 4, 4])
panels = [  # title, numbers, and their shades: blue for the words that occur
    ("x", first, first),
    ("W", kernel, first * np.ones((12, 4))),
    ("y - b", y[:1] - bias, np.ones((1, 4))),
]
for axis, (title, values, shades) in zip(axes, panels):
    axis.imshow(shades, aspect=0.7, cmap="Blues", vmin=0, vmax=2.5)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
