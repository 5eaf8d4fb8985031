r"""
RNN cell on JAX: masked steps return the state, not the output
==============================================================

You have written a cell whose output is not its state, and with a mask, your
``RNN`` gives other numbers on JAX, or a ``ValueError``. At a masked step, the
layer should repeat its last output. On JAX it returns the first state instead.
Make the output the first state: all backends agree. (See the page "RNN layer".)
"""

import keras
import numpy as np

# %%
# Build it
# --------
# The output is ten times the state. The safe cell has it as a first state.


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
right = 10 * np.cumsum(mask, axis=1)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** At a masked step,
#    ``RNN`` on JAX takes the first state of its cell for its last output. If
#    they differ in size, JAX raises a ``ValueError``.

wrong = np.where(mask, right, right // 10)
expected = wrong if keras.backend.backend() == "jax" else right
for cell, counts in [(SafeCountingCell(), right), (CountingCell(), expected)]:
    y = keras.layers.RNN(cell, return_sequences=True)(x, mask=mask)
    y = keras.ops.convert_to_numpy(y)[..., 0]
    np.testing.assert_array_equal(y, counts)

# %%
# Break it
# --------
# ``CountingCell`` on JAX:

print("right:", *right, "wrong:", *wrong)
assert np.any(right != wrong)
