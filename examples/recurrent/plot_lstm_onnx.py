r"""
ONNX LSTM: the gates in the order i, o, f, c
============================================

ONNX has the gates of an LSTM in another order than Keras, and two biases in one
row. Its input has the steps on the first axis, and the batch on the second.

.. math::

   \text{Keras: } & (W_i \;\; W_f \;\; W_c \;\; W_o) \\
   \text{ONNX: } & (W_i \;\; W_o \;\; W_f \;\; W_c)^\top

This page computes the equations of `ONNX's specification
<https://onnx.ai/onnx/operators/onnx__LSTM.html>`__ in NumPy. It runs no ONNX.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import LSTM, Bidirectional
from matplotlib.colors import ListedColormap

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 5 steps with 3 features, and layers of 2 units.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)


def keras_result(layer, weights):
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# ONNX's weights begin with an axis for directions. Its two biases are added, so
# one may be zeros.


def move_gates(weight, old, new):
    """weight: (..., 4 * units), old and new: as "ifco" and "iofc"."""
    parts = dict(zip(old, np.split(weight, 4, axis=-1)))
    return np.concatenate([parts[gate] for gate in new], axis=-1)


def lstm_to_onnx(kernel, recurrent_kernel, bias):
    """Keras' weights, (features, 4 * units), (units, 4 * units) and
    (4 * units,), to W, R and B of ONNX."""
    weights = [kernel, recurrent_kernel, bias]
    W, R, b = [move_gates(weight, "ifco", "iofc").T for weight in weights]
    B = np.concatenate([b, np.zeros_like(b)])
    return [W[np.newaxis], R[np.newaxis], B[np.newaxis]]


def lstm_from_onnx(W, R, B):
    """W: (1, 4 * hidden, features), R: (1, 4 * hidden, hidden), B: (1, 8 *
    hidden), to kernel, recurrent_kernel and bias of Keras."""
    weights = [W[0].T, R[0].T, np.sum(np.split(B[0], 2), axis=0)]
    return [move_gates(weight, "iofc", "ifco") for weight in weights]


# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


# %%
# Check it
# --------
# The equations of the specification. The second direction reads backwards.


def onnx_lstm(X, W, R, B):
    """X: (steps, batch, features), W, R, B: as above, of 1 or 2 directions.
    Returns Y, (steps, directions, batch, hidden)."""
    Y = np.zeros((len(X), len(R), X.shape[1], R.shape[2]))
    for direction in range(len(R)):
        h = c = np.zeros(Y.shape[2:])
        order = range(len(X))
        for t in reversed(order) if direction == 1 else order:
            z = X[t] @ W[direction].T + h @ R[direction].T
            z = z + np.sum(np.split(B[direction], 2), axis=0)
            i, o, f, g = np.split(z, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            Y[t, direction] = h
    return Y


# %%
# From ONNX to Keras, one direction and two, and back to ONNX. (Only TensorFlow
# computes a whole layer in float64.)

X = x.swapaxes(0, 1)  # (steps, batch, features)
shapes = [(2, 8, 3), (2, 8, 2), (2, 16)]  # of W, R and B: 4 gates of 2 units
W, R, B = [rng.normal(size=shape) for shape in shapes]
forward = lstm_from_onnx(W[:1], R[:1], B[:1])
backward = lstm_from_onnx(W[1:], R[1:], B[1:])
Y = onnx_lstm(X, W, R, B)
Y_again = onnx_lstm(X, *lstm_to_onnx(*forward))
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    layer = LSTM(2, return_sequences=True, dtype=dtype)
    y = keras_result(layer, forward)
    for result in (Y, Y_again):
        expected = result[:, 0].swapaxes(0, 1)  # (batch, steps, units)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
    both = keras_result(Bidirectional(layer, dtype=dtype), forward + backward)
    expected = np.concatenate([Y[:, 0], Y[:, 1]], axis=-1).swapaxes(0, 1)
    np.testing.assert_allclose(both, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you give ONNX the input of Keras, with the batch first? It takes samples
# for steps, and its output has the same shape as Keras'. (The attribute
# ``layout=1`` puts the batch first, but not every runtime knows it.)

wrong = onnx_lstm(x, W, R, B)[:, 0]
print("shapes:", y.shape, wrong.shape)
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Each square is a weight.

gates = np.repeat([0, 1, 2, 3], 2)  # i, f, c and o, of 2 units each
rows = [0, 0, 0, np.nan, 0, 0, np.nan, 0]  # of three weights, with gaps
turned = np.add.outer(move_gates(gates, "ifco", "iofc"), [*rows, 0])
colours = ListedColormap(["C0", "C1", "C2", "C3"])
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("LSTM gates: i, f, c, o in Keras and i, o, f, c in ONNX")
for axis, picture in zip(axes, [np.add.outer(rows, gates), turned]):
    axis.pcolormesh(picture, cmap=colours, edgecolor="white")
    axis.set(aspect="equal", ylim=(8, 0))
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
axes[0].set_xticks([1, 3, 5, 7], "ifco")
axes[0].set_yticks([1.5, 5, 7.5], ["kernel", "recurrent\nkernel", "bias"])
axes[1].set_xticks([1.5, 5, 8], ["W", "R", "B, in\ntwo halves"])
axes[1].set_yticks([1, 3, 5, 7], "iofc")
plt.show()
