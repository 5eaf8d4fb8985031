r"""
Invalid dtype "str96": predict on a NumPy array of strings
==========================================================

A model that begins with ``StringLookup`` or ``TextVectorization`` takes words.
But ``predict`` refuses them in a NumPy array: "Invalid dtype: str96", or with
another number, which is 32 bits for each letter of the longest word. For words
from pandas it says "Invalid dtype: object". Convert the array first:
``keras.ops.convert_to_tensor(words, dtype="string")``. The model here computes
:math:`y = c W`: counts :math:`c` of words, times a kernel :math:`W`.
"""

import keras
import numpy as np
from keras.layers import Dense, StringLookup

if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: set KERAS_BACKEND=tensorflow")

# %%
# Build it
# --------
# Two texts of three words. "emu" is unknown: it counts in column 0.

words = np.array([["yak", "dog", "yak"], ["emu", "gnu", "dog"]])
kernel = np.arange(8).reshape(4, 2)  # (vocabulary, units)
lookup = StringLookup(vocabulary=["dog", "gnu", "yak"], output_mode="count")
inputs = keras.Input((3,), dtype="string")
model = keras.Model(inputs, Dense(2, use_bias=False)(lookup(inputs)))
model.set_weights([kernel])

# %%
# Compute it
# ----------
# Count the words by their places: "dog" is 1, "gnu" 2 and "yak" 3.

counts = np.array([[0, 1, 0, 2], [1, 1, 1, 0]])  # (batch, vocabulary)
product = counts @ kernel  # (batch, units)

# %%
# Check it
# --------
tensor = keras.ops.convert_to_tensor(words, dtype="string")
y = model.predict(tensor, verbose=0)
np.testing.assert_array_equal(y, np.float32(product), strict=True)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, error:** ``predict`` of a model with
#    ``StringLookup`` refuses a NumPy array of words or texts. Convert it to a
#    tensor of strings first.

try:
    refused = model.predict(words, verbose=0)
except ValueError as error:
    refused = str(error)
print("right:", *y, "wrong:", refused)
np.testing.assert_equal(refused, f"Invalid dtype: str{32 * 3}")
