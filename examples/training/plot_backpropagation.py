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
# A small network, for one sample: ``w`` leads into two hidden units, ``v`` out
# of them. Below each value stands its gradient: if the value grows a bit, the
# loss grows so many times as much. ``x`` goes two ways, so two gradients come
# back to it and add up. On the site, set a number of ``w`` to -1: relu closes
# one way.

# sphinx_gallery_moving_picture = True
drawn = {"x": 2, "w": [3, 1], "v": [-1, 2], "t": 1}
w, v = np.array(drawn["w"]), np.array(drawn["v"])
hidden = np.maximum(0, 2 * w)
output = hidden @ v
back = 2 * (output - 1) * v * (hidden > 0)  # at the two hidden units
x_gradient = back @ w
nodes = {"x": (0, 1, 2, x_gradient), "y": (2, 1, output, 2 * (output - 1))}
nodes["L"] = (3, 1, (output - 1) ** 2, 1)  # place, value and gradient
arrows = [("y", "L", "(y - 1)²")]
for i in range(2):
    nodes[f"h{i}"] = (1, 2 - 2 * i, hidden[i], back[i])
    arrows.append(("x", f"h{i}", f"times {w[i]}, relu"))
    arrows.append((f"h{i}", "y", f"times {v[i]}"))
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.set_title("Values go forward (blue), gradients come back and add up at x")
axis.set(xlim=(-0.3, 3.3), ylim=(-0.4, 2.5))
axis.axis("off")
for start, end, step in arrows:
    (x_0, y_0), (x_1, y_1) = nodes[start][:2], nodes[end][:2]
    places = (x_1 - 0.25, y_1), (x_0 + 0.25, y_0)
    axis.annotate("", *places, arrowprops={"arrowstyle": "->", "color": "gray"})
    side = ["center", "right", "left"][np.sign(y_1 - y_0)]  # of the arrow
    axis.text((x_0 + x_1) / 2, (y_0 + y_1) / 2 + 0.1, step, ha=side)
for name, (column, height, value, gradient) in nodes.items():
    axis.text(column, height, f"{name} = {value}", color="C0", ha="center")
    axis.text(column, height - 0.25, gradient, color="C1", ha="center")
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
