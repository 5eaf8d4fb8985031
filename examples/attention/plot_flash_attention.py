r"""
Flash attention: the same softmax, block by block
=================================================

Attention has a score for each pair of steps: in long texts, too many for fast
memory. Flash attention never stores them all. (Keras uses it on JAX and PyTorch
where it can; ``flash_attention=True`` insists on it.) It reads keys and values
in blocks (*online softmax*), and keeps, for each step of the query, the largest
score m so far, a sum d of exponentials, and a sum o of values, weighted by
these exponentials:

.. math::

   m' &= \max(m, \; \max_s p_s) \\
   d' &= e^{m - m'} \, d + \sum_s e^{p_s - m'} \\
   o' &= e^{m - m'} \, o + \sum_s e^{p_s - m'} v_s \\
   y &= o / d \quad \text{(in the end)}

:math:`p_s` and :math:`v_s` are the scores and values of one block; primes mark
new numbers. Exponentials of large scores overflow, so m is subtracted first.
Where m grows, the old sums shrink to match. In o / d, m cancels out: up to
rounding, y is the result of attention without blocks (Dao et al., 2022).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GroupQueryAttention, MultiHeadAttention

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# What ``MultiHeadAttention`` does after its projections: ten steps attend to
# fifty others, in two heads. The scores of the second sample are very large.

shapes = [(2, 10, 2, 4), *[(2, 50, 2, 4)] * 2]  # (batch, steps, heads, size)
inputs = [rng.integers(-3, 4, size=shape).astype("float32") for shape in shapes]
inputs[0][1] *= 100
y = keras.ops.convert_to_numpy(keras.ops.dot_product_attention(*inputs))

# %%
# Compute it
# ----------
# Keys and values come in blocks of eight; the last one is shorter. In the first
# block, ``shrink`` is 0. The figure shows the result after each block.

query, key, value = [np.swapaxes(array, 1, 2) for array in inputs]
m, d, o, running = -np.inf, 0, 0, []
for start in range(0, 50, 8):
    k, v = key[..., start : start + 8, :], value[..., start : start + 8, :]
    p = query @ k.swapaxes(-1, -2) / np.sqrt(4)  # (batch, heads, target, block)
    new = np.maximum(m, p.max(axis=-1, keepdims=True))
    shrink, exponentials = np.exp(m - new), np.exp(p - new)
    d = shrink * d + exponentials.sum(axis=-1, keepdims=True)
    o = shrink * o + exponentials @ v  # (batch, heads, target, size)
    m = new
    running.append(o / d)

# %%
# Check it
# --------
expected = np.swapaxes(running[-1], 1, 2)  # (batch, target, heads, size)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** In
#    ``MultiHeadAttention`` and ``GroupQueryAttention``,
#    ``flash_attention=False`` means what ``None`` means: the backend may use
#    it. To prevent that, call ``keras.config.disable_flash_attention()`` before
#    you make the layer. And the argument is not saved with a model.

for kind, *sizes in (MultiHeadAttention, 2, 4), (GroupQueryAttention, 4, 2, 2):
    layer = kind(*sizes, flash_attention=False)
    np.testing.assert_equal(layer._flash_attention, None)
    np.testing.assert_equal("flash_attention" in layer.get_config(), False)
    keras.config.disable_flash_attention()
    np.testing.assert_equal(kind(*sizes)._flash_attention, False)
    keras.config.enable_flash_attention()

# %%
# Break it
# --------
# Suppose you average the results of the blocks: then all blocks count the same.
p = query[0, 0, 0] @ key[0, 0].T / np.sqrt(4)  # (source,), of one step
shares = softmax(p.reshape(5, 10))  # in five blocks
wrong = np.ravel(shares) @ value[0, 0] / 5
print("right:", y[0, 0, 0].round(2), "wrong:", wrong.round(2))
assert not np.allclose(y[0, 0, 0], wrong)

# %%
# See it
# ------
# One step's result after each block. The circles are softmax over all keys.

counts = [8, 16, 24, 32, 40, 48, 50]
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.plot(counts, [result[0, 0, 0] for result in running], ".-")
axis.plot([50] * 4, y[0, 0, 0], "ko", fillstyle="none")
axis.set(title="Flash attention: the result is right after the last block")
axis.set(xlabel="keys read so far", ylabel="the four numbers of o / d")
plt.show()
