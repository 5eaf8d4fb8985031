r"""
Sparse input: Dense adds up rows of the kernel
==============================================

Most features of a bag of words are zero, so it can be stored without its zeros.
``Dense`` then adds up those rows of its kernel that the words name, as an
``Embedding`` looks them up.

.. math:: y = b + \sum_{f:\, x_f \ne 0} x_f \, W_f
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

if keras.backend.backend() == "torch":
    raise SystemExit(
        "This page needs TensorFlow or JAX: torch has no sparse input"
    )

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Twenty samples of three words each, from a vocabulary of twelve.
# ``CategoryEncoding`` makes a row of zeros and ones from each sample, and
# stores only the ones.

every_word = np.tile(np.arange(12, dtype="int32"), (20, 1))
words = rng.permuted(every_word, axis=1)[:, :3]  # (batch, words)
kernel = rng.integers(-99, 100, size=(12, 4))  # (vocabulary, units)
bias = np.array([2000, -4000, 6000, -8000])  # (units,)

encode = keras.layers.CategoryEncoding(12, "multi_hot", sparse=True)
inputs = keras.Input(shape=(12,), sparse=True)
dense = keras.layers.Dense(4)
outputs = dense(inputs)
model = keras.Model(inputs, outputs)
dense.set_weights([kernel, bias])
x = encode(words)  # (batch, vocabulary), sparse
y = model.predict(x, verbose=0)  # (batch, units)
print(type(x).__name__)

# %%
# Compute it
# ----------
# ``kernel[words]`` picks the rows. The features that are zero never appear.


def sum_of_rows(words, weights, kernel, bias):
    """Dense on a sparse input, without the zeros.

    words and weights: (batch, words), the features that aren't zero and their
    values, kernel: (features, units), bias: (units,). Returns (batch, units).
    """
    rows = kernel[words]  # (batch, words, units)
    return np.sum(weights[..., np.newaxis] * rows, axis=1) + bias


# %%
# Check it
# --------
# Whole numbers are equal to the bit. A ``Dense`` layer on the same input with
# its zeros returns the same, and so does the sum of an ``Embedding``.

expected = sum_of_rows(words, np.ones((20, 3)), kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

with_zeros = keras.ops.convert_to_numpy(x)
y_with_zeros = keras.ops.convert_to_numpy(dense(with_zeros))
np.testing.assert_array_equal(y_with_zeros, y, strict=True)

embedding = keras.layers.Embedding(12, 4)
embedding.build()
embedding.set_weights([kernel])
rows = keras.ops.convert_to_numpy(embedding(words))  # (batch, words, units)
np.testing.assert_array_equal(rows.sum(axis=1) + bias, y)

# %%
# Keras knows beforehand that the encoded words are sparse and the output isn't.

encoded = encode(keras.Input(shape=(3,), dtype="int32"))
sparse = encoded.sparse, inputs.sparse, outputs.sparse
np.testing.assert_equal(sparse, (True, True, False))

# %%
# ``"count"`` also takes a weight for each word. Random weights are equal up to
# a tolerance. Only on TensorFlow does Keras compute in float64 throughout.

weights = rng.random(size=words.shape, dtype="float32").astype("float64")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    count = keras.layers.CategoryEncoding(12, "count", sparse=True, dtype=dtype)
    layer = keras.layers.Dense(4, bias_initializer="normal", dtype=dtype)
    y_weighted = layer(count(words, count_weights=weights))
    y_weighted = keras.ops.convert_to_numpy(y_weighted)
    expected = sum_of_rows(words, weights, *layer.get_weights())
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y_weighted, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Does a word that occurs twice in a sample count twice? For ``"count"`` it
# does. ``"multi_hot"`` only says which words there are.

repeated = np.array([[4, 7, 4], [5, 5, 5]], "int32")
y_once = keras.ops.convert_to_numpy(dense(encode(repeated)))
twice = sum_of_rows(repeated, np.ones((2, 3)), kernel, bias)
print(f"{np.mean(y_once == twice):.0%} of the entries are right")
assert np.any(y_once != twice)

# %%
# See it
# ------
# The first sample: the rows that its words name, and their sum.

named = with_zeros[:1].T  # (vocabulary, 1)
panels = {"x": named, "W": kernel, "y - b": y[:1] - bias}
fig = plt.figure(figsize=(6, 3.4), layout="constrained")
axes = fig.subplots(1, 3, width_ratios=[1, 4, 4])
for axis, (title, values) in zip(axes, panels.items()):
    shade = named + 0 * values if len(values) == 12 else np.ones((1, 4))
    axis.imshow(shade, aspect=0.7, cmap="Blues", vmin=0, vmax=2.5)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
axes[0].set(ylabel="vocabulary")
plt.show()
