r"""
GRU weights: Keras to PyTorch and back
======================================

PyTorch's ``GRU`` computes the same as Keras' default, but its kernels are
transposed, and its gates are in the order r, z, n instead of z, r, g.

.. math::

   r, z &= \sigma(x_r + h_r), \; \sigma(x_z + h_z) \\
   n &= \tanh(x_n + r \odot h_n) \\
   h_t &= (1 - z) \odot n + z \odot h_{t-1}

Here x is the input times ``weight_ih``, plus ``bias_ih``, and h the last output
times ``weight_hh``, plus ``bias_hh``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# PyTorch's ``GRU(3, 2, batch_first=True)``. It has no ``reset_after=False``.

x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
shapes = [(6, 3), (6, 2), (6,), (6,)]  # of PyTorch: 3 gates of 2 units are 6
of_pytorch = [rng.normal(size=shape) for shape in shapes]


def keras_gru(weights, dtype="float32"):
    layer = keras.layers.GRU(2, return_sequences=True, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# Transpose both kernels. The two biases become the rows of Keras' bias. In all
# three, exchange the columns of the first two gates.

weight_ih, weight_hh, bias_ih, bias_hh = of_pytorch
columns = [2, 3, 0, 1, 4, 5]  # r, z, n becomes z, r, g, each of 2 units
kernel = weight_ih.T[:, columns]
recurrent_kernel = weight_hh.T[:, columns]
bias = np.stack([bias_ih, bias_hh])[:, columns]

# %%
# The functions do this for any number of units, and the way back.

from keras_by_hand.porting.pytorch import (
    exchange_gates,
    gru_from_pytorch,
    gru_to_pytorch,
)

# %%
# Check it
# --------
# The formula of `PyTorch's documentation
# <https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html>`__. (Only
# TensorFlow computes a whole layer in float64.)


def pytorch_gru(x, weight_ih, weight_hh, bias_ih, bias_hh):
    """x: (batch, steps, features). Returns (batch, steps, hidden)."""
    h = np.zeros((len(x), weight_hh.shape[1]))
    outputs = []
    for t in range(x.shape[1]):
        x_r, x_z, x_n = np.split(x[:, t] @ weight_ih.T + bias_ih, 3, axis=1)
        h_r, h_z, h_n = np.split(h @ weight_hh.T + bias_hh, 3, axis=1)
        z = sigmoid(x_z + h_z)
        n = np.tanh(x_n + sigmoid(x_r + h_r) * h_n)
        h = (1 - z) * n + z * h
        outputs.append(h)
    return np.stack(outputs, axis=1)


weights = gru_from_pytorch(*of_pytorch)
np.testing.assert_equal(gru_to_pytorch(*weights), of_pytorch)

expected = pytorch_gru(x, *of_pytorch)
in_keras = keras_gru([kernel, recurrent_kernel, bias])
np.testing.assert_allclose(in_keras, expected, rtol=1e-4, atol=1e-4)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    y = keras_gru(weights, dtype)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    layer = torch.nn.GRU(3, 2, batch_first=True)
    tensors = [torch.tensor(np.float32(weight)) for weight in of_pytorch]
    layer.load_state_dict(dict(zip(layer.state_dict(), tensors)))
    answer, _ = layer(torch.tensor(x))  # what is left out: the last h
    np.testing.assert_allclose(answer.detach(), y, tolerance, tolerance)

# %%
# Break it
# --------
# Would you add the two biases, as for an LSTM? The reset gate multiplies only
# the second one, so the candidate n is wrong.

wrong = pytorch_gru(x, weight_ih, weight_hh, bias_ih + bias_hh, 0 * bias_hh)
print("right:", y[1, :, 0].round(2), "wrong:", wrong[1, :, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Each colour is a gate of 2 units.

gates = np.tile(np.repeat([0, 1, 2], 2), (3, 1))  # z, r and g, of 2 units each
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), layout="constrained")
axes[0].imshow(gates)
axes[0].set(title="kernel in Keras", ylabel="features")
axes[0].set_xticks([0.5, 2.5, 4.5], ["z", "r", "g"])
axes[1].imshow(exchange_gates(gates).T)
axes[1].set(title="weight_ih in PyTorch", xlabel="features")
axes[1].set_yticks([0.5, 2.5, 4.5], ["r", "z", "n"])
plt.show()
