r"""
LayerNormalization: each position by its own mean and variance
==============================================================

``LayerNormalization`` takes the features of one position, subtracts their mean
and divides by their standard deviation. No other position has any influence.

.. math::

   \mu &= \frac{1}{n} \sum_{i=1}^{n} x_i \\
   \sigma^2 &= \frac{1}{n} \sum_{i=1}^{n} (x_i - \mu)^2 \\
   y_i &= \gamma_i \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta_i

It does the same in training and when it predicts.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences of 3 words with 4 features. The layer holds two numbers for each
# feature, first gamma, then beta.

size_of_words = np.array([[0.25], [1], [5]])
x = np.float32(2 + size_of_words * rng.normal(size=(2, 3, 4)))
gamma = np.array([1, 2, 0.5, 1.5])  # (features,)
beta = np.array([0, 3, -2, 1])


def keras_layer_normalization(x, weights, dtype="float32", **arguments):
    layer = keras.layers.LayerNormalization(dtype=dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x.astype(dtype)))


y = keras_layer_normalization(x, [gamma, beta])  # (batch, steps, features)
print(y[0].round(2))

# %%
# Compute it
# ----------
# Take the mean and the variance of each word, along the last axis. ``keepdims``
# keeps this axis with length 1, so that both broadcast. Subtract the mean, and
# divide by the root of the variance plus epsilon, by default 0.001. gamma and
# beta are the same for all words.

mean = np.mean(x, axis=-1, keepdims=True)  # (batch, steps, 1)
variance = np.var(x, axis=-1, keepdims=True)
normalized = (x - mean) / np.sqrt(variance + 0.001)
y_by_hand = gamma * normalized + beta  # (batch, steps, features)

# %%
# The whole function takes any ``axis``, or a list of axes. All entries along
# them share a mean and a variance. gamma and beta have these axes only.

from keras_by_hand import layer_normalization

# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow computes a whole layer in
# float64.) With ``axis=[2, 1]``, a whole sentence shares a mean. Keras sorts
# the axes: gamma is (steps, features).

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

backend = keras.backend.backend()
x64 = x.astype("float64")
of_sentence = rng.normal(size=(2, 3, 4))  # gamma, beta
cases = [([gamma, beta], {}), (of_sentence, {"axis": [2, 1], "epsilon": 0.5})]
for dtype in ["float32", "float64"] if backend == "tensorflow" else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for weights, arguments in cases:
        y = keras_layer_normalization(x, weights, dtype, **arguments)
        expected = layer_normalization(x64, *weights, **arguments)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    PyTorch, ``LayerNormalization`` with ``axis=1`` of three axes silently
#    normalizes the last axis instead if both have the same length. Otherwise it
#    raises an error. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23510>`__.)

square = x[:, :, :3]  # (batch, 3, 3)
y = keras_layer_normalization(square, [gamma[:3], beta[:3]], axis=1)
normalized = -1 if backend == "torch" else 1
square = square.astype("float64")
expected = layer_normalization(square, gamma[:3], beta[:3], axis=normalized)
np.testing.assert_allclose(y, expected, 1e-4, 1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``LayerNormalization`` sorts axes as numbers, so -1 comes before 1. With
#    ``axis=[1, -1]``, gamma has the shape (features, steps), and Keras reads
#    its entries as if it were (steps, features).

read_as = of_sentence.reshape(2, 4, 3)
y = keras_layer_normalization(x, read_as, axis=[1, -1])
expected = layer_normalization(x64, *of_sentence, axis=[1, 2])
np.testing.assert_allclose(y, expected, 1e-4, 1e-4)

# %%
# Break it
# --------
# Would you divide by ``std + epsilon``? Or by PyTorch's ``std``, whose variance
# is divided by n - 1? Or take the mean of each feature over the batch?

y = keras_layer_normalization(x, [gamma, beta])
for of_axis, correction in ((-1, 0), (-1, 1), (0, 0)):
    mean = np.mean(x64, of_axis, keepdims=True)
    deviation = np.std(x64, of_axis, ddof=correction, keepdims=True)
    wrong = gamma * (x64 - mean) / (deviation + 0.001) + beta
    print(f"wrong by up to {np.max(np.abs(wrong - y)):.3f}")
    assert not np.allclose(y, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# Three words of different size, and a dot for each of their 4 features. Without
# gamma and beta, all words have the same size afterwards.

panels = [("x", x64[0]), ("y", layer_normalization(x64[0]))]
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("LayerNormalization gives each word mean 0 and deviation 1")
for axis, (title, values) in zip(axes, panels):
    axis.plot(values, "o", markersize=7)
    axis.axhline(0, color="gray", linewidth=0.8)
    axis.set(title=title, xlabel="word", xticks=range(3), xlim=(-0.5, 2.5))
plt.show()
