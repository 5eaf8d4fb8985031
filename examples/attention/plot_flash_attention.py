r"""
Flash attention: the same softmax, block by block
=================================================

Flash attention never stores all scores. It reads keys and values in blocks, and
keeps three running numbers: the largest score, a sum of exponentials, and a sum
of values. The result is the same, up to rounding.

.. math::

   m' &= \max(m, \; \max_s p_s) \\
   \ell' &= e^{m - m'} \ell + \sum_s e^{p_s - m'} \\
   o' &= e^{m - m'} o + \sum_s e^{p_s - m'} v_s \\
   y &= o / \ell \quad \text{(in the end)}

The sums are over the scores p and the values v of one block. Where the largest
score grows, the old sums shrink.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GroupQueryAttention, MultiHeadAttention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# What ``MultiHeadAttention`` does after its projections: ten steps attend to
# fifty others, in two heads. The scores of the second sample are very large.

shapes = [(2, 10, 2, 4), (2, 50, 2, 4), (2, 50, 2, 4)]
inputs = [rng.integers(-3, 4, size=shape).astype("float32") for shape in shapes]
inputs[0][1] *= 100
y = keras.ops.dot_product_attention(*inputs)  # of query, key and value
y = keras.ops.convert_to_numpy(y)
print(y.shape)  # (batch, target, heads, size)

# %%
# Compute it
# ----------


def attend_in_blocks(query, key, value, block_size):
    """Dot-product attention as FlashAttention computes it (Dao et al., 2022).

    query: (..., target, size), key: (..., source, size), value: (..., source,
    values). Returns (..., target, values).
    """
    largest, total, y = -np.inf, 0, 0
    for start in range(0, key.shape[-2], block_size):
        block = slice(start, start + block_size)
        scores = query @ np.swapaxes(key[..., block, :], -1, -2)
        scores = scores / np.sqrt(query.shape[-1])
        new = np.maximum(largest, np.max(scores, axis=-1, keepdims=True))
        shrink = np.exp(largest - new)  # 0 for the first block
        powers = np.exp(scores - new)
        total = shrink * total + np.sum(powers, axis=-1, keepdims=True)
        y = shrink * y + powers @ value[..., block, :]
        largest = new
    return y / total


# %%
# Check it
# --------
# The size of the blocks makes no difference. The last one may be shorter, and a
# single block of all keys is ordinary softmax.

heads_first = [np.swapaxes(array, 1, 2) for array in inputs]
query, key, value = [array.astype("float64") for array in heads_first]
tolerance = 1000 * np.finfo("float32").eps
for block_size in (1, 8, 50):
    expected = attend_in_blocks(query, key, value, block_size)
    expected = np.swapaxes(expected, 1, 2)  # (batch, target, heads, size)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# With ``flash_attention=True``, the layers use it or raise an error. TensorFlow
# never has it, and JAX and PyTorch need a graphics processor. Scores are not
# stored then, so they can be neither returned nor dropped.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** In
#    ``MultiHeadAttention`` and ``GroupQueryAttention``,
#    ``flash_attention=False`` means what ``None`` means: the backend may use
#    it. To prevent that, call ``keras.config.disable_flash_attention()`` before
#    you make the layer. And the argument is not saved with a model.

x = query[:, 0]  # (batch, steps, features)
for layer_class, sizes in [
    (MultiHeadAttention, (2, 4)),
    (GroupQueryAttention, (4, 2, 2)),
]:
    layer = layer_class(*sizes, flash_attention=True)
    scores = {"return_attention_scores": True}
    np.testing.assert_raises(ValueError, layer, x, x, **scores)
    both = {"flash_attention": True, "dropout": 0.5}
    np.testing.assert_raises(ValueError, layer_class, *sizes, **both)
    if keras.backend.backend() == "tensorflow":
        np.testing.assert_raises(ValueError, layer, x, x)

    layer = layer_class(*sizes, flash_attention=False)
    np.testing.assert_equal(layer._flash_attention, None)
    np.testing.assert_equal("flash_attention" in layer.get_config(), False)
    keras.config.disable_flash_attention()
    np.testing.assert_equal(layer_class(*sizes)._flash_attention, False)
    keras.config.enable_flash_attention()

# %%
# Break it
# --------
# Would you take softmax of each block on its own, and the mean of the blocks?
# Each block then counts the same, however small its scores are.

blocks = [slice(start, start + 10) for start in range(0, 50, 10)]
pieces = [
    attend_in_blocks(query, key[..., block, :], value[..., block, :], 10)
    for block in blocks
]
wrong = np.swapaxes(np.mean(pieces, axis=0), 1, 2)
print("right:", y[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# One step's result, after each of ten blocks of five keys. The dots are softmax
# over all keys at once.

first = [array[0, 0] for array in (key, value)]  # (steps, size)
counts = range(5, 51, 5)
running = [
    attend_in_blocks(query[0, 0, :1], *[array[:count] for array in first], 5)
    for count in counts
]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(counts, np.concatenate(running), ".-")
axis.plot([50] * 4, y[0, 0, 0], "o", color="gray", fillstyle="none")
axis.set(title="Flash attention: the result is right after the last block")
axis.set(xlabel="keys read so far", ylabel="the four numbers of o / l")
plt.show()
