r"""
RNN outputs: return_sequences and return_state
==============================================

A recurrent layer returns its last output. With ``return_sequences`` it returns
the outputs of all steps, and with ``return_state`` it adds its last states.

.. math::

   \text{default} &: h_T \\
   \text{return sequences} &: (h_1, \ldots, h_T) \\
   \text{return state} &: h_T, \; h_T, \; c_T \\
   \text{both} &: (h_1, \ldots, h_T), \; h_T, \; c_T

T is the last step, and the output is the state h. Only ``LSTM`` has a c.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import gru_cell, lstm_cell, simple_rnn_cell

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 4 steps with 3 features, and 2 units.

x = rng.normal(size=(2, 4, 3)).astype("float32")  # (batch, steps, features)


def keras_outputs(layer, weights, x, mask=None):
    layer.build(x.shape)
    layer.set_weights(weights)
    results = keras.tree.flatten(layer(x, mask=mask))
    return [keras.ops.convert_to_numpy(result) for result in results]


shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
lstm = layers.LSTM(2, return_sequences=True, return_state=True)
y, h, c = keras_outputs(lstm, weights, x)
print("y:", y.shape, "h:", h.shape, "c:", c.shape)

# %%
# Compute it
# ----------
# A loop keeps the states after each step. The layer returns a part of them.


def all_states(cell, x, states, weights):
    """The states after each step, for cell(step, states, *weights).

    x: (batch, steps, features), states: [h] or [h, c], each (batch, units).
    Returns a list of (batch, steps, units).
    """
    history = []
    for t in range(x.shape[1]):
        _, states = cell(x[:, t], states, *weights)
        history.append(states)
    return [np.stack(state, axis=1) for state in zip(*history)]


def outputs_of(states, return_sequences=False, return_state=False):
    """What a recurrent layer returns of all its states, as a list.

    states: [h] or [h, c], each (batch, steps, units).
    """
    last = [state[:, -1] for state in states]  # each (batch, units)
    y = states[0] if return_sequences else last[0]
    return [y, *last] if return_state else [y]


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
zeros = np.zeros((2, 2))  # (batch, units)
sequences, state = {"return_sequences": True}, {"return_state": True}
for layer_class, cell, start, shapes in (
    (layers.SimpleRNN, simple_rnn_cell, [zeros], [(3, 2), (2, 2), (2,)]),
    (layers.GRU, gru_cell, [zeros], [(3, 6), (2, 6), (2, 6)]),
    (layers.LSTM, lstm_cell, [zeros, zeros], [(3, 8), (2, 8), (8,)]),
):
    drawn = [rng.normal(size=shape) for shape in shapes]
    states = all_states(cell, x, start, drawn)
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        for way in ({}, sequences, state, sequences | state):
            actual = keras_outputs(layer_class(2, dtype=dtype, **way), drawn, x)
            expected = outputs_of(states, **way)
            for pair in zip(actual, expected, strict=True):
                np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# The last step of y is h. With a mask, too: a masked step repeats the output.

mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)  # (batch, steps)
y_masked, h_masked, _ = keras_outputs(lstm, weights, x, mask)
np.testing.assert_array_equal(y_masked[:, -1], h_masked, strict=True)

# %%
# Break it
# --------
# The second sequence has 2 steps, then 2 steps of padding. Would you take the
# last output without giving a mask? The layer has read the padding, too.

print("right:", h_masked[1].round(2), "wrong:", h[1].round(2))
assert not np.allclose(h_masked, h)

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
        text = f"{value:.2f}"
        axis.text(column, row, text, ha="center", va="center", color="k")
    axis.set(title=f"{name}\n{values.shape}", xticks=[], yticks=[])
    axis.set(ylim=(len(rows) - 0.5, len(rows) - 4.5))
plt.show()
