r"""
GroupQueryAttention: heads that share keys and values
=====================================================

A language model that writes keeps the keys and values of all steps so far (the
KV cache). In grouped query attention (GQA), several heads of the query share
one head of key and value: less to keep. One group is multi-query attention.

.. math::

   P_h &= \text{softmax}(Q_h K_g^\top / \sqrt{d}) \\
   y &= \sum_h P_h V_g W_h + b

Head h of the query Q uses head g of key K and value V: g is h // n, if n heads
share one. d is ``head_dim``, P are the weights of the values, W is the output's
kernel, and b its bias.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import multi_head_attention, softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Heads 0 and 1 of the query share one head of key and value, 2 and 3 another.
# Its arguments: ``head_dim``, ``num_query_heads`` and ``num_key_value_heads``.
query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 6))  # (batch, source, features)
layer = keras.layers.GroupQueryAttention(16, 4, num_key_value_heads=2)
layer.build(query.shape, value.shape)
weights = [rng.normal(size=weight.shape) for weight in layer.weights]
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(query, value))

# %%
# Compute it
# ----------
# Each head has its own kernel for the query. For key and value it uses the
# kernels of its group. (Without a key, the value is the key, too.)

W_query, b_query, W_key, b_key, W_value, b_value, W_out, b_out = weights
output = b_out
for head in range(4):
    group = head // 2  # 0, 0, 1, 1
    Q = query @ W_query[:, head] + b_query[head]  # (batch, target, head_dim)
    K = value @ W_key[:, group] + b_key[group]  # (batch, source, head_dim)
    V = value @ W_value[:, group] + b_value[group]
    P = softmax(Q @ K.swapaxes(1, 2) / np.sqrt(16))  # head_dim is 16
    output = output + P @ V @ W_out[head]  # (batch, target, features)

from keras_by_hand import group_query_attention

# %%
# Check it
# --------
# ``group_query_attention`` is the whole layer, with masks and a gate, too.
for expected in output, group_query_attention(query, value, None, *weights):
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** Keras warns that three
#    inner layers of ``GroupQueryAttention`` destroy the mask. They do not: its
#    output has it.

tokens = np.array([[3, 1, 4, 0]])  # 0 is padding
x = keras.layers.Embedding(6, 6, mask_zero=True)(tokens)
with warnings.catch_warnings(record=True, action="always") as caught:
    mask = keras.ops.convert_to_numpy(layer(x, x)._keras_mask)
assert sum("destroy the mask" in str(told.message) for told in caught) == 3
np.testing.assert_array_equal(mask, tokens != 0, strict=True)

# %%
# Break it
# --------
# ``MultiHeadAttention`` does the same with copies of the shared heads. Put each
# copy beside its head, as ``np.repeat`` does, not behind all, as ``np.tile``.
outputs = []
for groups in (np.repeat([0, 1], 2), np.tile([0, 1], 2)):
    copies = [weight[..., groups, :] for weight in weights[2:6]]
    arrays = query, value, None, *weights[:2], *copies, *weights[6:]
    outputs += [multi_head_attention(*arrays)]
right, wrong = outputs
print("right:", right[0, 0].round(1), "wrong:", wrong[0, 0].round(1))
assert np.allclose(y, right, 1e-4, 1e-4) and not np.allclose(y, wrong)

# %%
# See it
# ------
fig, axes = plt.subplots(1, 3, figsize=(6, 1.8), layout="constrained")
fig.suptitle("Heads of the query (circles) share those of key and value")
for axis, groups in zip(axes, (4, 2, 1)):
    ends = np.arange(4).reshape(groups, -1).mean(axis=1).repeat(4 // groups)
    axis.plot([range(4), ends], [[1] * 4, [0] * 4], "C0")
    axis.plot(range(4), [1] * 4, "o", color="C1", markersize=14)
    axis.plot(ends, [0] * 4, "s", color="C2", markersize=14)
    axis.set(title=f"groups: {groups}", xticks=[], yticks=[])
    axis.set(xlim=(-0.6, 3.6), ylim=(-0.6, 1.6))
plt.show()
