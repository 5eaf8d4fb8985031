r"""
Causal Conv1D: no output sees the future
========================================

With ``padding="causal"``, a ``Conv1D`` computes each output from the same step
and earlier ones. All the zeros of the padding come before the first step.

.. math::

   y_{t,f} = b_f + \sum_{u,c} x_{t - (k - 1 - u) \, d,\; c} \; W_{u,c,f}

Here :math:`k` is the size of the kernel and :math:`d` the ``dilation_rate``.
The kernel's last entry meets the present, the others meet the past. A network
that predicts the next step needs this: it must not read what it predicts.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A kernel of two ones adds two steps, ``dilation_rate`` steps apart. Stack four
# such layers, with rates of 1, 2, 4 and 8, as WaveNet does. On a sequence of
# ones, each output counts the steps that it sees: the last sees 16 of 20.

ones = np.ones((1, 20, 1))  # (batch, steps, channels)
stack = keras.Sequential()
for rate in (1, 2, 4, 8):
    options = {"padding": "causal", "dilation_rate": rate}
    stack.add(Conv1D(1, 2, kernel_initializer="ones", **options))
seen = keras.ops.convert_to_numpy(stack(ones))[0, :, 0]
print(seen)

# %%
# Compute it
# ----------
# Put zeros before the first step, then add one matrix product for each entry of
# the kernel. The entries read the sequence ``dilation_rate`` steps apart.


def look_back(x, kernel, bias, strides=1, dilation_rate=1):
    """Conv1D with padding="causal", without activation (Keras documentation).

    x: (batch, steps, channels), kernel: (size, channels, filters), bias:
    (filters,). Returns (batch, steps / strides rounded up, filters).
    """
    steps = x.shape[1]
    zeros = (len(kernel) - 1) * dilation_rate
    padded = np.pad(x, [(0, 0), (zeros, 0), (0, 0)])
    y = bias
    for entry, matrix in enumerate(kernel):  # matrix: (channels, filters)
        first = entry * dilation_rate
        y = y + padded[:, first : first + steps] @ matrix
    return y[:, ::strides]


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. The
# stack sees 1 + 1 + 2 + 4 + 8 = 16 steps, or as many as there have been.

np.testing.assert_array_equal(seen, np.minimum(np.arange(1, 21), 16))

x = rng.integers(-9, 10, size=(2, 9, 3)).astype("float32")
for options in ({}, {"dilation_rate": 2}, {"strides": 2}):
    layer = Conv1D(4, 3, padding="causal", **options)
    layer.build(x.shape)
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = look_back(x, *weights, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(options, y.shape)

# %%
# Break it
# --------
# Would you predict the next step with "same", which also returns 9 of 9 steps?
# Half of its zeros come after the last step, so each output reads one step of
# the future. Here only step 5 is not 0. Which outputs see it?

x = np.zeros((1, 9, 1))
x[0, 5] = 1
y = look_back(x, np.ones((3, 1, 1)), 0)
same = Conv1D(1, 3, padding="same", kernel_initializer="ones")
wrong = keras.ops.convert_to_numpy(same(x))
print("causal: outputs", np.flatnonzero(y))
print("same: outputs", np.flatnonzero(wrong))
assert np.any(y != wrong)

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
