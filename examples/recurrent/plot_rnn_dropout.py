r"""
LSTM dropout and recurrent_dropout: one mask for all steps
==========================================================

Noise that changes at each step would wipe out what a layer remembers. So in
training, ``dropout`` sets some features of the input x to zero, the same at all
steps of a sample (*variational dropout*). ``recurrent_dropout`` does this to
the old state h where it meets the recurrent kernel U. Predicting drops nothing.

.. math:: z_t = (m \odot x_t) \, W + (r \odot h_{t-1}) \, U + b

This is the sum inside ``SimpleRNN``, with its kernel W and bias b. An entry of
the masks m and r is 0 with the probability of its rate, else 1 / (1 - rate). If
an ``LSTM`` or ``GRU`` has ``recurrent_dropout``, each gate draws its own m and
r, and cuDNN cannot run it: slower on a GPU. ``ConvLSTM`` drops single pixels.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# With ``training=True``, about half of the features and a quarter of the units
# drop, by chance.

x = rng.normal(size=(2, 5, 6)).astype("float32")  # (batch, steps, features)
weights = [rng.normal(size=shape) for shape in [(6, 4), (4, 4), (4,)]]
rates = {"dropout": 0.5, "recurrent_dropout": 0.25}
layer = layers.SimpleRNN(4, seed=3, **rates)
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x, training=True))

# %%
# Compute it
# ----------
# A generator of the same seed draws the same masks: first that of the features,
# then that of the units. They are the same in all steps.

generator = keras.random.SeedGenerator(3)
m = keras.random.dropout(keras.ops.ones((2, 6)), 0.5, seed=generator)
r = keras.random.dropout(keras.ops.ones((2, 4)), 0.25, seed=generator)
m, r = map(keras.ops.convert_to_numpy, (m, r))
kernel, recurrent_kernel, bias = weights
h = np.zeros((2, 4))  # (batch, units)
for t in range(5):
    h = np.tanh((m * x[:, t]) @ kernel + (r * h) @ recurrent_kernel + bias)

# %%
# Check it
# --------

np.testing.assert_allclose(y, h, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Predicting with
#    ``SimpleRNN``, ``LSTM`` and ``GRU`` draws masks, too, without using them.
#    So a prediction between two training steps changes what the second step
#    drops, even with a seed.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``LSTM`` and ``GRU``
#    drop nothing with ``recurrent_dropout=1.0``, nor do ``ConvLSTM1D``,
#    ``ConvLSTM2D`` and ``ConvLSTM3D`` with ``dropout=1.0``.

layer(x, training=False)
state = keras.ops.convert_to_numpy(layer.cell.seed_generator.state)
np.testing.assert_array_equal(state, [3, 4])  # the seed, and 4 masks drawn
images = x.reshape(2, 5, 6, 1)
for all_of_it, inputs in [
    (layers.LSTM(2, recurrent_dropout=1.0), x),
    (layers.GRU(2, recurrent_dropout=1.0), x),
    (layers.ConvLSTM1D(2, 3, dropout=1.0), images),
]:
    ways = [all_of_it(inputs, training=training) for training in (True, False)]
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, ways), 1e-4)

# %%
# Break it
# --------
# Suppose you write ``Dropout(0.5)`` before an ``LSTM``, as PyTorch does between
# its layers, not ``LSTM(2, dropout=0.5)``. Each step loses other features.
# (With ``noise_shape=(None, 1, None)``, ``Dropout`` has one mask for all, too.)
right = np.ones((2, 20, 6), "float32") * m[:, np.newaxis]
shapes = None, (None, 1, None)  # of the masks: (batch, steps, features)
drops = [layers.Dropout(0.5, noise_shape=shape, seed=3) for shape in shapes]
results = [drop(np.ones_like(right), training=True) for drop in drops]
wrong, same = map(keras.ops.convert_to_numpy, results)
print("right:", right[0, :2], "wrong:", wrong[0, :2], sep="\n")
assert np.any(wrong != wrong[:, :1]) and np.all(same == same[:, :1])

# %%
# See it
# ------
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("LSTM dropout drops a feature at all steps, Dropout at some")
titles = "LSTM(dropout=0.5)", "Dropout(0.5) before an LSTM"
for axis, title, values in zip(axes, titles, (right, wrong)):
    axis.imshow(values[0].T, cmap="PuOr", vmin=-4, vmax=4, aspect="auto")
    axis.set(title=title, xlabel="steps", ylabel="features")
plt.show()
