r"""
RNN cell on JAX: at masked steps, the state for the output
==========================================================

You have written a cell whose output is not its state, and with a mask, your
``RNN`` gives other numbers on JAX, or a ``ValueError``. At a masked step, the
layer should repeat its last output. On JAX it returns the first state instead.
Make the output the first state, and all backends agree.

(What a cell is, and what the loop around it does, is on the page "RNN layer".)
"""

import keras
import numpy as np

# %%
# Build it
# --------
# The state counts the steps, and the output is ten times the count. The safe
# cell has its output as a first state, which it does not read.


class CountingCell(keras.layers.Layer):
    state_size = 1

    def call(self, inputs, states):
        count = states[0] + inputs
        return 10 * count, [count]


class SafeCountingCell(CountingCell):
    state_size = [1, 1]

    def call(self, inputs, states):
        y, (count,) = super().call(inputs, states[1:])
        return y, [y, count]


x = np.ones((2, 3, 1), "float32")  # (batch, steps, features)
mask = np.array([[1, 0, 1], [1, 1, 0]], bool)  # (batch, steps)


def read(cell):
    layer = keras.layers.RNN(cell, return_sequences=True)
    return keras.ops.convert_to_numpy(layer(x, mask=mask))[..., 0]


right = 10 * np.cumsum(mask, axis=1)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** At a masked step,
#    ``RNN`` on JAX takes the first state of its cell for its last output. If
#    they differ in size, JAX raises a ``ValueError``.

y = read(SafeCountingCell())
np.testing.assert_array_equal(y, np.float32(right), strict=True)
states_for_outputs = np.where(mask, right, right // 10)
on_jax = keras.backend.backend() == "jax"
expected = states_for_outputs if on_jax else right
np.testing.assert_array_equal(read(CountingCell()), expected)

# %%
# Break it
# --------
# What ``CountingCell`` returns on JAX.

print("right:", *right, "wrong:", *states_for_outputs)
assert np.any(right != states_for_outputs)
