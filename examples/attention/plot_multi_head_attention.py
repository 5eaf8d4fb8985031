r"""
MultiHeadAttention: formula, heads and weights in NumPy
=======================================================

Each head compares each query with all keys, and takes a mean of the values: the
better a key matches, the more its value counts. The layer adds up its heads.

.. math::

   Q_h &= x W^q_h, \quad K_h = u W^k_h, \quad V_h = v W^v_h \\
   P_h &= \text{softmax}(Q_h K_h^\top / \sqrt{d}) \\
   y &= \sum_h P_h V_h W_h

The inputs are the query x, the key u and the value v. Each head h has kernels W
of its own. d is ``key_dim``, and P are the scores. (Biases are left out.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three steps attend to five others. There are 2 heads, with a ``key_dim`` of 4.

query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 7))  # (batch, source, features)
key = rng.normal(size=(2, 5, 7))  # (batch, source, features)
inputs = [query, value, key]  # in this order
shapes = [
    *[(6, 2, 4), (2, 4)],  # kernel of query: (features, heads, key_dim); bias
    *[(7, 2, 4), (2, 4)],  # of key
    *[(7, 2, 4), (2, 4)],  # of value
    *[(2, 4, 6), (6,)],  # of output: (heads, key_dim, features)
]
weights = [rng.normal(size=shape) for shape in shapes]


def keras_attention(weights, dtype="float32", **options):
    layer = keras.layers.MultiHeadAttention(2, 4, dtype=dtype, **options)
    layer.build(*[array.shape for array in inputs])
    layer.set_weights(weights)
    return layer


y = keras.ops.convert_to_numpy(keras_attention(weights)(*inputs))
print(y[0].round(1))

# %%
# Compute it
# ----------
# Each head projects the inputs to its own query Q, key K and value V. The
# softmax of the products of Q and K, divided by the root of ``key_dim``, gives
# the weights P. (The scores are small here, so no exponential overflows.) The
# result of a head goes through its own output kernel, and the heads are added
# up.

W_query, b_query, W_key, b_key, W_value, b_value, W_out, b_out = weights
output = b_out
for head in range(2):
    Q = query @ W_query[:, head] + b_query[head]  # (batch, target, key_dim)
    K = key @ W_key[:, head] + b_key[head]  # (batch, source, key_dim)
    V = value @ W_value[:, head] + b_value[head]  # (batch, source, key_dim)
    exponentials = np.exp(Q @ K.swapaxes(1, 2) / np.sqrt(4))  # key_dim is 4
    P = exponentials / exponentials.sum(axis=-1, keepdims=True)
    output = output + P @ V @ W_out[head]  # (batch, target, features)

# %%
# The whole function adds masks, a gate and a sliding window. Its weights are in
# the order of ``get_weights()``, as above.

from keras_by_hand import multi_head_attention

# %%
# Check it
# --------
# First in float32, as above. Then in float64, with each argument of the
# function. (Only TensorFlow computes a whole layer in float64.)

np.testing.assert_allclose(y, output, rtol=1e-4, atol=1e-4)
expected = multi_head_attention(*inputs, *weights)
np.testing.assert_allclose(y, expected, 1e-4, 1e-4)
mask = rng.random(size=(2, 3, 5)) < 0.8
mask[0, 1] = False  # a step that may attend to nothing
with_gate = [*weights[:4], *weights[:2], *weights[4:]]  # it comes third
call = {"attention_mask": mask, "return_attention_scores": True}
causal = {**call, "attention_mask": mask[0], "use_causal_mask": True}
cases = [  # weights, arguments of the layer, and of its call
    (weights[::2], {"use_bias": False, "sliding_window": 2}, call),
    (with_gate, {"use_gate": True}, causal),
]
tensorflow = keras.backend.backend() == "tensorflow"
dtype = "float64" if tensorflow else "float32"
tolerance = 1000 * np.finfo(dtype).eps
for arrays, options, call in cases:
    pair = keras_attention(arrays, dtype, **options)(*inputs, **call)
    actual, scores = map(keras.ops.convert_to_numpy, pair)
    expected = multi_head_attention(*inputs, *arrays, **options, **call)
    np.testing.assert_allclose(actual, expected[0], tolerance, tolerance)
    np.testing.assert_allclose(scores, expected[1], tolerance, tolerance)

# %%
# Break it
# --------
# In the paper and in PyTorch, the order is query, key, value. Would you call
# Keras' layer that way? It takes the value before the key.

wrong = multi_head_attention(query, key, value, *weights)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The features are positions: a 1 at the place of the step, zeros elsewhere. The
# query kernels shift them by one. (Dark: a score near 1.)

x = np.eye(5)[np.newaxis]  # (batch, steps, features)
shifts = 9 * np.stack([np.eye(5, k=-1), np.eye(5, k=1)], axis=1)
same = np.stack([np.eye(5), np.eye(5)], axis=1)  # (features, heads, key_dim)
kernels = [shifts, same, same, np.zeros((2, 5, 1))]
options = {"use_bias": False, "return_attention_scores": True}
_, scores = multi_head_attention(x, x, x, *kernels, **options)
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("One head attends to the step before, another to the step after")
for axis, matrix in zip(axes, scores[0]):
    axis.imshow(matrix, cmap="PuOr", vmin=-1, vmax=1)
    axis.set(xlabel="step of key and value", ylabel="step of query")
plt.show()
