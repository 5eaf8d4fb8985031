r"""
Llama block: RMSNorm, rotary positions, grouped queries, SwiGLU, KV-cache
=========================================================================

Many language models of today are GPTs with five changes, those of Llama. Each
takes a few lines. The last one lets a model write its next word without
computing all earlier ones again.

.. math::

   h &= x + \text{attention}(\text{rms}(x)), \quad u = \text{rms}(h) \\
   y &= h + \left( \text{silu}(u W_g) \odot u W_u \right) W_d

Here silu(z) is z times sigmoid of z.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from written_before import softmax

# %%
# Build it
# --------
# ``RMSNormalization`` is a layer; ``silu`` and ``dot_product_attention`` are
# functions of ``keras.ops``. Keras has no rotary positions, so ``turn`` makes
# them (see below). Queries have eight heads of size 8, keys and values two.

keras.utils.set_random_seed(313)
rng = np.random.default_rng(313)
norm_1, norm_2 = [layers.RMSNormalization(epsilon=1e-6) for _ in range(2)]
units = [64, 16, 16, 32, 96, 96, 32]  # 8 * 8 for queries, 2 * 8 for keys
dense = [layers.Dense(n, use_bias=False) for n in units]
turns = np.outer(np.arange(9), [1, 0.1, 0.01, 0.001])  # (steps, pairs)
turns = np.tile(turns, 2)[:, np.newaxis].astype("float32")  # (steps, 1, size)


def turn(x):  # (batch, steps, heads, size)
    first, second = ops.split(x, 2, axis=-1)
    other = ops.concatenate([-second, first], axis=-1)
    return x * np.cos(turns) + other * np.sin(turns)


def keras_block(x):
    query, key, value, output, gate, up, down = dense
    u = norm_1(x)  # (batch, steps, features)
    q, k, v = [ops.reshape(f(u), (1, 9, -1, 8)) for f in (query, key, value)]
    k, v = ops.repeat(turn(k), 4, axis=2), ops.repeat(v, 4, axis=2)
    y = ops.dot_product_attention(turn(q), k, v, is_causal=True)
    h = x + output(ops.reshape(y, (1, 9, 64)))
    u = norm_2(h)
    return h + down(ops.silu(gate(u)) * up(u))


x = rng.normal(0, 0.01, size=(1, 9, 32)).astype("float32")  # epsilon counts
keras_block(x)  # makes the weights
norm_1.set_weights([rng.normal(size=32)])
norm_2.set_weights([rng.normal(size=32)])
y = ops.convert_to_numpy(keras_block(x))

# %%
# Compute it
# ----------
# **RMSNorm** divides by the root of the mean square, and subtracts no mean.
# **SwiGLU** is the network after attention. ``up`` makes hidden units, and silu
# of ``gate`` says how much of each goes on.


def rms_normalize(x, scale):
    return scale * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)


def swiglu(x, gate, up, down):
    z = x @ gate  # (batch, steps, hidden)
    return (z / (1 + np.exp(-z)) * (x @ up)) @ down


# %%
# **Rotary positions** are not added to words. In a query or key, entries i and
# i + 4 are a point. It turns around zero, by an angle that grows with the step.
# A score then depends only on how far apart query and key stand.


def rotate(x, steps):  # (batch, heads, steps, size)
    angles = np.outer(steps, 10.0 ** -np.arange(4))  # 10000 ** (-i / 4)
    cosine, sine = np.cos(angles), np.sin(angles)  # (steps, pairs)
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * cosine - b * sine, b * cosine + a * sine], -1)


# %%
# **Grouped queries**: four heads share each key and value, which saves room.
# (``@`` computes all heads at once, as they are an axis here.) The **KV-cache**
# keeps the keys and values of all steps so far. They stay the same, as no step
# sees a later one, so the next call needs the new words alone.


def llama_block(x, cache, scale_1, scale_2, W_q, W_k, W_v, W_o, *network):
    u = rms_normalize(x, scale_1)[:, np.newaxis]  # (batch, 1, steps, features)
    steps = cache[0].shape[2] + np.arange(x.shape[1])  # go on after the cache
    Q = rotate(u @ W_q, steps)  # (batch, 8, steps, size)
    K = np.concatenate([cache[0], rotate(u @ W_k, steps)], axis=2)
    V = np.concatenate([cache[1], u @ W_v], axis=2)  # (batch, 2, keys, size)
    scores = Q @ np.repeat(K, 4, axis=1).swapaxes(2, 3) / np.sqrt(8)
    seen = np.arange(K.shape[2]) <= steps[:, np.newaxis]  # (queries, keys)
    A = softmax(np.where(seen, scores, -1e9))
    h = x + np.sum(A @ np.repeat(V, 4, axis=1) @ W_o, axis=1)
    return h + swiglu(rms_normalize(h, scale_2), *network), (K, V)


# %%
# Check it
# --------
# First all steps at once, then one by one, with the cache of those before.

scales = [norm.get_weights()[0] for norm in (norm_1, norm_2)]
*attention, W_o, gate, up, down = [layer.get_weights()[0] for layer in dense]
kernels = [np.reshape(W, (32, -1, 8)).swapaxes(0, 1) for W in attention]
weights = *scales, *kernels, np.reshape(W_o, (8, 8, 32)), gate, up, down
empty = np.zeros((2, 1, 2, 0, 8))  # keys and values of no steps
by_hand, _ = llama_block(x, empty, *weights)
np.testing.assert_allclose(y, by_hand, rtol=1e-3, atol=1e-3)
cache = empty
for t in range(9):
    newest, cache = llama_block(x[:, t : t + 1], cache, *weights)
    np.testing.assert_allclose(newest[:, 0], by_hand[:, t], 1e-3, 1e-3)

# %%
# Break it
# --------
# Suppose you forget the cache. The last step then takes itself for the first.

wrong, _ = llama_block(x[:, 8:], empty, *weights)
print("right:", newest[0, 0, :3].round(2), "wrong:", wrong[0, 0, :3].round(2))
assert not np.allclose(newest, wrong, rtol=0.01, atol=0.01)

# %%
# See it
# ------
# The same query and key, put at each of 40 steps. Along a diagonal the two are
# always as far apart, and all scores are equal.

pair = np.tile(rng.normal(size=(2, 1, 8)), (40, 1))  # (2, steps, size)
of_query, of_key = rotate(pair, np.arange(40))
np.testing.assert_array_equal(of_key[0], pair[1, 0])  # step 0 turns nothing
scores = of_query @ of_key.T  # (steps, steps)
np.testing.assert_allclose(scores[1:, 1:], scores[:-1, :-1], atol=1e-9)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.imshow(scores, cmap="PuOr")
axis.set(title="A score depends on the distance alone")
axis.set(xlabel="step of the key", ylabel="step of the query")
plt.show()

# %%
# Try it
# ------
# 1. Write ``cache_size(blocks, groups, size, steps)``: how many numbers does a
#    text's cache hold? ``groups`` counts the heads of keys, here 2.
# 2. Write ``turn_back(x, steps)``, which undoes ``rotate(x, steps)``.
