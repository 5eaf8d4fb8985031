r"""
StackedRNNCells: cells on top of each other
===========================================

``StackedRNNCells`` makes one cell of several: in each step, each cell reads the
output of the cell before it. ``RNN`` makes a stack of a list of cells.

.. math::

   y_t, s_t &= \text{cell}_1(x_t, s_{t-1}) \\
   z_t, r_t &= \text{cell}_2(y_t, r_{t-1})

The stack outputs z, and its states are a list of lists: one list for each cell.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import RNN, LSTMCell, SimpleRNNCell, StackedRNNCells

from keras_by_hand import rnn, simple_rnn_cell

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two cells of 4 and 2 units, without an activation.

x = rng.integers(-9, 10, size=(2, 4, 3))  # (batch, steps, features)
mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)  # (batch, steps)
shapes_1, shapes_2 = [(3, 4), (4, 4), (4,)], [(4, 2), (2, 2), (2,)]
weights_1 = [rng.integers(-3, 4, size=shape) for shape in shapes_1]
weights_2 = [rng.integers(-3, 4, size=shape) for shape in shapes_2]


def keras_rnn(cell, weights, x, mask=None, **options):
    layer = RNN(cell, return_sequences=True, return_state=True, **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    y, *states = layer(np.float32(x), mask=mask)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, [y, states])


cells = [SimpleRNNCell(4, "linear"), SimpleRNNCell(2, "linear")]
weights = weights_1 + weights_2
y, states = keras_rnn(cells, weights, x)
print(keras.tree.map_structure(np.shape, states))

# %%
# Compute it
# ----------
# Each cell keeps its own state. In each step, the first cell reads x, and the
# second one reads what the first has just returned.

kernel_1, recurrent_kernel_1, bias_1 = weights_1
kernel_2, recurrent_kernel_2, bias_2 = weights_2
state_1, state_2 = np.zeros((2, 4)), np.zeros((2, 2))  # (batch, units)
outputs = []
for t in range(4):
    state_1 = x[:, t] @ kernel_1 + state_1 @ recurrent_kernel_1 + bias_1
    state_2 = state_1 @ kernel_2 + state_2 @ recurrent_kernel_2 + bias_2
    outputs.append(state_2)  # the output of a cell is its state
z = np.stack(outputs, axis=1)  # (batch, steps, units of the second cell)

# %%
# The whole function is one step of a stack of any cells. ``rnn`` is the loop
# around it.

from keras_by_hand import stacked_rnn_cells

# %%
# Check it
# --------
# First the loop above. Forwards, a stack returns the same as two layers, one
# after the other. Backwards and with a mask, it is equal to NumPy. Nothing is
# rounded.

np.testing.assert_array_equal(y, np.float32(z), strict=True)
np.testing.assert_equal(states, [[state_1], [state_2]])


def cell_1(x, states):
    return simple_rnn_cell(x, states, *weights_1, activation=np.positive)


def cell_2(x, states):
    return simple_rnn_cell(x, states, *weights_2, activation=np.positive)


def stack(x, states):
    return stacked_rnn_cells(x, states, [cell_1, cell_2])


of_first, _ = keras_rnn(cells[0], weights_1, x)
of_second, _ = keras_rnn(cells[1], weights_2, of_first)
np.testing.assert_array_equal(of_second, y, strict=True)

start = [[np.zeros((2, 4))], [np.zeros((2, 2))]]
backwards = {"return_sequences": True, "go_backwards": True}
actual, states = keras_rnn(cells, weights, x, mask, go_backwards=True)
expected, *last = rnn(stack, x, start, mask, return_state=True, **backwards)
np.testing.assert_array_equal(actual, np.float32(expected), strict=True)
np.testing.assert_equal(states, last)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``StackedRNNCells`` of one
#    ``LSTMCell`` takes its states as ``[[h, c]]``, but returns ``[h, c]``. So
#    ``RNN`` fails on JAX, and with a mask on TensorFlow and PyTorch, too. Give
#    ``RNN`` the cell itself, not in a list.

h = c = np.zeros((2, 2), "float32")
_, states = StackedRNNCells([LSTMCell(2)])(np.float32(x[:, 0]), [[h, c]])
np.testing.assert_equal(len(states), 2)  # [h, c], not [[h, c]]
if keras.backend.backend() == "jax":
    np.testing.assert_raises(TypeError, RNN([LSTMCell(2)]), np.float32(x))

# %%
# Break it
# --------
# Would you replace a stack by two layers with ``go_backwards``? The outputs of
# the first come in reverse, so the second reads them forwards again.

y_1 = rnn(cell_1, x, start[0], mask, **backwards)
wrong = rnn(cell_2, y_1, start[1], mask, **backwards)
print(f"{np.mean(actual == wrong):.0%} of the entries are right")
assert np.any(actual != wrong)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
rows = ["x", "↑", "cell 1   →", "↑", "cell 2   →", "↑", "z"]
for row, text in enumerate(rows):
    for step in range(5):
        axis.text(step, row, text, ha="center", va="center", size=13)
axis.set(title="In a stack, outputs go up, and states go to the next step")
axis.set(xlim=(-0.5, 4.5), ylim=(-0.5, 6.5))
axis.axis("off")
plt.show()
