r"""
MultiHeadAttention: formula, heads and weights in NumPy
=======================================================

To understand a word, one looks for several things: its verb, what "it" stands
for, how the sentence began. Each *head* of ``MultiHeadAttention`` can look for
one, by queries, keys and values of its own. The layer adds up what they find.

.. math::

   Q_h &= x W^q_h, \quad K_h = u W^k_h, \quad V_h = v W^v_h \\
   S_h &= Q_h K_h^T / \sqrt{d} \\
   A_h &= \text{softmax}(S_h) \\
   y &= \sum_h A_h V_h W_h

Here :math:`x, u, v` are query, key and value, and :math:`d` is ``key_dim``.
Each head :math:`h` has its own kernels :math:`W`. (Biases are left out here.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import MultiHeadAttention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three steps attend to five others. The output has the features of the query.

query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 7))  # (batch, source, features)
key = rng.normal(size=(2, 5, 7))  # (batch, source, features)

keras.utils.set_random_seed(313)  # for the weights
layer = MultiHeadAttention(2, key_dim=4, bias_initializer="normal")
y = keras.ops.convert_to_numpy(layer(query, value, key))
for variable in layer.weights:
    print(variable.path, variable.shape)

# %%
# Compute it
# ----------
# Each head makes its own queries, keys and values. They attend as on the page
# "Attention", but the scores are divided by the root of ``key_dim``. The result
# goes through the head's output kernel, and all heads are added up.

W_q, b_q, W_k, b_k, W_v, b_v, W, b = layer.get_weights()
heads, expected = [], b  # (features,)
for h in range(2):
    Q = query @ W_q[:, h] + b_q[h]  # (batch, target, key_dim)
    K = key @ W_k[:, h]  # (batch, source, key_dim); b_k changes nothing
    V = value @ W_v[:, h] + b_v[h]  # (batch, source, key_dim)
    S = Q @ K.swapaxes(1, 2) / np.sqrt(4)  # (batch, target, source)
    A = np.exp(S) / np.exp(S).sum(axis=-1, keepdims=True)
    heads.append(A @ V)  # (batch, target, key_dim)
    expected = expected + heads[h] @ W[h]  # (batch, target, features)

# %%
# Check it
# --------
# Vaswani et al. (2017) put the heads side by side, and multiply once, by all
# :math:`W_h` on top of each other. That is the same sum.

side_by_side = np.concatenate(heads, axis=-1) @ W.reshape(8, 6) + b
for by_hand in (expected, side_by_side):
    np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# In their paper and in PyTorch, the order is query, key, value. Keras takes the
# value before the key. Here both have the same shape, so nothing complains.

wrong = keras.ops.convert_to_numpy(layer(query, key, value))
print("right:", y[0, 0].round(2))
print("wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Two heads, made by hand. Each step is a row of zeros with a 1 at its place.
# The kernel of the queries moves it to the place before, or after, as a 9: so
# softmax picks one key. In the pale row it has moved out: all scores are 0.

x = np.eye(5)  # (steps, features)
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("One head attends to the step before, another to the step after")
for axis, place in zip(axes, (-1, 1)):
    powers = np.exp(x @ (9 * np.eye(5, k=place)) @ x.T)
    picture = powers / powers.sum(axis=-1, keepdims=True)
    axis.imshow(picture, cmap="PuOr", vmin=-1, vmax=1)
    axis.set(xlabel="step of key and value", ylabel="step of query")
plt.show()

# %%
# In full
# -------
# ``multi_head_attention`` adds masks, a gate and a sliding window.

from keras_by_hand import multi_head_attention

inputs, weights = (query, value, key), layer.get_weights()
y = keras.ops.convert_to_numpy(layer(*inputs, use_causal_mask=True))
expected = multi_head_attention(*inputs, *weights, use_causal_mask=True)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Why the root? Let ``q`` and ``k`` be two of
#    ``rng.normal(size=(10_000, 64))``, and ``products`` the dot product of each
#    row of q with that row of k. First ``guess`` their standard deviation:
#    ``assert abs(products.std() - guess) < 0.5``
# 2. The loop leaves out ``b_k``, and is right all the same. It has left ``Q``,
#    ``K``, ``S`` and ``A`` of head 1. Add ``b_k[1]`` to ``K``. Compute scores
#    ``S_b`` and attention weights ``A_b`` again. Why do only the scores change?
#    ``assert not np.allclose(S_b, S) and np.allclose(A_b, A, atol=1e-5)``
