r"""
GRU weights: Keras to PyTorch and ONNX, and back
================================================

You have trained a ``GRU`` in one framework, and want to run it in another.
PyTorch's kernels are transposed, and its gates are r, z, n instead of z, r, g.
ONNX has the order of Keras, and transposed kernels, too. PyTorch computes:

.. math::

   r &= \sigma(x_r + h_r), \quad z = \sigma(x_z + h_z) \\
   n &= \tanh(x_n + r \odot h_n) \\
   h_t &= (1 - z) \odot n + z \odot h_{t-1}

:math:`x_r, x_z, x_n` are the thirds of the input times ``weight_ih``, plus
``bias_ih``; :math:`h_r, h_z, h_n` those of the last output times ``weight_hh``,
plus ``bias_hh``. Keras does so by default, with ``reset_after=True``: see the
page "GRU". In `ONNX
<https://onnx.ai/onnx/operators/onnx__GRU.html>`__ it is an option,
``linear_before_reset=1``, and the default is 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# In PyTorch: ``gru = GRU(3, 2, batch_first=True)``, for 3 features and 2 units.
# Its ``weight_ih`` is ``gru.weight_ih_l0.detach().numpy()``, and so on.
rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
shapes = [(6, 3), (6, 2), (6,), (6,)]  # 3 gates of 2 units are 6
of_pytorch = [rng.normal(size=shape) for shape in shapes]
weight_ih, weight_hh, bias_ih, bias_hh = of_pytorch


def keras_gru(*weights, **options):
    layer = keras.layers.GRU(2, return_sequences=True, **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# From PyTorch to Keras, transpose the kernels, and exchange the columns of the
# first two gates. Stack the biases: you would add them in an LSTM, but here, r
# multiplies one alone. To ONNX, transpose again, and add an axis (directions).
# Back to PyTorch, exchange the same columns, transpose, and split the bias.
columns = [2, 3, 0, 1, 4, 5]  # r, z, n becomes z, r, g, each of 2 units
kernel = weight_ih.T[:, columns]
recurrent_kernel = weight_hh.T[:, columns]
bias = np.stack([bias_ih, bias_hh])[:, columns]
y = keras_gru(kernel, recurrent_kernel, bias)
W, R = kernel.T[np.newaxis], recurrent_kernel.T[np.newaxis]
B = bias.reshape(1, 12)  # both rows in one

from keras_by_hand.porting.onnx import gru_from_onnx, gru_to_onnx
from keras_by_hand.porting.pytorch import gru_from_pytorch, gru_to_pytorch

# %%
# Check it
# --------
# PyTorch's formula, then functions for any size. 1 is ``linear_before_reset``.
h = np.zeros((2, 2))  # (batch, units)
for t in range(3):
    x_r, x_z, x_n = np.split(x[:, t] @ weight_ih.T + bias_ih, 3, axis=1)
    h_r, h_z, h_n = np.split(h @ weight_hh.T + bias_hh, 3, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    h = (1 - z) * np.tanh(x_n + r * h_n) + z * h
np.testing.assert_allclose(y[:, -1], h, rtol=1e-4, atol=1e-4)
weights = gru_from_pytorch(*of_pytorch)
np.testing.assert_equal(weights, [kernel, recurrent_kernel, bias])
np.testing.assert_equal(gru_to_pytorch(*weights), of_pytorch)
np.testing.assert_equal(gru_to_onnx(*weights), [W, R, B])
np.testing.assert_equal(gru_from_onnx(W, R, B, 1), weights)

# %%
# Break it
# --------
# Suppose you forget ``linear_before_reset=1`` in ONNX. Its default is Keras'
# ``reset_after=False``, where one bias is the sum of both.

wrong = keras_gru(kernel, recurrent_kernel, bias.sum(axis=0), reset_after=False)
print("right:", y[0, -1].round(3), "wrong:", wrong[0, -1].round(3))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The weights of the input, Keras' transposed. Each colour is a gate of 2 units.

gates = np.tile(np.repeat([0, 1, 2], 2), (3, 1)).T  # of z, r and g
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), layout="constrained")
panels = [("Keras", gates, "zrg"), ("PyTorch", gates[columns], "rzn")]
for axis, (title, values, names) in zip(axes, panels):
    axis.imshow(values, cmap="Set2")
    axis.set(title=title, xlabel="features", xticks=[])
    axis.set_yticks([0.5, 2.5, 4.5], names)
plt.show()
