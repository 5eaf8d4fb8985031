r"""
Flatten: the order of the rows of the next Dense kernel
=======================================================

``Flatten`` lists the numbers of each image in a row, for a ``Dense`` layer.
PyTorch lists them channel by channel, and Keras pixel by pixel. So to port such
a network, reorder the kernel of this ``Dense`` layer. All shapes fit without
that, and no error warns you.

.. math::

   \text{pixel by pixel: } & y_{(i w + j) C + c} = x_{i,j,c} \\
   \text{channel by channel: } & y_{(c h + i) w + j} = x_{c,i,j}

Here :math:`i` is one of :math:`h` rows, :math:`j` one of :math:`w` columns, and
:math:`c` one of :math:`C` channels.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Flatten

# %%
# Build it
# --------
# The end of a network: in PyTorch, it is ``nn.Flatten(), nn.Linear(24, 4)``.

rng = np.random.default_rng(313)
images = rng.integers(-9, 10, size=(5, 3, 2, 4))  # (batch, C, height, width)
linear = rng.integers(-9, 10, size=(4, 24))  # PyTorch's: (units, features)
bias = np.array([4, -7, 0, 9])  # (units,)
of_pytorch = images.reshape(5, 24) @ linear.T + bias
model = keras.Sequential([keras.Input((2, 4, 3)), Flatten(), Dense(4)])
x = images.transpose(0, 2, 3, 1)  # (batch, height, width, C)

# %%
# Compute it
# ----------
# Split the features into three axes, move these, and join them again. Height
# and width are those of the images that ``Flatten`` gets, after all pooling.

split = linear.reshape(4, 3, 2, 4)  # (units, channels, height, width)
moved = split.transpose(2, 3, 1, 0)  # (height, width, channels, units)
kernel = moved.reshape(24, 4)  # (features, units)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

model.set_weights([kernel, bias])
y = model.predict(x, verbose=0)
np.testing.assert_array_equal(y, np.float32(of_pytorch), strict=True)

# %%
# In full
# -------
# ``from_pytorch_linear_after_flatten`` does the three steps.
# ``channels_last_dense_kernel`` is for a Keras model whose images are channels
# first, if its ``Flatten`` lists them channel by channel, as by default.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:**
#    ``Flatten(data_format="channels_first")`` does not help: it takes PyTorch's
#    images, but it still lists them pixel by pixel. So does ``Flatten()`` after
#    ``set_image_data_format("channels_first")``. The documentation is silent.

from keras_by_hand import flatten
from keras_by_hand.porting.pytorch import (
    channels_last_dense_kernel,
    from_pytorch_linear_after_flatten,
)

of_linear = from_pytorch_linear_after_flatten(linear, height=2, width=4)
np.testing.assert_array_equal(of_linear, kernel)
reordered = channels_last_dense_kernel(linear.T, (3, 2, 4))
np.testing.assert_array_equal(reordered, kernel)
first = {"data_format": "channels_first"}
y_first = keras.ops.convert_to_numpy(Flatten(**first)(images))
np.testing.assert_array_equal(y_first, flatten(images, **first))
np.testing.assert_array_equal(y_first, x.reshape(5, 24))

# %%
# Break it
# --------
# For other ``Linear`` layers, a transpose is enough. Behind ``Flatten`` it is
# not: set ``kernel``, which was computed above.

model.set_weights([linear.T, bias])
wrong = model.predict(x, verbose=0)
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)

# %%
# See it
# ------
# Each line is a row of the kernel; each colour is one of the three channels.
old_rows = np.arange(24)[:, np.newaxis]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for new, (old,) in enumerate(channels_last_dense_kernel(old_rows, (3, 2, 4))):
    axis.plot([old, new], [1, 0], f"C{old // 8}o-", markersize=4)
axis.set(title="The rows of the Dense kernel, put in another order")
axis.set(xlabel="row of the kernel", yticks=[1, 0])
axis.set_yticklabels(["PyTorch", "Keras"])
plt.show()
