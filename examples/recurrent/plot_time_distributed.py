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

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two films of 3 images, each of 4 by 5 pixels with 2 channels. All images go
# through the same ``Conv2D`` of 4 filters.

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


def time_distributed(layer, x, *weights, mask=None, **options):
    """TimeDistributed (Keras documentation). layer: a function such as conv2d.

    x: (batch, steps, ...), mask: (batch, steps, ...), only if layer takes one;
    weights, options: those of layer. Returns (batch, steps, ...).
    """
    outputs = []
    for t in range(x.shape[1]):
        if mask is not None:
            options["mask"] = mask[:, t]
        outputs.append(layer(x[:, t], *weights, **options))
    return np.stack(outputs, axis=1)


# %%
# From other pages
# ----------------


def slide(x, kernel, bias):
    """Conv2D with its default strides and padding (Keras documentation).

    x: (batch, height, width, channels), kernel: (rows, columns, channels,
    filters), bias: (filters,). Returns (batch, height - rows + 1,
    width - columns + 1, filters).
    """
    window = kernel.shape[:2]
    patches = np.lib.stride_tricks.sliding_window_view(x, window, axis=(1, 2))
    return np.einsum("bijcuv,uvcf->bijf", patches, kernel) + bias


def mean_of_kept(y, mask):
    """GlobalAveragePooling1D with a mask; nan for a sequence without steps.

    y: (batch, steps, units), mask: (batch, steps). Returns (batch, units).
    """
    kept = mask[..., np.newaxis]
    return np.sum(np.where(kept, y, 0), axis=1) / np.sum(kept, axis=1)


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

expected = time_distributed(slide, x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# ``Flatten`` makes a row of each image, not of the whole film. ``Dense`` gives
# the same with and without ``TimeDistributed``.

rows = keras_time_distributed(layers.Flatten(), x)
np.testing.assert_array_equal(rows, x.reshape(2, 3, 40), strict=True)
dense = layers.Dense(4)
weights = [rng.integers(-9, 10, size=(40, 4)), bias]
of_steps = keras_time_distributed(dense, rows, weights)
of_dense = keras.ops.convert_to_numpy(dense(rows))
np.testing.assert_array_equal(of_steps, of_dense, strict=True)

# %%
# If the layer takes a mask, it gets the part that belongs to the step. Here the
# steps are sentences of up to 4 words, and the mask is for the words.

texts = rng.integers(-9, 10, size=(2, 3, 4, 2)).astype("float32")
lengths = np.array([[4, 2, 1], [2, 4, 4]])  # (batch, sentences)
mask = np.arange(4) < lengths[..., np.newaxis]  # (batch, sentences, words)
mean = layers.GlobalAveragePooling1D()
y_mean = keras_time_distributed(mean, texts, mask=mask)
expected = time_distributed(mean_of_kept, texts, mask=mask)
np.testing.assert_array_equal(y_mean, np.float32(expected), strict=True)
passed_on = layers.TimeDistributed(mean).compute_mask(texts, mask)
np.testing.assert_equal(passed_on is mask, True)

# %%
# .. warning:: **Seen in Keras 3.15.1:** the mask is passed on unchanged, so it
#    still has an axis of words, although y has none. It does not fit y.
#
# .. warning:: **Seen in Keras 3.15.1:** ``TimeDistributed`` runs ``layer.call``
#    alone. An ``activity_regularizer`` then adds no loss, and after
#    ``quantize("int8")``, the int8 kernel is used without its scale.

dense.quantize("int8")
wrong = keras.ops.convert_to_numpy(layers.TimeDistributed(dense)(rows))
_, kernel_int8, _ = dense.get_weights()
expected = rows @ kernel_int8.astype("float64") + bias
np.testing.assert_array_equal(wrong, np.float32(expected), strict=True)
regularized = layers.TimeDistributed(layers.Dense(4, activity_regularizer="l2"))
regularized(rows)
np.testing.assert_equal(regularized.losses, [])

# %%
# Break it
# --------
# Would you put all steps into one batch, and call the layer once? ``Conv2D``
# gives the same. But in training, ``BatchNormalization`` uses the mean and
# variance of its batch, here that of a single step.


def standardize(x):  # (batch, features)
    return (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-3)


at_once = slide(x.reshape(6, 4, 5, 2), kernel, bias).reshape(y.shape)
np.testing.assert_array_equal(y, np.float32(at_once))
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
edges = time_distributed(slide, film, np.array([-1, 1]).reshape(1, 2, 1, 1), 0)
fig, axes = plt.subplots(2, 3, figsize=(6, 3), layout="constrained")
fig.suptitle("TimeDistributed(Conv2D): the same kernel on every image")
for t in range(3):
    for axis, images in zip(axes[:, t], (film, edges)):
        axis.imshow(images[0, t, :, :, 0], cmap="PuOr", vmin=-1.5, vmax=1.5)
        axis.set(xticks=[], yticks=[])
    axes[0, t].set(title=f"step {t + 1}")
axes[0, 0].set(ylabel="x")
axes[1, 0].set(ylabel="y")
plt.show()
