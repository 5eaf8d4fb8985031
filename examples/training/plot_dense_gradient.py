r"""
Gradient of a Dense layer: two products and a sum
=================================================

Backpropagation through a ``Dense`` layer computes three gradients of the loss:
with respect to its kernel, its bias and its input. Each is one line of NumPy.

For :math:`y = x W + b`, and with :math:`\delta` for the gradient
:math:`\partial L / \partial y` that arrives at the output:

.. math::

   \frac{\partial L}{\partial W} &= x^T \delta \\
   \frac{\partial L}{\partial b} &= \sum_{\text{batch}} \delta \\
   \frac{\partial L}{\partial x} &= \delta \, W^T

The first two change the weights. The third goes on to the layer before, where
it is the :math:`\delta` that arrives.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient: it is the weights
# before a step minus those after it. To read the gradient of the input, too,
# make it a weight: a layer in front has ``x`` as its kernel. Fed with the
# identity matrix, it returns ``np.eye(8) @ x``, which is ``x``.

x = rng.integers(-5, 6, size=(8, 3))  # (batch, features)
kernel = rng.integers(-5, 6, size=(3, 4))  # (features, units)
bias = np.array([2, -3, 1, 4])  # (units,)
target = rng.integers(-9, 10, size=(8, 4))  # (batch, units)

holds_x = keras.layers.Dense(3, use_bias=False)
model = keras.Sequential([keras.Input((8,)), holds_x, keras.layers.Dense(4)])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.set_weights([x, kernel, bias])
model.train_on_batch(np.eye(8), target)
new_x, new_kernel, new_bias = model.get_weights()
print("gradient of the kernel:")
print(kernel - new_kernel)

# %%
# Compute it
# ----------
# A gradient has the shape of what it belongs to. That helps to remember the
# products: ``(features, batch) @ (batch, units)`` has the kernel's shape. It
# sums over the batch, because every sample went through the same kernel.
#
# The gradient that arrives here is that of the loss. The mean squared error is
# a mean over samples and units, and the derivative of the square brings the
# factor 2.

error = x @ kernel + bias - target  # (batch, units)
y_gradient = 2 * error / error.size
of_x = y_gradient @ kernel.T  # (batch, features)
of_kernel = x.T @ y_gradient  # (features, units)
of_bias = np.sum(y_gradient, axis=0)  # (units,)

# %%
# The whole function is the last three of these lines.
#
# With an activation, multiply ``y_gradient`` by its derivative first. If ``x``
# is (batch, time, features), reshape it to ``(-1, features)``, and
# ``y_gradient`` to ``(-1, units)``.

from keras_by_hand import dense_gradients

# %%
# Check it
# --------
# ``2 / error.size`` is 1/16. Whole numbers and sixteenths leave float32 nothing
# to round: equal to the bit.

np.testing.assert_array_equal(x - new_x, of_x, strict=True)
np.testing.assert_array_equal(kernel - new_kernel, of_kernel, strict=True)
np.testing.assert_array_equal(bias - new_bias, of_bias, strict=True)

gradients = dense_gradients(x, kernel, y_gradient)
x_gradient, kernel_gradient, bias_gradient = gradients
np.testing.assert_array_equal(x - new_x, x_gradient)
np.testing.assert_array_equal(kernel - new_kernel, kernel_gradient)
np.testing.assert_array_equal(bias - new_bias, bias_gradient)

# %%
# Break it
# --------
# Would you divide by the batch size again, although the loss is a mean already?
# Or reshape ``x`` instead of transposing it? Both give the right shape.

divided_twice = x.T @ y_gradient / len(x)
reshaped = x.reshape(3, 8) @ y_gradient
assert np.any(divided_twice != kernel - new_kernel)
assert np.any(reshaped != kernel - new_kernel)

# %%
# See it
# ------
# The outlined entry on the right is the outlined row times the outlined column,
# summed over eight samples.

names = ["$x^T$", r"$16 \, \delta$", r"$16 \, x^T \delta$"]
panels = [x.T, 16 * y_gradient, 16 * kernel_gradient]
fig, axes = plt.subplots(1, 3, figsize=(6, 3.4), width_ratios=[8, 4, 4])
fig.suptitle("The kernel's gradient sums over the batch")
for axis, name, values in zip(axes, names, panels):
    scale = 3 * np.abs(values).max()  # pale colours behind the numbers
    axis.imshow(values, cmap="PuOr", vmin=-scale, vmax=scale)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        text = axis.text(column, row, f"{value:.0f}", color="black")
        text.set(ha="center", va="center")
axes[0].axhspan(0.5, 1.5, fill=False, edgecolor="C2", linewidth=3)
axes[1].axvspan(1.5, 2.5, fill=False, edgecolor="C2", linewidth=3)
axes[2].axhspan(0.5, 1.5, 0.5, 0.75, fill=False, edgecolor="C2", linewidth=3)
plt.show()
