r"""
RMSNormalization: divide by the root mean square
================================================

``RMSNormalization`` divides the features of each position by their root mean
square. It subtracts no mean and adds no bias.

.. math::

   y_i = s_i \; \frac{x_i}{\sqrt{\frac{1}{n} \sum_j x_j^2 + \epsilon}}

The layer's one weight is s, ``scale``. Epsilon is 1e-6 by default, unlike the
1e-3 of ``LayerNormalization``.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences of 3 words with 4 features. The first words are so small that
# epsilon matters.

size_of_words = np.array([[0.01], [1], [5]])
x = np.float32(size_of_words * rng.normal(1, 1, size=(2, 3, 4)))
scale = np.array([1, 2, 0.5, 1.5])  # (features,)


def keras_rms_normalization(x, scale, dtype="float32", **arguments):
    layer = keras.layers.RMSNormalization(dtype=dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights([scale])
    return keras.ops.convert_to_numpy(layer(x))


y = keras_rms_normalization(x, scale)  # (batch, steps, features)
print(y[0].round(2))

# %%
# Compute it
# ----------
# Square the features of each word, and take the mean. Add epsilon, and divide
# by the root. ``scale`` is the same for all words.

mean_square = np.mean(x**2, axis=-1, keepdims=True)  # (batch, steps, 1)
y_by_hand = scale * x / np.sqrt(mean_square + 1e-6)

# %%
# The whole function takes any ``axis``, or a list of axes, and any epsilon.

from keras_by_hand import rms_normalization

# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow computes a whole layer in
# float64.) With ``axis=[2, 1]``, a whole sentence shares a root mean square.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

backend = keras.backend.backend()
x64 = x.astype("float64")
of_sentence = rng.normal(size=(3, 4))  # a scale: (steps, features)
cases = [(scale, {}), (of_sentence, {"axis": [2, 1], "epsilon": 0.5})]
for dtype in ["float32", "float64"] if backend == "tensorflow" else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for weight, arguments in cases:
        y = keras_rms_normalization(x, weight, dtype, **arguments)
        expected = rms_normalization(x64, weight, **arguments)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The axes of
#    ``RMSNormalization`` must be the last ones. With ``axis=1`` of three axes,
#    the layer raises an error. If the last two axes have the same length, it
#    silently multiplies by ``scale`` along the last one. (On PyTorch, it
#    normalizes the last one, too.)

with np.testing.assert_raises(Exception):
    keras_rms_normalization(x, scale[:3], axis=1)
square = x[:, :, :3]  # (batch, 3, 3)
y = keras_rms_normalization(square, scale[:3], axis=1)
normalized = -1 if backend == "torch" else 1
square64 = square.astype("float64")
expected = rms_normalization(square64, scale[:3], axis=normalized)
np.testing.assert_allclose(y, expected, 1e-4, 1e-4)

# %%
# Break it
# --------
# Would you add epsilon after the root? Or take ``LayerNormalization``: its
# epsilon, or its old argument ``rms_scaling=True``? That divides by the
# standard deviation, which is the same only if the mean is 0.

y = keras_rms_normalization(x, scale)
root = np.sqrt(np.mean(np.square(x64), axis=-1, keepdims=True))
with warnings.catch_warnings(action="ignore"):  # Keras warns that it is wrong
    layer = keras.layers.LayerNormalization(epsilon=1e-6, rms_scaling=True)
    by_variance = scale * keras.ops.convert_to_numpy(layer(x))
for wrong in (
    scale * x64 / (root + 1e-6),
    rms_normalization(x64, scale, epsilon=1e-3),
    by_variance,
):
    print(f"wrong by up to {np.max(np.abs(wrong - y)):.4f}")
    assert not np.allclose(y, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# Vectors of two features, without ``scale``. Divided by their root mean square,
# they keep their direction and get the same length. ``LayerNormalization``
# subtracts the mean first: only two points are left.

vectors = np.array([[2.0, 0.5], [0.6, 2.2], [-0.7, 0.4], [-1.9, -1.3]])
centered = vectors - np.mean(vectors, axis=1, keepdims=True)
panels = [
    ("x", vectors),
    ("RMSNormalization", rms_normalization(vectors, np.ones(2))),
    ("LayerNormalization", rms_normalization(centered, np.ones(2))),
]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("RMSNormalization keeps the direction of a vector")
for axis, (title, ends) in zip(axes, panels):
    for end in ends:
        axis.plot([0, end[0]], [0, end[1]], "o-", markevery=[1])
    axis.set(title=title, aspect="equal", xlim=(-2.5, 2.5), ylim=(-2.5, 2.5))
plt.show()
