r"""
LSTM weights: Keras to PyTorch and ONNX, and back
=================================================

You have trained an ``LSTM`` in one framework, and want to run it in another.

.. math:: W = W_{ih}^\top, \quad U = W_{hh}^\top, \quad b = b_{ih} + b_{hh}

W, U and b are Keras' kernel, recurrent kernel and bias. The others are weights,
such as ``weight_ih_l0``, of `PyTorch
<https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html>`__. Its
gates are in Keras' order: i, f, g, o (see the page "LSTM"). `ONNX
<https://onnx.ai/onnx/operators/onnx__LSTM.html>`__ has the order i, o, f, g
(*iofc*: its c is g), and its input is (steps, batch, features).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# In PyTorch: ``LSTM(3, 2, batch_first=True)``, for 3 features and 2 units.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
shapes = [(8, 3), (8, 2), (8,), (8,)]  # of PyTorch: 4 gates of 2 units are 8
of_pytorch = [rng.normal(size=shape) for shape in shapes]
weight_ih, weight_hh, bias_ih, bias_hh = of_pytorch
layer = keras.layers.LSTM(2, return_sequences=True)
layer.build(x.shape)

# %%
# Compute it
# ----------
# From PyTorch to Keras, transpose both kernels, and add the two biases. On the
# way back, transpose again: one bias is that of Keras, the other is zeros.

kernel, recurrent_kernel, bias = weight_ih.T, weight_hh.T, bias_ih + bias_hh
layer.set_weights([kernel, recurrent_kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# To ONNX, transpose both again, and move the gates. Add an axis for directions,
# and a second bias, of zeros. ``rows`` fits 2 units, ``lstm_to_onnx`` any size.

rows = [0, 1, 6, 7, 2, 3, 4, 5]  # i, f, g, o becomes i, o, f, g
W, R = kernel.T[np.newaxis, rows], recurrent_kernel.T[np.newaxis, rows]
B = np.concatenate([bias[rows], np.zeros(8)])[np.newaxis]

from keras_by_hand.porting.onnx import lstm_from_onnx, lstm_to_onnx
from keras_by_hand.porting.pytorch import lstm_from_pytorch

# %%
# Check it
# --------
# The formula of PyTorch's documentation, with PyTorch's weights.

h = c = np.zeros((2, 2))  # (batch, units)
for t in range(5):
    z = x[:, t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
    i, f, g, o = np.split(z, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
np.testing.assert_allclose(y[:, -1], h, rtol=1e-4, atol=1e-4)
weights = lstm_from_pytorch(*of_pytorch)
np.testing.assert_equal(weights, [kernel, recurrent_kernel, bias])
np.testing.assert_equal(lstm_to_onnx(*weights), [W, R, B])
np.testing.assert_equal(lstm_from_onnx(W, R, B), weights)
if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    of_torch = torch.nn.LSTM(3, 2, batch_first=True)
    for name, weight in zip(of_torch.state_dict(), of_pytorch):
        setattr(of_torch, name, torch.nn.Parameter(torch.Tensor(weight)))
    answer, _ = of_torch(torch.tensor(x))
    np.testing.assert_allclose(answer.detach(), y, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you do not move the gates of ONNX: there is no error. (Nor is there if
# you copy Keras' bias to both biases of PyTorch, which adds them.)

layer.set_weights([W[0].T, R[0].T, B[0, :8]])
wrong = keras.ops.convert_to_numpy(layer(x))
print("right:", y[0, 1].round(2), "wrong:", wrong[0, 1].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The weights of the input, Keras' transposed. Each colour is a gate of 2 units.

gates = np.tile(np.repeat([0, 1, 2, 3], 2), (3, 1)).T  # of i, f, g and o
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
panels = [("Keras and PyTorch", gates, "ifgo"), ("ONNX", gates[rows], "iofg")]
for axis, (title, values, names) in zip(axes, panels):
    axis.imshow(values, cmap="Set2")
    axis.set(title=title, xlabel="features", xticks=[])
    axis.set_yticks([0.5, 2.5, 4.5, 6.5], names)
plt.show()
