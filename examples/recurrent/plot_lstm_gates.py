r"""
LSTM gates: one step, three gates and a candidate
=================================================

An ``LSTM`` has a cell state c beside its output h. Three gates between 0 and 1
say how much of c to keep (f), how much new to write (i), and what to show (o).

.. math::

   (z_i, z_f, z_g, z_o) &= x_t W + h_{t-1} U + b \\
   i, f, o &= \sigma(z_i), \sigma(z_f), \sigma(z_o) \\
   g &= \tanh(z_g) \\
   c_t &= f \odot c_{t-1} + i \odot g \\
   h_t &= o \odot \tanh(c_t)

Here σ is the sigmoid. Each gate has its own columns of W, U and b, side by
side: input gate i, forget gate f, candidate g (which Keras calls ``c``), output
gate o.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``LSTMCell`` is the step on its own. Two samples, 3 features, 2 units: the
# kernel has 4 * 2 = 8 columns.

x = rng.normal(size=(2, 3)).astype("float32")  # (batch, features)
h = rng.normal(size=(2, 2)).astype("float32")  # the last output: (batch, units)
c = rng.normal(size=(2, 2)).astype("float32")  # the last cell state
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_step(x, h, c, weights, dtype="float32"):
    cell = keras.layers.LSTMCell(2, dtype=dtype)
    cell.build(x.shape)
    cell.set_weights(weights)
    _, states = cell(x, [h, c])
    return [keras.ops.convert_to_numpy(state) for state in states]


h_new, c_new = keras_step(x, h, c, weights)
print(h_new)

# %%
# Compute it
# ----------
# The sums of all four parts are computed at once. ``np.split`` cuts them apart.


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    """A step of LSTM (Hochreiter and Schmidhuber, 1997; Gers et al., 1999).

    x: (batch, features), h and c: (batch, units), kernel: (features,
    4 * units), recurrent_kernel: (units, 4 * units), bias: (4 * units,).
    Returns the new h and c.
    """
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
arrays64 = [array.astype("float64") for array in (x, h, c, *weights)]
expected = lstm_step(*arrays64)
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for actual, of_numpy in zip(keras_step(x, h, c, weights, dtype), expected):
        np.testing.assert_allclose(actual, of_numpy, tolerance, tolerance)

# %%
# What the gates do. A bias of 1000 opens a gate and -1000 closes it, so with
# x = 0 and h = 0 the results are whole numbers.

c_old = np.full((2, 2), 5, "float32")
for bias_of_gates, c_expected in (  # of i, f, g and o
    ([-1000, 1000, 1000, -1000], 5),  # f is open: 5 is kept
    ([1000, -1000, 1000, -1000], 1),  # i is open: tanh(1000) = 1 is written
    ([1000, 1000, 1000, -1000], 6),  # both are open: 1 is added to 5
):
    arrays = [np.zeros((3, 8)), np.zeros((2, 8)), np.repeat(bias_of_gates, 2)]
    h_new, c_new = keras_step(0 * x, 0 * h, c_old, arrays)
    np.testing.assert_array_equal(c_new, np.full((2, 2), c_expected))
    np.testing.assert_array_equal(h_new, np.zeros((2, 2)))  # o is closed

# %%
# Break it
# --------
# ONNX has the gates in the order i, o, f, g. Would you copy its kernel without
# moving the columns? All shapes fit.


def from_onnx_order(weight):
    i, o, f, g = np.split(weight, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


x64, h64, c64, *weights64 = arrays64
wrong, _ = lstm_step(x64, h64, c64, *map(from_onnx_order, weights64))
print(wrong)
assert not np.allclose(expected[0], wrong)

# %%
# See it
# ------
# Each gate has two columns. The rows belong to the features, the units of the
# last output, and the bias.

rows = np.vstack(weights)
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.imshow(rows, cmap="PuOr", vmin=-3, vmax=3)
for edge in (1.5, 3.5, 5.5):
    axis.axvline(edge, color="k")
for edge in (2.5, 4.5):
    axis.axhline(edge, color="k")
axis.set_xticks([0.5, 2.5, 4.5, 6.5], ["input i", "forget f", "g", "output o"])
axis.set_yticks([1, 3.5, 5], ["kernel", "recurrent\nkernel", "bias"])
axis.set(title="The kernels of an LSTM of 2 units: i, f, g, o side by side")
plt.show()
