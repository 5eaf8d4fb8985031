r"""
LSTM dropout: the same features at every step
=============================================

In training, ``dropout`` sets some features of the input to zero. ``SimpleRNN``,
``LSTM`` and ``GRU`` choose them once for each sample, and drop them at every
step. Predicting drops nothing.

.. math:: x'_{n,t,k} = \frac{m_{n,k} \; x_{n,t,k}}{1 - \text{rate}}

The mask m does not depend on the step t. It is 0 with the probability ``rate``,
else 1. The division keeps the mean of x.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A ``SimpleRNN`` that returns its input: the kernel is the identity, and the
# recurrent kernel is 0. Here x is 1 everywhere, so we see the mask, divided by
# 1 - 0.75.


def layer_that_shows_its_input(features):
    return layers.SimpleRNN(
        features,
        activation="linear",
        kernel_initializer="identity",
        recurrent_initializer="zeros",
        return_sequences=True,
        dropout=0.75,
        seed=3,
    )


def call(layer, *inputs, training=True):
    result = layer(*inputs, training=training)
    y = result[0] if isinstance(result, tuple) else result  # of a cell, or not
    return keras.ops.convert_to_numpy(y)


ones = np.ones((3, 4, 6), "float32")  # (batch, steps, features)
seen = call(layer_that_shows_its_input(6), ones)
print(seen[0])

# %%
# Compute it
# ----------


def drop_features(x, kept, rate):
    """What a recurrent layer sees of x in training (Gal and Ghahramani, 2016).

    x: (batch, steps, features), kept: (batch, features), False for features to
    drop. Returns an array in the shape of x.
    """
    return np.where(kept[:, np.newaxis], x / (1 - rate), 0)


# %%
# Check it
# --------
# We read the mask from the first step, and use it for all steps of another x:
# the same seed draws the same mask. About 75 % of 10,000 features are dropped.

kept = seen[:, 0] != 0  # (batch, features)
x = rng.integers(-9, 10, size=(3, 4, 6)).astype("float32")
dropped = np.float32(drop_features(x, kept, rate=0.75))
y = call(layer_that_shows_its_input(6), x)
np.testing.assert_array_equal(y, dropped, strict=True)
y = call(layer_that_shows_its_input(6), x, training=False)
np.testing.assert_array_equal(y, x, strict=True)
many = call(layer_that_shows_its_input(100), np.ones((100, 1, 100)))
np.testing.assert_allclose(np.mean(many == 0), 0.75, atol=0.05)

# %%
# All three layers equal a layer without dropout that reads what is left of x.
# ``SpatialDropout1D`` drops the same, so it can stand before a layer instead.

tolerance = 1000 * np.finfo("float32").eps
y = call(layers.SpatialDropout1D(0.75, seed=3), x)
np.testing.assert_array_equal(y, dropped, strict=True)
for layer_class in (layers.SimpleRNN, layers.LSTM, layers.GRU):
    plain, layer = layer_class(5), layer_class(5, dropout=0.75, seed=3)
    plain.build(x.shape)
    layer.build(x.shape)
    layer.set_weights(plain.get_weights())
    y = call(layer, x)
    np.testing.assert_allclose(y, call(plain, dropped), tolerance, tolerance)
    y = call(layer, x, training=False)
    np.testing.assert_allclose(y, call(plain, x), tolerance, tolerance)

# %%
# A layer draws a new mask for each batch. A cell on its own keeps its mask
# until you call ``reset_dropout_mask``: do so before each sequence.

layer = layer_that_shows_its_input(6)
masks = [call(layer, ones)[:, 0] for _ in range(3)]
step = x[:, 0]  # (batch, features)
for cell_class in (layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell):
    plain, cell = cell_class(5), cell_class(5, dropout=0.75, seed=3)
    plain.build(step.shape)
    cell.build(step.shape)
    cell.set_weights(plain.get_weights())
    states = cell.get_initial_state(batch_size=3)
    outputs = [call(cell, step, states), call(cell, step, states)]
    cell.reset_dropout_mask()
    outputs.append(call(cell, step, states))
    for y, mask in zip(outputs, (masks[0], masks[0], masks[1])):
        expected = call(plain, step * mask, states)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** predicting draws a mask, too, without
#    using it. So a prediction between two training steps changes what the
#    second step drops, even with a seed.

layer = layer_that_shows_its_input(6)
call(layer, ones)  # draws the first mask
call(layer, ones, training=False)  # the second
np.testing.assert_array_equal(call(layer, ones)[:, 0], masks[2])

# %%
# Break it
# --------
# Would you put a ``Dropout`` layer before the ``LSTM`` instead? It drops other
# features at each step. (So does the ``dropout`` of PyTorch's ``LSTM``, which
# stands between stacked layers.)

wrong = call(layers.Dropout(0.75, seed=3), x)
print(f"{np.mean(dropped == wrong):.0%} of the entries are right")
assert np.any(dropped != wrong)

# %%
# See it
# ------

panels = [
    ("LSTM(dropout=0.75)", layer_that_shows_its_input(10)),
    ("Dropout(0.75) before an LSTM", layers.Dropout(0.75, seed=3)),
]
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("LSTM dropout drops a feature at all steps, Dropout at some")
for axis, (title, layer) in zip(axes, panels):
    seen = call(layer, np.ones((1, 20, 10), "float32"))[0]  # (steps, features)
    axis.imshow(seen.T, cmap="PuOr", vmin=-8, vmax=8, aspect="auto")
    axis.set(title=title, xlabel="steps", xticks=[], yticks=[])
axes[0].set(ylabel="features")
plt.show()
