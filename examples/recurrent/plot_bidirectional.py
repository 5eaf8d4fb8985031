r"""
Bidirectional: one layer reads forwards, another backwards
==========================================================

What a word means may depend on the words after it. ``Bidirectional`` runs two
copies of a recurrent layer: one reads from the first step to the last, the
other from the last to the first. Their outputs stand side by side. With
``merge_mode`` "sum", "mul" or "ave", they are added, multiplied or averaged.
With None, the layer returns both.

.. math::

   f_t &= \text{forward}(x_t, f_{t-1}) \\
   b_t &= \text{backward}(x_t, b_{t+1}) \\
   y_t &= (f_t, b_t)

At step t, f has read the steps up to t, and b those from t on. By default, the
layer returns the last f and the *first* b: both have read all steps. Here it is
a bidirectional LSTM, or BiLSTM.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import lstm, lstm_cell  # lstm_cell: one step of lstm

# %%
# Build it
# --------
# Two sequences, and 2 units in each direction. Weights and states are those of
# the forward layer, then those of the backward layer.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)] * 2  # kernel, recurrent kernel, bias: twice
weights = [rng.normal(size=shape) for shape in shapes]
h, c, h_back, c_back = start = list(rng.normal(size=(4, 2, 2)))
layer = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x, initial_state=start))

# %%
# Compute it
# ----------
# One loop reads forwards, one backwards, with its own weights and states. In
# ``bidirectional``, the second layer may be another one (``backward_layer``).

f, b = np.zeros((2, 3, 2)), np.zeros((2, 3, 2))  # (batch, steps, units)
states = [h, c]
for t in range(3):
    f[:, t], states = lstm_cell(x[:, t], states, *weights[:3])
states = [h_back, c_back]
for t in reversed(range(3)):
    b[:, t], states = lstm_cell(x[:, t], states, *weights[3:])

from keras_by_hand import bidirectional

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Bidirectional`` does
#    nothing with its argument ``weights``. Use ``set_weights``.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, error:** A stateful
#    ``Bidirectional`` with ``return_state`` raises a TypeError.

np.testing.assert_allclose(y, np.dstack([f, b]), rtol=1e-4, atol=1e-4)
default = layers.Bidirectional(layers.LSTM(2), weights=weights)
default.build(x.shape)
assert not np.allclose(default.get_weights()[2], weights[2])
stateful = layers.LSTM(2, stateful=True, return_state=True)
np.testing.assert_raises(TypeError, layers.Bidirectional(stateful), x)

# %%
# Break it
# --------
# Suppose you take the last of all outputs for the default output: there, the
# backward layer has read one step only. Or suppose you pass the states in the
# order of PyTorch: both h, then both c. In Keras they are h, c, h', c'.
default.set_weights(weights)
right = keras.ops.convert_to_numpy(default(x, initial_state=start))
pytorch_order = [h, h_back, c, c_back]
wrong = keras.ops.convert_to_numpy(default(x, initial_state=pytorch_order))
of_numpy = bidirectional(lstm, x, *weights, initial_state=start)
for expected in (of_numpy, np.hstack([f[:, -1], b[:, 0]])):
    np.testing.assert_allclose(right, expected, rtol=1e-4, atol=1e-4)
print("right:", right[0].round(2))
print("wrong, last step:", y[0, -1].round(2))
print("wrong, order of states:", wrong[0].round(2))
assert not np.allclose(right, y[:, -1]) and not np.allclose(right, wrong)

# %%
# See it
# ------
# Circled: the default output, for which each layer has read all six steps.
steps = np.arange(1, 7)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.plot(steps, steps, ".-", steps, steps[::-1], ".-")
axis.plot([6, 1], [6, 6], "ko", fillstyle="none", markersize=12, clip_on=False)
axis.set(title="How many steps each half has read", xlabel="step")
axis.legend(["forward", "backward"])
plt.show()
