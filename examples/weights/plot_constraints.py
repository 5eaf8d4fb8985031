r"""
Constraints: NonNeg after each update of the weights
====================================================

A training step first moves the weights as if they were free. Then a constraint
changes them so that they obey it. ``NonNeg`` sets negative weights to zero:

.. math::

   W_\text{free} &= W - \text{learning rate} \cdot \text{gradient} \\
   W_\text{new} &= \max(0, W_\text{free})

Setting the weights by hand does not call the constraint.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The kernel and the bias each have a constraint. Both start with negative
# numbers.

x = np.array([[1, 0], [-1, 1], [0, -2], [1, 1]])  # (batch, features)
targets = np.array([[0, 1, -1, 2], [1, 0, 2, 0], [4, -1, 3, 1], [2, 2, 0, -3]])
kernel = np.array([[1, -3, 1, 2], [1, 2, -3, 0]])  # (features, units)
bias = np.array([1, -1, 2, -2])  # (units,)

dense = keras.layers.Dense(
    4, kernel_constraint="non_neg", bias_constraint=keras.constraints.NonNeg()
)
model = keras.Sequential([keras.Input(shape=(2,)), dense])
model.compile(keras.optimizers.SGD(learning_rate=0.5), loss="mse")
model.set_weights([kernel, bias])
loss = model.train_on_batch(x, targets)

# %%
# Compute it
# ----------
# The update comes first: ``SGD`` subtracts the learning rate times the
# gradient. Then the constraint sets negative weights to zero.

error = x @ kernel + bias - targets  # (batch, units)
y_gradient = 2 * error / error.size
free_kernel = kernel - 0.5 * x.T @ y_gradient
free_bias = bias - 0.5 * y_gradient.sum(axis=0)
kernel_after = np.maximum(free_kernel, 0)  # (features, units)
bias_after = np.maximum(free_bias, 0)  # (units,)

# %%
# The whole function is the constraint alone, for weights of any shape.

from keras_by_hand import non_neg

# %%
# Check it
# --------
# The loss is that of the negative weights, so nothing was constrained before
# the step. After it, both weights are.

np.testing.assert_array_equal(loss, np.mean(error**2))

new_kernel, new_bias = model.get_weights()
print(free_kernel)
print(new_kernel)
np.testing.assert_array_equal(new_kernel, np.float32(kernel_after), strict=True)
np.testing.assert_array_equal(new_bias, np.float32(bias_after), strict=True)

np.testing.assert_array_equal(new_kernel, non_neg(free_kernel))
np.testing.assert_array_equal(new_bias, non_neg(free_bias))

# %%
# Break it
# --------
# Would you constrain the weights first, and then update them? Some end below
# zero.

constrained_first = non_neg(kernel) - 0.5 * x.T @ y_gradient
print("smallest weight:", constrained_first.min())
assert np.any(constrained_first != new_kernel)

# %%
# Would you set the weights by hand, and trust the constraint? The layer keeps
# negative numbers until the next step.

model.set_weights([kernel, bias])
assert np.any(model.get_weights()[0] != non_neg(kernel))

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(free_kernel.ravel(), "o", markersize=10, label="after the update")
axis.plot(new_kernel.ravel(), "s", label="after NonNeg")
axis.set(title="A constraint has the last word", xlabel="entry of the kernel")
axis.set(ylabel="weight")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
