r"""
Backward through two layers, in five lines
==========================================

A network learns by sending the gradient of its loss from the last layer to the
first. Each layer takes its own share and passes on the rest; ``relu`` lets
through what belongs to the sums it did not clip. With
:math:`z = x W_1 + b_1`, :math:`h = \max(0, z)`, :math:`y = h W_2 + b_2` and
:math:`G = \partial L / \partial y`,

.. math::

   \frac{\partial L}{\partial W_2} = h^T G, \quad
   D = \frac{\partial L}{\partial z} = G W_2^T \odot [z > 0], \quad
   \frac{\partial L}{\partial W_1} = x^T D
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# As ``SGD`` with a learning rate of 1 subtracts the gradient itself, the
# weights before a step, less those after it, are the gradient. The halves in
# the first bias keep every sum away from 0, where ``relu`` has no derivative.

batch, features, hidden, units = 8, 3, 6, 4
shapes = [(features, hidden), (hidden,), (hidden, units), (units,)]

inputs = keras.Input(shape=(features,))
first = keras.layers.Dense(hidden, activation="relu")
model = keras.Model(inputs, keras.layers.Dense(units)(first(inputs)))
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
np.testing.assert_equal([tuple(w.shape) for w in model.weights], shapes)

x = np.random.randint(-3, 4, size=(batch, features))
kernel_1 = np.random.randint(-3, 4, size=(features, hidden))
bias_1 = np.array([0.5, -1.5, 2.5, 1.5, -0.5, -30.5])  # (hidden,)
kernel_2 = np.random.randint(-3, 4, size=(hidden, units))
bias_2 = np.array([3, -1, 0, 2])  # (units,)
target = np.random.randint(-9, 10, size=(batch, units))
shape = tuple(first(x.astype("float32")).shape)
np.testing.assert_equal(shape, (batch, hidden))

weights = [kernel_1, bias_1, kernel_2, bias_2]
model.set_weights(weights)
loss = model.train_on_batch(x, target)
trained = model.get_weights()
gradients = [old - new for old, new in zip(weights, trained)]
print("loss:", loss)
print(gradients[0])

# %%
# Compute it
# ----------
# Forward, each layer keeps what the way back will need: its input, and which
# of its sums were positive. Backward, the steps are those of one layer, twice,
# with the kernel as it was *before* the step.


def forward(x, kernel_1, bias_1, kernel_2, bias_2):
    """The sums and outputs of the hidden layer, and the output."""
    z = x @ kernel_1 + bias_1  # (batch, hidden)
    h = np.maximum(0, z)  # (batch, hidden)
    y = h @ kernel_2 + bias_2  # (batch, units)
    return z, h, y


def backward(x, z, h, kernel_2, y_gradient):
    """From the gradient of y, (batch, units), to those of all weights."""
    kernel_2_gradient = h.T @ y_gradient  # (hidden, units)
    bias_2_gradient = np.sum(y_gradient, axis=0)  # (units,)
    z_gradient = (y_gradient @ kernel_2.T) * (z > 0)  # (batch, hidden)
    kernel_1_gradient = x.T @ z_gradient  # (features, hidden)
    bias_1_gradient = np.sum(z_gradient, axis=0)  # (hidden,)
    return [
        kernel_1_gradient,
        bias_1_gradient,
        kernel_2_gradient,
        bias_2_gradient,
    ]


z, h, y = forward(x, kernel_1, bias_1, kernel_2, bias_2)
y_gradient = 2 * (y - target) / y.size  # of the mean squared error
expected = backward(x, z, h, kernel_2, y_gradient)

# %%
# Check it
# --------
# The weights are integers or halves and ``2 / (batch * units)`` is 1/16, so
# that float32 has nothing to round: four gradients and the loss, equal to the
# bit. The page about one layer counts the roundings of other numbers.

np.testing.assert_equal([array.shape for array in trained], shapes)
np.testing.assert_equal([array.dtype for array in trained], [np.float32] * 4)
np.testing.assert_array_equal(gradients[0], expected[0])
np.testing.assert_array_equal(gradients[1], expected[1])
np.testing.assert_array_equal(gradients[2], expected[2])
np.testing.assert_array_equal(gradients[3], expected[3])
np.testing.assert_equal(loss, np.mean((y - target) ** 2))

print("sums clipped:", np.count_nonzero(z < 0), "of", z.size)
np.testing.assert_equal(np.any(z == 0), False)

# %%
# The last hidden unit is clipped for every sample of this batch. Nothing comes
# through it in either direction: its column of the first kernel and its row of
# the second are not trained at all.

np.testing.assert_equal(np.max(z[:, 5]) < 0, True)
np.testing.assert_array_equal(gradients[0][:, 5], np.zeros(features))
np.testing.assert_array_equal(gradients[2][5], np.zeros(units))

# %%
# Break it
# --------
# Leaving ``relu`` out on the way back; asking whether the gradient is positive
# instead of the sum; going back through the second kernel after it was updated.
# None of these changes a shape, and training may even seem to work.

h_gradient = y_gradient @ kernel_2.T
updated = kernel_2 - gradients[2]
mistakes = {
    "relu left out": h_gradient,
    "relu of the gradient": np.maximum(0, h_gradient),
    "kernel already updated": (y_gradient @ updated.T) * (z > 0),
}
for name, wrong in mistakes.items():
    right = np.count_nonzero(gradients[0] == x.T @ wrong)
    print(f"{name}: {right} of {features * hidden} entries are right")
    np.testing.assert_equal(right < features * hidden / 2, True, err_msg=name)

# %%
# See it
# ------
# Hatched: where ``relu`` clipped the sum, no gradient comes through.

panels = {"at h, behind relu": h_gradient}
panels["at z, before relu"] = np.where(z > 0, h_gradient, np.nan)
fig, axes = plt.subplots(1, 2, figsize=(5.4, 3.6), layout="constrained")
fig.suptitle("The gradient passes relu where the sum did")
scale = np.max(np.abs(h_gradient))
for axis, (name, values) in zip(axes, panels.items()):
    image = axis.imshow(values, cmap="PuOr", vmin=-scale, vmax=scale)
    axis.set(title=name, xticks=[], yticks=[], xlabel="hidden unit")
axes[0].set(ylabel="sample")
axes[1].patch.set(hatch="///", edgecolor="gray")
fig.colorbar(image, ax=axes, shrink=0.8)
plt.show()
