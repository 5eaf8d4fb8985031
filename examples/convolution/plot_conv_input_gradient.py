r"""
Conv2D input gradient: a transposed convolution
===============================================

Each pixel gets a gradient from every output that reads it. Their sum is a
transposed convolution of :math:`\delta`, which is the gradient at the output.

.. math::

   \frac{\partial L}{\partial x_{p,c}} = \sum_{s\,i + u = p} \sum_f
   \delta_{i,f} \, W_{u,c,f}

Here :math:`p`, :math:`i` and :math:`u` are pixels of input, output and kernel,
and :math:`s` is the stride. Backpropagation passes this gradient on to the
layer before.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Reshape

from keras_by_hand.layers.convolution import conv_transpose

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient. With this loss, the
# target itself is the gradient at ``y``. A ``Dense`` layer in front holds ``x``
# as its kernel, so that training subtracts the gradient of ``x``. (The page
# "Gradient of a Dense layer" does the same.)


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def input_gradient_in_training(x, kernel, y_gradient, **options):
    samples = len(x)
    x_layer = Dense(x[0].size, use_bias=False)
    size, filters = kernel.shape[:2], kernel.shape[-1]
    conv2d = Conv2D(filters, size, use_bias=False, **options)
    layers = [keras.Input((samples,)), x_layer, Reshape(x.shape[1:]), conv2d]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(learning_rate=1.0), loss)
    model.set_weights([x.reshape(samples, -1), kernel])
    model.train_on_batch(np.eye(samples), y_gradient)
    return x - model.get_weights()[0].reshape(x.shape)


kernel = rng.integers(-5, 6, size=(3, 2, 4, 4))  # (rows, columns, in, filters)
x = rng.integers(-5, 6, size=(2, 6, 7, 4))  # (batch, height, width, channels)
delta = np.arange(192).reshape(2, 4, 6, 4) % 7 - 3  # the gradient at y
of_keras = input_gradient_in_training(x, kernel, delta)

# %%
# Compute it
# ----------
# The output in row ``i`` and column ``j`` reads a patch of 3 by 2 pixels, and
# multiplies it by the kernel. On the way back, these pixels get the gradient of
# that output, multiplied by the same kernel. Where patches overlap, the
# gradients add up.

by_hand = np.zeros(x.shape)
for i, j in np.ndindex(4, 6):  # rows and columns of y
    copy = np.einsum("bf,uvcf->buvc", delta[:, i, j], kernel)
    by_hand[:, i : i + 3, j : j + 2] += copy

# %%
# This is what ``Conv2DTranspose`` does, and the whole function leaves it to
# ``conv_transpose``. The kernel stays as it is: (rows, columns, in, out) of
# ``Conv2D`` is (rows, columns, out, in) of ``Conv2DTranspose``. Images of
# several sizes can make the same ``y``, so ``output_padding`` restores the size
# of ``x``.

from keras_by_hand.gradients import conv2d_x_gradient

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(of_keras, by_hand)

cases = [  # the shape of y, and the options of Conv2D
    ((2, 2, 2, 4), {"strides": 3}),
    ((2, 3, 4, 4), {"strides": 2, "padding": "same"}),
    ((2, 4, 6, 4), {}),
]
for shape, options in cases:
    y_gradient = rng.integers(-5, 6, size=shape)
    x_gradient = input_gradient_in_training(x, kernel, y_gradient, **options)
    expected = conv2d_x_gradient(x.shape, kernel, y_gradient, **options)
    np.testing.assert_array_equal(x_gradient, expected)
    print(f"{options}: {shape} becomes {x_gradient.shape}")

# %%
# Break it
# --------
# Would you flip the kernel for the way back? You must if you use a convolution,
# not a transposed one. Or would you exchange in and out?

flipped = conv_transpose(y_gradient, kernel[::-1, ::-1])
exchanged = conv_transpose(y_gradient, kernel.swapaxes(2, 3))
for wrong in (flipped, exchanged):
    assert np.any(x_gradient != wrong)

# %%
# See it
# ------
# With a kernel and a ``y_gradient`` of ones, the gradient of ``x`` counts the
# outputs that read a pixel. A pixel that no output reads has a gradient of 0.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.5), layout="constrained")
fig.suptitle("How many outputs read a pixel, with a kernel of 3 by 3")
ones = np.ones((3, 3, 1, 1))
for axis, strides, outputs in zip(axes, (1, 2, 3), (5, 3, 2)):
    y_gradient = np.ones((1, outputs, outputs, 1))
    counts = conv2d_x_gradient((1, 7, 7, 1), ones, y_gradient, strides)
    axis.imshow(counts[0], cmap="Blues", vmin=0, vmax=12)
    axis.set(title=f"strides={strides}", xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(counts[0, :, :, 0]):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
