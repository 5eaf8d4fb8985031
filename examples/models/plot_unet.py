r"""
U-Net: encoder, decoder and skip connections in NumPy
=====================================================

A U-Net makes an image smaller to see what it shows, and larger again to say
where. With Keras' weights, NumPy computes the same in each block.

.. math::

   d_1 &= \text{block}(x), \quad u_3 = d_3 \\
   d_i &= \text{block}(\text{pool}(d_{i-1})) \\
   u_i &= \text{block}([d_i, \text{up}(u_{i+1})]) \\
   y &= \text{sigmoid}(W u_1 + c)

A block is twice ``Conv2D``, ``BatchNormalization`` and ``ReLU``. "pool" is
``MaxPooling2D``, "up" is ``Conv2DTranspose``, [a, b] is a skip connection.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import batch_normalization, max_pooling2d, sigmoid
from keras_by_hand.layers.convolution import conv, conv_transpose

# %%
# Build it
# --------
# A skip connection joins the channels of two outputs of the same size.


def keras_unet(dtype):
    def block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same")(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return x

    keras.config.set_dtype_policy(dtype)
    x = keras.Input((16, 16, 3))  # (height, width, channels)
    down_1 = block(x, 4)
    down_2 = block(layers.MaxPooling2D()(down_1), 8)
    bottom = block(layers.MaxPooling2D()(down_2), 16)
    larger = layers.Conv2DTranspose(8, 2, strides=2)(bottom)
    up_2 = block(layers.Concatenate()([down_2, larger]), 8)
    larger = layers.Conv2DTranspose(4, 2, strides=2)(up_2)
    up_1 = block(layers.Concatenate()([down_1, larger]), 4)
    y = layers.Conv2D(1, 1, activation="sigmoid")(up_1)
    return keras.Model(x, [down_1, down_2, bottom, up_2, up_1, y])


# %%
# Compute it
# ----------


def block(x, weights):
    """Twice Conv2D, BatchNormalization and ReLU; weights: an iterator."""
    for _ in range(2):
        x = conv(x, next(weights), next(weights), padding="same")
        x = batch_normalization(x, *[next(weights) for _ in range(4)])
        x = np.maximum(x, 0)
    return x


def unet(x, weights):
    """A U-Net with two steps down and up (Ronneberger et al., 2015).

    x: (batch, rows, columns, channels), rows and columns multiples of 4,
    weights: as in get_weights(). Returns the outputs of the five blocks, and y.
    """
    weights = iter(weights)
    down_1 = block(x, weights)
    down_2 = block(max_pooling2d(down_1), weights)
    bottom = block(max_pooling2d(down_2), weights)
    larger = conv_transpose(bottom, next(weights), next(weights), strides=2)
    up_2 = block(np.concatenate([down_2, larger], axis=-1), weights)
    larger = conv_transpose(up_2, next(weights), next(weights), strides=2)
    up_1 = block(np.concatenate([down_1, larger], axis=-1), weights)
    return down_1, down_2, bottom, up_2, up_1, sigmoid(conv(up_1, *weights))


# %%
# Check it
# --------
# An error is the largest of a block, divided by the block's largest output.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 16, 16, 3)).astype("float32")
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_unet(dtype)
    weights = []
    for weight in model.weights:
        more = weight.name == "moving_variance"  # positive: 0.25 to 1.75
        weights.append(rng.integers(-24, 25, size=weight.shape) / 32 + more)
    model.set_weights(weights)
    expected = unet(x, weights)
    pairs = zip(map(keras.ops.convert_to_numpy, model(x)), expected)
    errors = [np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in pairs]
    np.testing.assert_array_less(errors, 1000 * np.finfo(dtype).eps)

# %%
# Break it
# --------
# Would you join ``[larger, down_1]``, as some U-Nets do? The shapes are the
# same, but the next kernel expects the channels of the skip connection first.

down_1, _, _, up_2, up_1, _ = expected
larger = conv_transpose(up_2, *weights[-16:-14], strides=2)
wrong = block(np.concatenate([larger, down_1], axis=-1), iter(weights[-14:]))
assert not np.allclose(wrong, up_1)

# %%
# See it
# ------
# The horizontal arrows are the skip connections.

names = ["x", "down 1", "down 2", "bottom", "up 2", "up 1", "y"]
places = np.array([(0, 3), (0, 2), (0, 1), (1, 0), (2, 1), (2, 2), (2, 3)])
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3))
for name, place, output in zip(names, places, [x, *expected]):
    text = f"{name}\n{' × '.join(map(str, output.shape[1:]))}"
    left.text(*place, text, ha="center", va="center", bbox={"alpha": 0.1})
for a, b in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (1, 5), (2, 4)]:
    ends = np.linspace(places[b], places[a], 4)[1:3]
    left.annotate("", *ends, arrowprops={"arrowstyle": "->", "color": "C0"})
left.set(title="U-Net: its blocks", xlim=(-0.4, 2.4), ylim=(-0.3, 3.3))
left.axis("off")
right.semilogy(names[1:], errors, "o-")
right.set(title="Largest relative error in float32", ylim=(1e-8, 1e-5))
plt.show()
