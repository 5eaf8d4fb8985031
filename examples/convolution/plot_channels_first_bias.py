r"""
channels_first: a wrong bias on TensorFlow
==========================================

On TensorFlow, a convolution with ``data_format="channels_first"`` adds its bias
along the wrong axis if its output has as many columns as filters, here four.
There is no error message.

.. math::

   \text{right:} \quad y_{f,i,j} &= z_{f,i,j} + b_f \\
   \text{TensorFlow:} \quad y_{f,i,j} &= z_{f,i,j} + b_j

Here :math:`z` is the output without a bias, and :math:`f`, :math:`i`, :math:`j`
are the filter, the row and the column.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Permute

from keras_by_hand import conv2d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four filters. The output of x has 6 columns, and that of ``narrow`` has 4. We
# ask for XLA, which Keras uses by itself where TensorFlow has a GPU: on many
# CPUs this layer raises an error without it.

tensorflow = keras.backend.backend() == "tensorflow"
x = rng.integers(-9, 10, size=(2, 3, 7, 8))  # (batch, channels, height, width)
narrow = x[:, :, :, :6]
kernel = rng.integers(-9, 10, size=(3, 3, 3, 4))  # (rows, columns, in, filters)
bias = np.array([1000, 2000, 3000, 4000])  # (filters,)


def keras_conv2d(x):
    layer = Conv2D(4, 3, data_format="channels_first")
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(jit_compile=tensorflow)
    layer.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


# %%
# Compute it
# ----------
# Keras reshapes the bias to (1, filters, 1, 1) and calls ``keras.ops.add``. On
# TensorFlow this function takes it for a bias of the last axis if the lengths
# agree, `to be faster <https://github.com/keras-team/keras/pull/20386>`__.


def add_bias_on_tensorflow(z, bias):
    """Add a bias, (filters,), to z, (batch, filters, height, width) (Keras)."""
    if z.shape[-1] == len(bias):
        return z + bias  # along the width
    return z + bias[:, np.newaxis, np.newaxis]


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    TensorFlow, ``Conv1D``, ``Conv2D``, ``Conv3D`` and every other convolution
#    layer with ``data_format="channels_first"`` add their bias along the width
#    if the output has as many columns as filters. JAX and PyTorch are right.

for name, images in [("x", x), ("narrow", narrow)]:
    y = keras_conv2d(images)
    z = conv2d(images, kernel, data_format="channels_first")
    right = z + bias[:, np.newaxis, np.newaxis]
    expected = add_bias_on_tensorflow(z, bias) if tensorflow else right
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"{name}: {np.mean(y == right):.0%} of {y.shape} are right")

# %%
# **What to do:** put the channels last while the layer computes. Its weights
# stay the same. (Or leave out the bias, where a normalization follows.)

safe = keras.Sequential([Permute((2, 3, 1)), Conv2D(4, 3), Permute((3, 1, 2))])
safe.build(narrow.shape)
safe.set_weights([kernel, bias])
y_safe = keras.ops.convert_to_numpy(safe(narrow.astype("float32")))
np.testing.assert_array_equal(y_safe, np.float32(right), strict=True)

# %%
# Break it
# --------
# Would you test a model for this on a CPU? Without XLA, ``predict`` may be
# right there, though ``layer(x)`` is wrong. Would you add a column to a matrix
# by ``keras.ops.add``? On TensorFlow the column is added as a row.

column = np.array([[10.0], [20.0]])
added = keras.ops.convert_to_numpy(keras.ops.add(np.zeros((2, 2)), column))
expected = [[10, 20], [10, 20]] if tensorflow else [[10, 10], [20, 20]]
np.testing.assert_array_equal(added, expected)

# %%
# See it
# ------
# On an image of zeros, the output is the bias. This is one row of each filter.

number = np.array([1, 2, 3, 4])
panels = [
    ("right", np.tile(number[:, np.newaxis], 4)),
    ("TensorFlow", np.tile(number, (4, 1))),
]
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("The bias 1, 2, 3, 4 of four filters, on an output 4 pixels wide")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, cmap="Blues", vmin=0, vmax=6)
    axis.set(title=title, xlabel="column", ylabel="filter")
    axis.set(xticks=range(4), yticks=range(4))
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, value, ha="center", va="center", color="k")
plt.show()
