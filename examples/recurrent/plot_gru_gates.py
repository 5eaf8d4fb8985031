r"""
GRU gates: one step, two gates
==============================

A ``GRU`` carries one state h. The update gate z says how much of the old state
to keep, and the reset gate r how much of it the new candidate g may use.

.. math::

   g &= \tanh(x_g + r \odot h_g) \\
   h_t &= z \odot h_{t-1} + (1 - z) \odot g

Here x_g is made of the input, and h_g of the old state. Keras keeps the weights
of all three in one kernel, side by side: z, r, g. (Keras calls g ``h``.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``GRUCell`` is the step on its own. Two samples, 3 features, 2 units: the
# kernel has 3 * 2 = 6 columns. The bias has two rows.

x = rng.normal(size=(2, 3)).astype("float32")  # (batch, features)
h = rng.normal(size=(2, 2)).astype("float32")  # the old state: (batch, units)
shapes = [(3, 6), (2, 6), (2, 6)]  # kernel, recurrent kernel, bias: 3 * units
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_step(x, h, weights, activation="tanh", dtype="float32"):
    cell = keras.layers.GRUCell(2, activation, dtype=dtype)
    cell.build(x.shape)
    cell.set_weights(weights)
    h, _ = cell(x, [h])
    return keras.ops.convert_to_numpy(h)


y = keras_step(x, h, weights)
print(y)

# %%
# Compute it
# ----------


def gate_and_candidate(x, h, kernel, recurrent_kernel, bias):
    """What a step of GRU mixes (Cho et al., 2014; reset_after: as in cuDNN).

    x: (batch, features), h: (batch, units), kernel: (features, 3 * units),
    recurrent_kernel: (units, 3 * units), bias: (2, 3 * units). Returns update
    gate and candidate, both (batch, units).
    """
    x_z, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z = sigmoid(x_z + h_z)
    r = sigmoid(x_r + h_r)
    return z, np.tanh(x_g + r * h_g)


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
x64, h64, *weights64 = [array.astype("float64") for array in (x, h, *weights)]
z, g = gate_and_candidate(x64, h64, *weights64)
expected = z * h64 + (1 - z) * g
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    actual = keras_step(x, h, weights, dtype=dtype)
    np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# A bias of 1000 sets a gate to 1, and -1000 sets it to 0, so without tanh the
# results are whole numbers. The old state is 5, the candidate has a bias of 1,
# and it reads the old state times 2.

h_old = np.full((2, 2), 5.0)
recurrent_kernel = np.hstack([np.zeros((2, 4)), 2 * np.eye(2)])
for bias_of_parts, h_expected in (  # of z, r, g
    ([1000, 1000, 1], 5),  # z = 1 keeps the old state
    ([-1000, -1000, 1], 1),  # z = 0 writes the candidate; r = 0: only the bias
    ([-1000, 1000, 1], 11),  # r = 1: the old state as well, 1 + 2 * 5
):
    bias = np.array([np.repeat(bias_of_parts, 2), np.zeros(6)])
    arrays = [np.zeros((3, 6)), recurrent_kernel, bias]
    h_new = keras_step(x, h_old, arrays, activation="linear")
    np.testing.assert_array_equal(h_new, np.full((2, 2), h_expected))

# %%
# Break it
# --------
# `Chung et al. (2014) <https://arxiv.org/abs/1412.3555>`__ and many textbooks
# exchange z and 1 - z. Would you load weights that were trained that way?

wrong = (1 - z) * h64 + z * g
print(wrong)
assert not np.allclose(y, wrong)

# %%
# First negate the columns of z in all weights: sigmoid(-a) is 1 - sigmoid(a).

signs = np.array([-1, -1, 1, 1, 1, 1])  # of z, r and g, two units each
of_textbook = keras_step(x, h, [signs * weight for weight in weights])
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(of_textbook, wrong, tolerance, tolerance)

# %%
# See it
# ------
# One unit with an old state of 5 and a candidate of 1.

z = np.array([0, 1])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(z, z * 5 + (1 - z) * 1, label="Keras: z keeps 5")
axis.plot(z, (1 - z) * 5 + z * 1, "--", label="textbooks: z writes 1")
axis.set(title="Update gate z: in Keras, z = 1 keeps the old state")
axis.set(xlabel="z", ylabel="new state")
axis.legend(loc="upper center")
plt.show()
