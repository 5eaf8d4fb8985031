r"""
sparse=True of StringLookup and TextVectorization: no zeros stored
==================================================================

A vocabulary has thousands of tokens, and a sample only a few of them. With
``sparse=True``, the lookup layers return the same vectors, but store only the
entries that are not zero.

.. math::

   (i_1, v_1), (i_2, v_2), \ldots \quad \text{where } v_k = y_{i_k} \ne 0
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup, TextVectorization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: only it has sparse lookups")
if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: set KERAS_BACKEND=tensorflow")

# %%
# Build it
# --------
# Two texts of three words. "emu" is unknown: it has index 0.

vocabulary = ["cat", "dog", "gnu", "owl", "yak"]
words = np.array([["yak", "dog", "yak"], ["emu", "gnu", "cat"]])
arguments = {"output_mode": "count", "sparse": True}
counting = StringLookup(vocabulary=vocabulary, **arguments)
y = counting(words)
print(type(y).__name__)

# %%
# Compute it
# ----------


def store_sparse(dense):
    """Places that are not zero, (number, axes), row by row; their values."""
    places = np.argwhere(dense)
    return places, dense[tuple(places.T)]


# %%
# Check it
# --------

full = np.array([[0, 0, 1, 0, 0, 2], [1, 1, 0, 1, 0, 0]])
places, values = store_sparse(full)
np.testing.assert_array_equal(keras.ops.convert_to_numpy(y.indices), places)
np.testing.assert_array_equal(keras.ops.convert_to_numpy(y.values), values)

texts = TextVectorization(vocabulary=vocabulary, **arguments)
y_texts = texts(["yak dog yak", "emu gnu cat"])
numbers = IntegerLookup(vocabulary=[10, 20, 30, 40, 50], **arguments)
y_numbers = numbers([[50, 20, 50], [7, 30, 10]])
for y_other in (y_texts, y_numbers):
    y_values = keras.ops.convert_to_numpy(y_other.values)
    np.testing.assert_array_equal(y_values, values)
    y_full = keras.ops.convert_to_numpy(y_other)  # fills in the zeros
    np.testing.assert_array_equal(y_full, full)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``StringLookup``
#    documents "tf_idf" with ``sparse``, but raises an error for a batch.
#    "one_hot" puts mask tokens at an index that the vector does not have.

weights = {"idf_weights": [1.0] * 5, "output_mode": "tf_idf", "sparse": True}
layer = StringLookup(vocabulary=vocabulary, **weights)
np.testing.assert_raises(Exception, layer, words)

arguments = {"mask_token": "", "output_mode": "one_hot", "sparse": True}
layer = StringLookup(vocabulary=vocabulary, **arguments)
y_masked = layer(["yak", ""])
columns = keras.ops.convert_to_numpy(y_masked.indices)[:, 1]
print(columns, "of", y_masked.shape[1])
np.testing.assert_array_equal(columns, [5, 2**63 - 1])

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``predict`` of a model with
#    ``StringLookup`` refuses a NumPy array of words or texts. Convert it to a
#    tensor of strings first.

kernel = np.arange(12).reshape(6, 2)  # (vocabulary, units)
dense_layer = keras.layers.Dense(2, use_bias=False)
inputs = keras.Input((3,), dtype="string")
model = keras.Model(inputs, dense_layer(counting(inputs)))
dense_layer.set_weights([kernel])
np.testing.assert_raises(ValueError, model.predict, words, verbose=0)
tensor = keras.ops.convert_to_tensor(words, dtype="string")
y_model = model.predict(tensor, verbose=0)
np.testing.assert_array_equal(y_model, np.float32(full @ kernel), strict=True)

# %%
# Break it
# --------
# Would you keep the places and drop the values? The places say what occurs, the
# values how often: "yak" occurs twice.

print(len(places), "places for", words.size, "words")
assert len(places) != words.size and np.sum(values) == words.size

# %%
# See it
# ------
# Twelve words in each of 30 texts. The first of the vocabulary are the most
# frequent.

rng = np.random.default_rng(313)
drawn = rng.geometric(0.08, size=(30, 12)) % 101
counts = np.array([np.bincount(text, minlength=101) for text in drawn])
places, values = store_sparse(counts)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(places[:, 1], places[:, 0], ".")
axis.set(xlabel="place in the vocabulary", ylabel="text")
axis.set(title=f"{len(places)} of {counts.size} entries are stored")
plt.show()
