r"""
ONNX GRU: linear_before_reset is reset_after
============================================

You have brought a ``GRU`` to ONNX, all shapes fit, and the numbers are wrong.
The gates are in the order of Keras: z, r, h. But ``reset_after=True``, Keras'
default, is ``linear_before_reset=1``, and `ONNX
<https://onnx.ai/onnx/operators/onnx__GRU.html>`__ has 0 by default.
"""

import keras
import numpy as np

from keras_by_hand import sigmoid
from keras_by_hand.porting.onnx import gru_from_onnx, gru_to_onnx

# %%
# Build it
# --------
# Transpose W and R, without their first axis. B holds both rows of Keras' bias.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
W, R, B = [rng.normal(size=s) for s in [(1, 6, 3), (1, 6, 2), (1, 12)]]
of_keras = [W[0].T, R[0].T, B.reshape(2, 6)]
layer = keras.layers.GRU(2)
layer.build(x.shape)
layer.set_weights(of_keras)
y = keras.ops.convert_to_numpy(layer(x))


def onnx_gru(x, linear_before_reset):
    h, (bias, bias_r) = np.zeros((2, 2)), B.reshape(2, 6)
    for t in range(3):
        x_z, x_r, x_h = np.split(x[:, t] @ W[0].T + bias, 3, axis=1)
        h_z, h_r, h_h = np.split(h @ R[0].T + bias_r, 3, axis=1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        before = (r * h) @ R[0, 4:].T + bias_r[4:]
        h_h = r * h_h if linear_before_reset else before
        h = (1 - z) * np.tanh(x_h + h_h) + z * h
    return h


# %%
# Check it
# --------
# The functions convert any number of units, and both kinds.

right = onnx_gru(x, linear_before_reset=1)
np.testing.assert_allclose(y, right, rtol=1e-4, atol=1e-4)
np.testing.assert_equal(gru_from_onnx(W, R, B, 1), of_keras)
np.testing.assert_equal(gru_to_onnx(*of_keras), [W, R, B])

# %%
# Break it
# --------

wrong = onnx_gru(x, linear_before_reset=0)  # the default of ONNX
print("right:", right[1].round(3), "wrong:", wrong[1].round(3))
assert not np.allclose(right, wrong, rtol=1e-4, atol=1e-4)
