r"""
StackedRNNCells: several cells in one RNN layer
===============================================

``RNN([cell_1, cell_2])`` is a multi-layer (stacked) RNN in one layer. It puts
the cells into ``StackedRNNCells``: in each step, the second cell reads what the
first has just returned. Forwards, two layers do the same. So
``LSTM(4, return_sequences=True)``, then ``LSTM(2)``, are a stacked LSTM. With
``go_backwards`` two such layers differ.
"""

import keras
import numpy as np
from keras.layers import RNN, LSTMCell, SimpleRNNCell, StackedRNNCells

# %%
# Build it
# --------
# Two cells without activations read backwards. The state of each is its output.
rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 4, 3)).astype("float32")
shapes = [(3, 4), (4, 4), (4,), (4, 2), (2, 2), (2,)]  # of both cells
weights = [rng.integers(-3, 4, size=shape) for shape in shapes]
cells = [SimpleRNNCell(4, "linear"), SimpleRNNCell(2, "linear")]
layer = RNN(cells, go_backwards=True)
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x))

kernel, recurrent, bias, kernel_2, recurrent_2, bias_2 = weights
state, state_2 = np.zeros((2, 4)), np.zeros((2, 2))  # (batch, units)
for t in reversed(range(4)):
    state = x[:, t] @ kernel + state @ recurrent + bias
    state_2 = state @ kernel_2 + state_2 @ recurrent_2 + bias_2

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, error:** ``StackedRNNCells`` of one
#    ``LSTMCell`` takes its states as ``[[h, c]]``, but returns ``[h, c]``. So
#    ``RNN`` fails on JAX, and with a mask on TensorFlow and PyTorch, too. Give
#    ``RNN`` the cell itself, not in a list.

np.testing.assert_array_equal(y, np.float32(state_2), strict=True)
h = c = np.zeros((2, 2), "float32")
_, states = StackedRNNCells([LSTMCell(2)])(x[:, 0], [[h, c]])
np.testing.assert_equal(len(states), 2)  # [h, c], not [[h, c]]

# %%
# Break it
# --------
# Suppose you use two layers, and both go backwards. The first returns its last
# step first, so the second must not go backwards, too.

first = RNN(cells[0], return_sequences=True, go_backwards=True)
right = keras.ops.convert_to_numpy(RNN(cells[1])(first(x)))
wrong = keras.ops.convert_to_numpy(RNN(cells[1], go_backwards=True)(first(x)))
np.testing.assert_array_equal(y, right)
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)
