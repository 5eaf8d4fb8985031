r"""
Frozen layers: trainable=False stops the step, not the gradient
===============================================================

Freeze a layer to keep its weights, as in transfer learning and fine-tuning. It
still sends the gradient back, so layers before it learn. Let :math:`W, b` be
the weights of a layer, and :math:`V, c` those of a frozen one after it:

.. math::

   h = x W + b, \qquad y = h V + c, \qquad
   \frac{\partial L}{\partial W} = x^T \, \frac{\partial L}{\partial y} \, V^T

:math:`L` is the loss. The frozen :math:`V` is a factor of :math:`W`'s gradient.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# One step with both layers trainable, and one with the second layer frozen.

x = np.array([[-2, 1], [1, -2], [0, -1], [3, 1]])  # (batch, features)
targets = np.array([[5], [1], [-2], [-4]])
start = [[[1, 2], [1, 1]], [-1, 1], [[-3], [2]], [2]]
kernel_1, bias_1, kernel_2, bias_2 = start = list(map(np.array, start))
first, second = keras.layers.Dense(2), keras.layers.Dense(1)
model = keras.Sequential([keras.Input((2,)), first, second])


def keras_step(second_trainable):
    second.trainable = second_trainable
    model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
    model.set_weights(start)
    model.train_on_batch(x, targets)
    return model.get_weights()


frozen, both = keras_step(second_trainable=False), keras_step(True)

# %%
# Compute it
# ----------
# Go back from the output to the first layer.

h = x @ kernel_1 + bias_1  # (batch, hidden)
y = h @ kernel_2 + bias_2  # (batch, 1)
dy = 2 * (y - targets) / 4
dh = dy @ kernel_2.T  # through the second layer
gradients = x.T @ dh, sum(dh), h.T @ dy, sum(dy)
moved = [w - gradient / 16 for w, gradient in zip(start, gradients)]

# %%
# Check it
# --------
# The first layer takes the same step both times.
np.testing.assert_equal(both, moved)
np.testing.assert_equal(frozen, [*moved[:2], kernel_2, bias_2])

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** When a ``Layer`` is
#    frozen, the loss that Keras reports drops. The penalty of its frozen
#    weights is left out, while that of its output stays.

penalties = {"kernel_regularizer": "l2", "activity_regularizer": "l2"}  # 0.01
layer = keras.layers.Dense(1, use_bias=False, **penalties)
penalized, losses = keras.Sequential([keras.Input((2,)), layer]), []
layer.set_weights([kernel_2])
for layer.trainable in (True, False):
    penalized.compile(loss="mse")
    losses.append(penalized.evaluate(x, targets, verbose=0))
y = x @ kernel_2
of_y = np.mean((y - targets) ** 2) + 0.01 * np.mean(y**2)
expected = [of_y + 0.01 * np.sum(kernel_2**2), of_y]
np.testing.assert_allclose(losses, expected, rtol=1e-4)

# %%
# Break it
# --------
# Suppose you freeze a layer after ``compile``. On TensorFlow, it still trains.
# Call ``compile`` again, and after unfreezing, too. (One layer also computes
# something else when it is frozen: see the page "BatchNormalization frozen".)

second.trainable = False
if keras.backend.backend() == "tensorflow":  # JAX raises an error
    model.set_weights(start)
    model.train_on_batch(x, targets)  # still moves both
    wrong = model.get_weights()[2]
    print("right:", kernel_2.ravel(), "wrong:", wrong.ravel())
    assert np.all(wrong != kernel_2)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for offset, weights in (-0.2, both), (0.2, frozen):
    change = [np.ravel(after - w) for after, w in zip(weights, start)]
    axis.bar(np.arange(9) + offset, np.concatenate(change), 0.4)
axis.set(xticks=[2.5, 7], xticklabels=["first layer", "second layer"])
axis.set(ylabel="change", title="The first layer takes the same step")
axis.legend(["both trainable", "second frozen"])
plt.show()
