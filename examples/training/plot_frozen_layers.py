r"""
Frozen layers: trainable=False stops the step, not the gradient
===============================================================

A frozen layer keeps its weights, but it still sends the gradient back. So the
layers before it learn as if it were not frozen. For a layer with the weights
:math:`W` and :math:`b`, and a frozen layer behind it:

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
# The second of two layers has two regularizers, one for its kernel and one for
# its output. The model takes one step with both layers trainable, and the same
# step with the second one frozen.

x = np.array([[-2, 1], [1, -2], [0, -1], [3, 1]])  # (batch, features)
targets = np.array([[5], [1], [-2], [-4]])  # (batch, 1)
start = [
    np.array([[1, 2], [1, 1]]),  # kernel of the first layer
    np.array([-1, 1]),  # its bias
    np.array([[-3], [2]]),  # kernel of the second layer
    np.array([2]),  # its bias
]
learning_rate, kernel_l2, output_l2 = 1 / 16, 0.5, 0.25

inputs = keras.Input(shape=(2,))
first = keras.layers.Dense(2, name="first")
second = keras.layers.Dense(
    1,
    kernel_regularizer=keras.regularizers.L2(kernel_l2),
    activity_regularizer=keras.regularizers.L2(output_l2),
    name="second",
)
model = keras.Model(inputs, second(first(inputs)))


def keras_step(trainable):
    """The loss before a step, and the weights after it."""
    second.trainable = trainable
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse")
    model.set_weights(start)
    loss = model.train_on_batch(x, targets)
    return loss, model.get_weights()


loss, weights = keras_step(trainable=True)
loss_frozen, weights_frozen = keras_step(trainable=False)
print("loss:", loss, "with the second layer frozen:", loss_frozen)
for weight in model.weights:
    print(weight.path, "trainable:", weight.trainable)

# %%
# Compute it
# ----------


def numpy_step(trainable, x, targets, kernel, bias, kernel_2, bias_2):
    """As keras_step: the loss, and the new weights of both layers."""
    h = x @ kernel + bias  # (batch, 2)
    y = h @ kernel_2 + bias_2  # (batch, 1)
    error = y - targets
    loss = np.mean(error**2) + output_l2 * np.sum(y**2) / len(y)
    slope = 2 * error / error.size + 2 * output_l2 * y / len(y)  # (batch, 1)
    passed_on = slope @ kernel_2.T  # (batch, 2)

    kernel = kernel - learning_rate * x.T @ passed_on
    bias = bias - learning_rate * passed_on.sum(axis=0)
    if trainable:
        loss = loss + kernel_l2 * np.sum(kernel_2**2)
        gradient_2 = h.T @ slope + 2 * kernel_l2 * kernel_2  # (2, 1)
        kernel_2 = kernel_2 - learning_rate * gradient_2
        bias_2 = bias_2 - learning_rate * slope.sum(axis=0)
    return loss, [kernel, bias, kernel_2, bias_2]


# %%
# Check it
# --------
# Whole numbers, and fractions of a power of two, are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1:** freezing a layer lowers the loss that
#    Keras reports. The penalty of its frozen weights is left out, while that of
#    its output stays.

expected_loss, expected = numpy_step(True, x, targets, *start)
np.testing.assert_array_equal(loss, expected_loss)
expected_loss, expected_frozen = numpy_step(False, x, targets, *start)
np.testing.assert_array_equal(loss_frozen, expected_loss)
for array, wanted in zip(weights + weights_frozen, expected + expected_frozen):
    np.testing.assert_array_equal(array, np.float32(wanted), strict=True)

# %%
# The lists of a model tell what will move. The second layer is still frozen.

moving = [weight.path for weight in model.trainable_variables]
frozen = [weight.path for weight in model.non_trainable_variables]
np.testing.assert_equal(moving, ["first/kernel", "first/bias"])
np.testing.assert_equal(frozen, ["second/kernel", "second/bias"])

# %%
# Break it
# --------
# Does a frozen layer stop the gradient? Then the first layer would not move
# either. Is it enough to set ``trainable``? No, a model that has been trained
# must be compiled again. Otherwise, on TensorFlow, training goes on as before,
# without an error.

assert np.any(weights_frozen[0] != start[0])

second.trainable = True
if keras.backend.backend() == "tensorflow":
    model.train_on_batch(x, targets)
    np.testing.assert_array_equal(second.get_weights()[0], start[2])
_, compiled = keras_step(trainable=True)
assert np.any(compiled[2] != start[2])

# %%
# See it
# ------
# Freezing the second layer does not change the step of the first.

names = ["first\nkernel", "first\nbias", "second\nkernel", "second\nbias"]
fig, axis = plt.subplots(figsize=(6, 3.4))
for new, offset, label in (
    (weights, -0.2, "both layers trainable"),
    (weights_frozen, 0.2, "second layer frozen"),
):
    change = [np.ravel(after - before) for after, before in zip(new, start)]
    axis.bar(np.arange(9) + offset, np.concatenate(change), 0.4, label=label)
axis.set(title="What one step changes", ylabel="change")
axis.set_xticks([1.5, 4.5, 6.5, 8], names)
axis.legend()
plt.show()
