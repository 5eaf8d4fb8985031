r"""
LSTM: formula, gates and weights in NumPy
=========================================

An ``LSTM`` is a loop around a cell with two states: the output h and the cell
state c. One kernel holds the weights of all its gates, in the order i, f, g, o.

.. math::

   (i, f, g, o) &= x_t W + h_{t-1} U + b \\
   c_t &= \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g) \\
   h_t &= \sigma(o) \odot \tanh(c_t)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 5 steps with 3 features, and 2 units.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_lstm(x, weights, mask=None, initial_state=None, **arguments):
    layer = keras.layers.LSTM(2, return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    results = layer(x, mask=mask, initial_state=initial_state)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, h, c = keras_lstm(x, weights)
print(y)

# %%
# Compute it
# ----------
# Both states begin with zeros. Each step adds up what it reads and the last
# output, for all four gates at once; ``np.split`` cuts them apart. The forget
# gate f keeps a part of the cell state, and the input gate i lets in a part of
# the candidate g. The output gate o decides how much of it becomes the output.

state = cell_state = np.zeros((2, 2))  # (batch, units)
for t in range(5):
    z = x[:, t] @ weights[0] + state @ weights[1] + weights[2]
    i, f, g, o = np.split(z, 4, axis=-1)
    cell_state = sigmoid(f) * cell_state + sigmoid(i) * np.tanh(g)
    state = sigmoid(o) * np.tanh(cell_state)

# %%
# The whole function has masks, an order of steps, states to begin with and to
# return, and other activations.

from keras_by_hand import lstm

# %%
# Check it
# --------
# First the loop above. Then all steps, read backwards from an initial state,
# and with a mask. (Only TensorFlow computes a whole layer in float64.)

np.testing.assert_allclose(y, state, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(c, cell_state, rtol=1e-4, atol=1e-4)

tensorflow = keras.backend.backend() == "tensorflow"
mask = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 0]], dtype=bool)
start = [rng.normal(size=(2, 2)).astype("float32") for _ in range(2)]  # h, c
cases = [
    {"return_sequences": True, "go_backwards": True, "initial_state": start},
    {"return_sequences": True, "mask": mask},
]
x64, *weights64 = [array.astype("float64") for array in (x, *weights)]
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for case in cases:
        actual = keras_lstm(x, weights, dtype=dtype, **case)
        expected = lstm(x64, *weights64, return_state=True, **case)
        for of_keras, of_numpy in zip(actual, expected):
            np.testing.assert_allclose(of_keras, of_numpy, tolerance, tolerance)

# %%
# The last output alone, without a bias, and with the two activations exchanged.

exchanged = {"activation": "sigmoid", "recurrent_activation": "tanh"}
actual, _, _ = keras_lstm(x, weights[:2], use_bias=False, **exchanged)
exchanged = {"activation": sigmoid, "recurrent_activation": np.tanh}
expected = lstm(x64, *weights64[:2], **exchanged)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# Break it
# --------
# PyTorch's order is i, f, g, o as well, but it keeps two biases. Would you load
# one of them and leave out the other? Keras needs their sum.

*kernels, bias = weights64
wrong = lstm(x64, *kernels, bias / 2)  # as if the two biases were equal
print(wrong)
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# An LSTM of one unit that counts the steps whose input is 1: each opens the
# input gate, and the other gates are always open. So y is tanh(c).

kernel = np.array([[200.0, 0, 0, 0]])
bias = np.array([-100.0, 100, 100, 100])
x = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0]).reshape(1, 9, 1)
y = lstm(x, kernel, np.zeros((1, 4)), bias, return_sequences=True)
steps = range(1, 10)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(steps, x.ravel(), color="C1", alpha=0.4, label="input x")
axis.step(steps, np.arctanh(y.ravel()), where="mid", label="cell state c")
axis.set(title="With its forget gate open, an LSTM can count", xlabel="step")
axis.legend()
plt.show()
