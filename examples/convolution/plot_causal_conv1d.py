r"""
Causal Conv1D: no output sees the future
========================================

A network that predicts the next step must not read what it predicts. With
``padding="causal"``, a ``Conv1D`` computes each output from the same step and
earlier ones: all zeros of its padding come before the first step, on the left.

.. math::

   y_{t,f} = b_f + \sum_{u,c} x_{t - (k - 1 - u) \, d,\; c} \; W_{u,c,f}

Here :math:`t` is a step, :math:`f` a filter, :math:`c` a channel, :math:`u` an
entry of the kernel, :math:`k` its size, and :math:`d` the ``dilation_rate``.
The last entry of the kernel meets the present, the others meet the past.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D

# %%
# Build it
# --------
# A kernel of three entries, which are two steps apart.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 9, 3))  # (batch, steps, channels)
kernel = rng.integers(-9, 10, size=(3, 3, 4))  # (size, channels, filters)
bias = np.array([3, -2, 5, 1])
layer = Conv1D(4, 3, padding="causal", dilation_rate=2)
layer.build(x.shape)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x.astype("float32")))

# %%
# Compute it
# ----------
# Put zeros before the first step: two steps for each entry of the kernel but
# the last. Each entry reads nine steps, and the next begins two steps later.

padded = np.pad(x, [(0, 0), (2 * 2, 0), (0, 0)])
by_hand = np.zeros((2, 9, 4)) + bias
for entry in range(3):
    by_hand += padded[:, 2 * entry : 2 * entry + 9] @ kernel[entry]

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# WaveNet and temporal convolutional networks (TCN) stack such layers, here with
# kernels of 2 and rates of 1, 2, 4 and 8. The sequence and the kernels are
# ones, so each output counts the steps that it sees, its receptive field. It
# is 1 + 1 + 2 + 4 + 8 = 16 steps, and fewer near the start. With kernels of
# another size, it is 1 plus the sum of ``(size - 1) * rate`` over all layers.

stack = keras.Sequential()
for rate in (1, 2, 4, 8):
    options = {"padding": "causal", "dilation_rate": rate}
    stack.add(Conv1D(1, 2, kernel_initializer="ones", **options))
seen = keras.ops.convert_to_numpy(stack(np.ones((1, 20, 1)))).ravel()
np.testing.assert_array_equal(seen, np.minimum(np.arange(1, 21), 16))

# %%
# Break it
# --------
# "same" returns nine steps, too, but half of its zeros come after the last one.
# So each output reads one step of the future. Here only step 5 is not 0.

one = np.zeros((1, 9, 1))
one[0, 5] = 1
outputs = []
for padding in ("causal", "same"):
    layer = Conv1D(1, 3, padding=padding, kernel_initializer="ones")
    outputs.append(np.flatnonzero(keras.ops.convert_to_numpy(layer(one))))
right, wrong = outputs
print("step 5 is seen by: right", right, "wrong", wrong)
assert right.min() == 5 and wrong.min() < 5

# %%
# See it
# ------
# The last output of the stack sees 16 steps, each along one path. The rates
# double, so the stack reads no step twice and leaves out no step.

fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
steps = np.array([19])  # the last output
for level, rate in ((4, 8), (3, 4), (2, 2), (1, 1)):
    axis.plot([steps - rate, steps], [level - 1, level], color="C0")
    axis.plot([steps, steps], [level - 1, level], color="C0")
    steps = np.concatenate([steps, steps - rate])
rows, columns = np.mgrid[0:5, 0:20]
axis.plot(columns, rows, "o", color="gray", zorder=0)
layers = ["x", "rate 1", "rate 2", "rate 4", "rate 8"]
axis.set(title="Causal layers: what the last output sees", xlabel="step")
axis.set_xticks(range(0, 20, 5))
axis.set(yticks=range(5), yticklabels=layers, frame_on=False)
plt.show()
