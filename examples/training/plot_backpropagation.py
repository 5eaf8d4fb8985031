r"""
Backpropagation: the chain rule, layer by layer
===============================================

Training needs the gradients of all weights. Backpropagation finds them in one
pass from the loss back to the input. By the chain rule, each step multiplies
the gradient that arrives by its own derivative. Here relu joins two layers:

.. math::

   z &= x W_1 + b_1, \quad h = \max(0, z) \\
   y &= h W_2 + b_2, \quad L = \text{mean} \, (y - \text{target})^2
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A step of training with a learning rate of 1 subtracts the gradient. The
# halves in the bias keep ``z`` away from 0, where relu has a kink.

rng = np.random.default_rng(313)
x = rng.integers(-3, 4, size=(8, 3))  # (batch, features)
kernel_1 = rng.integers(-3, 4, size=(3, 6))  # (features, hidden)
bias_1 = np.array([0.5, -1.5, 2.5, 1.5, -0.5, 3.5])  # (hidden,)
kernel_2 = rng.integers(-3, 4, size=(6, 4))  # (hidden, units)
bias_2 = np.array([3, -1, 0, 2])  # (units,)
target = rng.integers(-9, 10, size=(8, 4))  # (batch, units)
weights = [kernel_1, bias_1, kernel_2, bias_2]
layers = [keras.layers.Dense(6, activation="relu"), keras.layers.Dense(4)]
model = keras.Sequential([keras.Input((3,)), *layers])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.set_weights(weights)
model.train_on_batch(x, target)
new_weights = model.get_weights()

# %%
# See it
# ------
# One sample, one hidden unit, one output: follow them with a pencil. Below each
# number is its gradient: the loss grows so many times as much as that number.

drawn_z = 3 * 2 - 1
drawn_h = max(0, drawn_z)
drawn_y = -2 * drawn_h + 4
values = [2, drawn_z, drawn_h, drawn_y, (drawn_y - 1) ** 2]
slopes = [3, int(drawn_z > 0), -2, 2 * (drawn_y - 1), 1]
gradients = np.cumprod(slopes[::-1])[::-1]
fig, axis = plt.subplots(figsize=(6, 2))
axis.set_title("Forward the values, backward the gradients")
axis.set(xlim=(-0.3, 4.3), ylim=(-1, 1), frame_on=False, xticks=[], yticks=[])
for i, name in enumerate("xzhyL"):
    axis.text(i, 0.5, f"{name} = {values[i]}", ha="center", va="center")
    axis.text(i, -0.5, gradients[i], ha="center", va="center")
for i, step in enumerate(["3 x - 1", "relu", "-2 h + 4", "(y - 1)²"]):
    axis.text(i + 0.5, 0.5, f"{step}\n→\n", ha="center", va="center")
    axis.text(i + 0.5, -0.4, f"←\ntimes {slopes[i]}", ha="center", va="top")
plt.show()

# %%
# Compute it
# ----------
# The pass forward keeps ``z`` and ``h``: the way back needs them.

z = x @ kernel_1 + bias_1  # (batch, hidden)
h = np.maximum(0, z)
y = h @ kernel_2 + bias_2  # (batch, units)

# %%
# Begin at the loss, then go on as on the page "Gradient of a Dense layer". The
# gradient of the second layer's input, ``h_gradient``, goes on to the first.

y_gradient = 2 * (y - target) / y.size
kernel_2_gradient = h.T @ y_gradient
bias_2_gradient = np.sum(y_gradient, axis=0)
h_gradient = y_gradient @ kernel_2.T  # (batch, hidden)

# %%
# The slope of relu is 1 where ``z`` is positive, else 0. Then the first layer:
# its input needs no gradient, as no layer stands before it.

z_gradient = h_gradient * (z > 0)
kernel_1_gradient = x.T @ z_gradient
bias_1_gradient = np.sum(z_gradient, axis=0)

# %%
# Check it
# --------
# All numbers are fractions that float32 holds exactly: equal to the bit.

gradients_1 = [kernel_1_gradient, bias_1_gradient]
gradients_2 = [kernel_2_gradient, bias_2_gradient]
for old, new, gradient in zip(weights, new_weights, gradients_1 + gradients_2):
    np.testing.assert_array_equal(old - new, gradient)

# %%
# Break it
# --------
# Suppose you update the second kernel as soon as you know its gradient. Then
# the gradient goes back through the new kernel, but the old one made ``y``.

too_early = y_gradient @ (kernel_2 - kernel_2_gradient).T
wrong = x.T @ (too_early * (z > 0))
print("right:", kernel_1_gradient[0])
print("wrong:", wrong[0])
assert np.any(wrong != kernel_1 - new_weights[0])

# %%
# Try it
# ------
# 1. Write ``gradients_of(x, target, weights)``, which returns the gradients of
#    the four weights, in the order of ``weights``, for any sizes.
# 2. A unit that is 0 for every sample is *dead*. Which of its weights can still
#    learn? Write ``kill(weights, unit)``: it returns new weights, in which that
#    hidden unit is dead for ``x``, and changes nothing but one bias.
