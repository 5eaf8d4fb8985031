r"""
Gradient of a Dense layer: two products and a sum
=================================================

The gradient of a loss for an array has the shape of the array. Each entry says
how fast the loss grows when that entry of the array grows, so training moves
each weight the other way. A ``Dense`` layer, :math:`y = x W + b`, needs three:
for its kernel, its bias, and its input. The last goes on to the layer before.

.. math::

   \frac{\partial L}{\partial W} &= x^T \frac{\partial L}{\partial y} \\
   \frac{\partial L}{\partial b} &= \sum_n \frac{\partial L}{\partial y_n} \\
   \frac{\partial L}{\partial x} &= \frac{\partial L}{\partial y} \, W^T

:math:`L` is the loss, :math:`n` a sample. In the code, dL/dy is ``y_gradient``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A step of ``SGD`` with a learning rate of 1 subtracts from each weight its
# gradient. So old minus new is the gradient. But a step moves weights, never
# the input. So make ``x`` a weight, too: the kernel of a layer in front. Its
# input is the identity matrix, so it returns ``np.eye(8) @ x``, which is ``x``.

rng = np.random.default_rng(313)
x = rng.integers(-5, 6, size=(8, 3))  # (batch, features)
kernel = rng.integers(-5, 6, size=(3, 4))  # (features, units)
bias = np.array([2, -3, 1, 4])  # (units,)
target = rng.integers(-9, 10, size=(8, 4))  # (batch, units)
makes_x = keras.layers.Dense(3, use_bias=False)
model = keras.Sequential([keras.Input((8,)), makes_x, keras.layers.Dense(4)])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.set_weights([x, kernel, bias])
model.train_on_batch(np.eye(8), target)  # one step
new_x, new_kernel, new_bias = model.get_weights()

# %%
# Compute it
# ----------
# The loss is a mean of 8 * 4 squares: its derivative is ``2 * error / 32``. If
# ``kernel[f, u]`` grows a bit, ``y[n, u]`` grows ``x[n, f]`` times as much, and
# the loss ``y_gradient[n, u]`` times that. Add these up over the samples.

error = x @ kernel + bias - target  # (batch, units)
y_gradient = 2 * error / 32  # (batch, units), in sixteenths
by_loop = np.zeros((3, 4))  # (features, units)
for sample in range(8):
    by_loop += np.outer(x[sample], y_gradient[sample])  # (features, units)

# %%
# ``x.T @ y_gradient`` does the same. The bias is added in every sample, so its
# gradient adds up ``y_gradient`` over the samples. ``x[n, f]`` reaches every
# unit through ``kernel[f]``: add up over the units, ``y_gradient @ kernel.T``.

kernel_gradient = x.T @ y_gradient  # (features, units)
bias_gradient = np.sum(y_gradient, axis=0)  # (units,)
x_gradient = y_gradient @ kernel.T  # (batch, features)

# %%
# Check it
# --------
# Whole numbers and sixteenths need no rounding: equal to the bit.

np.testing.assert_array_equal(kernel - new_kernel, by_loop, strict=True)
np.testing.assert_array_equal(kernel - new_kernel, kernel_gradient, strict=True)
np.testing.assert_array_equal(bias - new_bias, bias_gradient, strict=True)
np.testing.assert_array_equal(x - new_x, x_gradient, strict=True)

# %%
# See it
# ------
# Gradients times 16 are whole. Outlined: one entry, its row and its column.

fig = plt.figure(figsize=(6, 3.4), layout="constrained")
axes = fig.subplots(1, 3, width_ratios=[8, 5, 7])
fig.suptitle("The kernel's gradient sums over the batch")
arrays = [x.T, 16 * y_gradient, 16 * kernel_gradient]
titles = ["x.T", "16 dL/dy", "16 dL/dW"]
outlines = [((-0.5, 0.5), 8, 1), ((1.5, -0.5), 1, 8), ((1.5, 0.5), 1, 1)]
for axis, values, title, outline in zip(axes, arrays, titles, outlines):
    axis.imshow(values / np.max(np.abs(values)), cmap="PuOr", vmin=-3, vmax=3)
    axis.set(title=title, xticks=[], yticks=[])
    axis.add_patch(plt.Rectangle(*outline, fill=False, linewidth=3))
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()

# %%
# Break it
# --------
# Suppose you forget the 2 and the 32 in the derivative of the loss. Then the
# gradient is 16 times too large, and so is each step of training.

wrong = x.T @ error
print("right:", kernel_gradient[0])
print("wrong:", wrong[0])
assert np.any(wrong) and np.all(wrong == 16 * kernel_gradient)

# %%
# In full
# -------
# ``dense_gradients`` from keras_by_hand checks shapes and returns all three.

from keras_by_hand.gradients import dense_gradients

gradients = dense_gradients(x, kernel, y_gradient)
np.testing.assert_equal(gradients, (x_gradient, kernel_gradient, bias_gradient))

# %%
# Try it
# ------
# 1. Write ``gradients_of(x, kernel, bias, target)`` for any sizes. It returns
#    the gradients of kernel, bias and ``x``.
# 2. Write ``mae_gradient(y, target)``: dL/dy if L is the mean absolute error.
