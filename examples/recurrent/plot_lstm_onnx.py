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

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 5 steps with 3 features, and weights of ONNX for 2 units.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
shapes = [(1, 8, 3), (1, 8, 2), (1, 16)]  # of W, R and B: 4 gates of 2 units
W, R, B = [rng.normal(size=shape) for shape in shapes]


def keras_lstm(weights, dtype):
    layer = keras.layers.LSTM(2, return_sequences=True, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# ONNX's weights begin with an axis for directions. Transpose the kernels, add
# the two biases, and put the columns of the gates in Keras' order.

columns = [0, 1, 4, 5, 6, 7, 2, 3]  # i, o, f, c becomes i, f, c, o
kernels = [W[0].T[:, columns], R[0].T[:, columns]]
bias = (B[0, :8] + B[0, 8:])[columns]

# %%
# The functions do this for any number of units, and the way back. As the two
# biases are added, one may be zeros.

from keras_by_hand.porting.onnx import lstm_from_onnx, lstm_to_onnx, move_gates

# %%
# Check it
# --------
# The equations of the specification, for one direction.


def onnx_lstm(X, W, R, B):
    """X: (steps, batch, features), W, R, B: as above. Returns Y, (steps, 1,
    batch, hidden)."""
    Wb, Rb = np.split(B[0], 2)
    Y = np.zeros((len(X), 1, X.shape[1], R.shape[2]))
    h = c = np.zeros(Y.shape[2:])
    for t in range(len(X)):
        z = X[t] @ W[0].T + h @ R[0].T + Wb + Rb
        i, o, f, g = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        Y[t, 0] = h
    return Y


# %%
# From ONNX to Keras, and back to ONNX. (Only TensorFlow computes a whole layer
# in float64.)

X = x.swapaxes(0, 1)  # (steps, batch, features)
weights = lstm_from_onnx(W, R, B)
Y = onnx_lstm(X, W, R, B)
in_keras = keras_lstm([*kernels, bias], "float32")
expected = Y[:, 0].swapaxes(0, 1)  # (batch, steps, units)
np.testing.assert_allclose(in_keras, expected, rtol=1e-4, atol=1e-4)
Y_again = onnx_lstm(X, *lstm_to_onnx(*weights))
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    y = keras_lstm(weights, dtype)
    for result in (Y, Y_again):
        expected = result[:, 0].swapaxes(0, 1)  # (batch, steps, units)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you give ONNX the input of Keras, with the batch first? It takes samples
# for steps, and its output has the same shape as Keras'. (The attribute
# ``layout=1`` puts the batch first, but not every runtime knows it.)

wrong = onnx_lstm(x, W, R, B)[:, 0]
print(y.shape, wrong.shape)
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The weights of the input. Each colour is a gate of 2 units.

kernel = np.tile(np.repeat([0, 1, 2, 3], 2), (3, 1))  # of i, f, c and o
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
axes[0].imshow(kernel, cmap="Set2")
axes[0].set(title="Keras: kernel", yticks=[])
axes[0].set_xticks([0.5, 2.5, 4.5, 6.5], ["i", "f", "c", "o"])
axes[1].imshow(move_gates(kernel, "ifco", "iofc").T, cmap="Set2")
axes[1].set(title="ONNX: W", xticks=[])
axes[1].set_yticks([0.5, 2.5, 4.5, 6.5], ["i", "o", "f", "c"])
plt.show()
