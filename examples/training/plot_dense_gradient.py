r"""
Gradient of a Dense layer: two products and a sum
=================================================

Training a ``Dense`` layer takes three gradients of the loss: with respect to
its kernel, its bias and its input. Each is one line of NumPy.

For :math:`y = x W + b`, and with :math:`\delta` for the gradient
:math:`\partial L / \partial y` that arrives at the output:

.. math::

   \frac{\partial L}{\partial W} &= x^T \delta \\
   \frac{\partial L}{\partial b} &= \sum_{\text{batch}} \delta \\
   \frac{\partial L}{\partial x} &= \delta \, W^T

The first two change the weights. The third goes on to the layer before, which
takes it as its own :math:`\delta`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Plain ``SGD`` subtracts the learning rate times the gradient. So with a
# learning rate of 1, the weights before a step minus the weights after it are
# the gradient. This works on every backend.

x = rng.integers(-5, 6, size=(8, 3))  # (batch, features)
kernel = rng.integers(-5, 6, size=(3, 4))  # (features, units)
bias = np.array([2, -3, 1, 4])  # (units,)
target = rng.integers(-9, 10, size=(8, 4))  # (batch, units)

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.set_weights([kernel, bias])
loss = model.train_on_batch(x, target)
new_kernel, new_bias = model.get_weights()
print(kernel - new_kernel)

# %%
# Compute it
# ----------
# A gradient has the shape of what it belongs to. The kernel's ``(features,
# units)`` can only come from ``(features, batch) @ (batch, units)``. This
# product sums over the batch, because every sample went through one kernel.


def dense_gradients(x, kernel, y_gradient):
    """Gradients of the input, kernel and bias of y = x @ kernel + bias.

    x: (batch, features), kernel: (features, units), y_gradient: (batch,
    units), the gradient of the loss at y. (Goodfellow, Bengio and Courville,
    Deep Learning, 2016, section 6.5.)
    """
    x_gradient = y_gradient @ kernel.T  # (batch, features)
    kernel_gradient = x.T @ y_gradient  # (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)  # (units,)
    return x_gradient, kernel_gradient, bias_gradient


# %%
# The mean squared error is a mean over samples and units. The square gives its
# derivative the factor 2.

error = x @ kernel + bias - target
y_gradient = 2 * error / error.size  # (batch, units)
expected = dense_gradients(x, kernel, y_gradient)

# %%
# Check it
# --------
# ``2 / error.size`` is 1/16. Whole numbers and sixteenths leave float32 nothing
# to round, so the gradients are equal to the bit. So is the loss, which
# ``train_on_batch`` computes before the step.

np.testing.assert_array_equal(kernel - new_kernel, expected[1])
np.testing.assert_array_equal(bias - new_bias, expected[2])
np.testing.assert_equal(loss, np.mean(error**2))

# %%
# Training changes only weights, so how can we read the gradient of the input?
# By making the input a weight: a layer in front has ``x`` as its kernel. Fed
# with the identity matrix, it returns ``x``, and the step subtracts from its
# kernel the gradient that arrives there.

holds_x = keras.layers.Dense(3, use_bias=False)
model = keras.Sequential([keras.Input((8,)), holds_x, keras.layers.Dense(4)])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.set_weights([x, kernel, bias])
model.train_on_batch(np.eye(8), target)
np.testing.assert_array_equal(x - model.get_weights()[0], expected[0])

# %%
# Break it
# --------
# Three mistakes give the right shape. Would you take the mean over the batch
# alone? Divide by the batch again, although the loss has done so? Reshape ``x``
# instead of transposing it?

batch_alone = x.T @ (2 * error / len(x))
divided_twice = x.T @ y_gradient / len(x)
reshaped = x.reshape(x.T.shape) @ y_gradient
for wrong in (batch_alone, divided_twice, reshaped):
    right = np.sum(wrong == expected[1])
    print(f"{right} of {wrong.size} entries are right")
    assert np.any(wrong != kernel - new_kernel)

# %%
# See it
# ------
# The outlined entry is made from one feature and one unit of all eight samples.

names = ["$x^T$", r"$16 \, \delta$", r"$16 \, x^T \delta$"]
panels = [x.T, 16 * y_gradient, 16 * expected[1]]
outlines = [((-0.5, 0.5), 8, 1), ((1.5, -0.5), 1, 8), ((1.5, 0.5), 1, 1)]
fig, axes = plt.subplots(
    1, 3, figsize=(6, 3.4), width_ratios=[8, 4, 4], layout="constrained"
)
fig.suptitle("The kernel's gradient sums over the batch")
for axis, name, values, outline in zip(axes, names, panels, outlines):
    scale = 3 * np.abs(values).max()  # pale colours behind the numbers
    axis.imshow(values, cmap="PuOr", vmin=-scale, vmax=scale)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        text = axis.text(column, row, f"{value:.0f}", color="black")
        text.set(ha="center", va="center")
    axis.add_patch(plt.Rectangle(*outline, fill=False, linewidth=3, ec="C2"))
plt.show()
