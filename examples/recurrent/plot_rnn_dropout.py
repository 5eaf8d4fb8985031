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
# recurrent kernel is 0. If x is 1 everywhere, we see the mask / (1 - 0.75).


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


ones = np.ones((2, 4, 6), "float32")  # (batch, steps, features)
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
# We read the mask from the first step: the same seed draws the same mask. In
# training, a layer returns what it predicts for what is left of x.

kept = seen[:, 0] != 0  # (batch, features)
assert not np.all(kept)
x = rng.integers(-9, 10, size=(2, 4, 6)).astype("float32")
dropped = np.float32(drop_features(x, kept, rate=0.75))
tolerance = 1000 * np.finfo("float32").eps
for layer_class in (layers.SimpleRNN, layers.LSTM, layers.GRU):
    layer = layer_class(5, dropout=0.75, seed=3)
    y, expected = call(layer, x), call(layer, dropped, training=False)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# A layer draws a new mask for each batch. A cell on its own keeps its mask
# until you call ``reset_dropout_mask``: do so before each sequence.

layer = layer_that_shows_its_input(6)
masks = [call(layer, ones)[:, 0] for _ in range(3)]
step = x[:, 0]  # (batch, features)
for cell_class in (layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell):
    cell = cell_class(5, dropout=0.75, seed=3)
    states = cell.get_initial_state(batch_size=2)
    outputs = [call(cell, step, states), call(cell, step, states)]
    cell.reset_dropout_mask()
    outputs.append(call(cell, step, states))
    for y, mask in zip(outputs, (masks[0], masks[0], masks[1])):
        expected = call(cell, step * mask, states, training=False)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Predicting with
#    ``SimpleRNN``, ``LSTM`` and ``GRU`` draws a mask for dropout, too, without
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
# features at each step. (PyTorch's ``LSTM`` does so between stacked layers.)

wrong = call(layers.Dropout(0.75, seed=3), x)
print(f"{np.mean(dropped == wrong):.0%} of the entries are right")
assert np.any(dropped != wrong)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("LSTM dropout drops a feature at all steps, Dropout at some")
x = np.ones((1, 20, 10), "float32")
seen = call(layer_that_shows_its_input(10), x), call(layers.Dropout(0.75), x)
titles = "LSTM(dropout=0.75)", "Dropout(0.75) before an LSTM"
for axis, title, values in zip(axes, titles, seen):
    axis.imshow(values[0].T, cmap="PuOr", vmin=-8, vmax=8, aspect="auto")
    axis.set(title=title, xlabel="steps", ylabel="features")
plt.show()
