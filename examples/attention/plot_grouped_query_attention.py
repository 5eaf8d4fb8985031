r"""
GroupQueryAttention: heads that share keys and values
=====================================================

In grouped query attention, several heads of the query share one head of key and
value. It is ``MultiHeadAttention`` whose kernels of key and value repeat.

.. math::

   g &= \lfloor h \cdot \text{groups} / \text{heads} \rfloor \\
   P_h &= \text{softmax}(Q_h K_g^\top / \sqrt{d}) \\
   y &= \sum_h P_h V_g W_h

Head h of the query uses head g of key and value, and d is ``head_dim``. A
language model keeps keys and values in memory: fewer heads need less of it.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import multi_head_attention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four heads of the query share two of key and value: heads 0 and 1 the first,
# heads 2 and 3 the second.

query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 6))  # (batch, source, features)


def draw_weights(groups, use_bias=True, use_gate=False):
    of_query = [(6, 4, 16), (4, 16)]  # (features, heads, head_dim) and bias
    of_value = [(6, groups, 16), (groups, 16)]  # of key and value
    of_gate = of_query if use_gate else []
    of_output = [(4, 16, 6), (6,)]  # (heads, head_dim, features) and bias
    shapes = [*of_query, *of_value, *of_gate, *of_value, *of_output]
    weights = [rng.normal(size=shape) for shape in shapes]
    return weights if use_bias else weights[::2]


def keras_group_query(weights, groups, dtype="float32", **options):
    sizes = (16, 4, groups)  # head_dim, num_query_heads, num_key_value_heads
    layer = keras.layers.GroupQueryAttention(*sizes, dtype=dtype, **options)
    layer.build(query.shape, value.shape)
    layer.set_weights(weights)
    return layer


weights = draw_weights(groups=2)
layer = keras_group_query(weights, groups=2)
y = keras.ops.convert_to_numpy(layer(query, value))
print(y[0].round(1))

# %%
# Compute it
# ----------
# Each head has its own kernel for the query. For key and value it uses the
# kernels of its group, which two heads share. The rest is as in
# ``MultiHeadAttention``. (Without a key, the value is the key, too.)

W_query, b_query, W_key, b_key, W_value, b_value, W_out, b_out = weights
output = b_out
for head in range(4):
    group = head // 2  # 0, 0, 1, 1
    Q = query @ W_query[:, head] + b_query[head]  # (batch, target, head_dim)
    K = value @ W_key[:, group] + b_key[group]  # (batch, source, head_dim)
    V = value @ W_value[:, group] + b_value[group]
    exponentials = np.exp(Q @ K.swapaxes(1, 2) / np.sqrt(16))  # head_dim is 16
    P = exponentials / exponentials.sum(axis=-1, keepdims=True)
    output = output + P @ V @ W_out[head]  # (batch, target, features)

# %%
# The whole function takes any number of heads and groups, a key, masks and a
# gate.

from keras_by_hand import group_query_attention

# %%
# Check it
# --------
# First the loop above. Then other groups and options: with one group, it is
# called multi-query attention. (Only TensorFlow computes a whole layer in
# float64.)

np.testing.assert_allclose(y, output, rtol=1e-4, atol=1e-4)

cases = [(1, {}), (2, {"use_bias": False}), (2, {"use_gate": True})]
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for groups, options in cases:
        arrays = draw_weights(groups, **options)
        layer = keras_group_query(arrays, groups, dtype, **options)
        pair = layer(query, value, return_attention_scores=True)
        actual, scores = map(keras.ops.convert_to_numpy, pair)
        expected, probabilities = group_query_attention(
            query, value, None, *arrays, return_attention_scores=True, **options
        )
        np.testing.assert_allclose(actual, expected, tolerance, tolerance)
        np.testing.assert_allclose(scores, probabilities, tolerance, tolerance)

# %%
# ``MultiHeadAttention`` computes the same, if the heads of key and value are
# repeated in its weights.

repeated = [np.repeat(weight, 2, axis=-2) for weight in weights[2:6]]
layer = keras.layers.MultiHeadAttention(num_heads=4, key_dim=16)
layer.build(query.shape, value.shape)
layer.set_weights([*weights[:2], *repeated, *weights[6:]])
of_all_heads = keras.ops.convert_to_numpy(layer(query, value))
np.testing.assert_allclose(of_all_heads, y, tolerance, tolerance)
right = group_query_attention(query, value, None, *weights)
np.testing.assert_allclose(right, y, tolerance, tolerance)

# %%
# Break it
# --------
# Would you put all copies behind the heads, as ``np.tile`` does? Then heads 0
# and 2 share, and 1 and 3. ``np.repeat`` puts each copy beside its head.

tiled = [np.concatenate([weight] * 2, axis=-2) for weight in weights[2:6]]
weights[2:6] = tiled
wrong = multi_head_attention(query, value, None, *weights)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 3, figsize=(6, 2.2), layout="constrained")
fig.suptitle("Heads of the query share heads of key and value")
titles = ["4: MultiHeadAttention", "2 groups", "1: multi-query"]
for axis, groups, title in zip(axes, (4, 2, 1), titles):
    heads = np.arange(4)
    centers = np.arange(groups) * 4 / groups + (4 / groups - 1) / 2
    axis.plot(
        [heads, np.repeat(centers, 4 // groups)], [[1] * 4, [0] * 4], "C0"
    )
    axis.plot(heads, np.ones(4), "o", color="C1", markersize=14)
    axis.plot(centers, np.zeros(groups), "s", color="C2", markersize=14)
    axis.set(title=title, xticks=[], ylim=(-0.4, 1.4), xlim=(-0.6, 3.6))
    axis.set_yticks([])
axes[0].set_yticks([0, 1], ["key,\nvalue", "query"])
plt.show()
