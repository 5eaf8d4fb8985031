r"""
ONNX GRU: linear_before_reset is reset_after
============================================

ONNX has the gates of a GRU in the same order as Keras, and its update gate z
keeps the old state, too. But ``linear_before_reset`` is 0 by default, where
Keras has ``reset_after=True``.

.. math::

   0: \; g &= \tanh(x_h + (r \odot h) R_h^\top + b_h) \\
   1: \; g &= \tanh(x_h + r \odot (h R_h^\top + b_h)) \\
   h' &= (1 - z) \odot g + z \odot h
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 3 steps with 3 features, and weights of ONNX for 2 units.

x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
shapes = [(1, 6, 3), (1, 6, 2), (1, 12)]  # of W, R and B: 3 gates of 2 units
W, R, B = of_onnx = [rng.normal(size=shape) for shape in shapes]


def keras_gru(weights, **arguments):
    layer = keras.layers.GRU(2, return_sequences=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# ONNX transposes the kernels. It always has two biases, one behind the other.
# Keras has two rows with ``reset_after``, and without it only their sum.

kernels = [W[0].T, R[0].T]
biases = {1: B.reshape(2, 6), 0: B[0, :6] + B[0, 6:]}  # by linear_before_reset

# %%
# The whole functions do this and the way back.

from keras_by_hand.porting.onnx import gru_from_onnx, gru_to_onnx

# %%
# Check it
# --------
# This page runs no ONNX, but the equations of `its specification
# <https://onnx.ai/onnx/operators/onnx__GRU.html>`__, for one direction.
# (Only TensorFlow computes a whole layer in float64.)


def onnx_gru(X, W, R, B, linear_before_reset=0):
    """X: (steps, batch, features). Returns Y, (steps, 1, batch, hidden)."""
    bias, recurrent_bias = np.split(B[0], 2)
    R_h = np.split(R[0], 3)[2]
    b_h = np.split(recurrent_bias, 3)[2]
    h = np.zeros((X.shape[1], R.shape[2]))
    Y = []
    for t in range(len(X)):
        x_z, x_r, x_h = np.split(X[t] @ W[0].T + bias, 3, axis=1)
        h_z, h_r, h_h = np.split(h @ R[0].T + recurrent_bias, 3, axis=1)
        z = sigmoid(x_z + h_z)
        r = sigmoid(x_r + h_r)
        if linear_before_reset:
            g = np.tanh(x_h + r * h_h)
        else:
            g = np.tanh(x_h + (r * h) @ R_h.T + b_h)
        h = (1 - z) * g + z * h
        Y.append(h)
    return np.stack(Y)[:, np.newaxis]


X = x.swapaxes(0, 1)  # (steps, batch, features)
tensorflow = keras.backend.backend() == "tensorflow"
for value in (0, 1):
    weights = gru_from_onnx(*of_onnx, linear_before_reset=value)
    Y = onnx_gru(X, *of_onnx, linear_before_reset=value)
    again = onnx_gru(X, *gru_to_onnx(*weights), linear_before_reset=value)
    np.testing.assert_allclose(again, Y)
    expected = Y[:, 0].swapaxes(0, 1)  # (batch, steps, units)
    y = keras_gru([*kernels, biases[value]], reset_after=bool(value))
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        y = keras_gru(weights, reset_after=bool(value), dtype=dtype)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you leave out ``linear_before_reset``? All shapes fit. `An exporter
# <https://github.com/microsoft/onnxscript/issues/2852>`__ once did so.

wrong = onnx_gru(X, *of_onnx)[:, 0].swapaxes(0, 1)
print("right:", y[1, :, 0].round(2), "wrong:", wrong[1, :, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The candidate of one unit: h times its weight is 1, and b is the second bias.

r, b = np.linspace(0, 1, 50), 0.5
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(r, np.tanh(r * 1 + b), "C1", label="linear_before_reset=0")
axis.plot(r, np.tanh(r * (1 + b)), "C0--", label="linear_before_reset=1")
axis.set(title="With linear_before_reset=1, the reset gate resets a bias, too")
axis.set(xlabel="reset gate r", ylabel="candidate g", ylim=(0, 1))
axis.legend(loc="lower right")
plt.show()
