r"""
GRU: formula, gates and weights in NumPy
========================================

A ``GRU`` is a loop around a cell with one state, its output h. One kernel holds
the weights of the update gate z, the reset gate r and the candidate g, in this
order.

.. math::

   (x_z, x_r, x_g) &= x_t W + b \\
   (h_z, h_r, h_g) &= h_{t-1} U + b' \\
   z, r &= \sigma(x_z + h_z), \; \sigma(x_r + h_r) \\
   g &= \tanh(x_g + r \odot h_g) \\
   h_t &= z \odot h_{t-1} + (1 - z) \odot g
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The bias has two rows, b and b'.

x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
mask = np.array([[1, 0, 1], [0, 1, 1]], bool)  # (batch, steps)
shapes = [(3, 6), (2, 6), (2, 6)]  # kernel, recurrent kernel, bias: 3 * units
weights = [rng.normal(size=shape) for shape in shapes]


def keras_gru(weights, mask=None, initial_state=None, **arguments):
    layer = keras.layers.GRU(2, return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    results = layer(x, mask=mask, initial_state=initial_state)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, _ = keras_gru(weights)

# %%
# Compute it
# ----------
# ``np.split`` splits each sum into its three parts. The update gate z mixes the
# old state and the candidate g. The reset gate r scales what the old state,
# with its bias, adds to the candidate.

kernel, recurrent_kernel, bias = weights
state = np.zeros((2, 2))  # (batch, units)
for t in range(3):
    x_z, x_r, x_g = np.split(x[:, t] @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(state @ recurrent_kernel + bias[1], 3, axis=-1)
    z = sigmoid(x_z + h_z)
    r = sigmoid(x_r + h_r)
    g = np.tanh(x_g + r * h_g)
    state = z * state + (1 - z) * g

# %%
# ``gru`` is the whole layer, with masks, an order of steps, a state to begin
# with, ``reset_after=False`` and other activations.

from keras_by_hand import gru

# %%
# Check it
# --------
# First the loop above. Then all arguments of the layer's loop together, in
# float32 and in float64. (Only TensorFlow computes a whole layer in float64.)

np.testing.assert_allclose(y, state, rtol=1e-4, atol=1e-4)

tensorflow = keras.backend.backend() == "tensorflow"
start = [rng.normal(size=(2, 2)).astype("float32")]  # (batch, units)
call = {"initial_state": start, "mask": mask}
options = {"return_sequences": True, "go_backwards": True}
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    actual = keras_gru(weights, **call, dtype=dtype, **options)
    expected = gru(x, *weights, **call, return_state=True, **options)
    for pair in zip(actual, expected, strict=True):
        np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# With the two activations exchanged and ``reset_after=False``, where the bias
# has one row. Once with a bias, and once without.

options = {"activation": "sigmoid", "recurrent_activation": "tanh"}
exchanged = {"activation": sigmoid, "recurrent_activation": np.tanh}
for arrays in ([kernel, recurrent_kernel, bias[0]], [kernel, recurrent_kernel]):
    options["use_bias"] = len(arrays) == 3
    actual, _ = keras_gru(arrays, dtype=dtype, reset_after=False, **options)
    expected = gru(x, *arrays, reset_after=False, **exchanged)
    np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# Break it
# --------
# An LSTM has one bias. Would you add up the two rows of a GRU's? In z and r
# only their sum counts, but in g the reset gate multiplies the second row.

merged = np.stack([bias[0] + bias[1], np.zeros(6)])
wrong = gru(x, kernel, recurrent_kernel, merged)
print("right:", y.round(2), "wrong:", wrong.round(2), sep="\n")
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# A GRU of one unit that holds a number. A second feature is 1 where it should
# store a new one: there z is 0. Elsewhere z is 1.

numbers = np.array([0.4, 0.9, -0.5, 0.2, 0.7, -0.9, -0.3, 0.6])
stored = np.array([1, 0, 0, 0, 1, 0, 1, 0])
x = np.stack([numbers, stored], axis=-1)[np.newaxis]  # (batch, steps, features)
kernel = np.array([[0, 0, 1], [-200, 0, 0]])
bias = np.array([[100, 0, 0], [0, 0, 0]])
h = gru(x, kernel, np.zeros((1, 3)), bias, return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(8), numbers, color=np.where(stored, "C1", "lightgray"))
axis.step(range(8), h.ravel(), "C0o-", where="post")
axis.set(title="A GRU (dots) holds the tanh of a number while z is 1")
plt.show()
