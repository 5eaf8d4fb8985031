r"""
LayerNormalization: each position by its own mean and variance
==============================================================

This layer brings the mean mu of each word's features to 0, and their variance
sigma² to 1. No other word counts. So transformers use this, not batch norms:
texts may have any length, and it does the same in training and afterwards.

.. math:: y = \gamma \, (x - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta

The weights gamma and beta have a number for each feature.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences of three words with four features.

x = rng.normal(2, [[0.25], [1], [5]], size=(2, 3, 4)).astype("float32")
gamma = np.array([1, 2, 0.5, 1.5])  # (features,)
beta = np.array([0, 3, -2, 1])  # (features,)


def keras_layer_normalization(x, weights, **arguments):
    layer = keras.layers.LayerNormalization(**arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


y = keras_layer_normalization(x, [gamma, beta], epsilon=1e-5)

# %%
# Compute it
# ----------
# The last axis is that of the features. ``keepdims`` keeps it, with length 1.


def normalize(x, gamma, beta):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


# %%
# Check it
# --------
# First all words, then one alone.

expected, alone = normalize(x, gamma, beta), normalize(x[1, 2], gamma, beta)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y[1, 2], alone, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you average over the batch. Each sentence then changes the other one.

mean = np.mean(x, axis=0, keepdims=True)
wrong = gamma * (x - mean) / np.sqrt(np.var(x, axis=0) + 1e-5) + beta
print("right:", y[0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong, rtol=0.01, atol=0.01)

# %%
# See it
# ------
# Three words, a dot for each of their four features, a gamma of 1, a beta of 0.

panels = [("x", x[0]), ("y", normalize(x[0], 1, 0))]
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("LayerNormalization gives each word mean 0 and deviation 1")
for axis, (title, values) in zip(axes, panels):
    axis.plot(values, "o", markersize=7)
    axis.set(title=title, xlabel="word", xticks=range(3), xlim=(-0.5, 2.5))
plt.show()

# %%
# In full
# -------
# ``layer_normalization`` takes other axes, too, or several, which Keras sorts.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    PyTorch, ``LayerNormalization`` with ``axis=1`` of three axes silently
#    normalizes the last axis instead if both have the same length. Otherwise it
#    raises an error. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23510>`__.)

from keras_by_hand import layer_normalization

weights = rng.normal(size=(2, 3, 4))  # gamma, beta
y = keras_layer_normalization(x, weights, axis=[2, 1])
both = layer_normalization(x, *weights, axis=[1, 2])
np.testing.assert_allclose(y, both, rtol=1e-4, atol=1e-4)
square, three = x[:, :, :3], [gamma[:3], beta[:3]]  # (batch, 3, 3)
y = keras_layer_normalization(square, three, axis=1)
axis = -1 if keras.backend.backend() == "torch" else 1
expected = layer_normalization(square, *three, axis=axis)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``LayerNormalization`` sorts axes as numbers, so -1 comes before 1. With
#    ``axis=[1, -1]``, gamma has the shape (features, steps), and Keras reads
#    its entries as if it were (steps, features).

read_as = weights.reshape(2, 4, 3)
y = keras_layer_normalization(x, read_as, axis=[1, -1])
np.testing.assert_allclose(y, both, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Find ``gamma_x`` and ``beta_x`` with which the word ``x[0, 2]`` stays as it
#    is. (So a norm can learn to do nothing, but only for words like this one.)
