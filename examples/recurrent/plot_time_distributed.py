r"""
TimeDistributed: the same layer at every step
=============================================

To run an image layer on each image of a film, ``TimeDistributed`` calls it once
for each step, with the same weights, and puts the results together again.

.. math:: y_t = \text{layer}(x_t)

:math:`x_t` is the step t of all samples. (``Dense`` does this by itself.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import conv2d

# %%
# Build it
# --------
# Two films of 3 images of 4 by 5 pixels with 2 channels, and 4 filters.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 3, 4, 5, 2)).astype("float32")
kernel = rng.integers(-9, 10, size=(2, 3, 2, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])  # (filters,)
layer = layers.TimeDistributed(layers.Conv2D(4, (2, 3)))
layer.build(x.shape)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))  # (..., rows, columns, filters)

# %%
# Compute it
# ----------
# All images go through one convolution. (You can wrap a whole model, too. If it
# makes a vector of each image, an ``LSTM`` can follow.)

outputs = []
for t in range(3):
    outputs.append(conv2d(x[:, t], kernel, bias))  # always the same weights
by_hand = np.stack(outputs, axis=1)

from keras_by_hand import time_distributed  # takes any layer

# %%
# Check it
# --------
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
expected = time_distributed(conv2d, x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``TimeDistributed`` runs
#    ``layer.call`` alone. An ``activity_regularizer`` then adds no loss. Put an
#    ``ActivityRegularization`` layer behind it.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``TimeDistributed`` of a
#    quantized layer, after ``quantize("int8")``, leaves out the kernel's scale.
#    Do not wrap ``Dense``: it needs no ``TimeDistributed``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** ``TimeDistributed`` passes
#    its mask on unchanged, even if y has no axis for it any more. To the next
#    layer, pass ``mask=keras.ops.any(mask, axis=-1)``.
rows = x.reshape(2, 3, 40)  # (batch, steps, features)
distributed = layers.TimeDistributed(layers.Dense(4, activity_regularizer="l2"))
distributed(rows)
mask = np.ones((2, 3, 4), bool)  # (batch, sentences, words)
facts = [distributed.losses, distributed.compute_mask(rows, mask) is mask]
np.testing.assert_equal(facts, [[], True])
distributed.layer.quantize("int8")
y_int8 = keras.ops.convert_to_numpy(distributed(rows))
np.testing.assert_array_equal(y_int8, rows @ distributed.get_weights()[1])

# %%
# Break it
# --------
# Suppose you put all steps into one batch. For ``Conv2D`` that is the same. But
# in training, ``BatchNormalization`` then takes one mean of all steps, where
# ``TimeDistributed`` takes a mean for each step.

normalize = layers.TimeDistributed(layers.BatchNormalization())
right = keras.ops.convert_to_numpy(normalize(rows, training=True))
y_batch = normalize.layer(rows.reshape(6, 40), training=True)
wrong = keras.ops.convert_to_numpy(y_batch).reshape(rows.shape)
np.testing.assert_allclose(right.mean(axis=0), np.zeros((3, 40)), atol=1e-4)
print("right:", right[0, 0, :3].round(2), "wrong:", wrong[0, 0, :3].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# A film of a moving square, and its edges, found by a kernel of -1 and 1.

film = np.zeros((1, 3, 6, 8, 1))
for t in range(3):
    film[:, t, 2:5, 1 + 2 * t : 4 + 2 * t] = 1
edges = time_distributed(conv2d, film, np.reshape([-1, 1], (1, 2, 1, 1)))
fig, axes = plt.subplots(2, 3, figsize=(6, 3), layout="constrained")
fig.suptitle("TimeDistributed(Conv2D): the same kernel on every image")
for axis, image in zip(axes.ravel(), [*film[0], *edges[0]]):
    axis.imshow(image, cmap="PuOr", vmin=-1.5, vmax=1.5)
    axis.set(xticks=[], yticks=[])
plt.show()
