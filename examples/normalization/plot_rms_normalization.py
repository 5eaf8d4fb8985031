r"""
RMSNormalization: divide by the root mean square
================================================

Large language models such as LLaMA use RMS norm, which is simpler than layer
normalization. ``RMSNormalization`` divides the features of each position by
their root mean square. It subtracts no mean and adds no bias.

.. math::

   y_i = s_i \; \frac{x_i}{\sqrt{\frac{1}{n} \sum_j x_j^2 + \epsilon}}

:math:`x_i` is one of :math:`n` features. The layer's one weight is :math:`s`,
``scale``. Epsilon is 1e-6 by default, not 1e-3 as in ``LayerNormalization``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two sentences of 3 words with 4 features. The first words are so small that
# epsilon matters.

rng = np.random.default_rng(313)
size_of_words = np.array([[0.01], [1], [5]])
x = np.float32(size_of_words * rng.normal(1, 1, size=(2, 3, 4)))
scale = np.array([1, 2, 0.5, 1.5])  # (features,)
layer = keras.layers.RMSNormalization()
layer.build(x.shape)
layer.set_weights([scale])
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, features)

# %%
# Compute it
# ----------
# Square the features of each word, and take the mean. Add epsilon, and divide
# by the root. ``scale`` is the same for all words. The function of the library
# takes any ``axis``, or a list of axes.

mean_square = np.mean(x**2, axis=-1, keepdims=True)  # (batch, steps, 1)
y_by_hand = scale * x / np.sqrt(mean_square + 1e-6)

from keras_by_hand import rms_normalization

# %%
# Check it
# --------
# Numbers of about 1 agree to four digits.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The axes of
#    ``RMSNormalization`` must be the last ones. With ``axis=1`` of three axes,
#    the layer raises an error. If the last two axes have the same length, it
#    silently multiplies by ``scale`` along the last one. (On PyTorch, it
#    normalizes the last one, too.)

with np.testing.assert_raises(Exception):
    keras.layers.RMSNormalization(axis=1)(x)
square = x[:, :, :3]  # (batch, 3, 3)
layer = keras.layers.RMSNormalization(axis=1)
layer.build(square.shape)
layer.set_weights([scale[:3]])
axis = -1 if keras.backend.backend() == "torch" else 1
expected = rms_normalization(square, scale[:3], axis=axis)
y_square = keras.ops.convert_to_numpy(layer(square))
np.testing.assert_allclose(y_square, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you add epsilon after the root, or take 1e-3, the epsilon of
# ``LayerNormalization``. Both matter for small numbers.

outside = scale * x / (np.sqrt(mean_square) + 1e-6)
too_large = scale * x / np.sqrt(mean_square + 1e-3)
print("right:            ", y[0, 0])
print("wrong, after root:", outside[0, 0])
print("wrong, 1e-3:      ", too_large[0, 0])
for wrong in (outside, too_large):
    assert not np.allclose(y, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# Vectors of two features. Divided by their root mean square, they keep their
# direction. ``LayerNormalization`` subtracts the mean: two points are left.

vectors = np.array([[2.0, 0.5], [0.6, 2.2], [-0.7, 0.4], [-1.9, -1.3]])
centered = vectors - np.mean(vectors, axis=1, keepdims=True)
names = ["x", "RMSNormalization", "LayerNormalization"]
of_rms, of_layer = (rms_normalization(v, [1, 1]) for v in (vectors, centered))
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("RMSNormalization keeps the direction of a vector")
for axis, title, ends in zip(axes, names, (vectors, of_rms, of_layer)):
    for end in ends:
        axis.plot([0, end[0]], [0, end[1]], "o-", markevery=[1])
    axis.set(title=title, aspect="equal", xlim=(-2.5, 2.5), ylim=(-2.5, 2.5))
plt.show()
