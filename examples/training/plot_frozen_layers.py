r"""
Frozen layers: trainable=False stops the step, not the gradient
===============================================================

A frozen layer keeps its weights, but it still sends the gradient back. So the
layers before it go on learning. For a layer with the weights :math:`W` and
:math:`b`, and a frozen layer after it:

.. math::

   h &= x W + b \\
   y &= h V + c \\
   \frac{\partial L}{\partial W}
   &= x^T \, \frac{\partial L}{\partial y} \, V^T

The frozen :math:`V` is still a factor of the gradient of :math:`W`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# One step with both layers trainable, and the same with the second one frozen.

x = np.array([[-2, 1], [1, -2], [0, -1], [3, 1]])  # (batch, features)
targets = np.array([[5], [1], [-2], [-4]])  # (batch, 1)
kernel_1, bias_1 = np.array([[1, 2], [1, 1]]), np.array([-1, 1])
kernel_2, bias_2 = np.array([[-3], [2]]), np.array([2])
start = [kernel_1, bias_1, kernel_2, bias_2]
first = keras.layers.Dense(2, name="first")
second = keras.layers.Dense(1, name="second")
inputs = keras.Input(shape=(2,))
model = keras.Model(inputs, second(first(inputs)))


def keras_step(second_trainable):
    second.trainable = second_trainable
    model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
    model.set_weights(start)
    model.train_on_batch(x, targets)
    return model.get_weights()  # after one step


both = keras_step(second_trainable=True)
frozen = keras_step(second_trainable=False)
moving = [weight.path for weight in model.trainable_variables]
still = [weight.path for weight in model.non_trainable_variables]
print("moving:", moving, "still:", still)

# %%
# Compute it
# ----------


def two_layer_gradients(x, targets, kernel_1, bias_1, kernel_2, bias_2):
    """Gradients of the mean squared error of two Dense layers.

    x: (batch, features), targets: (batch, units), the kernels: (features,
    hidden) and (hidden, units). Returns those of kernel and bias, by layer.
    """
    h = x @ kernel_1 + bias_1  # (batch, hidden)
    y = h @ kernel_2 + bias_2  # (batch, units)
    y_gradient = 2 * (y - targets) / y.size
    h_gradient = y_gradient @ kernel_2.T  # through the second layer
    of_first = [x.T @ h_gradient, np.sum(h_gradient, axis=0)]
    of_second = [h.T @ y_gradient, np.sum(y_gradient, axis=0)]
    return of_first, of_second


# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded. The first layer
# takes the same step both times. (In later steps it doesn't, as :math:`V` has
# moved in only one of the runs.)

of_first, of_second = two_layer_gradients(x, targets, *start)
gradients = [*of_first, *of_second]
moved = [w - gradient / 16 for w, gradient in zip(start, gradients)]
new_kernel_1, new_bias_1, _, _ = moved
np.testing.assert_equal(both, moved)
np.testing.assert_equal(frozen, [new_kernel_1, new_bias_1, kernel_2, bias_2])
np.testing.assert_equal(moving, ["first/kernel", "first/bias"])
np.testing.assert_equal(still, ["second/kernel", "second/bias"])

# %%
# Break it
# --------
# Is it enough to set ``trainable`` after training? No, compile the model again.
# Otherwise, on TensorFlow, training goes on as before, without an error. (In
# PyTorch, ``requires_grad_(False)`` freezes, and ``detach`` stops gradients.)

second.trainable = True
if keras.backend.backend() == "tensorflow":  # JAX raises an error
    model.train_on_batch(x, targets)
    not_compiled, _ = second.get_weights()
    np.testing.assert_array_equal(not_compiled, kernel_2)
_, _, compiled, _ = keras_step(second_trainable=True)
assert np.any(compiled != kernel_2)

# %%
# See it
# ------
# Freezing the second layer does not change this step of the first.

fig, axis = plt.subplots(figsize=(6, 3.4))
for weights, offset, label in [
    (both, -0.2, "both layers trainable"),
    (frozen, 0.2, "second layer frozen"),
]:
    change = [np.ravel(after - before) for after, before in zip(weights, start)]
    axis.bar(np.arange(9) + offset, np.concatenate(change), 0.4, label=label)
axis.axvline(5.5, color="gray", linewidth=0.5)
axis.set(title="What one step changes", ylabel="change")
axis.set_xticks([2.5, 7], ["first layer", "second layer"])
axis.legend()
plt.show()
