r"""
MultiHeadAttention use_gate: each head can be closed
====================================================

A gate multiplies each number that a head has found, by 0 (closed) to 1 (open).
So a head can be silent where it does not help. The query computes the gates of
each step, with one more kernel and bias, and a sigmoid.

.. math:: y = \sum_h \left( \sigma(x W^g_h + b^g_h) \odot F_h \right) W_h + b

x is the query, :math:`F_h` what head h finds, and g marks the gate's weights.
"""

import keras
import numpy as np

from keras_by_hand import multi_head_attention, sigmoid, softmax

# %%
# Build and compute it
# --------------------
# The gate's weights stand behind the key's. NumPy adds up the heads' outputs.
rng = np.random.default_rng(313)
query, value = rng.normal(size=(2, 2, 3, 6))  # each (batch, steps, features)
layer = keras.layers.MultiHeadAttention(2, 4, value_dim=3, use_gate=True)
layer.build(query.shape, value.shape)
weights = [rng.normal(size=weight.shape) for weight in layer.weights]
layer.set_weights(weights)
scores = {"return_attention_scores": True}
y = keras.ops.convert_to_numpy(layer(query, value, **scores)[0])
W_q, b_q, W_k, b_k, W_g, b_g, W_v, b_v, W, b = weights
expected = b
for h in range(2):
    Q, K = query @ W_q[:, h] + b_q[h], value @ W_k[:, h] + b_k[h]
    V = value @ W_v[:, h] + b_v[h]  # (batch, source, value_dim)
    F = softmax(Q @ K.swapaxes(1, 2) / np.sqrt(4)) @ V  # key_dim is 4
    gate = sigmoid(query @ W_g[:, h] + b_g[h])  # (batch, target, value_dim)
    expected = expected + (gate * F) @ W[h]  # (batch, target, features)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Add a gate to a trained layer, open at first: with kernel 0 and a bias of 5. A
# bias of 0 would halve each head, and a far larger one would never learn.
ungated = multi_head_attention(query, value, None, *weights[:4], *weights[6:])
for bias in (5, 0):
    weights[4:6] = np.zeros_like(W_g), np.full_like(b_g, bias)
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(query, value, **scores)[0])
    np.testing.assert_allclose(y - b, sigmoid(bias) * (ungated - b), 1e-4, 1e-4)
print("right:", ungated[0, 0].round(1), "wrong:", y[0, 0].round(1))
assert not np.allclose(ungated, y)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On JAX, ``MultiHeadAttention``
#    with another ``value_dim`` than ``key_dim`` raises a ``TypeError``, unless
#    the scores are returned.
if keras.backend.backend() == "jax":
    np.testing.assert_raises(TypeError, layer, query, value)
