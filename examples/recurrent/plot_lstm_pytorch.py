r"""
LSTM weights: Keras to PyTorch and back
=======================================

PyTorch's ``LSTM`` has its gates in the same order as Keras. But it transposes
the kernels, and it has two biases, which it adds, where Keras has one.

.. math::

   W = W_{ih}^\top, \quad U = W_{hh}^\top \\
   b = b_{ih} + b_{hh}

W, U and b are Keras' kernel, recurrent kernel and bias. The others are weights
of `PyTorch <https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html>`__.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# In PyTorch: ``LSTM(3, 2, batch_first=True)``, for 3 features and 2 units. It
# returns all steps, as Keras does with ``return_sequences=True``.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
shapes = [(8, 3), (8, 2), (8,), (8,)]  # of PyTorch: 4 gates of 2 units are 8
of_pytorch = [rng.normal(size=shape) for shape in shapes]


def keras_lstm(weights, dtype="float32"):
    layer = keras.layers.LSTM(2, return_sequences=True, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------
# Transpose both kernels, and add the two biases.

weight_ih, weight_hh, bias_ih, bias_hh = of_pytorch
to_keras = [weight_ih.T, weight_hh.T, bias_ih + bias_hh]

# %%
# The functions do this and the way back. To PyTorch, the bias becomes the first
# of two, and zeros the second.

from keras_by_hand.porting.pytorch import lstm_from_pytorch, lstm_to_pytorch

# %%
# Check it
# --------
# The formula of PyTorch's documentation, with PyTorch's weights:


def pytorch_lstm(x, weight_ih, weight_hh, bias_ih, bias_hh):
    """x: (batch, steps, features). Returns the outputs, (batch, steps,
    hidden)."""
    h = c = np.zeros((len(x), weight_hh.shape[1]))
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


# %%
# Weights go from PyTorch to Keras, and back to PyTorch. All three give the same
# numbers. (Only TensorFlow computes a whole layer in float64.)

in_keras = keras_lstm(to_keras)
expected = pytorch_lstm(x, *of_pytorch)
np.testing.assert_allclose(in_keras, expected, rtol=1e-4, atol=1e-4)

weights = lstm_from_pytorch(*of_pytorch)
back_again = lstm_to_pytorch(*weights)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    y = keras_lstm(weights, dtype)
    for in_pytorch in (of_pytorch, back_again):
        expected = pytorch_lstm(x, *in_pytorch)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    layer = torch.nn.LSTM(3, 2, batch_first=True)
    tensors = [torch.tensor(np.float32(weight)) for weight in of_pytorch]
    layer.load_state_dict(dict(zip(layer.state_dict(), tensors)))
    answer, _ = layer(torch.tensor(x))  # what is left out: the last h and c
    np.testing.assert_allclose(answer.detach(), y, tolerance, tolerance)

# %%
# Break it
# --------
# Would you copy Keras' bias into both biases of PyTorch? Then it counts twice.

weight_ih, weight_hh, bias, _ = back_again
wrong = pytorch_lstm(x, weight_ih, weight_hh, bias, bias)
print("right:", y[1, :, 0], "wrong:", wrong[1, :, 0])
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# PyTorch stacks the gates that Keras has side by side. Each colour is a gate of
# 2 units.

kernel = np.tile(np.repeat([0, 1, 2, 3], 2), (3, 1))  # of i, f, g and o
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
axes[0].imshow(kernel, cmap="Set2")
axes[0].set(title="Keras: kernel", yticks=[])
axes[0].set_xticks([0.5, 2.5, 4.5, 6.5], ["i", "f", "g", "o"])
axes[1].imshow(kernel.T, cmap="Set2")
axes[1].set(title="PyTorch: weight_ih", xticks=[])
axes[1].set_yticks([0.5, 2.5, 4.5, 6.5], ["i", "f", "g", "o"])
plt.show()
