r"""
GRU weights: Keras to PyTorch and back
======================================

You have trained a ``GRU`` in one framework, and want to run it in another.
PyTorch's kernels are transposed, and its gates are r, z, n instead of z, r, g.

.. math::

   r &= \sigma(x_r + h_r), \quad z = \sigma(x_z + h_z) \\
   n &= \tanh(x_n + r \odot h_n) \\
   h_t &= (1 - z) \odot n + z \odot h_{t-1}

With r, z or n, x is the input times ``weight_ih`` plus ``bias_ih``, and h the
last output times ``weight_hh`` plus ``bias_hh``. Keras does so by default, with
``reset_after=True``. (See the page "GRU"; for ONNX, the page "ONNX GRU".)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# In PyTorch: ``GRU(3, 2, batch_first=True)``, for 3 features and 2 units.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
shapes = [(6, 3), (6, 2), (6,), (6,)]  # of PyTorch: 3 gates of 2 units are 6
of_pytorch = [rng.normal(size=shape) for shape in shapes]
weight_ih, weight_hh, bias_ih, bias_hh = of_pytorch


def keras_gru(*weights):
    layer = keras.layers.GRU(2, return_sequences=True)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# Transpose the kernels, stack the biases, and exchange the columns of the first
# two gates. The two functions are for any number of units, in each direction.

columns = [2, 3, 0, 1, 4, 5]  # r, z, n becomes z, r, g, each of 2 units
kernel = weight_ih.T[:, columns]
recurrent_kernel = weight_hh.T[:, columns]
bias = np.stack([bias_ih, bias_hh])[:, columns]
y = keras_gru(kernel, recurrent_kernel, bias)

from keras_by_hand.porting.pytorch import gru_from_pytorch, gru_to_pytorch

# %%
# Check it
# --------
# The formula of `PyTorch's documentation
# <https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html>`__.

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
if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    layer = torch.nn.GRU(3, 2, batch_first=True)
    for name, weight in zip(layer.state_dict(), of_pytorch):
        setattr(layer, name, torch.nn.Parameter(torch.Tensor(weight)))
    answer, _ = layer(torch.tensor(x))  # what is left out: the last h
    np.testing.assert_allclose(answer.detach(), y, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you add both biases, as for an LSTM. But r multiplies bias_hh of n.

one_bias = np.stack([bias[0] + bias[1], np.zeros(6)])
wrong = keras_gru(kernel, recurrent_kernel, one_bias)
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
