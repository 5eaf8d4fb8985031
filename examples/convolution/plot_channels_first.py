r"""
channels_first: NCHW images and channels_last (NHWC)
====================================================

PyTorch keeps the channels of an image before its height and width (NCHW), Keras
behind them (NHWC). With ``data_format="channels_first"``, a layer takes
PyTorch's order. ``keras.config.set_image_data_format`` makes this the default,
but not for ``BatchNormalization``: write ``axis=1``. The kernel stays as it is:

.. math:: y_{f,i,j} = b_f + \sum_{u,v,c} x_{c,\; i+u,\; j+v} \; W_{u,v,c,f}

Here :math:`f` is a filter, :math:`c` a channel, :math:`i, j` a pixel of the
output, and :math:`u, v` one of the kernel :math:`W`; :math:`b` is the bias.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

# %%
# Build it
# --------
# Without ``jit_compile=True``, TensorFlow says on many CPUs: "The Conv2D op
# currently only supports the NHWC tensor format on the CPU".

tensorflow = keras.backend.backend() == "tensorflow"
rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 3, 7, 8))  # (batch, channels, height, width)
kernel = rng.integers(-3, 4, size=(3, 3, 3, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])  # (filters,)


def keras_conv2d(x, activation=None):
    layer = Conv2D(4, 3, data_format="channels_first", activation=activation)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(jit_compile=tensorflow)
    layer.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


y = keras_conv2d(x)  # (batch, filters, height, width)

# %%
# Compute it
# ----------
# Cut the patches along axes 2 and 3. The bias needs two axes behind it.

windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
sums = np.einsum("bcijuv,uvcf->bfij", windows, kernel)
by_hand = sums + bias[:, np.newaxis, np.newaxis]

# %%
# Check it
# --------
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    TensorFlow, ``Conv1D``, ``Conv2D``, ``Conv3D`` and every other convolution
#    layer with ``data_format="channels_first"`` add their bias along the width
#    if the output has as many columns as filters. JAX and PyTorch are right.
#
# Here the output has 4 columns and 4 filters. To be safe, use three layers:
# ``Permute((2, 3, 1))``, ``Conv2D`` with channels last, ``Permute((3, 1, 2))``.

y_narrow = keras_conv2d(x[..., :6])  # 6 pixels wide
misread = sums[..., :4] + bias  # along the width
expected = misread if tensorflow else by_hand[..., :4]
np.testing.assert_array_equal(y_narrow, np.float32(expected), strict=True)
print("right:", by_hand[0, 0, 0, :4], "wrong:", misread[0, 0, 0])

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Conv2D(activation="softmax")`` does not know ``data_format``. Its sums
#    are 1 along the width, not over the filters. Use ``Softmax(axis=1)``.

along_width = keras_conv2d(x, "softmax").sum(axis=-1)
np.testing.assert_allclose(along_width, 1, rtol=1e-4)

# %%
# Break it
# --------
# To put channels last, use ``np.moveaxis(x, 1, -1)``. A ``reshape`` to the same
# shape raises no error, but it mixes pixels and channels.

moved, reshaped = np.moveaxis(x, 1, -1), x.reshape(2, 7, 8, 3)
print("right:", moved[0, 0, 0], "wrong:", reshaped[0, 0, 0])
assert np.any(moved != reshaped)

# %%
# See it
# ------
# The numbers of an image of 2 by 4 pixels as a reshape takes them, one by one.

image = np.zeros((3, 2, 4)) + np.arange(3).reshape(3, 1, 1)  # its channels
fig, axes = plt.subplots(2, 1, figsize=(6, 2), layout="constrained")
fig.suptitle("The channels 0, 1, 2 of 8 pixels, in the order of reshape")
orders = {"channels_first": image, "channels_last": np.moveaxis(image, 0, -1)}
for axis, (title, values) in zip(axes, orders.items()):
    axis.imshow(values.reshape(1, 24), cmap="Blues", vmin=-1, vmax=4)
    axis.set(title=title, xticks=[], yticks=[])
    for place, channel in enumerate(values.flat):
        axis.text(place, 0, int(channel), ha="center", va="center", color="k")
plt.show()
