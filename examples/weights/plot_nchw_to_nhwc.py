r"""
NCHW to NHWC: the weights of a whole PyTorch CNN
================================================

PyTorch stores images and kernels with the channels first, Keras with the
channels last. To convert a model, reorder the axes of each kind of layer:

.. math::

   \text{Conv2d: } & OIHW \to HWIO \\
   \text{depthwise: } & (CM) 1 HW \to HWCM \\
   \text{transposed: } & IOHW \to HWOI \\
   \text{Linear after Flatten: } & O(CHW) \to (HWC)O

O are the outputs, I the inputs, H and W rows and columns, C the channels, and M
is ``depth_multiplier``. Axes in parentheses are one axis.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand.porting.pytorch import (
    from_pytorch_images,
    pytorch_conv2d,
    pytorch_conv_transpose2d,
)

# %%
# Build it
# --------
# Random numbers stand for ``[w.numpy() for w in net.state_dict().values()]``.
# The layers of ``net`` are ``Conv2d(2, 4, 3)``, ``Conv2d(4, 8, 3, groups=4)``,
# ``ConvTranspose2d(8, 3, 3)``, ``Flatten()`` and ``Linear(60, 5)``. Then the
# same network in Keras.

rng = np.random.default_rng(313)
images = rng.normal(size=(4, 2, 6, 7)).astype("float32")  # (batch, C, H, W)
shapes = [(4, 2, 3, 3), 4, (8, 1, 3, 3), 8, (8, 3, 3, 3), 3, (5, 60), 5]
state = [rng.uniform(-0.5, 0.5, size=shape) for shape in shapes]
model = keras.Sequential([keras.Input((6, 7, 2)), layers.Conv2D(4, 3)])
model.add(layers.DepthwiseConv2D(3, depth_multiplier=2))
model.add(layers.Conv2DTranspose(3, 3))
model.add(layers.Flatten())
model.add(layers.Dense(5))

# %%
# Compute it
# ----------
# Split axes, exchange them, and join them again, as the formula says. Before
# ``Flatten``, there are 3 channels of 4 rows and 5 columns. Biases stay as they
# are, and so does the order of the layers.

conv, b_1, depthwise, b_2, transposed, b_3, linear, b_4 = state
conv = conv.transpose(2, 3, 1, 0)
depthwise = depthwise.reshape(4, 2, 3, 3).transpose(2, 3, 0, 1)  # C, M, H, W
transposed = transposed.transpose(2, 3, 1, 0)
linear = linear.reshape(5, 3, 4, 5).transpose(2, 3, 1, 0).reshape(60, 5)
weights = [conv, b_1, depthwise, b_2, transposed, b_3, linear, b_4]

# %%
# Check it
# --------
# PyTorch's layers, on PyTorch's arrays. (For a ``BatchNorm2d`` between them,
# see the page "BatchNorm2d, PyTorch to Keras: momentum, epsilon, variance".)

model.set_weights(weights)
y = model.predict(from_pytorch_images(images), verbose=0)  # (batch, units)
x = pytorch_conv2d(images, *state[:2])
x = pytorch_conv2d(x, *state[2:4], groups=4)
x = pytorch_conv_transpose2d(x, *state[4:6])
expected = x.reshape(4, 60) @ state[6].T + state[7]
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Transpose with ``.T``, and where kernels are square, they load. But rows and
# columns are exchanged, and the rows of the ``Dense`` kernel belong to other
# pixels. Only the depthwise kernel raises an error.

answers = {"right": y}
for name, place in [("Conv2d", 0), ("ConvTranspose2d", 4), ("Linear", 6)]:
    mistaken = [*weights]
    mistaken[place] = state[place].T
    model.set_weights(mistaken)
    wrong = model.predict(from_pytorch_images(images), verbose=0)
    print(f"{name}.T  right:", y[0, :2], "wrong:", wrong[0, :2])
    assert not np.allclose(y, wrong, 1e-2, 1e-2)
    answers[f"{name}: .T"] = wrong
mistaken = [*weights[:2], state[2].T, *weights[3:]]
np.testing.assert_raises(ValueError, model.set_weights, mistaken)

# %%
# See it
# ------
# Each point is one output for one image. Right answers lie on the line.

fig, axes = plt.subplots(2, 2, figsize=(6, 4), layout="constrained")
for axis, (name, answer) in zip(axes.flat, answers.items()):
    axis.axline((0, 0), slope=1, color="0.7")
    axis.plot(expected, answer, "C0o", markersize=4)
    axis.set(title=name, xlabel="PyTorch", ylabel="Keras")
plt.show()
