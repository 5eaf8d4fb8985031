r"""
MultiHeadAttention use_gate: each head can be closed
====================================================

With ``use_gate=True``, a step of the query decides how much it takes from each
head. One more projection of the query, and a sigmoid, make the gate: numbers
from 0 (closed) to 1 (open), which multiply what the head has found.

.. math::

   g_h &= \sigma(x W^g_h + b^g_h) \\
   y &= \sum_h (g_h \odot P_h V_h) W_h + b

:math:`P_h V_h` is the weighted mean of the values in head h, as without a gate.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import multi_head_attention, sigmoid, softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The weights of the gate stand between those of the key and the value. They
# have the shapes of the value's, but multiply the query. The layer returns its
# scores, too, because of a defect on JAX (see below).

query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 7))  # (batch, source, features)
shapes = [
    *[(6, 2, 4), (2, 4)],  # query: (features, heads, key_dim), and bias
    *[(7, 2, 4), (2, 4)],  # key
    *[(6, 2, 3), (2, 3)],  # gate: (features, heads, value_dim)
    *[(7, 2, 3), (2, 3)],  # value
    *[(2, 3, 6), (6,)],  # output: (heads, value_dim, features)
]
weights = [rng.normal(size=shape) for shape in shapes]


def keras_attention(weights, dtype="float32", **options):
    layer = keras.layers.MultiHeadAttention(
        num_heads=2, key_dim=4, value_dim=3, dtype=dtype, **options
    )
    layer.build(query.shape, value.shape)
    layer.set_weights(weights)
    y, _ = layer(query, value, return_attention_scores=True)
    return keras.ops.convert_to_numpy(y)


y = keras_attention(weights, use_gate=True)

# %%
# Compute it
# ----------
# In each head, attention finds a mean of the values. The gate has the same
# shape, and multiplies it before the heads are added up.

W_query, b_query, W_key, b_key, W_gate, b_gate = weights[:6]
W_value, b_value, W_out, b_out = weights[6:]
output = b_out
for h in range(2):
    Q = query @ W_query[:, h] + b_query[h]  # (batch, target, key_dim)
    K = value @ W_key[:, h] + b_key[h]  # (batch, source, key_dim)
    V = value @ W_value[:, h] + b_value[h]  # (batch, source, value_dim)
    mean = softmax(Q @ K.swapaxes(1, 2) / 2) @ V  # 2 is the root of key_dim
    gate = sigmoid(query @ W_gate[:, h] + b_gate[h])
    output = output + (gate * mean) @ W_out[h]  # (batch, target, features)

# %%
# Check it
# --------
# First the loop above. Then the whole function, which the page
# "MultiHeadAttention" explains, with biases and without. (Only TensorFlow
# computes a whole layer in float64.)

np.testing.assert_allclose(y, output, rtol=1e-4, atol=1e-4)

tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for use_bias, arrays in ((True, weights), (False, weights[::2])):
        options = {"use_gate": True, "use_bias": use_bias}
        actual = keras_attention(arrays, dtype, **options)
        expected = multi_head_attention(query, value, None, *arrays, **options)
        np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On JAX, ``MultiHeadAttention``
#    with a ``value_dim`` other than ``key_dim`` raises a ``TypeError``, unless
#    the scores are returned.

if keras.backend.backend() == "jax":
    layer = keras.layers.MultiHeadAttention(2, 4, value_dim=3)
    np.testing.assert_raises(TypeError, layer, query, value)

# %%
# Break it
# --------
# Would you add a gate of zeros to a trained layer, as if it changed nothing? It
# is half open, as sigmoid(0) is one half. A large bias opens it; one far below
# zero closes it, and leaves only the bias of the output.

plain = keras_attention([*weights[:4], *weights[6:]])  # without a gate


def with_gate(bias):
    gate = [np.zeros((6, 2, 3)), np.full((2, 3), bias)]
    gated = [*weights[:4], *gate, *weights[6:]]
    return multi_head_attention(query, value, None, *gated, use_gate=True)


np.testing.assert_allclose(plain, with_gate(bias=1000), rtol=1e-4, atol=1e-4)
closed = with_gate(bias=-1000)
np.testing.assert_allclose(closed, np.broadcast_to(b_out, closed.shape))
wrong = with_gate(bias=0)
print("right:", plain[0, 0].round(1), "wrong:", wrong[0, 0].round(1))
assert not np.allclose(plain, wrong)

# %%
# See it
# ------
# The six outputs of one step, from closed gates to open ones.

biases = np.linspace(-8, 8, 65)
lines = [with_gate(bias)[0, 0] for bias in biases]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(biases, lines)
axis.set(title="use_gate: from closed heads to open ones", ylabel="y")
axis.set(xlabel="bias of the gate (its kernel is zeros)")
plt.show()
