r"""
TimeDistributed: the same layer on every step
=============================================

``TimeDistributed`` applies one layer, with the same weights, to each step of a
sequence. No step sees any other.

.. math:: y_t = \text{layer}(x_t) \quad \text{for all steps } t

``Dense`` does this by itself. Layers such as ``Conv2D``, ``Flatten`` or pooling
need it, because they don't expect an axis of steps.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import conv2d, global_average_pooling1d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two films of 3 images of 4 by 5 pixels with 2 channels, and 4 filters.

x = rng.integers(-9, 10, size=(2, 3, 4, 5, 2)).astype("float32")
kernel = rng.integers(-9, 10, size=(2, 3, 2, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])  # (filters,)


def keras_time_distributed(layer, x, weights=(), **arguments):
    time_distributed = layers.TimeDistributed(layer)
    time_distributed.build(x.shape)
    time_distributed.set_weights(weights)
    return keras.ops.convert_to_numpy(time_distributed(x, **arguments))


y = keras_time_distributed(layers.Conv2D(4, (2, 3)), x, [kernel, bias])
print(y.shape)  # (batch, steps, rows, columns, filters)

# %%
# Compute it
# ----------
# Each step is a batch of images. All go through the same convolution, and the
# results are put together along the axis of steps.

outputs = []
for t in range(3):
    outputs.append(conv2d(x[:, t], kernel, bias))  # always the same weights
all_outputs = np.stack(outputs, axis=1)

# %%
# The whole function takes any layer, and gives it the step's part of a mask.

from keras_by_hand import time_distributed

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(all_outputs), strict=True)

expected = time_distributed(conv2d, x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# If the layer takes a mask, it gets the part that belongs to the step. Here the
# steps are sentences of up to 4 words, and the mask is for the words.

texts = rng.integers(-9, 10, size=(2, 3, 4, 2)).astype("float32")
lengths = np.array([[4, 2, 1], [2, 4, 4]])  # (batch, sentences)
mask = np.arange(4) < lengths[..., np.newaxis]  # (batch, sentences, words)
mean = layers.GlobalAveragePooling1D()
y_mean = keras_time_distributed(mean, texts, mask=mask)
expected = time_distributed(global_average_pooling1d, texts, mask=mask)
np.testing.assert_array_equal(y_mean, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``TimeDistributed`` runs
#    ``layer.call`` alone. An ``activity_regularizer`` then adds no loss, and
#    after ``quantize("int8")``, the int8 kernel is used without its scale. The
#    mask is passed on unchanged, even if y has no axis of words any more.

rows = x.reshape(2, 3, 40)  # (batch, steps, features)
dense = layers.Dense(4, activity_regularizer="l2")
distributed = layers.TimeDistributed(dense)
distributed(rows)
np.testing.assert_equal(distributed.losses, [])
np.testing.assert_equal(distributed.compute_mask(texts, mask) is mask, True)
dense.quantize("int8")
wrong = keras.ops.convert_to_numpy(distributed(rows))
_, kernel_int8, _ = dense.get_weights()
np.testing.assert_array_equal(wrong, rows @ kernel_int8)  # the bias is 0

# %%
# Break it
# --------
# Would you put all steps into one batch, and call the layer once? In training,
# ``BatchNormalization`` uses the mean and variance of a single step.


def standardize(x):  # (batch, features)
    return (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-3)


normalization = layers.TimeDistributed(layers.BatchNormalization())
right = keras.ops.convert_to_numpy(normalization(rows, training=True))
expected = time_distributed(standardize, rows)
np.testing.assert_allclose(right, expected, rtol=1e-4, atol=1e-4)
wrong = standardize(rows.reshape(6, 40)).reshape(rows.shape)
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# A film of a moving square, and its edges, found by a kernel of -1 and 1.

film = np.zeros((1, 3, 6, 8, 1))
for t in range(3):
    film[:, t, 2:5, 1 + 2 * t : 4 + 2 * t] = 1
edges = time_distributed(conv2d, film, np.array([-1, 1]).reshape(1, 2, 1, 1), 0)
fig, axes = plt.subplots(2, 3, figsize=(6, 3), layout="constrained")
fig.suptitle("TimeDistributed(Conv2D): the same kernel on every image")
for name, row, images in zip("xy", axes, (film[0], edges[0])):
    for axis, image in zip(row, images):
        axis.imshow(image, cmap="PuOr", vmin=-1.5, vmax=1.5)
        axis.set(xticks=[], yticks=[], ylabel=name)
plt.show()
