r"""
Flatten: PyTorch's Linear kernel in Keras' order
================================================

``Flatten`` puts the numbers of an image in one row: PyTorch channel by channel,
and Keras pixel by pixel. So the kernel of the next layer, ``Linear`` in PyTorch
and ``Dense`` in Keras, has to be reordered.

.. math::

   &\text{Dense: row } (i \, w + j) \, C + c \\
   &\text{Linear: column } (c \, h + i) \, w + j

They belong to channel :math:`c` of the pixel in row :math:`i` and column
:math:`j`, of :math:`C` channels, :math:`h` rows and :math:`w` columns.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Flatten, Permute

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The end of a convolutional network. In PyTorch: ``Flatten(), Linear(24, 4)``.

images = rng.integers(-9, 10, size=(5, 3, 2, 4))  # (batch, C, height, width)
linear = rng.integers(-9, 10, size=(4, 24))  # (units, features)
bias = np.array([4, -7, 0, 9])  # (units,)

dense = Dense(4)
model = keras.Sequential([keras.Input((2, 4, 3)), Flatten(), dense])

# %%
# Compute it
# ----------
# Split the features into three axes, move these, and join them again. Height
# and width are those of the images that ``Flatten`` gets, after all pooling.

split = linear.reshape(4, 3, 2, 4)  # (units, channels, height, width)
moved = split.transpose(2, 3, 1, 0)  # (height, width, channels, units)
by_hand = moved.reshape(24, 4)  # (features, units)

# %%
# The whole function counts units and channels itself.

from keras_by_hand.porting.pytorch import from_pytorch_linear_after_flatten

# %%
# Check it
# --------
# PyTorch's ``Flatten`` is a ``reshape``; ``Linear`` multiplies by a transpose.
# ``Dense`` computes the same with the function's kernel, which is that above.

expected = np.float32(images.reshape(5, 24) @ linear.T + bias)
kernel = from_pytorch_linear_after_flatten(linear, height=2, width=4)
model.set_weights([kernel, bias])
x = images.transpose(0, 2, 3, 1)  # (batch, height, width, channels)
y = model.predict(x, verbose=0)
np.testing.assert_array_equal(y, expected, strict=True)
np.testing.assert_array_equal(kernel, by_hand)

if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    arrays = [torch.tensor(np.float32(a)) for a in (images, linear, bias)]
    flat = torch.flatten(arrays[0], start_dim=1)
    answer = torch.nn.functional.linear(flat, *arrays[1:])
    np.testing.assert_array_equal(answer, expected)

# Channel 2 of the pixel in row 1 and column 1, by the equation above:
row, column = (1 * 4 + 1) * 3 + 2, (2 * 2 + 1) * 4 + 1
print(f"row {row} of Dense is column {column} of Linear")
np.testing.assert_array_equal(kernel[row], linear[:, column])

# %%
# Break it
# --------
# Would you only transpose the kernel, as for other ``Linear`` layers? The shape
# is right, so no error warns you. The numbers are right only if you also put
# ``Permute((3, 1, 2))`` before ``Flatten``: it moves the channels to the front.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:**
#    ``Flatten(data_format="channels_first")`` does not help: it takes PyTorch's
#    images, but it still lists them pixel by pixel. The documentation says
#    nothing about the order.

dense.set_weights([linear.T, bias])
wrong = model.predict(x, verbose=0)
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)

flat = Flatten()(Permute((3, 1, 2))(x.astype("float32")))
permuted = keras.ops.convert_to_numpy(dense(flat))
np.testing.assert_array_equal(permuted, expected)
flat = Flatten(data_format="channels_first")(images)
flat = keras.ops.convert_to_numpy(flat)
np.testing.assert_array_equal(flat, x.reshape(5, 24))

# %%
# See it
# ------
# The places that 2 by 4 pixels with 2 channels get in the row of 16 numbers.

of_pytorch = np.arange(16).reshape(2, 2, 4)  # (channels, height, width)
of_keras = np.arange(16).reshape(2, 4, 2)  # (height, width, channels)
panels = [
    ("PyTorch, channel 0", of_pytorch[0]),
    ("PyTorch, channel 1", of_pytorch[1]),
    ("Keras, channel 0", of_keras[:, :, 0]),
    ("Keras, channel 1", of_keras[:, :, 1]),
]
fig, axes = plt.subplots(2, 2, figsize=(6, 3.2))
fig.suptitle("PyTorch finishes a channel first, and Keras a pixel")
for axis, (title, places) in zip(axes.flat, panels):
    axis.imshow(places, cmap="Blues", vmin=0, vmax=30)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), place in np.ndenumerate(places):
        axis.text(column, row, place, ha="center", va="center", color="k")
plt.show()
