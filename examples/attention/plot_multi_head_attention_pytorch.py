r"""
MultiHeadAttention weights: Keras to PyTorch and back
=====================================================

PyTorch's ``MultiheadAttention`` stacks the kernels of query, key and value in
one array, and transposes them. It takes the key before the value, and in its
masks True means: may not attend.

.. math::

   W_{in} &= [W_q \;\; W_k \;\; W_v]^\top \\
   W_{out} &= W_y^\top

The W on the right are Keras' kernels as matrices, with the two axes of heads
and ``key_dim`` joined to one. Biases are stacked in the same way.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# In PyTorch: ``MultiheadAttention(8, num_heads=2, batch_first=True)``. Of the 8
# features, each head has half: in Keras, ``key_dim`` is 4.

query = rng.normal(size=(2, 3, 8))  # (batch, target, features)
key = rng.normal(size=(2, 5, 8))  # (batch, source, features)
value = rng.normal(size=(2, 5, 8))  # (batch, source, features)
shapes = {
    "in_proj_weight": (24, 8),  # (3 * features, features)
    "in_proj_bias": (24,),
    "out_proj.weight": (8, 8),
    "out_proj.bias": (8,),
}
of_pytorch = {name: rng.normal(size=shape) for name, shape in shapes.items()}


def keras_attention(weights, dtype="float32", **masks):
    layer = keras.layers.MultiHeadAttention(2, key_dim=4, dtype=dtype)
    layer.build(query.shape, value.shape, key.shape)
    layer.set_weights(weights)
    y = layer(query, value, key, **masks)
    return keras.ops.convert_to_numpy(y)


# %%
# Compute it
# ----------
# Transpose PyTorch's kernel, and cut it into those of query, key and value. In
# each, cut the last axis into heads. The output kernel reads the heads, so it
# has them in its first axis.

in_weight, in_bias, out_weight, out_bias = of_pytorch.values()
by_hand = []
kernels = np.split(in_weight.T, 3, axis=1)  # of query, key and value
for kernel, bias in zip(kernels, np.split(in_bias, 3)):
    by_hand.append(kernel.reshape(8, 2, 4))  # (features, heads, key_dim)
    by_hand.append(bias.reshape(2, 4))  # (heads, key_dim)
by_hand.append(out_weight.T.reshape(2, 4, 8))  # (heads, key_dim, features)
by_hand.append(out_bias)

# %%
# The whole functions do this for any number of heads, without biases, and with
# ``kdim`` and ``vdim``. They know the way back, too.

from keras_by_hand.porting.pytorch import (
    attention_from_pytorch,
    attention_to_pytorch,
)

# %%
# Check it
# --------
# The formula of PyTorch's documentation, with PyTorch's weights and masks:


def pytorch_attention(inputs, state, heads, hidden):
    """inputs: query, key and value, hidden: (batch, target, source)."""
    kernels = np.split(state["in_proj_weight"], 3)
    parts = zip(inputs, kernels, np.split(state["in_proj_bias"], 3))
    projected = [x @ weight.T + bias for x, weight, bias in parts]
    of_heads = []
    for q, k, v in zip(*[np.split(x, heads, axis=-1) for x in projected]):
        scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
        of_heads.append(softmax(np.where(hidden, -np.inf, scores)) @ v)
    joined = np.concatenate(of_heads, axis=-1)
    return joined @ state["out_proj.weight"].T + state["out_proj.bias"]


# %%
# Weights go from PyTorch to Keras, and back to PyTorch. The masks are turned
# round. (Only TensorFlow computes a whole layer in float64.)

weights = attention_from_pytorch(of_pytorch, heads=2)
back_again = attention_to_pytorch(weights)
attn_mask = ~np.tri(3, 5, k=1, dtype=bool)  # (target, source)
key_padding_mask = np.array([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]], dtype=bool)
hidden = attn_mask | key_padding_mask[:, np.newaxis]
masks = {"attention_mask": ~attn_mask, "value_mask": ~key_padding_mask}
inputs = (query, key, value)  # PyTorch's order

y = keras_attention(by_hand, **masks)
expected = pytorch_attention(inputs, of_pytorch, 2, hidden)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    y = keras_attention(weights, dtype, **masks)
    for in_pytorch in (of_pytorch, back_again):
        expected = pytorch_attention(inputs, in_pytorch, 2, hidden)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    layer = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    tensors = {n: torch.tensor(np.float32(w)) for n, w in of_pytorch.items()}
    layer.load_state_dict(tensors)
    tensors = [torch.tensor(np.float32(array)) for array in inputs]
    hiding = [torch.tensor(mask) for mask in (key_padding_mask, attn_mask)]
    answer, _ = layer(*tensors, hiding[0], attn_mask=hiding[1])
    np.testing.assert_allclose(answer.detach(), y, tolerance, tolerance)

# %%
# Break it
# --------
# Would you cut the kernels of PyTorch into heads without transposing them? All
# shapes fit.

cut = attention_from_pytorch(of_pytorch, heads=2)
cut[:6:2] = [kernel.reshape(8, 2, 4) for kernel in np.split(in_weight, 3)]
wrong = keras_attention(cut, **masks)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Each square is a weight, and each colour one of the two heads.

kernels = np.tile(np.repeat([0, 1], 4), (8, 3))  # (features, 3 * 2 * key_dim)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
fig.suptitle("PyTorch stacks the kernels that Keras has side by side")
for axis, picture in zip(axes, [kernels, kernels.T]):
    axis.pcolormesh(picture, cmap=ListedColormap(["C0", "C1"]), edgecolor="w")
    axis.set(aspect="equal", ylim=(len(picture), 0))
names, middles = ["query", "key", "value"], [4, 12, 20]
axes[0].set(title="Keras", yticks=[], xticks=middles, xticklabels=names)
axes[1].set(
    title="in_proj_weight", xticks=[], yticks=middles, yticklabels=names
)
plt.show()
