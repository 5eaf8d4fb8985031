r"""
The gradient of a Dense layer is two more products
==================================================

Training asks a ``Dense`` layer for three gradients, and each takes one line of
NumPy: a product for the kernel, a sum for the bias, a product for the input.
With :math:`y = x W + b` and the mean squared error :math:`L`,

.. math::

   G = \frac{\partial L}{\partial y}
   = \frac{2 (y - t)}{\text{batch} \cdot \text{units}}, \quad
   \frac{\partial L}{\partial W} = x^T G, \quad
   \frac{\partial L}{\partial b} = \sum_{\text{batch}} G, \quad
   \frac{\partial L}{\partial x} = G W^T
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# `SGD`_ with a learning rate of 1 subtracts the gradient and nothing else. So
# the weights before a step, less the weights after it, *are* the gradient, on
# any backend.
#
# Only weights can be read in this way, and :math:`x` is none. Therefore a layer
# in front has :math:`x` as its kernel, and is fed with the identity matrix: it
# returns :math:`x`, and is trained with the gradient that arrives there.
#
# .. _SGD: https://keras.io/api/optimizers/sgd/

batch, features, units = 8, 3, 4
shapes = [(batch, features), (features, units), (units,)]  # of x, W and b

inputs = keras.Input(shape=(batch,))
holds_x = keras.layers.Dense(features, use_bias=False)
model = keras.Model(inputs, keras.layers.Dense(units)(holds_x(inputs)))
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
np.testing.assert_equal([tuple(w.shape) for w in model.weights], shapes)
np.testing.assert_equal(tuple(holds_x(np.eye(batch)).shape), (batch, features))


def train_step(x, kernel, bias, target):
    """One step of training: its loss, and the weights after it."""
    model.set_weights([x, kernel, bias])
    loss = model.train_on_batch(np.eye(batch), target)
    return loss, model.get_weights()


x = np.random.randint(-5, 6, size=(batch, features))
kernel = np.random.randint(-5, 6, size=(features, units))
bias = np.array([2, -3, 1, 4])  # (units,)
target = np.random.randint(-9, 10, size=(batch, units))

loss, (new_x, new_kernel, new_bias) = train_step(x, kernel, bias, target)
print("loss:", loss)
print(kernel - new_kernel)

# %%
# Compute it
# ----------
# The shapes leave little choice: ``(features, units)`` can only come from
# ``(features, batch) @ (batch, units)``, whose sum runs over the batch. The
# bias was added to every sample, so it collects from every sample.


def mse(y, target):
    """The loss, and its gradient with respect to y, (batch, units)."""
    error = y - target
    return np.mean(error**2), 2 * error / error.size


def dense_backward(x, kernel, gradient):
    """From the gradient of y, (batch, units), to those of x, W and b."""
    x_gradient = gradient @ kernel.T  # (batch, features)
    kernel_gradient = x.T @ gradient  # (features, units)
    bias_gradient = np.sum(gradient, axis=0)  # (units,)
    return x_gradient, kernel_gradient, bias_gradient


y = x @ kernel + bias
expected_loss, gradient = mse(y, target)
x_gradient, kernel_gradient, bias_gradient = dense_backward(x, kernel, gradient)

# %%
# Check it
# --------
# All of this is integers, or sixteenths since ``2 / (batch * units)`` is 1/16.
# float32 holds them without rounding, so the step is equal to the bit.

new = new_x, new_kernel, new_bias
np.testing.assert_equal([array.shape for array in new], shapes)
np.testing.assert_equal([array.dtype for array in new], [np.float32] * 3)
np.testing.assert_array_equal(x - new_x, x_gradient)
np.testing.assert_array_equal(kernel - new_kernel, kernel_gradient)
np.testing.assert_array_equal(bias - new_bias, bias_gradient)
np.testing.assert_equal(loss, expected_loss)

# %%
# Other numbers are rounded, and the limit is counted: half a rounding unit,
# which has absolute values in place of all terms, for each rounding on the way.
# An entry of :math:`G` has met three in the product, one with the bias and one
# with the target; 1/16 costs none. Each gradient then sums up to eight terms:
# 13 in all. Besides, the new weight is rounded, by half of its last bit.

random = [np.random.normal(size=shape) for shape in (*shapes, target.shape)]
random = [array.astype("float32").astype("float64") for array in random]
random_loss, after = train_step(*random)

old_x, old_kernel, old_bias, random_target = random
mean_square, backward = mse(old_x @ old_kernel + old_bias, random_target)
exact = dense_backward(old_x, old_kernel, backward)

eps = np.finfo("float32").eps
x_size, kernel_size, bias_size, target_size = map(np.abs, random)
magnitude = x_size @ kernel_size + bias_size + target_size
magnitudes = dense_backward(x_size, kernel_size, magnitude / 16)
for i, name in enumerate("xWb"):
    np.testing.assert_equal(after[i].shape, shapes[i], err_msg=name)
    rounding_unit, last_bit = eps * magnitudes[i], eps * np.abs(after[i])
    error = np.abs(random[i] - after[i] - exact[i])
    limit = 6.5 * rounding_unit + 0.5 * last_bit
    print(f"gradient of {name}: {np.max(error / limit):.2f} of its limit")
    np.testing.assert_array_less(error, limit, err_msg=name)

# %%
# What rounded ``y - target``, five roundings, counts twice in the loss, which
# is its square. The square itself and 31 additions make it 42; to divide by 32
# rounds nothing.

rounding_unit = eps * np.mean(magnitude**2)
error = np.abs(random_loss - mean_square)
print(f"loss: {error / rounding_unit:.2f} rounding units")
np.testing.assert_array_less(error, 21.0 * rounding_unit)

# %%
# Break it
# --------
# Three likely mistakes, each of the right shape. The mean squared error is a
# mean over units as well as over samples; the mean is in :math:`G` already, so
# there is no other; and a reshape is no transpose.

mistakes = {
    "mean over the batch alone": x.T @ (gradient * units),
    "mean of the samples' gradients": x.T @ gradient / batch,
    "reshaped, not transposed": x.reshape(features, batch) @ gradient,
}
for name, wrong in mistakes.items():
    right = np.count_nonzero(kernel - new_kernel == wrong)
    print(f"{name}: {right} of {wrong.size} entries are right")
    np.testing.assert_equal(right, 0, err_msg=name)

# %%
# See it
# ------
# Outlined: one entry, made from one feature and one unit of all samples.

panels = {"$x^T$": x.T, "$16\\ G = y - t$": y - target}
panels["$16\\ x^T G$"] = 16 * (kernel - new_kernel)
fig, axes = plt.subplots(
    1, 3, figsize=(6, 3.2), width_ratios=[8, 4, 4], layout="constrained"
)
fig.suptitle("The kernel's gradient sums over the batch")
outlines = [((-0.5, 0.5), 8, 1), ((1.5, -0.5), 1, 8), ((1.5, 0.5), 1, 1)]
for axis, (name, values), outline in zip(axes, panels.items(), outlines):
    scale = np.max(np.abs(values))
    axis.imshow(values, cmap="PuOr", vmin=-1.2 * scale, vmax=1.2 * scale)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 0.6 * scale else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade, fontsize=8)
        text.set(horizontalalignment="center", verticalalignment="center")
    axis.add_patch(plt.Rectangle(*outline, fill=False, linewidth=3))
plt.show()
