r"""
Attention: scores, softmax, weighted sum of values
==================================================

Translating a word, you look back at the few words that matter for it.
``Attention`` does this with numbers. It compares a query with every key, and
the better a key matches, the more of its value goes into the output.

.. math::

   S &= Q K^T \\
   A &= \text{softmax}(S) \\
   Y &= A V

The rows of :math:`Q`, :math:`K`, :math:`V` are queries, keys and values. In a
translator, queries come from what it writes, the others from what it reads.
:math:`S` holds the *scores*, :math:`A` the *attention weights*: computed from
the input, not trained. Without arguments, the layer has no weights at all.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three queries look at five keys. Keras calls the attention weights "attention
# scores", and returns them if it is asked.

query = rng.normal(size=(2, 3, 4)).round()  # (batch, queries, features)
value = rng.normal(0, 2, size=(2, 5, 4)).round()  # (batch, keys, units)
key = rng.normal(size=(2, 5, 4)).round()  # (batch, keys, features)

layer = keras.layers.Attention()
inputs = [query, value, key]  # in this order
results = layer(inputs, return_attention_scores=True)
y, attention_weights = map(keras.ops.convert_to_numpy, results)
print(attention_weights[0].round(2))  # (queries, keys)

# %%
# See it
# ------
# A query that matches one key well takes nearly all of that key's value. One
# that matches several keys takes a part of each of their values.

# sphinx_gallery_moving_picture = True
panels = {
    "S: query times key": query[0] @ key[0].T,
    "A: softmax of each row": attention_weights[0].round(2),
    "Y: A times value": y[0].round(1) + 0,  # no -0
}
fig, axes = plt.subplots(1, 3, figsize=(6.5, 2), layout="constrained")
fig.suptitle("The better a key matches, the more of its value goes in")
for axis, (title, numbers) in zip(axes, panels.items()):
    limit = 1.5 * np.max(np.abs(numbers))
    axis.imshow(numbers, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
    axis.set(title=title, xticks=[], yticks=[])
    for (i, j), number in np.ndenumerate(numbers):
        axis.text(j, i, f"{number:g}", ha="center", va="center", color="k")
plt.show()

# %%
# Compute it
# ----------
# A score is a dot product. Softmax takes ``np.exp`` of a query's scores, and
# divides by their sum. The output adds up all values, each times its weight.


def weigh(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


scores = query @ key.swapaxes(1, 2)  # (batch, queries, keys)
expected = weigh(scores) @ value  # (batch, queries, units)

# %%
# Check it
# --------

np.testing.assert_allclose(attention_weights, weigh(scores), 1e-4, 1e-4)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Transformers and PyTorch's ``scaled_dot_product_attention`` divide the scores
# by the square root of the number of features. ``Attention`` does not.

wrong = weigh(scores / np.sqrt(4)) @ value
print("right:", y[0, 0].round(2))
print("wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# In full
# -------
# A model that guesses the next word must not see it. With a *causal mask*,
# query t sees the keys up to t. All other scores become -1e9: ``np.exp(-1e9)``
# is 0, so later keys get no weight. ``attention`` has this, and other masks.

from keras_by_hand import attention

seen = np.tri(3, 5, dtype=bool)  # (queries, keys)
expected = weigh(np.where(seen, scores, -1e9)) @ value
actual = keras.ops.convert_to_numpy(layer(inputs, use_causal_mask=True))
for causal in (expected, attention(*inputs, use_causal_mask=True)):
    np.testing.assert_allclose(actual, causal, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. What is the output if all queries are zero? Compute ``same`` from ``value``
#    alone: ``assert np.allclose(layer([0 * query, value, key]), same)``
# 2. Reorder the keys, and reorder the values in the same way. Call these ``K``
#    and ``V``, and the output ``Y``. Does attention know the order of words?
#    ``assert np.any(K != key) and np.allclose(Y, y, atol=1e-4)``
