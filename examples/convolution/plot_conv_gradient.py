r"""
Gradient of Conv2D: each patch times the gradient of its output
===============================================================

All patches share one kernel. So its gradient is a sum over all patches: each is
multiplied by the gradient :math:`\delta` of the loss at the output it makes.

.. math::

   \frac{\partial L}{\partial W_{u,c,f}} &= \sum_i x_{s\,i + u,\; c} \,
   \delta_{i,f} \\
   \frac{\partial L}{\partial b_f} &= \sum_i \delta_{i,f}

Here :math:`i` is an output pixel of any image, :math:`u` a pixel of the kernel,
:math:`s` the stride. (The page "Conv2D input gradient" has the gradient of x.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

from keras_by_hand.layers.windows import patches

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient. With this loss, the
# target itself is the gradient of the loss at ``y``.


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def gradients_in_training(x, kernel, bias, y_gradient, **options):
    conv2d = Conv2D(len(bias), kernel.shape[:2], **options)
    model = keras.Sequential([keras.Input(x.shape[1:]), conv2d])
    model.compile(keras.optimizers.SGD(learning_rate=1.0), loss)
    model.set_weights([kernel, bias])
    model.train_on_batch(x, y_gradient)
    new_kernel, new_bias = model.get_weights()
    return kernel - new_kernel, bias - new_bias


kernel = rng.integers(-5, 6, size=(3, 2, 4, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])
x = rng.integers(-5, 6, size=(2, 6, 7, 4))  # (batch, height, width, channels)
delta = np.arange(192).reshape(2, 4, 6, 4) % 7 - 3  # the gradient at y
of_keras, of_bias = gradients_in_training(x, kernel, bias, delta)

# %%
# Compute it
# ----------
# As in a ``Dense`` layer, multiply the inputs by the gradients of the outputs.
# Here the inputs are patches, and the sum runs over three axes: images ``b``,
# and rows ``i`` and columns ``j`` of their outputs. The bias is added to each
# output, so its gradient is the sum of all of theirs.

windows = np.lib.stride_tricks.sliding_window_view(x, (3, 2), axis=(1, 2))
by_hand = np.einsum("bijcuv,bijf->uvcf", windows, delta)
bias_by_hand = delta.sum(axis=(0, 1, 2))

# %%
# The whole function cuts the patches with any strides and padding.

from keras_by_hand.gradients import conv2d_gradients

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(of_keras, by_hand)
np.testing.assert_array_equal(of_bias, bias_by_hand)

cases = [  # the shape of y, and the options of Conv2D
    ((2, 2, 2, 4), {"strides": 3}),
    ((2, 3, 4, 4), {"strides": 2, "padding": "same"}),
    ((2, 4, 6, 4), {}),
]
for shape, options in cases:
    y_gradient = rng.integers(-5, 6, size=shape)
    in_training = gradients_in_training(x, kernel, bias, y_gradient, **options)
    gradients = conv2d_gradients(x, (3, 2), y_gradient, **options)
    for gradient, expected in zip(in_training, gradients):
        np.testing.assert_array_equal(gradient, expected)

# %%
# Break it
# --------
# Would you take the mean over all patches? They share one kernel, so gradients
# add up. Or would you flip the result, as signal processing flips a kernel?

kernel_gradient, right = in_training[0], gradients[0]
for wrong in (right / y_gradient[..., 0].size, right[::-1, ::-1]):
    assert np.any(kernel_gradient != wrong)

# %%
# See it
# ------
# From a loss of "mse", gradient descent learns Sobel's kernel in 300 steps.

shown = (0, 10, 300)  # steps
image = rng.choice([-1.0, 1.0], size=(1, 5, 5, 1)).repeat(3, 1).repeat(3, 2)
sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]).reshape(3, 3, 1, 1)
cut = patches(image, (3, 3))
edges = np.tensordot(cut, sobel, 3)
fig, axes = plt.subplots(1, 5, figsize=(6, 1.9), layout="constrained")
fig.suptitle("Image and edges given, gradient descent learns the kernel")
axes[0].imshow(image[0], cmap="PuOr", vmin=-2, vmax=2)
axes[0].set_title("image")
axes[1].imshow(edges[0], cmap="PuOr")
axes[1].set_title("edges")
for steps, axis in zip(shown, axes[2:]):
    learned = np.zeros(sobel.shape)
    for _ in range(steps):
        y_gradient = 2 * (np.tensordot(cut, learned, 3) - edges) / edges.size
        learned -= 0.1 * conv2d_gradients(image, (3, 3), y_gradient)[0]
    axis.imshow(learned[:, :, 0], cmap="PuOr", vmin=-4, vmax=4)
    axis.set_title(f"{steps} steps")
    for (row, column), value in np.ndenumerate(learned[:, :, 0, 0].round(1)):
        axis.text(column, row, value + 0, ha="center", va="center", color="k")
plt.setp(axes, xticks=[], yticks=[])
plt.show()
