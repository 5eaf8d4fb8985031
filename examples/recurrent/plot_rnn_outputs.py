r"""
RNN outputs: return_sequences and return_state
==============================================

A layer that reads a text may have to answer once, at the end, or at each word.
By default, a recurrent layer returns its last output, (batch, units).
``return_sequences`` asks for all outputs, (batch, timesteps, units): the next
recurrent layer of a stack needs them. ``return_state`` adds the last states.

.. math::

   \text{default} &: h_T \\
   \text{return sequences} &: (h_1, \ldots, h_T) \\
   \text{return state} &: h_T, \; h_T, \; c_T \\
   \text{both} &: (h_1, \ldots, h_T), \; h_T, \; c_T

The input of an ``LSTM`` has the shape (batch, timesteps, features): write
``keras.Input((timesteps, features))``. T is the last of the timesteps. The
output is the hidden state h, so it may come twice. c is the cell state, which
``GRU`` and ``SimpleRNN`` do not have.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import lstm_cell  # one step: x, [h, c] to y, [h, c]

# %%
# Build it
# --------
# Two sequences, and 2 units. ``answer`` makes a layer with these weights.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 4, 3)).astype("float32")  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.normal(size=shape) for shape in shapes]


def answer(mask=None, **options):
    layer = keras.layers.LSTM(2, **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    results = keras.tree.flatten(layer(x, mask=mask))
    return [keras.ops.convert_to_numpy(result) for result in results]


y, h, c = answer(return_sequences=True, return_state=True)
print("y:", y.shape, "h:", h.shape, "c:", c.shape)

# %%
# Compute it
# ----------
# The loop keeps both states after each step. ``all_h`` is what
# ``return_sequences`` returns, and its last step is the default answer.

states = [np.zeros((2, 2)), np.zeros((2, 2))]  # h and c: (batch, units)
outputs = []
for t in range(4):
    output, states = lstm_cell(x[:, t], states, *weights)
    outputs.append(output)
all_h = np.stack(outputs, axis=1)  # (batch, steps, units)
last_h, last_c = states

# %%
# Check it
# --------
for actual, expected in [
    (answer(), [last_h]),
    (answer(return_sequences=True), [all_h]),
    (answer(return_state=True), [last_h, last_h, last_c]),
    ([y, h, c], [all_h, last_h, last_c]),
]:
    for pair in zip(actual, expected, strict=True):
        np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# The second sequence has 2 steps, then padding. Suppose you take the last
# output without a mask: the layer has read the padding. Pass ``mask=mask``, or
# see the page "RNN masks".

mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)  # (batch, steps)
right = answer(mask)[0]
np.testing.assert_allclose(right[1], all_h[1, 1], rtol=1e-4, atol=1e-4)
print("right:", right[1].round(2), "wrong:", h[1].round(2))
assert not np.allclose(right, h)

# %%
# See it
# ------
# The first sequence. The last row of y is h.

panels = [("x", x), ("y", y), ("h", h), ("c", c)]
fig, axes = plt.subplots(1, 4, figsize=(6, 3.4), width_ratios=[3, 2, 2, 2])
fig.suptitle("An LSTM: y, its outputs at all steps, and its last states")
for axis, (name, values) in zip(axes, panels):
    rows = np.atleast_2d(values[0])
    axis.imshow(rows, cmap="PuOr", vmin=-3, vmax=3)
    for (row, column), value in np.ndenumerate(rows):
        axis.text(column, row, f"{value:.1f}", ha="center", va="center")
    axis.set(title=f"{name}\n{values.shape}", xticks=[], yticks=[])
    axis.set(ylim=(len(rows) - 0.5, len(rows) - 4.5))
plt.show()
