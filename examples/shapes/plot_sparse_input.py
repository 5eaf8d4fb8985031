r"""
Sparse input: Dense adds up rows of the kernel
==============================================

A *bag of words* is a row with an entry for each word of a vocabulary: 1 if a
text has it, or else 0. Most are 0, and a sparse tensor does not store them.
``Dense`` then adds up the kernel rows of the words that occur, the rows which
an ``Embedding`` would look up.

.. math:: y = b + \sum_{f:\, x_f \ne 0} x_f \, W_f

:math:`x_f` is the entry of word f, :math:`W_f` its row of the kernel, and b the
bias.
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
# ``CategoryEncoding`` makes a row for each text, and stores only what is not
# zero: ones, or in the mode ``"count"`` the given numbers. An ``Input`` with
# ``sparse=True`` passes such rows on without filling in the zeros. ``fit`` and
# ``predict`` take a sparse matrix of SciPy, too.

texts = [rng.choice(12, size=3, replace=False) for _ in range(20)]
words = np.array(texts, "int32")  # (batch, words)
counts = rng.integers(1, 10, size=words.shape)  # of each word
kernel = rng.integers(-99, 100, size=(12, 4))  # (vocabulary, units)
bias = np.array([2000, -4000, 6000, -8000])  # (units,)
encode = keras.layers.CategoryEncoding(12, "multi_hot", sparse=True)
count = keras.layers.CategoryEncoding(12, "count", sparse=True)
dense = keras.layers.Dense(4)
inputs = keras.Input(shape=(12,), sparse=True)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y = model.predict(encode(words), verbose=0)  # (batch, units)
x_counts = count(words, count_weights=np.float32(counts))
y_counts = keras.ops.convert_to_numpy(dense(x_counts))

# %%
# Compute it
# ----------
# ``kernel[words]`` picks the rows. The features that are zero never appear.

rows = kernel[words]  # (batch, words, units)
sums = np.sum(rows, axis=1) + bias
weighted_sums = np.sum(counts[..., np.newaxis] * rows, axis=1) + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded. The same input with its zeros, an
# ordinary array, gives the same.

np.testing.assert_array_equal(y, np.float32(sums), strict=True)
np.testing.assert_array_equal(y_counts, np.float32(weighted_sums), strict=True)
with_zeros = keras.ops.convert_to_numpy(encode(words))
y_with_zeros = keras.ops.convert_to_numpy(dense(with_zeros))
np.testing.assert_array_equal(y_with_zeros, y, strict=True)

# %%
# Break it
# --------
# Suppose a word occurs twice, and should count twice. ``"multi_hot"`` only says
# which words there are. Use ``CategoryEncoding(12, "count", sparse=True)``.

repeated = np.array([[4, 7, 4]], "int32")
right = keras.ops.convert_to_numpy(dense(count(repeated)))
wrong = keras.ops.convert_to_numpy(dense(encode(repeated)))
np.testing.assert_array_equal(right, kernel[repeated].sum(axis=1) + bias)
print("right:", right[0], "wrong:", wrong[0])
assert np.any(right != wrong)

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
