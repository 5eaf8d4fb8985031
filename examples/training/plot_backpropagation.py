r"""
Backpropagation: the chain rule, layer by layer
===============================================

Backpropagation finds the gradients of all weights in one walk back, from the
loss to the input. At each step, the chain rule multiplies the gradient that
arrives by the slope of that step.

Two layers and their loss:

.. math::

   z &= x W_1 + b_1, \quad h = \max(0, z) \\
   y &= h W_2 + b_2, \quad L = \text{mean} \, (y - t)^2

The same steps back, with :math:`\delta_a` for :math:`\partial L / \partial a`:

.. math::

   \delta_y &= 2 \, (y - t) / \text{size}(y) \\
   \delta_{W_2} &= h^T \delta_y, \quad \delta_{b_2} = \sum \delta_y \\
   \delta_h &= \delta_y W_2^T \\
   \delta_z &= \delta_h \; \text{where} \; z > 0, \; \text{else} \; 0 \\
   \delta_{W_1} &= x^T \delta_z, \quad \delta_{b_1} = \sum \delta_z
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# See it
# ------
# Begin with one sample, one hidden unit and one output. Then everything is a
# single number, and you can follow it with a pencil. The bottom row says how
# steeply the loss rises with each number: 84 times as fast as ``x``, for one.

x, t = 2, 1
z = 3 * x - 1
h = max(0, z)
y = -2 * h + 4
forward_values = [x, z, h, y, (y - t) ** 2]

y_gradient = 2 * (y - t)
h_gradient = y_gradient * -2
z_gradient = h_gradient * (z > 0)
x_gradient = z_gradient * 3
backward_values = [x_gradient, z_gradient, h_gradient, y_gradient, 1]
print("the weights' gradients:", z_gradient * x, "and", y_gradient * h)

names = ["x", "z", "h", "y", "loss"]
steps = ["3 x - 1", "relu", "-2 h + 4", "(y - 1)²"]
slopes = ["times 3", "times 1", "times -2", "times 2 (y - 1)"]
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.set_title("Forward the values, backward the gradients")
axis.set(xlim=(-0.3, 4.3), ylim=(-1, 1))
axis.axis("off")
for i in range(5):
    text = f"{forward_values[i]}\n\n\n{names[i]}\n\n\n{backward_values[i]}"
    axis.text(i, 0, text, ha="center", va="center", size=11)
for i in range(4):
    axis.text(i + 0.5, 0.7, steps[i], ha="center")
    axis.text(i + 0.5, -0.9, slopes[i], ha="center")
    axis.arrow(i + 0.2, 0.5, 0.5, 0, head_width=0.06, color="C0")
    axis.arrow(i + 0.8, -0.5, -0.5, 0, head_width=0.06, color="C1")
plt.show()

# %%
# Build it
# --------
# Now a batch. ``SGD`` with a learning rate of 1 subtracts the gradient, so the
# weights before a step minus the weights after it are the gradient.

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
loss = model.train_on_batch(x, target)
gradients = [old - new for old, new in zip(weights, model.get_weights())]

# %%
# Compute it
# ----------
# Forward, keep what the way back will need. Backward, take the same steps as
# with single numbers. The shapes show which product is meant: a kernel leads
# from inputs to outputs, and transposed it leads back.


def forward(x, kernel_1, bias_1, kernel_2, bias_2):
    """The sums z and outputs h of the hidden layer, and the outputs y."""
    z = x @ kernel_1 + bias_1  # (batch, hidden)
    h = np.maximum(0, z)  # (batch, hidden)
    y = h @ kernel_2 + bias_2  # (batch, units)
    return z, h, y


def backward(x, kernel_2, z, h, y, target):
    """The gradients of the weights (Rumelhart, Hinton and Williams, 1986)."""
    y_gradient = 2 * (y - target) / y.size  # (batch, units)
    kernel_2_gradient = h.T @ y_gradient  # (hidden, units)
    bias_2_gradient = np.sum(y_gradient, axis=0)  # (units,)
    h_gradient = y_gradient @ kernel_2.T  # (batch, hidden)
    z_gradient = h_gradient * (z > 0)  # relu passes back what it let through
    kernel_1_gradient = x.T @ z_gradient  # (features, hidden)
    bias_1_gradient = np.sum(z_gradient, axis=0)  # (hidden,)
    first = [kernel_1_gradient, bias_1_gradient]
    return [*first, kernel_2_gradient, bias_2_gradient]


# %%
# Check it
# --------
# Whole numbers, halves and sixteenths are equal to the bit.

z, h, y = forward(x, *weights)
expected = backward(x, kernel_2, z, h, y, target)
np.testing.assert_equal(loss, np.mean((y - target) ** 2))
for of_keras, of_numpy in zip(gradients, expected):
    np.testing.assert_array_equal(of_keras, of_numpy)

# %%
# You can check a gradient without Keras, too: move one weight up and down, and
# see how far the loss moves. Such a difference quotient is usually right to six
# digits or so. Here it is exact, because the loss is quadratic in each weight
# as long as no sum ``z`` changes its sign.

moved = [array.astype("float64") for array in weights]
for array, gradient in zip(moved, expected):
    for index in np.ndindex(array.shape):
        losses = []
        for move in (1 / 16, -2 / 16, 1 / 16):  # up, down, and back
            array[index] += move
            losses.append(np.mean((forward(x, *moved)[-1] - target) ** 2))
        quotient = (losses[0] - losses[1]) / (2 / 16)
        np.testing.assert_equal(quotient, gradient[index])

# %%
# Break it
# --------
# Three mistakes change no shape. Would you leave out relu on the way back? Or
# apply relu to the gradient, instead of asking where ``z > 0``? Or go back
# through the second kernel after its update?

y_gradient = 2 * (y - target) / y.size
left_out = y_gradient @ kernel_2.T
relu_of_gradient = np.maximum(0, left_out)
updated = (y_gradient @ model.get_weights()[2].T) * (z > 0)
for wrong in (left_out, relu_of_gradient, updated):
    right = np.mean(x.T @ wrong == expected[0])
    print(f"{right:.0%} of the first kernel's gradient is right")
    assert np.any(x.T @ wrong != gradients[0])
