r"""
MultiHeadAttention weights: Keras to PyTorch and back
=====================================================

To use weights of PyTorch's ``MultiheadAttention`` in Keras, cut them into
heads: PyTorch stacks the kernels of query, key and value in one array,
transposed. Its key comes before the value, and True in a mask hides.

.. math::

   W_{in} &= [W_q \;\; W_k \;\; W_v]^\top \\
   W_{out} &= W_y^\top

:math:`W_{in}` is PyTorch's ``in_proj_weight``, :math:`W_{out}` its
``out_proj.weight``. On the right are Keras' kernels, with the axes of heads and
``key_dim`` joined. Biases are stacked alike.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# In PyTorch: ``MultiheadAttention(8, num_heads=2, batch_first=True)``. (Without
# ``batch_first``, the weights are the same, but its inputs have steps first.)
# The two heads share 8 features: in Keras, ``key_dim`` is 8 / 2 = 4. A module's
# arrays: ``{k: v.cpu().numpy() for k, v in module.state_dict().items()}``.
query = rng.normal(size=(2, 3, 8))  # (batch, target, features)
key, value = rng.normal(size=(2, 2, 5, 8))  # (batch, source, features)
hidden = ~np.tri(3, 5, k=1, dtype=bool)  # PyTorch's attn_mask
of_pytorch = {
    "in_proj_weight": rng.normal(size=(24, 8)),  # (3 * features, features)
    "in_proj_bias": rng.normal(size=24),
    "out_proj.weight": rng.normal(size=(8, 8)),
    "out_proj.bias": rng.normal(size=8),
}
layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
layer.build(query.shape, value.shape, key.shape)

# %%
# Compute it
# ----------
# Transpose the kernel, and cut it into those of query, key and value. In each,
# cut the last axis into heads. The output kernel has them in its first axis.
in_weight, in_bias, out_weight, out_bias = of_pytorch.values()
weights = []
kernels = np.split(in_weight.T, 3, axis=1)  # of query, key and value
for kernel, bias in zip(kernels, np.split(in_bias, 3)):
    weights += [kernel.reshape(8, 2, 4)]  # (features, heads, key_dim)
    weights += [bias.reshape(2, 4)]  # (heads, key_dim)
weights += [out_weight.T.reshape(2, 4, 8), out_bias]

from keras_by_hand.porting.pytorch import attention_to_pytorch

# %%
# Check it
# --------
# What PyTorch computes, by its documentation. Keras gets the value before the
# key, and the mask turned round. ``attention_to_pytorch`` is the way back.

parts = zip((query, key, value), np.split(in_weight, 3), np.split(in_bias, 3))
projected = [x @ weight.T + bias for x, weight, bias in parts]
heads = []
for q, k, v in zip(*[np.split(array, 2, axis=-1) for array in projected]):
    scores = q @ k.swapaxes(1, 2) / np.sqrt(4)  # (batch, target, source)
    heads.append(softmax(np.where(hidden, -np.inf, scores)) @ v)
expected = np.concatenate(heads, axis=-1) @ out_weight.T + out_bias
layer.set_weights(weights)
y = layer(query, value, key, attention_mask=~hidden)
y = keras.ops.convert_to_numpy(y)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_equal(attention_to_pytorch(weights), of_pytorch)

# %%
# Break it
# --------
# Suppose you cut PyTorch's kernels without ``.T``: all shapes fit.
weights[:6:2] = [kernel.reshape(8, 2, 4) for kernel in np.split(in_weight, 3)]
layer.set_weights(weights)
wrong = layer(query, value, key, attention_mask=~hidden)
wrong = keras.ops.convert_to_numpy(wrong)
print("right:", y[0, 0, :4].round(1), "wrong:", wrong[0, 0, :4].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Each square is a weight, and each colour one of the two heads.

colours = np.tile(np.repeat([-1, 1], 4), (8, 3))  # (features, 3 * 2 * key_dim)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
fig.suptitle("PyTorch stacks the kernels that Keras has side by side")
for axis, shown in zip(axes, [colours, colours.T]):
    axis.pcolormesh(shown, cmap="PuOr", vmin=-2, vmax=2, edgecolor="w")
    axis.set(aspect="equal", ylim=(len(shown), 0), xticks=[], yticks=[])
names = ["query", "key", "value"]
axes[0].set(title="Keras", xticks=[4, 12, 20], xticklabels=names)
axes[1].set(title="in_proj_weight", yticks=[4, 12, 20], yticklabels=names)
plt.show()
