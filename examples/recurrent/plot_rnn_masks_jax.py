"""
RNN masks on JAX: ConvLSTM and custom cells need unroll=True
============================================================

On JAX, a ``ConvLSTM2D`` that gets a mask stops with an error about shapes, or
masks positions instead of samples. An ``RNN`` with a custom cell returns its
state at a masked step, not its last output. Build both with ``unroll=True``:
then they are right, as on TensorFlow and PyTorch. (See the page "RNN masks".)
"""

import keras
import numpy as np

# %%
# Build it
# --------
# The output of this cell is ten times its state, which counts the steps.


class CountingCell(keras.layers.Layer):
    state_size = 1

    def call(self, inputs, states):
        count = states[0] + inputs
        return 10 * count, [count]


mask = np.array([[1, 0, 1], [0, 0, 0]], bool)  # (batch, steps)
right = 10 * np.cumsum(mask, axis=1)
wrong = np.where(mask, right, right // 10)
images = np.ones((2, 3, 2, 1))  # (batch, steps, width, channels)

# %%
# Check it
# --------
# The second sample is all padding, so the output of ConvLSTM1D should be 0.

for unroll in (True, False):
    rnn = keras.layers.RNN(CountingCell(), return_sequences=True, unroll=unroll)
    counts = rnn(images[:, :, 0], mask=mask)
    y = keras.layers.ConvLSTM1D(1, 1, unroll=unroll)(images, mask=mask)
    counts, y = map(keras.ops.convert_to_numpy, (counts, y))
    is_wrong = keras.backend.backend() == "jax" and not unroll
    np.testing.assert_array_equal(counts[..., 0], wrong if is_wrong else right)
    np.testing.assert_equal(bool(np.any(y[1])), is_wrong)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** At a masked step,
#    ``RNN`` on JAX takes the first state of its cell for its last output. If
#    they differ in size, JAX raises a ``ValueError``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, ``ConvLSTM1D``,
#    ``ConvLSTM2D`` and ``ConvLSTM3D`` need ``unroll=True`` for a mask. Without
#    it they raise an error. Worse, if the output's last axis of space is as
#    long as the batch, they mask positions instead of samples.

print("right:", right[0], "wrong, on JAX without unroll:", wrong[0])
assert np.any(right != wrong)
