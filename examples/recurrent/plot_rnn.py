r"""
RNN layer: the loop around every recurrent cell
===============================================

``SimpleRNN``, ``LSTM`` and ``GRU`` are one loop around different cells. A
*cell* computes one step: the output y and the next state s, from the input x
and the last state. The loop begins with zeros, skips masked steps, and collects
the outputs. ``RNN`` is this loop for a custom cell, which you write yourself.

.. math::

   y_t, s_t = \begin{cases} \text{cell}(x_t, s_{t-1}) & \text{if } m_t = 1 \\
   y_{t-1}, s_{t-1} & \text{if } m_t = 0 \end{cases}

The mask m is 0 at steps to skip: see the page "Mask propagation".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# This cell adds up what it reads. Its state has ``state_size`` units (with two
# states: a list of two numbers). It takes a list of states, and returns its
# output and a list of new states.


class AddingCell(keras.layers.Layer):
    state_size = 4

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.state_size))

    def call(self, inputs, states):
        y = states[0] + keras.ops.matmul(inputs, self.kernel)
        return y, [y]


rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 4, 3)).astype("float32")
mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)  # (batch, steps)
kernel = rng.integers(-5, 6, size=(3, 4))  # (features, units)
layer = keras.layers.RNN(AddingCell(), return_sequences=True)
layer.build(x.shape)
layer.set_weights([kernel])
y = keras.ops.convert_to_numpy(layer(x, mask=mask))

# %%
# Compute it
# ----------
# The loop takes the new state for samples whose mask is true, and keeps the old
# one for others. ``rnn`` is the loop. ``return_state`` returns the last states,
# too. ``go_backwards`` reads, and returns, the last step first.

state = np.zeros((2, 4))  # (batch, units)
outputs = []
for t in range(4):
    new_state = state + x[:, t] @ kernel  # the cell
    state = np.where(mask[:, t, np.newaxis], new_state, state)
    outputs.append(state)
by_hand = np.stack(outputs, axis=1)  # (batch, steps, units)

from keras_by_hand import rnn

# %%
# Check it
# --------


def adding_cell(x, states):
    new_state = states[0] + x @ kernel
    return new_state, [new_state]


np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
options = {"return_sequences": True, "return_state": True, "go_backwards": True}
answers = keras.layers.RNN(layer.cell, **options)(x, mask=mask)
expected = rnn(adding_cell, x, [np.zeros((2, 4))], mask, **options)
for answer, by_hand in zip(answers, expected, strict=True):
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(answer), by_hand)

# %%
# Break it
# --------
# Suppose you expect 0 at a masked step. It repeats the output before, unless
# you ask for ``zero_output_for_mask``. (See the page "RNN masks on JAX", too.)

wrong = y * mask[..., np.newaxis]
print("right:", y[0, 2], "wrong:", wrong[0, 2])
assert np.any(y != wrong)

# %%
# See it
# ------
# One unit that adds 1 at each step. At masked steps it waits.

fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.imshow(~mask, cmap="Greys", vmax=3)
for (row, column), value in np.ndenumerate(np.cumsum(mask, axis=1)):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.set(title="At a masked step (grey), an RNN repeats its last output")
axis.set(xlabel="steps", ylabel="sequences", xticks=[], yticks=[])
plt.show()
