r"""
Backpropagation: the chain rule, layer by layer
===============================================

Backpropagation finds the gradients of all weights in one pass backwards, from
the loss to the input. By the chain rule, each step multiplies the gradient that
arrives by its own derivative.

For two layers with relu between them, and the mean squared error:

.. math::

   z &= x W_1 + b_1, \quad h = \max(0, z) \\
   y &= h W_2 + b_2, \quad L = \text{mean} \, (y - t)^2
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# See it
# ------
# Begin with one sample, one hidden unit and one output, and follow the numbers
# with a pencil. Those in the lower row are gradients: if ``x`` grows a little,
# the loss grows 84 times as much. (The gradient of the weight 3 is that of
# ``z``, times ``x``.)

x, t = 2, 1
z = 3 * x - 1
h = max(0, z)
y = -2 * h + 4
loss = (y - t) ** 2

y_gradient = 2 * (y - t)
h_gradient = y_gradient * -2
z_gradient = h_gradient * (z > 0)  # the slope of relu is 1 where z > 0, else 0
x_gradient = z_gradient * 3
gradients = [x_gradient, z_gradient, h_gradient, y_gradient, 1]

values = [f"x = {x}", f"z = {z}", f"h = {h}", f"y = {y}", f"L = {loss}"]
steps = ["3 x - 1", "relu", "-2 h + 4", "(y - 1)²"]
slopes = ["times 3", "times 1", "times -2", "times 2 (y - 1)"]
fig, axis = plt.subplots(figsize=(6, 2))
axis.set_title("Forward the values, backward the gradients")
axis.set(xlim=(-0.3, 4.3), ylim=(-1, 1), frame_on=False, xticks=[], yticks=[])
for i in range(5):
    axis.text(i, 0.5, values[i], ha="center", va="center", size=11)
    axis.text(i, -0.5, gradients[i], ha="center", va="center", size=11)
for i in range(4):
    axis.text(i + 0.5, 0.7, steps[i], ha="center")
    axis.text(i + 0.5, -0.9, slopes[i], ha="center")
    axis.arrow(i + 0.3, 0.5, 0.3, 0, head_width=0.06, color="C0")
    axis.arrow(i + 0.7, -0.5, -0.3, 0, head_width=0.06, color="C1")
plt.show()

# %%
# Build it
# --------
# Now the same names are arrays, with a row for each sample. ``SGD`` with a
# learning rate of 1 subtracts the gradient. (With halves, no ``z`` is 0.)

rng = np.random.default_rng(313)
x = rng.integers(-3, 4, size=(8, 3))  # (batch, features)
kernel_1 = rng.integers(-3, 4, size=(3, 6))  # (features, hidden)
bias_1 = np.array([0.5, -1.5, 2.5, 1.5, -0.5, 3.5])  # (hidden,)
kernel_2 = rng.integers(-3, 4, size=(6, 4))  # (hidden, units)
bias_2 = np.array([3, -1, 0, 2])  # (units,)
target = rng.integers(-9, 10, size=(8, 4))  # (batch, units)

relu_layer = keras.layers.Dense(6, activation="relu")
model = keras.Sequential([keras.Input((3,)), relu_layer, keras.layers.Dense(4)])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
weights = [kernel_1, bias_1, kernel_2, bias_2]
model.set_weights(weights)
print("loss", model.train_on_batch(x, target))

# %%
# Compute it
# ----------
# The forward pass keeps ``z`` and ``h``, which the backward pass needs. On the
# page "Gradient of a Dense layer" are the three gradients of each layer.


def backpropagation(x, target, kernel_1, bias_1, kernel_2, bias_2):
    """The gradients of the mean squared error of Dense, relu, Dense.

    In the order of the weights (Rumelhart, Hinton and Williams, 1986).

    x: (batch, features), target: (batch, units); the weights as in Keras.
    """
    z = x @ kernel_1 + bias_1  # (batch, hidden)
    h = np.maximum(0, z)  # (batch, hidden)
    y = h @ kernel_2 + bias_2  # (batch, units)
    y_gradient = 2 * (y - target) / y.size
    layer_2 = [h.T @ y_gradient, np.sum(y_gradient, axis=0)]  # kernel, bias
    h_gradient = y_gradient @ kernel_2.T
    z_gradient = h_gradient * (z > 0)
    layer_1 = [x.T @ z_gradient, np.sum(z_gradient, axis=0)]  # kernel, bias
    return layer_1 + layer_2


# %%
# Check it
# --------
# All numbers are fractions that float32 holds exactly: equal to the bit.

gradients = backpropagation(x, target, *weights)
for old, new, gradient in zip(weights, model.get_weights(), gradients):
    np.testing.assert_array_equal(old - new, gradient)

# %%
# Break it
# --------
# Would you update the second kernel as soon as its gradient is known? Then the
# gradient goes back through the new kernel, instead of the one that made ``y``.

z = x @ kernel_1 + bias_1
y = np.maximum(0, z) @ kernel_2 + bias_2
new_kernel_1, _, new_kernel_2, _ = model.get_weights()
h_gradient = 2 * (y - target) / y.size @ new_kernel_2.T
wrong = x.T @ (h_gradient * (z > 0))
assert np.any(wrong != kernel_1 - new_kernel_1)
