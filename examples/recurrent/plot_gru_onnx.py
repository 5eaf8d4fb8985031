r"""
ONNX GRU: linear_before_reset is reset_after
============================================

You have brought a ``GRU`` to ONNX, all shapes fit, and the numbers are wrong.
ONNX has the gates in the order of Keras, z, r, h, and its update gate z keeps
the old state, too. But Keras' default, ``reset_after=True``, is its
``linear_before_reset=1``, and ONNX has 0 by default. (`An exporter
<https://github.com/microsoft/onnxscript/issues/2852>`__ once forgot it.)

This page runs no ONNX, but the equations of `its specification
<https://onnx.ai/onnx/operators/onnx__GRU.html>`__. The formula is on the page
"GRU", and PyTorch's weights are on the page "GRU weights".
"""

import keras
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Transpose W and R, without their first axis, which is for directions. B holds
# two biases, one behind the other. They are the two rows of Keras' bias.

x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
W, R, B = [rng.normal(size=s) for s in [(1, 6, 3), (1, 6, 2), (1, 12)]]
layer = keras.layers.GRU(2)
layer.build(x.shape)
layer.set_weights([W[0].T, R[0].T, B.reshape(2, 6)])
y = keras.ops.convert_to_numpy(layer(x))


def onnx_gru(x, linear_before_reset):
    bias, bias_r = np.split(B[0], 2)
    h = np.zeros((2, 2))  # (batch, units)
    for t in range(3):
        x_z, x_r, x_h = np.split(x[:, t] @ W[0].T + bias, 3, axis=1)
        h_z, h_r, h_h = np.split(h @ R[0].T + bias_r, 3, axis=1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        reset = r * h_h if linear_before_reset else (r * h) @ R[0, 4:].T
        b_h = 0 if linear_before_reset else bias_r[4:]
        h = (1 - z) * np.tanh(x_h + reset + b_h) + z * h
    return h


# %%
# Check it
# --------

right = onnx_gru(x, linear_before_reset=1)
np.testing.assert_allclose(y, right, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The functions convert any number of units, and both kinds.

from keras_by_hand.porting.onnx import gru_from_onnx, gru_to_onnx

weights = gru_from_onnx(W, R, B, linear_before_reset=1)
np.testing.assert_equal(weights, [W[0].T, R[0].T, B.reshape(2, 6)])
np.testing.assert_equal(gru_to_onnx(*weights), [W, R, B])

# %%
# Break it
# --------
# Leave ``linear_before_reset`` at its default.

wrong = onnx_gru(x, linear_before_reset=0)
print("right:", right[0].round(3), "wrong:", wrong[0].round(3))
assert not np.allclose(right, wrong, rtol=1e-4, atol=1e-4)
