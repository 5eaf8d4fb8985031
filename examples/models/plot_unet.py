r"""
U-Net: encoder, decoder and skip connections in NumPy
=====================================================

Semantic segmentation asks of each pixel what it belongs to. A U-Net makes an
image smaller to see what it shows, and larger again to say where. With Keras'
weights, NumPy computes the same in each block.

.. math::

   d_1 &= \text{block}(x), \quad u_3 = d_3 \\
   d_i &= \text{block}(\text{pool}(d_{i-1})) \\
   u_i &= \text{block}([d_i, \text{up}(u_{i+1})]) \\
   y &= \text{sigmoid}(W u_1 + c)

The encoder goes down from :math:`d_1` to :math:`d_3`, the decoder up from
:math:`u_3` to :math:`u_1`. A block is twice ``Conv2D``, ``BatchNormalization``
and ``ReLU``. "pool" is ``MaxPooling2D``, "up" is ``Conv2DTranspose``, [a, b] is
a skip connection. The last ``Conv2D``, of single pixels, has the kernel W and
the bias c.
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
# A skip connection joins the channels of two outputs of the same size. Pooling
# halves the size twice, so height and width must be divisible by 4. Else
# ``Concatenate`` raises an error. The last layer says yes or no to each pixel.
# For several classes, end in ``Conv2D(classes, 1, activation="softmax")``.


def keras_block(x, filters):
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return x


inputs = keras.Input((16, 16, 3))  # (height, width, channels)
d_1 = keras_block(inputs, 4)
d_2 = keras_block(layers.MaxPooling2D()(d_1), 8)
d_3 = keras_block(layers.MaxPooling2D()(d_2), 16)
larger = layers.Conv2DTranspose(8, 2, strides=2)(d_3)
u_2 = keras_block(layers.Concatenate()([d_2, larger]), 8)
larger = layers.Conv2DTranspose(4, 2, strides=2)(u_2)
u_1 = keras_block(layers.Concatenate()([d_1, larger]), 4)
y = layers.Conv2D(1, 1, activation="sigmoid")(u_1)
model = keras.Model(inputs, [d_1, d_2, d_3, u_2, u_1, y])
to_train = keras.Model(inputs, y)  # the same weights, the mask alone
to_train.compile("adam", loss="binary_crossentropy")

# %%
# Random numbers replace the weights: many are 0 or 1 in a new model, and would
# hide mistakes. (A variance is positive.)

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 16, 16, 3)).astype("float32")  # (batch, H, W, channels)
for variable in model.weights:
    least = 0.25 if variable.name == "moving_variance" else -0.75
    variable.assign(rng.uniform(least, least + 1.5, size=variable.shape))
outputs = list(map(keras.ops.convert_to_numpy, model(x)))

# %%
# Compute it
# ----------
# The weights come in the order in which the layers were made. ``next`` takes
# one after the other.


def block(x, weights):
    for _ in range(2):
        x = conv(x, next(weights), next(weights), padding="same")
        x = batch_normalization(x, *[next(weights) for _ in range(4)])
        x = np.maximum(x, 0)
    return x


def up(x, weights):
    return conv_transpose(x, next(weights), next(weights), strides=2)


# %%
# Down, up again, and a mask: a number from 0 to 1 for each pixel.


def unet(x, weights):
    weights = iter(weights)
    d_1 = block(x, weights)
    d_2 = block(max_pooling2d(d_1), weights)
    d_3 = block(max_pooling2d(d_2), weights)
    u_2 = block(np.concatenate([d_2, up(d_3, weights)], axis=-1), weights)
    u_1 = block(np.concatenate([d_1, up(u_2, weights)], axis=-1), weights)
    return d_1, d_2, d_3, u_2, u_1, sigmoid(conv(u_1, *weights))


# %%
# Check it
# --------
# The largest error of a block is divided by the block's largest output.

weights = model.get_weights()
expected = unet(x, weights)
pairs = zip(outputs, expected, strict=True)
errors = [np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in pairs]
np.testing.assert_array_less(errors, 1e-4)

# %%
# Break it
# --------
# Some U-Nets join ``[up(u_2), d_1]``. The shapes are the same, but the next
# kernel expects the channels of the skip connection first. To load their
# weights, exchange the two parts of that kernel's input channels.

d_1, _, _, u_2, right, _ = expected
after = iter(weights[-16:])  # those behind u_2
wrong = block(np.concatenate([up(u_2, after), d_1], axis=-1), after)
print("right:", right[0, 8, 8].round(2), "wrong:", wrong[0, 8, 8].round(2))
assert not np.allclose(wrong, right)
last = weights[-16:]
last[2] = np.roll(last[2], 4, axis=2)  # exchanges the parts, of 4 channels each
after = iter(last)
mended = block(np.concatenate([up(u_2, after), d_1], axis=-1), after)
np.testing.assert_allclose(mended, right, rtol=1e-4, atol=1e-4 * np.max(right))

# %%
# See it
# ------
# The horizontal arrows are the skip connections.

names = ["x", "d 1", "d 2", "d 3", "u 2", "u 1", "y"]
places = np.array([(0, 3), (0, 2), (0, 1), (1, 0), (2, 1), (2, 2), (2, 3)])
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3), layout="constrained")
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
