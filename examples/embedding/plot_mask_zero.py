r"""
Embedding mask_zero: a mask, not a vector of zeros
==================================================

With ``mask_zero=True``, an ``Embedding`` marks token 0 as padding. It does not
return zeros for it: token 0 has a vector in the table, like any other token.
The mask tells later layers to leave that vector out.

.. math::

   y_{n,t} &= E[w_{n,t}] \\
   m_{n,t} &= (w_{n,t} \ne 0)

The tokens are w. The table E has a row for each word, and one for the padding.
The mask m is true for the steps to keep.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import global_average_pooling1d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three sentences of 4, 2 and 1 words, padded with 0. The words are the tokens 1
# to 5, so ``input_dim`` is 6: the number of words plus 1.

words = ["the", "dog", "sees", "cats", "sleep"]
tokens = np.array([[1, 2, 3, 4], [4, 5, 0, 0], [5, 0, 0, 0]])  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(6, 2))  # (words + 1, output_dim)
embedding = keras.layers.Embedding(6, 2, mask_zero=True, weights=embeddings)
vectors = embedding(tokens)
means = keras.layers.GlobalAveragePooling1D()(vectors)
y, y_mean = map(keras.ops.convert_to_numpy, (vectors, means))

# %%
# Compute it
# ----------


def embed(tokens, embeddings):
    """Embedding with mask_zero=True (Keras documentation).

    tokens: (batch, steps), whole numbers; embeddings: (words + 1, output_dim).
    Returns the vectors, (batch, steps, output_dim), and the mask,
    (batch, steps), True for words.
    """
    return embeddings[tokens], tokens != 0


# %%
# Check it
# --------
# The mask has the shape (batch, steps). Nothing is rounded: we pick rows of
# whole numbers, and divide by 4, 2 or 1.

expected, mask = embed(tokens, embeddings)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
keras_mask = keras.ops.convert_to_numpy(embedding.compute_mask(tokens))
np.testing.assert_array_equal(keras_mask, mask, strict=True)
expected_mean = global_average_pooling1d(expected, mask)
np.testing.assert_array_equal(y_mean, np.float32(expected_mean), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1:** the documentation of ``mask_zero`` says
#    that a later layer that does not support masks raises an exception. There
#    is only a warning.

with warnings.catch_warnings(record=True, action="always") as caught:
    keras.layers.Flatten()(vectors)
np.testing.assert_equal(len(caught), 1)

# %%
# Break it
# --------
# Would you expect zeros for the padding, as PyTorch's ``padding_idx`` gives?

wrong = np.where(mask[..., np.newaxis], y, 0)
print(y[1], wrong[1], sep="\n")
assert np.any(y != wrong)

# %%
# Would you start the tokens of the words at 0? Then the first word counts as
# padding: the mean of "the dog sees cats" leaves out "the".

wrong_vectors, wrong_mask = embed(tokens - 1, embeddings[1:])
wrong = global_average_pooling1d(wrong_vectors, wrong_mask)
print("right:", y_mean[0], "wrong:", wrong[0])
assert np.any(y_mean[0] != wrong[0])

# %%
# See it
# ------
# The sentences, and the first number of each vector.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("The padding has a vector, but is masked (crossed out)")
sentences = np.array(["0", *words])[tokens]
pictures = {"words": sentences, "vectors": y[..., 0].astype(int)}
for axis, (title, cells) in zip(axes, pictures.items()):
    axis.imshow(y[..., 0], cmap="PuOr", vmin=-20, vmax=20)
    axis.plot(*np.nonzero(~mask)[::-1], "x", color="darkgray", markersize=30)
    for (row, column), cell in np.ndenumerate(cells):
        axis.text(column, row, cell, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="steps", xticks=[], yticks=[])
plt.show()
