r"""
Recurrent dropout: a thinner kernel for each sample
===================================================

In training, ``recurrent_dropout`` drops units of the state h, the same ones at
each step. It is as if each sample had a recurrent kernel of its own, with rows
of zeros: other rows for each gate.

.. math:: (m \odot h_{t-1}) \; U = h_{t-1} \; \text{diag}(m) \, U

An entry of the mask m is 0 with the probability ``rate``, else 1 / (1 - rate).
It changes this product alone: ``LSTM`` drops nothing of c, and ``GRU`` mixes
all of h into its new state.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import gru, lstm, simple_rnn

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Layers of 4 units. We drop half of the features and a quarter of the units.

x = rng.normal(size=(2, 3, 6)).astype("float32")  # (batch, steps, features)


def keras_rnn(layer_class, **arguments):
    layer = layer_class(4, seed=3, **arguments)
    layer.build(x.shape)
    weights = [rng.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    return layer, weights


def call(layer, training):
    return keras.ops.convert_to_numpy(layer(x, training=training))


rates = {"dropout": 0.5, "recurrent_dropout": 0.25}

# %%
# Compute it
# ----------
# With the kernels of one sample, ``simple_rnn``, ``lstm`` and ``gru`` need to
# know nothing of dropout.


def thin(kernel, masks):
    """The kernel, or recurrent kernel, that one sample sees in training.

    kernel: (inputs, gates * units), masks: (gates, inputs), with entries of 0
    or 1 / (1 - rate). Returns an array in the shape of the kernel.
    """
    gates = np.split(kernel, len(masks), axis=1)
    rows = [mask[:, np.newaxis] * gate for mask, gate in zip(masks, gates)]
    return np.concatenate(rows, axis=1)


# %%
# Check it
# --------
# For each batch, Keras draws a mask of the features for each gate, then a mask
# of the units for each gate. The same seed draws the same masks.


def draw_masks(gates, size, rate, seed):  # (gates, batch, size)
    ones = keras.ops.ones((2, size))
    masks = [keras.random.dropout(ones, rate, seed=seed) for _ in range(gates)]
    return keras.ops.convert_to_numpy(keras.ops.stack(masks))


tolerance = 1000 * np.finfo("float32").eps
for layer_class, function, gates in (
    (layers.SimpleRNN, simple_rnn, 1),
    (layers.LSTM, lstm, 4),
    (layers.GRU, gru, 3),
):
    layer, (kernel, u, bias) = keras_rnn(layer_class, **rates)
    generator = keras.random.SeedGenerator(3)
    for _ in range(2):  # two batches
        y = call(layer, training=True)
        masks = draw_masks(gates, 6, 0.5, generator)  # of features
        unit_masks = draw_masks(gates, 4, 0.25, generator)
        for n in range(2):
            kernels = thin(kernel, masks[:, n]), thin(u, unit_masks[:, n])
            expected = function(x[n : n + 1], *kernels, bias)
            np.testing.assert_allclose(y[n], expected[0], tolerance, tolerance)
    predicted = call(layer, training=False)
    expected = function(x, kernel, u, bias)
    np.testing.assert_allclose(predicted, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``LSTM`` and ``GRU``
#    drop nothing with ``recurrent_dropout=1.0``.

for layer_class in (layers.LSTM, layers.GRU):
    layer, _ = keras_rnn(layer_class, recurrent_dropout=1.0)
    trained, predicted = call(layer, training=True), call(layer, training=False)
    np.testing.assert_allclose(trained, predicted, tolerance, tolerance)

# %%
# As of ``dropout``, these layers draw masks in predictions, too, only to
# ignore them. So what training drops depends on how many batches were
# predicted before.

for layer_class, gates in ((layers.SimpleRNN, 1), (layers.LSTM, 4)):
    layer, _ = keras_rnn(layer_class, **rates)
    call(layer, training=False)
    state = layer.cell.seed_generator.state  # the seed, and a count of draws
    state = keras.ops.convert_to_numpy(state)
    np.testing.assert_array_equal(state, [3, 2 * gates])

# %%
# Break it
# --------
# Would you use one mask for all gates? ``dropout`` alone does so. But with
# ``recurrent_dropout``, each gate has its own masks, also of the features.

masks, unit_masks = masks[[0, 0, 0]], unit_masks[[0, 0, 0]]  # of gate 0
kernels = thin(kernel, masks[:, 1]), thin(u, unit_masks[:, 1])
wrong = gru(x[1:], *kernels, bias)
assert not np.allclose(y[1], wrong[0])

# %%
# See it
# ------
# The recurrent kernel of an ``LSTM`` with 6 units, as two samples see it.

masks = draw_masks(4, 6, 0.5, keras.random.SeedGenerator(2))
kernel = rng.normal(size=(6, 24))
fig, axes = plt.subplots(2, 1, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Recurrent dropout sets rows to zero, for each sample and gate")
for n, axis in enumerate(axes):
    axis.imshow(thin(kernel, masks[:, n]), cmap="PuOr", vmin=-5, vmax=5)
    axis.vlines([5.5, 11.5, 17.5], -0.5, 5.5, "k")
    axis.set(ylabel=f"sample {n}", yticks=[])
    axis.set_xticks([2.5, 8.5, 14.5, 20.5], ["i", "f", "g", "o"])
plt.show()
