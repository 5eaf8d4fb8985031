r"""
Gradient of Conv2D: kernel, bias and input
==========================================

Backpropagation in a CNN (backward pass) needs three gradients of a convolution.
All patches share a kernel, so its gradient is a sum over patches, each times
:math:`\delta`, the gradient of the loss :math:`L` at its output.

.. math::

   \frac{\partial L}{\partial W_{u,c,f}} &= \sum_i x_{i + u,\; c} \,
   \delta_{i,f} \\
   \frac{\partial L}{\partial b_f} &= \sum_i \delta_{i,f} \\
   \frac{\partial L}{\partial x_{p,c}} &= \sum_{i + u = p} \sum_f
   \delta_{i,f} \, W_{u,c,f}

Here :math:`i`, :math:`p` and :math:`u` are pixels of output, input and kernel,
:math:`c` is a channel and :math:`f` a filter. Strides are 1, without padding.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Reshape

# %%
# Build it
# --------
# SGD with a learning rate of 1 subtracts the gradients. With this loss, delta
# is the gradient at ``y``. To get that of ``x``, too, let ``x`` be a weight:
# the kernel of a ``Dense`` layer in front, of 6 * 7 * 3 = 126 units.

rng = np.random.default_rng(313)
x = rng.integers(-5, 6, size=(2, 6, 7, 3))  # (batch, height, width, channels)
kernel = rng.integers(-5, 6, size=(3, 2, 3, 4))  # (rows, columns, in, filters)
delta = rng.integers(-3, 4, size=(2, 4, 6, 4))
weights = [x.reshape(2, -1), kernel, np.array([3, -2, 5, 1])]
layers = [Dense(126, use_bias=False), Reshape((6, 7, 3)), Conv2D(4, (3, 2))]
model = keras.Sequential([keras.Input((2,)), *layers])
model.compile(keras.optimizers.SGD(1.0), lambda d, y: keras.ops.sum(d * y))
model.set_weights(weights)
model.train_on_batch(np.eye(2), delta)
after = model.get_weights()
of_x, of_kernel, of_bias = [w - new for w, new in zip(weights, after)]

# %%
# Compute it
# ----------
# For the kernel, sum over images ``b``, and rows ``i`` and columns ``j`` of
# the output. For ``x``, each output adds a copy of the kernel, times delta, to
# its patch. (With strides of 2, the patch begins at ``2 * i, 2 * j``.)

windows = np.lib.stride_tricks.sliding_window_view(x, (3, 2), axis=(1, 2))
kernel_by_hand = np.einsum("bijcuv,bijf->uvcf", windows, delta)
bias_by_hand = delta.sum(axis=(0, 1, 2))
x_by_hand = np.zeros(x.shape)
for i, j in np.ndindex(4, 6):
    copy = np.einsum("bf,uvcf->buvc", delta[:, i, j], kernel)
    x_by_hand[:, i : i + 3, j : j + 2] += copy

# %%
# Check it
# --------
np.testing.assert_array_equal(of_kernel, kernel_by_hand)
np.testing.assert_array_equal(of_bias, bias_by_hand)
np.testing.assert_array_equal(of_x, x_by_hand.reshape(2, -1))

# %%
# In full
# -------
# Both functions take ``strides`` and ``padding="same"``, too.

from keras_by_hand.gradients import conv2d_gradients, conv2d_x_gradient

x_gradient = conv2d_x_gradient(x.shape, kernel, delta, padding="valid")
np.testing.assert_array_equal(x_by_hand, x_gradient)
kernel_gradient, _ = conv2d_gradients(x, (3, 2), delta)
np.testing.assert_array_equal(of_kernel, kernel_gradient)

# %%
# Break it
# --------
# The gradient of the kernel is a sum, not a mean, and it is not flipped.

mean = kernel_by_hand / (2 * 4 * 6)
for name, wrong in (("mean", mean), ("flipped", kernel_by_hand[::-1, ::-1])):
    print("right:", of_kernel[0, 0, 0])
    print(f"wrong ({name}):", wrong[0, 0, 0].round(1))
    assert np.any(of_kernel != wrong)

# %%
# See it
# ------
# If kernel and delta are ones, each output adds 1 to every pixel that it reads.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.5), layout="constrained")
fig.suptitle("How many outputs read a pixel, with a kernel of 3 by 3")
for axis, strides, outputs in zip(axes, (1, 2, 3), (5, 3, 2)):
    ones, delta = np.ones((3, 3, 1, 1)), np.ones((1, outputs, outputs, 1))
    counts = conv2d_x_gradient((1, 7, 7, 1), ones, delta, strides=strides)
    axis.imshow(counts[0], cmap="Blues", vmin=0, vmax=12)
    axis.set(title=f"strides={strides}", xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(counts[0, :, :, 0]):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
