r"""
A sparse row picks rows of the kernel
=====================================

Where nearly all features are zero, an input can be stored without its zeros.
What ``Dense`` makes of it is a sum of rows of the kernel, those that the sample
names, as an ``Embedding`` looks them up.

.. math:: y = b + \sum_{f:\, x_f \ne 0} x_f \, W_f
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

if keras.backend.backend() == "torch":
    raise SystemExit(
        "This page needs TensorFlow or JAX: torch has no sparse input"
    )

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Twenty samples of three words each, of a vocabulary of twelve.
# `CategoryEncoding`_ turns the words of a sample into a row of zeros and ones,
# and stores the ones alone.
#
# .. _CategoryEncoding: https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/

words = np.array([np.random.permutation(12)[:3] for _ in range(20)], "int32")

encode = keras.layers.CategoryEncoding(12, "multi_hot", sparse=True)
encoded = encode.compute_output_spec(keras.KerasTensor((None, 3), "int32"))
np.testing.assert_equal((encoded.shape, encoded.sparse), ((None, 12), True))

x = encode(words)  # (batch, vocabulary), sparse
x_filled = keras.ops.convert_to_numpy(x)  # the same with its zeros
print(f"{type(x).__name__}: {np.count_nonzero(x_filled)} of {x_filled.size}")
print("words", words[0], "->", x_filled[0])

# %%
# The model is told that its input is sparse. Its output is not: hardly a sum of
# rows of the kernel is zero.

inputs = keras.Input(shape=(12,), sparse=True)
dense = keras.layers.Dense(4)
outputs = dense(inputs)
model = keras.Model(inputs, outputs)
np.testing.assert_equal((inputs.sparse, outputs.sparse), (True, False))
np.testing.assert_equal([w.shape for w in dense.weights], [(12, 4), (4,)])

kernel = np.random.randint(1, 10, size=(12, 4))  # (vocabulary, units)
bias = np.array([20, -40, 60, -80])  # (units,)
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------


def rows_named(words, kernel, bias, weights):
    """The output (batch, units): for each sample the sum of the rows of the
    kernel that its words (batch, words) name, times their weights."""
    return (weights[..., np.newaxis] * kernel[words]).sum(axis=1) + bias


def multi_hot(words, vocabulary):
    """A row of zeros and ones for each sample: (batch, vocabulary)."""
    return (words[..., np.newaxis] == np.arange(vocabulary)).any(axis=1)


# %%
# Check it
# --------
# Integers: equal to the bit. An input with its zeros gives the same, and so
# does an ``Embedding`` that holds the kernel.

np.testing.assert_equal(x_filled.dtype, np.float32)
np.testing.assert_array_equal(x_filled, multi_hot(words, 12))

np.testing.assert_equal((y.shape, y.dtype), ((20, 4), np.float32))
np.testing.assert_array_equal(
    y, rows_named(words, kernel, bias, np.ones_like(words))
)

y_filled = keras.ops.convert_to_numpy(dense(x_filled))
np.testing.assert_equal((y_filled.shape, y_filled.dtype), ((20, 4), np.float32))
np.testing.assert_array_equal(y_filled, multi_hot(words, 12) @ kernel + bias)
np.testing.assert_array_equal(y_filled, y)

embedding = keras.layers.Embedding(12, 4)
embedding.build((None, 3))
embedding.set_weights([kernel])
rows = keras.ops.convert_to_numpy(embedding(words))  # (batch, words, units)
np.testing.assert_equal((rows.shape, rows.dtype), ((20, 3, 4), np.float32))
np.testing.assert_array_equal(rows, kernel[words])
np.testing.assert_array_equal(rows.sum(axis=1) + bias, y)

# %%
# Now each word has a weight, a fraction, as ``"count"`` allows. A zero that is
# multiplied and added rounds nothing, and neither does one that is not stored,
# so the limit counts the words and not the vocabulary: three products and a
# bias make two rounding units.

count = keras.layers.CategoryEncoding(12, "count", sparse=True)
weights = np.random.random(size=words.shape).astype("float32")
kernel_32 = np.random.normal(size=kernel.shape).astype("float32")
bias_32 = np.random.normal(size=bias.shape).astype("float32")
dense.set_weights([kernel_32, bias_32])
y_weighted = model.predict(count(words, count_weights=weights), verbose=0)

np.testing.assert_equal(
    (y_weighted.shape, y_weighted.dtype), (y.shape, y.dtype)
)
expected = rows_named(words, kernel_32.astype("float64"), bias_32, weights)
magnitude = rows_named(
    words, np.abs(kernel_32).astype("float64"), np.abs(bias_32), weights
)
rounding_unit = np.finfo("float32").eps * magnitude
error = np.abs(y_weighted - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 2.0 * rounding_unit)

# %%
# Break it
# --------
# A word that occurs twice in a sample is one word to ``"multi_hot"``: it says
# which words there are, not how many. ``"count"`` counts, as does the sum of an
# ``Embedding``.

twice = np.array([[4, 7, 4], [5, 5, 5]], "int32")
dense.set_weights([kernel, bias])
y_once = keras.ops.convert_to_numpy(dense(encode(twice)))
y_counted = keras.ops.convert_to_numpy(dense(count(twice)))
print("once:   ", *y_once.astype(int))
print("counted:", *y_counted.astype(int))

for result in (y_once, y_counted):
    np.testing.assert_equal((result.shape, result.dtype), ((2, 4), np.float32))
np.testing.assert_array_equal(
    y_counted, rows_named(twice, kernel, bias, np.ones_like(twice))
)
np.testing.assert_array_equal(y_once, multi_hot(twice, 12) @ kernel + bias)
np.testing.assert_array_equal(y_counted - y_once, kernel[[4, 5]] * [[1], [2]])

# %%
# See it
# ------
# The first sample: the rows that its words name, shaded, and their sum.

named = x_filled[:1].T  # (vocabulary, 1)
panels = {"x": named, "W": kernel, "y - b": y[:1] - bias}
fig, axes = plt.subplots(
    1, 3, figsize=(5, 3.6), width_ratios=[1, 4, 4], layout="constrained"
)
fig.suptitle("A sparse row picks rows of the kernel")
for axis, (name, values) in zip(axes, panels.items()):
    shades = named if len(values) == 12 else np.ones((1, 1))
    axis.imshow(
        shades * np.ones(values.shape), cmap="Purples", vmin=0, vmax=2.5
    )
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        text = axis.text(column, row, f"{value:.0f}", color="black")
        text.set(horizontalalignment="center", verticalalignment="center")
axes[0].set(ylabel="vocabulary")
plt.show()
