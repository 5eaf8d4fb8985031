r"""
ConvLSTM dropout: single pixels, a mask for each gate
=====================================================

In training, the ``ConvLSTM`` layers drop single pixels of single channels, the
same ones at each step. Each gate has masks of its own, for x and the state h.

.. math:: z_k = (m_k \odot x_t) * W_k + (r_k \odot h_{t-1}) * U_k

Here k is a gate: i, f, g or o. The masks m and r are 0 with the probability of
their rate, else 1 / (1 - rate).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import sigmoid
from keras_by_hand.layers.convolution import conv

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Layers of 2 filters. We drop a quarter of x, and three quarters of h.


def keras_conv_lstm(layer_class, size, shape, **arguments):
    layer = layer_class(2, size, seed=3, **arguments)
    layer.build(shape)
    weights = [rng.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    return layer, weights


def call(layer, x, training):
    return keras.ops.convert_to_numpy(layer(x, training=training))


rates = {"dropout": 0.25, "recurrent_dropout": 0.75}

# %%
# Compute it
# ----------


def convolve_gates(x, kernel, masks, padding="valid"):
    """A convolution in which each gate sees x through its own mask.

    x: (batch, *space, channels), kernel: (*size, channels, gates * filters),
    masks: (gates, *x.shape). Returns (batch, *positions, gates * filters).
    """
    parts = zip(masks, np.split(kernel, len(masks), axis=-1))
    y = [conv(mask * x, part, padding=padding) for mask, part in parts]
    return np.concatenate(y, axis=-1)


def read_with_dropout(x, kernel, recurrent_kernel, bias, masks, state_masks):
    """A ConvLSTM layer in training, with its default arguments.

    x: (batch, steps, *space, channels), masks: (4, batch, *space, channels),
    state_masks: (4, batch, *positions, filters). Returns the last output.
    """
    h = c = np.zeros_like(state_masks[0])
    for t in range(x.shape[1]):
        z = convolve_gates(x[:, t], kernel, masks) + bias
        z = z + convolve_gates(h, recurrent_kernel, state_masks, "same")
        i, f, g, o = np.split(z, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


# %%
# Check it
# --------
# Keras draws four masks for the frame, then four for the state.


def draw_masks(shape, rate, generator):
    ones = keras.ops.ones(shape)
    masks = [keras.random.dropout(ones, rate, seed=generator) for _ in "ifgo"]
    return keras.ops.convert_to_numpy(keras.ops.stack(masks))


tolerance = 1000 * np.finfo("float32").eps
for layer_class, size, shape in (
    (layers.ConvLSTM1D, (2,), (2, 3, 5, 3)),
    (layers.ConvLSTM2D, (2, 3), (2, 3, 4, 5, 3)),
    (layers.ConvLSTM3D, (2, 3, 1), (2, 3, 4, 5, 2, 3)),
):
    layer, weights = keras_conv_lstm(layer_class, size, shape, **rates)
    x = rng.normal(size=shape).astype("float32")
    y = call(layer, x, training=True)
    generator = keras.random.SeedGenerator(3)
    masks = draw_masks(x[:, 0].shape, 0.25, generator)
    state_masks = draw_masks(y.shape, 0.75, generator)
    expected = read_with_dropout(x, *weights, masks, state_masks)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    predicted = call(layer, x, training=False)
    ones = np.ones_like(masks), np.ones_like(state_masks)
    expected = read_with_dropout(x, *weights, *ones)
    np.testing.assert_allclose(predicted, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With ``dropout=1.0``,
#    ``ConvLSTM1D``, ``ConvLSTM2D`` and ``ConvLSTM3D`` drop nothing.

layer, _ = keras_conv_lstm(layers.ConvLSTM3D, size, shape, dropout=1.0)
both = [call(layer, x, training) for training in (True, False)]
np.testing.assert_allclose(*both, tolerance, tolerance)

# %%
# Break it
# --------
# Would you expect whole channels to be dropped, as ``SpatialDropout2D`` does?

whole = np.broadcast_to(masks[:, :, :1, :1, :1], masks.shape)  # of one pixel
wrong = read_with_dropout(x, *weights, whole, state_masks)
assert not np.allclose(y, wrong)

# %%
# See it
# ------

masks = draw_masks((12, 12), 0.5, keras.random.SeedGenerator(3))
fig, axes = plt.subplots(1, 4, figsize=(6, 2), layout="constrained")
fig.suptitle("What each gate of a ConvLSTM2D sees of a frame: dropout=0.5")
for axis, name, mask in zip(axes, "ifgo", masks):
    axis.imshow(mask, cmap="PuOr", vmin=-5, vmax=5)
    axis.set(title=f"gate {name}", xticks=[], yticks=[])
plt.show()
