r"""
Attention: scores, softmax, weighted sum of values
==================================================

When you translate a word, you look back at the few words that matter for it.
``Attention`` does this with numbers. It compares a query with every key, and
the better a key matches, the more of its value goes into the output.

.. math::

   S &= Q K^T \\
   A &= \text{softmax}(S) \\
   Y &= A V

The rows of Q, K and V are queries, keys and values. In a translator, queries
come from what it writes, the others from what it reads. S holds the *scores*,
and A the *attention weights*: how much of each value a query takes. Nothing
here is trained: the layer computes A from its inputs, by the lines above.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three queries look at five keys. Keras calls A "attention scores".

query = rng.normal(size=(2, 3, 4)).round()  # (batch, queries, features)
value = rng.normal(0, 2, size=(2, 5, 4)).round()  # (batch, keys, units)
key = rng.normal(size=(2, 5, 4)).round()  # (batch, keys, features)

layer = keras.layers.Attention()
inputs = [query, value, key]  # in this order
results = layer(inputs, return_attention_scores=True)
y, attention_weights = map(keras.ops.convert_to_numpy, results)
assert not layer.weights  # nothing to train
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
# A score is a dot product. Softmax turns a query's scores into positive numbers
# that add up to 1. The output adds up all values, each times its weight.


def softmax(z):
    powers = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


scores = query @ key.swapaxes(1, 2)  # (batch, queries, keys)
by_hand = softmax(scores)  # (batch, queries, keys)
expected = by_hand @ value  # (batch, queries, units)

# %%
# Check it
# --------

np.testing.assert_allclose(attention_weights, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you take softmax over the axis of the queries. All shapes fit, but the
# attention weights of a query no longer add up to 1.

over_queries = softmax(scores.swapaxes(1, 2)).swapaxes(1, 2)
wrong = over_queries @ value
print("right:", y[0, 0].round(2), by_hand[0, 0].sum().round(2))
print("wrong:", wrong[0, 0].round(2), over_queries[0, 0].sum().round(2))
assert not np.allclose(over_queries.sum(axis=-1), 1, atol=0.1)
assert not np.allclose(y, wrong, atol=0.1)

# %%
# In full
# -------
# A model that guesses the next word must not see it. With a *causal mask*,
# query t sees the keys up to t. All other scores become -1e9, and softmax turns
# them into 0. (PyTorch's ``scaled_dot_product_attention`` divides scores by the
# root of the number of features. ``Attention`` does not.)

seen = np.tri(3, 5, dtype=bool)  # (queries, keys), True up to the diagonal
expected = softmax(np.where(seen, scores, -1e9)) @ value
y_causal = keras.ops.convert_to_numpy(layer(inputs, use_causal_mask=True))
np.testing.assert_allclose(y_causal, expected, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Write ``same(value)``: the output, (batch, units), of a query of zeros. It
#    can be computed from the values alone.
# 2. Write ``window(steps, width)``, a mask (steps, steps) with which each step
#    sees itself and those before it, ``width`` steps in all.
