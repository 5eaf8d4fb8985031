r"""
RNN: the loop around every recurrent cell
=========================================

``SimpleRNN``, ``LSTM`` and ``GRU`` are one loop around different cells. The
loop reads backwards if asked to, skips masked steps, and collects the outputs.

.. math::

   y_t, s_t = \begin{cases} \text{cell}(x_t, s_{t-1}) & \text{if } m_t \\
   y_{t-1}, s_{t-1} & \text{if masked} \end{cases}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A ``SimpleRNN`` without an activation, so that whole numbers stay whole.

x = rng.integers(-9, 10, size=(2, 4, 3))  # (batch, steps, features)
mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)  # (batch, steps)
shapes = [(3, 4), (4, 4), (4,)]  # kernel, recurrent kernel and bias: 4 units
weights = [rng.integers(-5, 6, size=shape) for shape in shapes]


def keras_simple_rnn(mask=None, initial_state=None, **arguments):
    layer = keras.layers.SimpleRNN(4, "linear", return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    y, state = layer(np.float32(x), mask=mask, initial_state=initial_state)
    return keras.ops.convert_to_numpy(y), keras.ops.convert_to_numpy(state)


y, _ = keras_simple_rnn(mask, return_sequences=True)
print(y[0])

# %%
# Compute it
# ----------
# In each step, the cell computes a new state. At a masked step, the loop keeps
# the old one. The output of this cell is its state, so it stays the same, too.

kernel, recurrent_kernel, bias = weights
state = np.zeros((2, 4))  # (batch, units)
outputs = []
for t in range(4):
    new_state = x[:, t] @ kernel + state @ recurrent_kernel + bias  # the cell
    state = np.where(mask[:, t, np.newaxis], new_state, state)
    outputs.append(state)
all_outputs = np.stack(outputs, axis=1)  # (batch, steps, units)

# %%
# In the whole layer, ``rnn`` is the loop, for any cell: a function of a step
# and a list of states. It can also read backwards, and output 0 at masked
# steps.

from keras_by_hand import simple_rnn

# %%
# Check it
# --------
# With ``go_backwards``, the outputs come in reverse: the last step first.

np.testing.assert_array_equal(y, np.float32(all_outputs), strict=True)

cases = [
    {"initial_state": [np.ones((2, 4), "float32")]},
    {"mask": mask, "return_sequences": True, "go_backwards": True},
    {"mask": mask, "return_sequences": True, "zero_output_for_mask": True},
]
options = {"activation": np.positive, "return_state": True}  # no activation
for case in cases:
    expected = simple_rnn(x, *weights, **options, **case)
    for pair in zip(keras_simple_rnn(**case), map(np.float32, expected)):
        np.testing.assert_array_equal(*pair, strict=True)

# %%
# Break it
# --------
# Would you expect a masked step to output 0? It repeats the last output, unless
# you ask for ``zero_output_for_mask``. Only before the first step is it 0.

wrong = np.where(mask[..., np.newaxis], y, 0)
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# One unit that adds 1 at each step. At masked steps it waits.

options = {"mask": mask, "activation": np.positive, "return_sequences": True}
counts = simple_rnn(np.ones((2, 4, 1)), np.eye(1), np.eye(1), **options)
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.imshow(~mask, cmap="Greys", vmax=3)
for (row, column), value in np.ndenumerate(counts[..., 0]):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.set(title="At a masked step (grey), an RNN repeats its last output")
axis.set(xlabel="steps", ylabel="sequences", xticks=range(4), yticks=[])
plt.show()
