r"""
MultiHeadAttention: formula, heads and weights in NumPy
=======================================================

To understand a word, one looks for several things: its verb, what "it" stands
for, how the sentence began. Each *head* of ``MultiHeadAttention`` can look for
one of them: it has its own kernels, and makes queries, keys and values of its
own. The layer adds up what the heads find.

.. math::

   Q_h &= q W^q_h, \quad K_h = k W^k_h, \quad V_h = v W^v_h \\
   S_h &= Q_h K_h^T / \sqrt{d} \\
   A_h &= \text{softmax}(S_h) \\
   y &= \sum_h A_h V_h W_h

Here q, k and v are query, key and value, and d is ``key_dim``. Each W with an h
belongs to head h. (The equation leaves out the biases.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three steps attend to five others, by 2 heads with a ``key_dim`` of 4. Value
# comes before key, unlike in PyTorch and in the paper (Vaswani et al., 2017).

query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 7))  # (batch, source, features)
key = rng.normal(size=(2, 5, 7))  # (batch, source, features)

keras.utils.set_random_seed(313)  # for the weights
layer = keras.layers.MultiHeadAttention(2, 4, bias_initializer="normal")
y = keras.ops.convert_to_numpy(layer(query, value, key))
for variable in layer.weights:
    print(variable.path, variable.shape)

# %%
# Compute it
# ----------
# Each head attends as on the page "Attention". Large scores would make softmax
# pick a single key, so they are divided by the root. The output kernels make as
# many features as the query has. The bias of the keys is left out: it adds the
# same number to all scores of a query. The mask may hide keys. Here it is True.


def multi_head(query, value, key, weights, mask=True):
    W_q, b_q, W_k, _, W_v, b_v, W, b = weights
    y = b  # (features,)
    for head in range(W_q.shape[1]):
        Q = query @ W_q[:, head] + b_q[head]  # (batch, target, key_dim)
        K = key @ W_k[:, head]  # softmax cancels the bias
        V = value @ W_v[:, head] + b_v[head]  # (batch, source, key_dim)
        scores = Q @ K.swapaxes(1, 2) / np.sqrt(W_q.shape[2])
        A = softmax(np.where(mask, scores, -1e9))  # (batch, target, source)
        y = y + A @ V @ W[head]  # (batch, target, features)
    return y


# %%
# Check it
# --------

weights = layer.get_weights()
expected = multi_head(query, value, key, weights)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you attend once, with all 2 * 4 features, instead of by two heads. The
# shapes fit, but there is one table of attention weights, not two.

shapes = [(6, 1, 8), (1, 8), (7, 1, 8), (1, 8), (7, 1, 8), (1, 8), (1, 8, 6), 6]
one_head = [np.reshape(w, shape) for w, shape in zip(weights, shapes)]
wrong = multi_head(query, value, key, one_head)
print("right:", y[0, 0].round(3))
print("wrong:", wrong[0, 0].round(3))
assert not np.allclose(y, wrong, rtol=1e-3, atol=1e-3)

# %%
# See it
# ------
# Two heads, made by hand. Each step is a row of zeros with a 1 at its place. To
# make a query, the 1 becomes a 9, one place before or after, so softmax picks
# the key there. In the pale row there is none, and all scores are 0.

x = np.eye(5)  # (steps, features)
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("One head attends to the step before, another to the step after")
for axis, place in zip(axes, (-1, 1)):
    picture = softmax(x @ (9 * np.eye(5, k=place)) @ x.T)
    axis.imshow(picture, cmap="PuOr", vmin=-1, vmax=1)
    axis.set(xlabel="step of key and value", ylabel="step of query")
plt.show()

# %%
# In full
# -------
# With a causal mask, step t sees the steps up to t.

seen = np.tri(3, 5, dtype=bool)  # (target, source)
expected = multi_head(query, value, key, weights, seen)
y = keras.ops.convert_to_numpy(layer(query, value, key, use_causal_mask=True))
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Why the root? A query and a key hold ``size`` random numbers each, of mean
#    0 and variance 1. Write ``spread(size)``: their score's standard deviation.
# 2. Let ``heads`` be a list of all ``A @ V``. The paper puts them side by side.
#    Write ``side_by_side(heads, W, b)``: one product, no loop over ``heads``.
