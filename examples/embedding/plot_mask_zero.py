r"""
Embedding mask_zero: a mask, not a vector of zeros
==================================================

The texts of a batch differ in length, so the short ones are padded, and padding
must not count. With ``mask_zero=True``, an ``Embedding`` marks token 0 as
padding. It does not return zeros for it: the padding has a vector in the table,
like any word. Its *mask* tells later layers which steps to leave out. Unlike
that of ``Dropout``, this mask is not random.

.. math::

   y_{n,t} &= E_{x_{n,t}} \\
   m_{n,t} &= \begin{cases} 1 & x_{n,t} \ne 0 \\ 0 & x_{n,t} = 0 \end{cases}
   \\ \text{mean}_n &= \frac{\sum_t m_{n,t} \, y_{n,t}}{\sum_t m_{n,t}}

The mask :math:`m` of text :math:`n` is 1 at the steps :math:`t` that are words.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three texts of four, two and one words, padded with 0. No word may have the
# token 0: the five have 1 to 5, and the table has a sixth row for the padding.
# Keras hands the mask on with the vectors, so ``GlobalAveragePooling1D``, a
# mean over the steps, gets it by itself. (An ``LSTM`` skips masked steps, and
# keeps its state.)

words = ["the", "dog", "sees", "cats", "sleep"]
x = np.array([[1, 2, 3, 4], [4, 5, 0, 0], [5, 0, 0, 0]])  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(6, 2))  # (words + 1, output_dim)

layer = keras.layers.Embedding(6, 2, mask_zero=True, weights=embeddings)
vectors = layer(x)  # (batch, steps, output_dim)
means = keras.layers.GlobalAveragePooling1D()(vectors)  # (batch, output_dim)
y, y_mean = map(keras.ops.convert_to_numpy, (vectors, means))
print(y_mean)

# %%
# See it
# ------
# The texts, and the first number of each vector. What is masked is crossed out.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("The padding has a vector, but is masked")
tokens = np.array(["0", *words])[x]
panels = [("words", tokens), ("y[..., 0]", y[..., 0].astype(int))]
for axis, (title, cells) in zip(axes, panels):
    axis.imshow(y[..., 0], cmap="PuOr", vmin=-20, vmax=20)
    axis.plot(*np.nonzero(x == 0)[::-1], "x", color="darkgray", markersize=30)
    for (row, column), cell in np.ndenumerate(cells):
        axis.text(column, row, cell, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="steps", xticks=[], yticks=[])
plt.show()

# %%
# Compute it
# ----------
# The vectors are rows of the table. The mask is true for words.

looked_up = embeddings[x]  # (batch, steps, output_dim)
mask = x != 0  # (batch, steps)

# %%
# Add up the vectors of the words of a text, and divide by their number.

words_only = looked_up * mask[..., np.newaxis]
expected = words_only.sum(axis=1) / mask.sum(axis=1, keepdims=True)

# %%
# Check it
# --------
# Nothing is rounded: the vectors are whole numbers, divided by 4, 2 or 1.

y_mask = keras.ops.convert_to_numpy(layer.compute_mask(x))
np.testing.assert_array_equal(y, np.float32(looked_up), strict=True)
np.testing.assert_array_equal(y_mask, mask, strict=True)
np.testing.assert_array_equal(y_mean, np.float32(expected), strict=True)
np.testing.assert_array_equal(y[1, 2], embeddings[0])  # the padding's vector

# %%
# Break it
# --------
# Suppose you forget the mask, and take the mean over all steps. The padding
# counts. Only the first text, which has none, is right.

wrong = y.mean(axis=1)
print("right:", *y_mean)
print("wrong:", *wrong)
assert np.all((y_mean == wrong) == [[True], [False], [False]])

# %%
# In full
# -------
# ``Flatten`` drops masks. (For other layers, see the page "Mask propagation".)
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``Embedding`` says of ``mask_zero`` that a later layer that does not
#    support masks raises an exception. There is only a warning.

with warnings.catch_warnings(record=True, action="always") as caught:
    keras.layers.Flatten()(vectors)
np.testing.assert_equal(len(caught), 1)

# %%
# Try it
# ------
# 1. Write ``mended(means, mask)``. The means are over all steps, of vectors
#    that are zero where the mask is false. Return the means over words only.
# 2. Write ``largest(y, mask)``, of shape (batch, output_dim): the maximum of
#    each text over its words. Zeros for the padding won't do, as maxima can be
#    negative.
